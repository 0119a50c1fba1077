/**
 * Signs that somebody is writing, for the caller's page and the coordinators': sent now and then,
 * shown while they come. A screen reader hears of it once, and not again at every pause.
 */

const SIGN_EVERY = 3_000; // ms
const SHOWN = 6_000; // ms after the last sign; then nobody is writing
const QUIET = 60_000; // ms; who pauses and goes on is not announced again

/** Gives a function that calls `send` at once, and however often it is called, seldom. */
export function seldom(send) {
  let sentAt = -Infinity;
  return () => {
    const now = performance.now();
    if (now - sentAt >= SIGN_EVERY) {
      sentAt = now;
      send();
    }
  };
}

/** Put words in a status line; a screen reader says them only when they are to be said `aloud`. */
export function tellIn(line, words, { aloud }) {
  if (line.textContent !== words) {
    line.setAttribute("aria-live", aloud ? "polite" : "off");
    line.textContent = words;
  }
}

/** A line that says who is writing. */
export class WritingLine {
  #timer = null;
  #saidAt = -Infinity;

  constructor(line, words) {
    Object.assign(this, { line, words });
  }

  /** A sign came. */
  show() {
    if (this.line.textContent === "") {
      const now = performance.now();
      const aloud = now - this.#saidAt > QUIET;
      this.#saidAt = aloud ? now : this.#saidAt;
      tellIn(this.line, this.words, { aloud });
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.hide(), SHOWN);
  }

  /** The words have come, or nobody is writing any more. */
  hide() {
    clearTimeout(this.#timer);
    this.line.textContent = "";
  }
}
