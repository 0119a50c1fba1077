/** What the page tells beside the log: the connection, and that somebody else is writing. */

import { WritingLine } from "../shared/writing.js";

const CALM = 2_000; // ms; a shorter break in the connection is not worth a word
const AFTER = 400; // ms; a quicker reply needs no "is writing"
const AT_MOST = 20_000; // ms; longer than any reply of the assistant takes

export class Status {
  #state = "on";
  #connectionTimer = null;
  #thinkingTimer = null;
  #lastVoice = "bot";

  /**
   * @param elements {connection, thinking, writing}
   * @param texts the language's words
   * @param said call for each message that somebody else wrote
   */
  constructor({ connection, thinking, writing }, texts, said) {
    Object.assign(this, { connectionLine: connection, thinkingLine: thinking, texts, said });
    this.writingLine = new WritingLine(writing, texts.coordinatorWriting);
  }

  /** "on", "opening" or "reconnecting". */
  connection(state) {
    if (state === this.#state) {
      return;
    }
    const line = this.connectionLine;
    const wasSaid = line.textContent !== "";
    this.#state = state;
    clearTimeout(this.#connectionTimer);
    if (state === "on") {
      line.textContent = wasSaid ? this.texts.connected : "";
    }
    this.#connectionTimer = setTimeout(() => this.#sayConnection(), CALM);
  }

  #sayConnection() {
    const words = this.texts[navigator.onLine ? this.#state : "offline"];
    this.connectionLine.textContent = this.#state === "on" ? "" : words;
  }

  /** The coordinator is writing, or no longer. */
  writing(isWriting) {
    if (isWriting) {
      this.writingLine.show();
    } else {
      this.writingLine.hide();
    }
  }

  /**
   * The caller waits for the assistant, or somebody has said something.
   * While a human has the conversation, the assistant does not write.
   */
  thinking(waiting, voice = this.#lastVoice) {
    this.#lastVoice = voice;
    clearTimeout(this.#thinkingTimer);
    this.thinkingLine.textContent = "";
    if (waiting && voice === "bot") {
      this.#thinkingTimer = setTimeout(() => {
        this.thinkingLine.textContent = this.texts.thinking;
        this.#thinkingTimer = setTimeout(() => this.thinking(false), AT_MOST);
      }, AFTER);
    }
  }
}
