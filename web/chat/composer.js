/**
 * Where the caller writes: grows with the text, Enter sends, Shift + Enter breaks the line, and
 * the draft outlives a reload.
 */

const LONGEST = 8_000; // characters, as the service counts them: code points
const NEAR = 500; // characters before the end, from where they are counted aloud
const SAY_AFTER = 500; // ms without a key, so that a screen reader is not told every letter

export class Composer {
  #timer = null;

  /**
   * @param parts {form, field, remaining}: elements
   * @param texts the language's words
   * @param session keeps the draft
   * @param on {send(text), typed()}: what the person does
   */
  constructor({ form, field, remaining }, texts, session, on) {
    Object.assign(this, { form, field, remaining, texts, session, on });
    form.addEventListener("submit", (event) => this.#submit(event));
    field.addEventListener("input", () => this.#typed());
    field.addEventListener("keydown", (event) => this.#key(event));
    form.hidden = false;
    this.put(session.draft);
  }

  /** Put text in the field. */
  put(text) {
    this.field.value = text;
    this.#changed();
  }

  focus() {
    this.field.focus();
  }

  #key(event) {
    // While an input method composes a character, Enter belongs to it.
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.form.requestSubmit();
    }
  }

  #submit(event) {
    event.preventDefault();
    const text = this.field.value.trim();
    if (text === "" || this.#left < 0) {
      this.#count();
      this.field.focus();
      return;
    }
    this.put("");
    this.on.send(text);
  }

  #typed() {
    this.#changed();
    if (this.field.value.trim() !== "") {
      this.on.typed();
    }
  }

  #changed() {
    this.session.draft = this.field.value;
    this.field.style.blockSize = "auto";
    const border = this.field.offsetHeight - this.field.clientHeight;
    this.field.style.blockSize = `${this.field.scrollHeight + border}px`;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#count(), SAY_AFTER);
  }

  get #left() {
    return LONGEST - [...this.field.value.trim()].length;
  }

  #count() {
    const left = this.#left;
    this.field.setAttribute("aria-invalid", String(left < 0));
    this.remaining.classList.toggle("is-over", left < 0);
    if (left < 0) {
      this.remaining.textContent = this.texts.tooLong(-left);
    } else {
      this.remaining.textContent = left < NEAR ? this.texts.remaining(left) : "";
    }
  }
}
