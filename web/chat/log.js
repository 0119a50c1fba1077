/**
 * The log: who said what, in the service's order. A position is shown once, however often and
 * whichever way it comes. What the caller wrote stands last until it has a position.
 */

import { element, paragraphs } from "./elements.js";
import { textsIn } from "./language.js";
import { choiceButtons, isUrgent, replyBlocks } from "./reply.js";

const NEAR = 160; // px from the end of the page, where the reader follows what comes
const UNPLACED = Infinity;

export class Log {
  #items = []; // {article, position, id, choices, standsIn}
  #isFollowing = true; // does the reader see the end?
  #clock;

  /**
   * @param root the element with role "log"
   * @param texts the language's words
   * @param on {choose(choice), change(text), missed()}: what the person does, or did not see
   * @param emergencyLink gives a copy of the page's link to the emergency number
   */
  constructor(root, texts, { on, emergencyLink }) {
    Object.assign(this, { root, texts, on, emergencyLink });
    this.#clock = new Intl.DateTimeFormat(texts.locale, { hour: "2-digit", minute: "2-digit" });
  }

  /** Show an event of the timeline; false if it is shown already. */
  show(event, { history = false } = {}) {
    const shown = this.#items.find(({ position }) => position === event.position);
    if (shown !== undefined) {
      return false;
    }
    // What is read again after a reload must not be read aloud once more.
    this.root.setAttribute("aria-live", history ? "off" : "polite");
    const urgent = event.reply !== null && isUrgent(event.reply);
    const standsIn = urgent && this.#removeStandIn();
    const item = this.#place({
      article: this.#article(event, { urgent, alert: urgent && !history && !standsIn }),
      position: event.position,
      id: event.client_id,
    });
    if (event.reply !== null) {
      const texts = textsIn(event.reply.language);
      item.choices = choiceButtons(event.reply, texts, (choice) => this.on.choose(choice));
      item.article.append(...[item.choices].filter(Boolean));
    }
    this.#follow(item, urgent);
    return true;
  }

  /** Show what the caller wrote, before the service has it. */
  showUnsent({ id, title, text }) {
    const event = { author: "caller", at: new Date().toISOString(), text: title ?? text };
    const item = this.#place({ article: this.#article(event), position: UNPLACED, id });
    this.#reveal(item);
    return item.article;
  }

  /** A message has its place; false if it had it before. `stored` is the text as it was kept. */
  accept(id, position, stored = null) {
    const item = this.#items.find((one) => one.id === id);
    if (item === undefined) {
      return false;
    }
    if (stored !== null) {
      item.article.querySelector(".words").replaceChildren(...paragraphs(stored));
    }
    const first = item.position === UNPLACED;
    if (first) {
      this.#note(item, null);
      this.#move(item, position);
      const standIn = this.#items.find(({ standsIn }) => standsIn === id);
      if (standIn !== undefined) {
        this.#move(standIn, position + 0.5);
      }
    }
    return first;
  }

  /** A message is not sent yet; `reply` is what the service says about danger all the same. */
  delay({ id }, reply) {
    const item = this.#items.find((one) => one.id === id);
    if (reply === null) {
      this.#note(item, this.texts.notSentYet, this.emergencyLink());
      return;
    }
    this.#note(item, this.texts.notStored);
    if (!this.#items.some(({ standsIn }) => standsIn === id)) {
      const event = { author: "bot", at: new Date().toISOString(), text: null, reply };
      const article = this.#article(event, { urgent: isUrgent(reply), alert: true });
      this.#reveal(this.#place({ article, position: UNPLACED, standsIn: id }));
    }
  }

  /** A message that the service will not take: say why, and give its words back to the caller. */
  refuse({ id, text, choice }, why) {
    const item = this.#items.find((one) => one.id === id);
    const button = element("button", {
      class: "button button-quiet",
      type: "button",
      text: this.texts.change,
    });
    button.addEventListener("click", () => {
      this.#remove(item);
      this.on.change(text);
    });
    this.#note(item, this.texts.refused(why), ...(choice === null ? [button] : []));
  }

  clear() {
    this.#items = [];
    this.root.replaceChildren();
  }

  /** Go to the newest message. */
  revealLast() {
    const last = this.#items.at(-1);
    last.article.focus({ preventScroll: true });
    this.#reveal(last);
  }

  #article(event, { urgent = false, alert = false } = {}) {
    const words =
      event.author === "caller" || event.text
        ? paragraphs(event.text ?? "")
        : replyBlocks(event.reply, textsIn(event.reply.language), { alert });
    const who = element("span", { class: "who", text: this.#author(event) });
    const head = element("p", { class: "head" }, who);
    if (event.at) {
      head.append(" ", element("time", { datetime: event.at, text: this.#time(event.at) }));
    }
    return element(
      "article",
      { class: `message from-${event.author}${urgent ? " is-urgent" : ""}`, tabindex: "-1" },
      head,
      element("div", { class: "words", lang: event.reply?.language ?? null }, ...words),
    );
  }

  #author({ author, name }) {
    const names = this.texts.author;
    return author === "coordinator" && name ? names.coordinatorNamed(name) : names[author];
  }

  #time(at) {
    return this.#clock.format(new Date(at));
  }

  #place(item) {
    const after = this.#items.findIndex(({ position }) => position > item.position);
    const index = after === -1 ? this.#items.length : after;
    this.root.insertBefore(item.article, this.#items[index]?.article ?? null);
    this.#items.splice(index, 0, item);
    this.#offerLastChoices();
    return item;
  }

  #move(item, position) {
    item.position = position;
    const index = this.#items.indexOf(item);
    const before = this.#items.slice(0, index).every((one) => one.position <= position);
    const after = this.#items.slice(index + 1).every((one) => one.position >= position);
    if (!(before && after)) {
      this.#items.splice(index, 1);
      this.#place(item);
    }
  }

  #remove(item) {
    this.#items.splice(this.#items.indexOf(item), 1);
    item.article.remove();
  }

  /** The reply to a message that was not stored gives way to the stored one. */
  #removeStandIn() {
    const standIn = this.#items.find(({ standsIn }) => standsIn !== undefined);
    if (standIn === undefined) {
      return false;
    }
    this.#remove(standIn);
    return true;
  }

  #note(item, text, ...more) {
    const note = item.article.querySelector(".note");
    if (text === null) {
      note?.remove();
    } else if (note?.dataset.text !== text) {
      note?.remove();
      const made = element("p", { class: "note", "data-text": text }, `${text} `, ...more);
      item.article.append(made);
      if (this.#isFollowing) {
        this.#reveal(this.#items.at(-1));
      }
    }
  }

  /** Next steps belong to what was said last; older ones are put away. */
  #offerLastChoices() {
    for (const { article, choices } of this.#items) {
      if (choices && article !== this.root.lastElementChild) {
        const focused = choices.contains(document.activeElement);
        choices.hidden = true;
        if (focused) {
          article.focus({ preventScroll: true });
        }
      }
    }
  }

  #follow(item, urgent) {
    if (urgent || this.#isFollowing) {
      this.#reveal(item);
    } else {
      this.on.missed();
    }
  }

  /** Call when the page was scrolled: does the reader see the end? */
  noticeScroll() {
    const { scrollHeight } = document.documentElement;
    this.#isFollowing = scrollHeight - window.innerHeight - window.scrollY < NEAR;
    return this.#isFollowing;
  }

  /** A long message is shown from its beginning, a short one with the end of the page. */
  #reveal({ article }) {
    const tall = article.offsetHeight > window.innerHeight * 0.5;
    if (tall) {
      article.scrollIntoView({ block: "start" });
    } else {
      window.scrollTo({ top: document.documentElement.scrollHeight });
    }
  }
}
