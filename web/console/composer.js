/**
 * The box in which a coordinator writes. Enter sends, Shift and Enter break the line. Each message
 * gets an id of its own and is sent again until the service has answered, so that it arrives once.
 */

import { seldom } from "../shared/writing.js";

const FIRST_WAIT = 1_000; // ms, doubled at each failure
const LONGEST_WAIT = 15_000; // ms
const REFUSED = 400; // statuses from here to 499 don't get better by trying again

export class Composer {
  #form;
  #text;
  #line;
  #address;
  #csrf;
  #draft;
  #unsent = []; // oldest first: {id, text}
  #sending = false;

  /**
   * @param form the form, which also works without script
   * @param address where messages are sent
   * @param csrf the session's token
   * @param draft under what name the tab keeps what is not sent yet
   * @param signs where signs of writing are sent; nothing when nobody could see them
   */
  constructor(form, { address, csrf, draft, signs }) {
    this.#form = form;
    this.#text = form.elements.text;
    this.#line = document.getElementById("sending");
    this.#address = address;
    this.#csrf = csrf;
    this.#draft = draft;
    this.#text.value ||= sessionStorage.getItem(draft) ?? "";
    this.#keep(); // what was written before this script came, too
    const sign = seldom(() => this.#sign(signs));
    this.#text.addEventListener("input", () => {
      this.#keep();
      if (signs && this.#text.value.trim() !== "") {
        sign();
      }
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#take();
    });
    this.#text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        form.requestSubmit();
      }
    });
    addEventListener("beforeunload", (event) => {
      if (this.#unsent.length > 0) {
        event.preventDefault();
      }
    });
  }

  /** Show the box to whoever has the conversation, and to nobody else. */
  allow(mine) {
    this.#form.hidden = !mine;
  }

  /** Put a ready text where the cursor is, to be edited before it is sent. */
  insert(text) {
    this.#text.setRangeText(text, this.#text.selectionStart, this.#text.selectionEnd, "end");
    this.#keep();
    this.#text.focus();
  }

  /** What is written, and what nobody has acknowledged, survives a reload; not the tab. */
  #keep() {
    const words = [...this.#unsent.map(({ text }) => text), this.#text.value].filter(Boolean);
    if (words.length > 0) {
      sessionStorage.setItem(this.#draft, words.join("\n\n"));
    } else {
      sessionStorage.removeItem(this.#draft);
    }
  }

  #take() {
    const text = this.#text.value.trim();
    if (text !== "") {
      this.#unsent.push({ id: newId(), text });
      this.#text.value = "";
      this.#keep();
      this.#sendAll();
    }
    this.#text.focus();
  }

  async #sendAll() {
    if (this.#sending) {
      return;
    }
    this.#sending = true;
    let failures = 0;
    while (this.#unsent.length > 0) {
      const refusal = await this.#send(this.#unsent[0]);
      if (refusal === null) {
        this.#unsent.shift();
        this.#keep();
        this.#line.textContent = "";
        failures = 0;
      } else if (refusal !== undefined) {
        this.#giveBack(refusal);
      } else {
        this.#line.textContent = "Meddelandet är inte skickat än. Sidan försöker igen.";
        const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** failures);
        failures += 1;
        await new Promise((resolve) => setTimeout(resolve, wait * (0.5 + Math.random() / 2)));
      }
    }
    this.#sending = false;
  }

  /** Tell that somebody is writing, and nothing of what. A sign that is lost does no harm. */
  #sign(address) {
    fetch(address, { method: "POST", headers: { "X-CSRF-Token": this.#csrf } }).catch(() => null);
  }

  /** Send once. Gives null if it is stored, words if it is refused, undefined if nobody knows. */
  async #send(message) {
    try {
      const response = await fetch(this.#address, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRF-Token": this.#csrf },
        body: JSON.stringify(message),
      });
      if (response.ok) {
        return null;
      }
      if (response.status >= REFUSED && response.status < 500) {
        const { title, detail } = await response.json();
        return `${title}. ${detail}`;
      }
    } catch {
      // No connection: the message waits for the next attempt.
    }
    return undefined;
  }

  /** What was refused goes back to the box, so that nothing that was written is lost. */
  #giveBack(refusal) {
    const words = [...this.#unsent.map(({ text }) => text), this.#text.value];
    this.#unsent = [];
    this.#text.value = words.filter(Boolean).join("\n\n");
    this.#form.hidden = false;
    this.#line.textContent = `Inte skickat. ${refusal}`;
  }
}

function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
