/**
 * What the tab remembers: the conversation and its secret, the greeting, what is not acknowledged
 * yet and the draft. It lives in sessionStorage only, so that it ends with the tab, and no other
 * site and no later visitor gets it.
 *
 * A message here: {id, text, choice}. `id` is the caller's own id for it; `choice` a button's id.
 */

const KEY = "oroslotsen";
const EMPTY = { conversation: null, secret: null, greeting: null, outbox: [], draft: "" };

export class Session {
  #state;
  #ended = false;

  constructor() {
    this.#state = { ...EMPTY, ...read() };
  }

  /** The bearer credentials, or null before a conversation is open. */
  get credentials() {
    const { conversation, secret } = this.#state;
    return conversation === null ? null : `${conversation}.${secret}`;
  }

  get greeting() {
    return this.#state.greeting;
  }

  /** Messages that the service has not acknowledged, oldest first. */
  get outbox() {
    return this.#state.outbox;
  }

  get draft() {
    return this.#state.draft;
  }

  set draft(draft) {
    this.#change({ draft });
  }

  open({ conversation, secret, greeting }) {
    this.#change({ conversation, secret, greeting });
  }

  /** Forget the conversation, keep what it never got. */
  startAnew() {
    this.#change({ conversation: null, secret: null, greeting: null });
  }

  queue(message) {
    this.#change({ outbox: [...this.outbox, message] });
  }

  unqueue(id) {
    this.#change({ outbox: this.outbox.filter((message) => message.id !== id) });
  }

  /** Forget everything, and remember nothing more. */
  end() {
    this.#ended = true;
    this.#state = { ...EMPTY };
    try {
      sessionStorage.clear();
    } catch {
      // Storage is turned off in the browser: there is nothing to clear.
    }
  }

  #change(change) {
    if (this.#ended) {
      return;
    }
    this.#state = { ...this.#state, ...change };
    try {
      sessionStorage.setItem(KEY, JSON.stringify(this.#state));
    } catch {
      // Storage is full or turned off: the conversation goes on, a reload starts a new one.
    }
  }
}

function read() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
}
