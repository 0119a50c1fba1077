/**
 * Sends the caller's messages one by one, in order, each under its own id until the service has
 * acknowledged it. What waits is in the session, so that a reload does not lose it.
 */

import { NotNow, Refused, sendMessage, UnknownConversation } from "./api.js";
import { Retry } from "./retry.js";

export class Outbox {
  #retry = new Retry();
  #running = false;

  /**
   * @param session holds the messages
   * @param opened gives the credentials, when there are any
   * @param on {accepted(answer), delayed(message, reply), refused(message, why),
   *   unknown(credentials)}: what became of a message
   */
  constructor({ session, opened, on }) {
    Object.assign(this, { session, opened, on });
  }

  /** Send what waits, now. */
  async send() {
    this.#retry.now();
    if (this.#running) {
      return;
    }
    this.#running = true;
    try {
      while (this.session.outbox.length > 0) {
        await this.#sendFirst();
      }
    } finally {
      this.#running = false;
    }
  }

  async #sendFirst() {
    const credentials = await this.opened();
    const [message] = this.session.outbox;
    if (message === undefined) {
      return; // the person left while the conversation was being opened
    }
    try {
      await this.#deliver(message, credentials);
      this.#retry.succeeded();
    } catch (error) {
      await this.#failed(error, message, credentials);
    }
  }

  async #deliver(message, credentials) {
    const answer = await sendMessage(credentials, message);
    this.session.unqueue(message.id);
    this.on.accepted(answer);
  }

  /** Behind one that has to wait, send the newest: the service takes an acute one all the same. */
  async #tryNewest(credentials) {
    let tried = this.session.outbox[0];
    while (this.session.outbox.length > 1 && this.session.outbox.at(-1) !== tried) {
      tried = this.session.outbox.at(-1);
      try {
        await this.#deliver(tried, credentials);
      } catch (error) {
        if (error instanceof NotNow) {
          this.on.delayed(tried, null);
        } else if (!(error instanceof Refused || error instanceof UnknownConversation)) {
          throw error; // those two are met when its turn comes
        }
      }
    }
  }

  async #failed(error, message, credentials) {
    if (!this.session.outbox.includes(message)) {
      return; // the acknowledgement was lost, but the stream has shown the message already
    }
    if (error instanceof Refused) {
      this.session.unqueue(message.id);
      this.on.refused(message, error.why);
    } else if (error instanceof UnknownConversation) {
      this.on.unknown(credentials);
      await this.#retry.wait();
    } else if (error instanceof NotNow) {
      this.on.delayed(message, error.reply);
      if (error.reply !== null) {
        await this.#tryNewest(credentials);
      }
      await this.#retry.wait(error.wait);
    } else {
      throw error;
    }
  }
}
