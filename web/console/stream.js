/**
 * An event stream that comes back by itself and goes on where it was. EventSource alone gives up
 * when the service answers with an error, and does not notice a connection that died in silence.
 */

const SILENCE = 25_000; // ms; the service says something every 10 s
const FIRST_WAIT = 1_000; // ms, doubled at each failure
const LONGEST_WAIT = 15_000; // ms

export class Stream {
  #address;
  #after;
  #on;
  #onState;
  #onEnded;
  #source = null;
  #failures = 0;
  #watch = null;
  #again = null;

  /**
   * @param after position to go on from, or null for streams that begin with everything
   * @param on what to do with each kind of event: gets its data and its id
   * @param onState gets "live" or "lost"
   * @param onEnded the service refused or ended the stream: the session may be over
   */
  constructor(address, { after, on, onState, onEnded }) {
    this.#address = address;
    this.#after = after;
    this.#on = on;
    this.#onState = onState;
    this.#onEnded = onEnded;
    this.#connect();
  }

  stop() {
    clearTimeout(this.#watch);
    clearTimeout(this.#again);
    this.#source?.close();
  }

  #connect() {
    const query = this.#after === null ? "" : `?after=${this.#after}`;
    const source = new EventSource(this.#address + query);
    this.#source = source;
    this.#heard();
    for (const [name, handle] of Object.entries(this.#on)) {
      source.addEventListener(name, (event) => {
        this.#heard();
        handle(JSON.parse(event.data), event.lastEventId);
        if (this.#after !== null && name === "message") {
          this.#after = Number(event.lastEventId);
        }
      });
    }
    source.addEventListener("here", () => {
      this.#heard();
      this.#failures = 0;
      this.#onState("live");
    });
    source.addEventListener("ended", () => this.#reconnect());
    source.addEventListener("error", () => this.#reconnect());
  }

  #heard() {
    clearTimeout(this.#watch);
    this.#watch = setTimeout(() => this.#reconnect(), SILENCE);
  }

  #reconnect() {
    this.stop();
    this.#onState("lost");
    this.#onEnded();
    const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.#failures);
    this.#failures += 1;
    this.#again = setTimeout(() => this.#connect(), wait * (0.5 + Math.random() / 2));
  }
}
