/** Making elements. Words are put in as text, never as HTML. */

/**
 * @param tag such as "p"
 * @param options attributes by name; `class` and `text` among them; null leaves one out
 * @param children elements
 */
export function element(tag, { text = null, ...attributes } = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null) {
      made.setAttribute(name, value);
    }
  }
  if (text !== null) {
    made.textContent = text;
  }
  made.append(...children);
  return made;
}

/** Words as paragraphs and, for lines that start with "- ", lists. */
export function paragraphs(text) {
  return text
    .trim()
    .split(/\n[ \t]*\n/)
    .flatMap((part) => groups(part.split("\n")))
    .map(({ items, lines }) =>
      items
        ? element("ul", { dir: "auto" }, ...lines.map((line) => element("li", { text: line })))
        : element("p", { dir: "auto", text: lines.join("\n") }),
    );
}

function groups(lines) {
  const made = [];
  for (const line of lines) {
    const items = line.startsWith("- ");
    if (made.at(-1)?.items !== items) {
      made.push({ items, lines: [] });
    }
    made.at(-1).lines.push(items ? line.slice(2) : line);
  }
  return made;
}
