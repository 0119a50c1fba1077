/**
 * The conversation: joins session, outbox, stream and log. All that happens comes in here.
 */

import { seldom } from "../shared/writing.js";
import { NotNow, openConversation, Refused, sendTyping } from "./api.js";
import { Outbox } from "./outbox.js";
import { Retry } from "./retry.js";
import { Stream } from "./stream.js";

const NOTICE = -1; // place in the log of "a new conversation"
const GREETING = 0; // before the first position

export class Chat {
  #stopped = false;
  #opening = null;
  #retry = new Retry();
  #hasCoordinator = false;
  #sign = seldom(() => this.#signTyping());

  /**
   * @param session what the tab remembers
   * @param log shows what is said
   * @param status {connection(state), thinking(boolean), writing(boolean), said()}: what else the
   *   page shows; a state is "on", "opening" or "reconnecting"
   * @param startedAnew the sentence for a conversation that could not be opened again
   * @param deleted the sentence for one that was deleted
   */
  constructor({ session, log, status, startedAnew, deleted }) {
    Object.assign(this, { session, log, status });
    const opened = () => this.#opened();
    const onUnknown = (credentials) => this.#startAnew(credentials, startedAnew);
    this.outbox = new Outbox({
      session,
      opened,
      on: {
        accepted: (answer) => this.#accepted(answer),
        delayed: (message, reply) => this.log.delay(message, reply),
        refused: (message, why) => this.log.refuse(message, why),
        unknown: onUnknown,
      },
    });
    this.stream = new Stream({
      opened,
      onEvent: (event, options) => this.#heard(event, options),
      onCoordinator: (sign) => this.#coordinator(sign),
      onDeleted: (credentials) => this.#startAnew(credentials, deleted),
      onState: (state) => this.status.connection(state),
      onUnknown,
    });
  }

  /** Take up the tab's conversation, or open one. */
  start() {
    const resumed = this.session.credentials !== null;
    if (resumed) {
      this.#greet({ history: true });
    }
    this.session.outbox.forEach((message) => this.log.showUnsent(message));
    this.stream.follow(resumed);
    this.outbox.send();
  }

  /** Send what the caller wrote, or chose; give the element that shows it. */
  say({ text, choice = null, title = null }) {
    const message = { id: crypto.randomUUID(), text, choice, title };
    this.session.queue(message);
    const shown = this.log.showUnsent(message);
    this.outbox.send();
    return shown;
  }

  /** The caller is writing. Nobody is told but a coordinator who has the conversation. */
  typed() {
    if (this.#hasCoordinator) {
      this.#sign();
    }
  }

  /** The network or the person is back. */
  nudge() {
    this.#retry.now();
    this.stream.nudge();
    this.outbox.send();
  }

  stop() {
    this.#stopped = true;
    this.stream.stop();
  }

  async #opened() {
    while (this.session.credentials === null && !this.#stopped) {
      this.#opening ??= this.#open().finally(() => {
        this.#opening = null;
      });
      await this.#opening;
    }
    return this.session.credentials;
  }

  async #open() {
    try {
      this.session.open(await openConversation());
      this.#retry.succeeded();
      this.#greet({ history: false });
    } catch (error) {
      if (!(error instanceof NotNow || error instanceof Refused)) {
        throw error;
      }
      this.status.connection("opening");
      this.session.outbox.forEach((message) => this.log.delay(message, error.reply ?? null));
      await this.#retry.wait(error.wait);
    }
  }

  #signTyping() {
    sendTyping(this.session.credentials).catch(() => null); // a sign that is lost does no harm
  }

  #coordinator({ has_conversation: hasConversation, is_writing: isWriting }) {
    this.#hasCoordinator = hasConversation;
    this.status.writing(isWriting);
  }

  #greet(options) {
    const { greeting } = this.session;
    this.log.show({ position: GREETING, author: "bot", text: null, reply: greeting }, options);
  }

  #accepted({ id, position, reply }) {
    if (this.log.accept(id, position)) {
      this.status.thinking(true);
    }
    if (reply !== null) {
      this.#heard(reply, { history: false });
    }
  }

  #heard(event, { history }) {
    if (event.author === "caller") {
      this.session.unqueue(event.client_id);
      if (this.log.accept(event.client_id, event.position, event.text)) {
        this.status.thinking(true);
      } else if (this.log.show(event, { history })) {
        this.status.thinking(true);
      }
    } else if (this.log.show(event, { history })) {
      this.status.thinking(false, event.author);
      if (!history) {
        this.status.said();
      }
    }
  }

  /** The conversation is gone: open another, and send there what this one never got. */
  #startAnew(credentials, why) {
    if (credentials !== this.session.credentials) {
      return; // done already
    }
    this.session.startAnew();
    this.log.clear();
    this.log.show({ position: NOTICE, author: "service", text: why, reply: null });
    this.session.outbox.forEach((message) => this.log.showUnsent(message));
    this.status.thinking(false, "service");
  }
}
