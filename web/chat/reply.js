/**
 * A Reply (services/answers/reply.py) as elements: texts, contact cards, sources, choices.
 */

import { element, paragraphs } from "./elements.js";

const TEL = /^\+?[0-9]{2,15}$/;
const EMAIL = /^[^\s@?&]+@[^\s@?&]+$/;

/** Whether a reply warns of danger. */
export function isUrgent(reply) {
  return reply.blocks.some((block) => block.kind === "text" && block.urgent);
}

/**
 * The blocks of a reply.
 *
 * @param alert whether a warning is said aloud at once, also in the middle of something else
 */
export function replyBlocks(reply, texts, { alert }) {
  const made = [];
  for (const block of reply.blocks) {
    if (block.kind === "text") {
      made.push(...textBlock(block, texts, alert));
    } else if (block.kind === "contact") {
      made.push(contactCard(block, texts));
    }
  }
  const sources = reply.blocks.filter((block) => block.kind === "source");
  return sources.length > 0 ? [...made, sourceLine(sources, texts)] : made;
}

/** The next steps as buttons; `choose` gets the choice. Nothing when there are none. */
export function choiceButtons(reply, texts, choose) {
  if (reply.choices.length === 0) {
    return null;
  }
  const buttons = reply.choices.slice(0, 4).map((choice) => {
    const button = element("button", {
      class: "button button-quiet choice",
      type: "button",
      text: choice.title,
    });
    button.addEventListener("click", () => choose(choice));
    return button;
  });
  return element(
    "div",
    { class: "choices", role: "group", "aria-label": texts.choices, lang: texts.language },
    ...buttons,
  );
}

function textBlock({ text, urgent, quoted }, texts, alert) {
  const words = paragraphs(text);
  if (urgent) {
    const label = element("p", { class: "urgent-label", text: texts.urgent });
    return [element("div", { class: "urgent", role: alert ? "alert" : null }, label, ...words)];
  }
  return quoted ? [element("blockquote", { class: "quoted" }, ...words)] : words;
}

function contactCard(contact, texts) {
  const hours = openingHours(contact, texts);
  const lines = [
    element("p", { class: "contact-name", text: contact.name }),
    element("p", { class: "contact-audience", text: contact.audience }),
    callLink(contact, texts),
    emailLink(contact, texts),
    hours && element("p", { class: "contact-hours", text: hours }),
    contact.note && element("p", { class: "contact-note", text: contact.note }),
  ];
  return element("div", { class: "contact" }, ...lines.filter(Boolean));
}

/** The hours say themselves that it is open; that it is closed now is worth a word of its own. */
function openingHours({ open_now: openNow, hours }, texts) {
  if (openNow === false) {
    return [texts.closedNow, hours].filter(Boolean).join(". ");
  }
  return hours ?? (openNow ? texts.openNow : null);
}

function callLink({ number, tel, short_name: name }, texts) {
  if (number === null) {
    return null;
  }
  if (tel === null || !TEL.test(tel)) {
    return element("p", { class: "contact-number", text: number });
  }
  return element("a", {
    class: "button call",
    href: `tel:${tel}`,
    text: texts.call(number),
    "aria-label": texts.callWhom(name, number),
  });
}

function emailLink({ email }, texts) {
  if (!email || !EMAIL.test(email)) {
    return null;
  }
  const link = element("a", { href: `mailto:${email}`, text: texts.write(email) });
  return element("p", { class: "contact-email" }, link);
}

function sourceLine(sources, texts) {
  const years = [...new Set(sources.map((source) => source.year))].join(", ");
  const title = sources.length === 1 ? texts.source(years) : texts.sources(years);
  const lines = sources.map((source) =>
    element("li", { text: `${source.publisher}, ${source.title}, ${source.year}` }),
  );
  return element(
    "details",
    { class: "source" },
    element("summary", { text: title }),
    element("ul", { lang: "sv" }, ...lines),
  );
}
