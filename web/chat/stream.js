/**
 * Follows the event stream with fetch, since EventSource can't send the Authorization header.
 * A broken or silent connection is opened again from the last event that the stream itself gave.
 */

import { NotNow, openEvents, Refused, UnknownConversation } from "./api.js";
import { Retry } from "./retry.js";

const SILENCE = 40_000; // ms; the service says something every 15 s

export class Stream {
  #retry = new Retry();
  #connection = null; // AbortController of the open connection
  #stopped = false;
  #heardAt = 0;

  /**
   * @param opened gives the credentials, when there are any
   * @param onEvent gets each Event and whether it was said before this page was opened
   * @param onCoordinator gets whether a coordinator has the conversation and is writing; each
   *   connection begins with none
   * @param onDeleted is told that the conversation was deleted, as the caller asked
   * @param onState gets "on" or "reconnecting"
   * @param onUnknown gets the credentials that the service does not know
   */
  constructor({ opened, onEvent, onCoordinator, onDeleted, onState, onUnknown }) {
    Object.assign(this, { opened, onEvent, onCoordinator, onDeleted, onState, onUnknown });
  }

  /** Follow until stopped. `resumed`: what was said before the first connection is history. */
  async follow(resumed) {
    let credentials = null;
    let after = 0;
    let history = resumed;
    while (!this.#stopped) {
      const current = await this.opened();
      if (this.#stopped) {
        return;
      }
      if (current !== credentials) {
        history &&= credentials === null;
        credentials = current;
        after = 0;
      }
      try {
        after = await this.#read(credentials, after, history);
        history = false;
      } catch (error) {
        if (error instanceof UnknownConversation) {
          this.onUnknown(credentials);
        } else if (!(error instanceof NotNow || error instanceof Refused)) {
          throw error;
        }
      }
      if (!this.#stopped) {
        this.onState("reconnecting");
        await this.#retry.wait();
      }
    }
  }

  /** The network or the person is back: connect now if the connection is lost or may be dead. */
  nudge() {
    if (this.#connection !== null && performance.now() - this.#heardAt > SILENCE / 2) {
      this.#connection.abort();
    }
    this.#retry.now();
  }

  stop() {
    this.#stopped = true;
    this.#connection?.abort();
  }

  /** Read one connection to its end; give the position of its last event. */
  async #read(credentials, after, history) {
    const connection = new AbortController();
    this.#connection = connection;
    const watch = watchdog(connection);
    try {
      const response = await openEvents(credentials, after, connection.signal);
      const connectedAt = Date.parse(response.headers.get("Date"));
      this.#retry.succeeded();
      this.onState("on");
      this.onCoordinator({ has_conversation: false, is_writing: false });
      for await (const { name, id, data } of eventsIn(response.body, () => this.#heard(watch))) {
        const told = JSON.parse(data);
        if (name === "deleted") {
          this.onDeleted(credentials);
          return 0;
        }
        if (name === "coordinator") {
          this.onCoordinator(told);
          continue;
        }
        this.onEvent(told, { history: history && Date.parse(told.at) < connectedAt });
        after = Number(id);
      }
    } finally {
      watch.stop();
      this.#connection = null;
    }
    return after;
  }

  #heard(watch) {
    this.#heardAt = performance.now();
    watch.restart();
  }
}

function watchdog(connection) {
  let timer = null;
  const restart = () => {
    clearTimeout(timer);
    timer = setTimeout(() => connection.abort(), SILENCE);
  };
  restart();
  return { restart, stop: () => clearTimeout(timer) };
}

/** The events of a text/event-stream body until it ends or breaks. `heard`: a sign of life. */
async function* eventsIn(body, heard) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  while (true) {
    const { value, done } = await reader.read().catch(() => ({ done: true }));
    if (done) {
      return; // an event without its closing blank line was cut off and comes again
    }
    heard();
    const events = (rest + value).split(/\r?\n\r?\n/);
    rest = events.pop();
    yield* events.map(parsed).filter(({ data }) => data !== "");
  }
}

function parsed(lines) {
  const fields = { name: "message", id: "", data: [] };
  for (const line of lines.split(/\r?\n/)) {
    const [, name, value] = /^([^:]*):? ?(.*)$/.exec(line);
    if (name === "id") {
      fields.id = value;
    } else if (name === "event") {
      fields.name = value;
    } else if (name === "data") {
      fields.data.push(value);
    }
  }
  return { name: fields.name, id: fields.id, data: fields.data.join("\n") };
}
