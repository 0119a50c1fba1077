/**
 * When to try again: the wait doubles from a second to half a minute, and a random half is taken
 * off it, so that a thousand tabs don't come back in the same instant after an interruption.
 */

const FIRST = 1_000; // ms
const LONGEST = 30_000; // ms

export class Retry {
  #attempt = 0;
  #wake = null;

  /** Wait before the next attempt, at least `least` ms, or until `now()`. */
  async wait(least = 0) {
    const longest = Math.min(LONGEST, FIRST * 2 ** this.#attempt);
    this.#attempt += 1;
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.max(least, longest * (0.5 + Math.random() / 2)));
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = null;
  }

  /** End the wait: there is reason to believe that it works now. */
  now() {
    this.#attempt = 0;
    this.#wake?.();
  }

  /** It worked: the next failure starts from the shortest wait. */
  succeeded() {
    this.#attempt = 0;
  }
}
