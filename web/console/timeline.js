/** The conversation's messages. Follows the newest, unless somebody has scrolled up to read. */

const NEAR = 80; // px from the end that still count as reading the newest

export class Timeline {
  #place;
  #newer;
  #position;
  #following = true;
  #height = 0; // px, of what was last laid out

  constructor(place, { newer }) {
    this.#place = place;
    this.#newer = newer;
    this.#position = Number(place.lastElementChild?.dataset.position ?? 0);
    newer.addEventListener("click", () => this.#toEnd());
    place.addEventListener("scroll", () => {
      if (place.clientHeight !== this.#height) {
        return; // the page around it has changed: nobody has scrolled
      }
      this.#following = this.#isAtEnd();
      newer.hidden ||= this.#following;
    });
    new ResizeObserver(() => {
      this.#height = place.clientHeight;
      if (this.#following) {
        this.#toEnd();
      }
    }).observe(place);
    this.#toEnd();
  }

  /** Add a message, made and escaped by the service; one that is there already is left alone. */
  add(html, position) {
    if (position <= this.#position) {
      return;
    }
    this.#position = position;
    this.#place.insertAdjacentHTML("beforeend", html);
    if (this.#following) {
      this.#toEnd();
    } else {
      this.#newer.hidden = false;
    }
  }

  /** Say how far text messages have come; one whose state is the same is left alone. */
  tellDeliveries(states) {
    for (const [position, { text, failed }] of Object.entries(states)) {
      const line = this.#place.querySelector(`#message-${position} .message-delivery`);
      if (line && line.textContent !== text) {
        line.textContent = text;
        line.classList.toggle("late", failed);
      }
    }
  }

  #isAtEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.#place;
    return scrollHeight - scrollTop - clientHeight < NEAR;
  }

  #toEnd() {
    this.#place.scrollTop = this.#place.scrollHeight;
    this.#newer.hidden = true;
  }
}
