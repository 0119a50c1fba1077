/** Tells of tickets that begin to wait or whose time has run out: aloud, in the title, by sound. */

export class Announcer {
  #known;
  #line;
  #count;
  #alert;
  #title = document.title;
  #told = []; // ids of what the line tells of

  /**
   * @param known the queue that the page was made with
   * @param line the status line that screen readers follow
   * @param count where the number of waiting tickets stands
   * @param alert makes a sound, if it is on
   */
  constructor({ known, line, count, alert }) {
    this.#line = line;
    this.#count = count;
    this.#alert = alert;
    this.#remember(known);
  }

  /** Tell what is new in a queue, compared with the one before. */
  tell(queue) {
    const news = queue.tickets.filter((ticket) => this.#isNews(ticket));
    this.#remember(queue);
    if (news.length > 0) {
      this.#told = news.map((ticket) => ticket.id);
      this.#line.textContent = news.map((ticket) => ticket.announcement).join(" ");
      this.#alert();
    } else if (!this.#told.some((id) => this.#isWaiting(id))) {
      this.#line.textContent = "";
    }
  }

  #isWaiting(id) {
    const ticket = this.#known.get(id);
    return Boolean(ticket?.waiting || ticket?.overdue);
  }

  #isNews(ticket) {
    const before = this.#known.get(ticket.id);
    const waits = ticket.waiting && !before?.waiting;
    const late = ticket.overdue && !before?.overdue;
    return waits || late;
  }

  #remember({ waiting, tickets }) {
    this.#known = new Map(tickets.map((ticket) => [ticket.id, ticket]));
    const late = tickets.some((ticket) => ticket.overdue) ? "! " : "";
    document.title = waiting > 0 ? `${late}(${waiting}) ${this.#title}` : this.#title;
    this.#count.textContent = waiting;
  }
}
