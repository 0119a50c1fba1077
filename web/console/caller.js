/**
 * Where the caller is, and whether they are writing. That they come or leave is said aloud; how
 * long ago they left is only shown, or it would be read out every minute.
 */

import { tellIn, WritingLine } from "../shared/writing.js";

export class CallerLine {
  #place;
  #where;
  #writing;
  #here;
  #wroteAt = null;

  constructor(place) {
    this.#place = place;
    this.#where = place.querySelector("#whereabouts");
    this.#writing = new WritingLine(place.querySelector("#writing"), place.dataset.writing);
    this.#here = place.dataset.here === "true";
  }

  /** The service has told how it stands; null when there is nothing to tell any more. */
  tell(caller) {
    this.#place.hidden = caller === null;
    if (caller === null) {
      this.#writing.hide();
      return;
    }
    this.#place.dataset.here = caller.here;
    tellIn(this.#where, caller.text, { aloud: caller.here !== this.#here });
    this.#here = caller.here;
    if (caller.writing_at === null) {
      this.#writing.hide();
    } else if (caller.writing_at !== this.#wroteAt) {
      this.#writing.show();
    }
    this.#wroteAt = caller.writing_at;
  }
}
