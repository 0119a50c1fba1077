/**
 * The chat on a municipality's own page: <oroslotsen-chat>, and one <script> that brings it.
 *
 *   <script src="https://chatt.exempel.se/embed.js" async></script>
 *
 * The chat itself is a frame of the service's own address, so that no script of the page around it
 * can read what is written (docs/decisions/0010-chat-embedded-as-a-frame.md). Here are only the button, the
 * panel and its title: nothing is stored, and the frame is fetched when the panel is opened first.
 *
 * Attributes of the element, or of the script with `data-` before them: `colour` (#rgb or #rrggbb),
 * `logo` (an address), `position` (right or left), `language` (sv or en).
 */

(() => {
  "use strict";

  const NAME = "oroslotsen-chat";
  const SCRIPT = document.currentScript;
  const SERVICE = new URL(SCRIPT.src).origin;
  const PHONE = "(max-width: 32rem), (max-height: 28rem)";
  const INK = "#16242c";
  const WHITE = "#ffffff";
  const COLOUR = "#0a5566";

  const TEXTS = {
    sv: { open: "Chatta om oro", panel: "Oroslotsen, chatt", close: "Stäng chatten" },
    en: { open: "Chat about a worry", panel: "Oroslotsen, chat", close: "Close the chat" },
  };

  // What the page around says of this element, or lets it inherit, ends at the first rule. Lengths
  // are of "medium", the size that the visitor has chosen: a rem would be the page's.
  const STYLE = `
    :host {
      all: initial !important;
      direction: ltr !important;
      position: fixed !important;
      inset: auto 1em max(1em, env(safe-area-inset-bottom)) auto !important;
      z-index: 2147483647 !important;
      overflow: visible !important;
      font: 600 medium/1.25 system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif !important;
    }
    :host([position="left"]) { inset-inline: 1em auto !important; }
    :host([hidden]) { display: none !important; }
    * { box-sizing: border-box; font: inherit; }
    button {
      min-block-size: 2.75em;
      margin: 0;
      padding: 0.5em 1em;
      border: 2px solid var(--ink);
      border-radius: 0.5em;
      background: var(--colour);
      color: var(--ink);
      cursor: pointer;
    }
    button:hover { text-decoration: underline; }
    button:focus-visible { outline: 3px solid ${INK}; outline-offset: 2px;
      box-shadow: 0 0 0 2px ${WHITE}, 0 0 0 7px ${WHITE}; }
    .open { padding-inline: 1.25em; border-radius: 2em; box-shadow: 0 0 0 2px ${WHITE},
      0 2px 8px rgb(22 36 44 / 40%); }
    dialog {
      position: fixed;
      inset: auto 1em max(5em, env(safe-area-inset-bottom)) auto;
      flex-direction: column;
      inline-size: 26em;
      block-size: min(44em, 100dvh - 6em);
      max-inline-size: none;
      max-block-size: none;
      margin: 0;
      padding: 0;
      border: 2px solid var(--colour);
      border-radius: 0.875em;
      background: ${WHITE};
      box-shadow: 0 0 0 2px ${WHITE}, 0 4px 24px rgb(22 36 44 / 40%);
      overflow: hidden;
    }
    dialog[open] { display: flex; }
    :host([position="left"]) dialog { inset-inline: 1em auto; }
    header {
      display: flex;
      align-items: center;
      gap: 0.75em;
      padding: 0.25em 0.25em 0.25em 1em;
      background: var(--colour);
      color: var(--ink);
    }
    h2 { flex: 1; margin: 0; }
    img { block-size: 2em; max-inline-size: 8em; object-fit: contain; }
    iframe { flex: 1; inline-size: 100%; border: 0; }
    @media ${PHONE} {
      dialog, :host([position="left"]) dialog { inset: 0; inline-size: 100%; block-size: 100%;
        border: 0; border-radius: 0; }
    }
    @media (forced-colors: active) { button { border-color: ButtonText; } }
    @media print { :host { display: none !important; } }
  `;

  class OroslotsenChat extends HTMLElement {
    #button = part("button", { type: "button", class: "open", "aria-haspopup": "dialog" });
    #close = part("button", { type: "button", class: "close" });
    #title = part("h2", {});
    #frame = part("iframe", { referrerpolicy: "no-referrer" });
    #panel = part("dialog", { id: "panel" });
    #header = part("header", {});

    constructor() {
      super();
      const root = this.attachShadow({ mode: "open" });
      const style = new CSSStyleSheet(); // a page may forbid inline style; this is none
      style.replaceSync(STYLE);
      root.adoptedStyleSheets = [style];
      this.#header.append(this.#title, this.#close);
      this.#panel.append(this.#header);
      root.append(this.#button, this.#panel);
      this.#button.setAttribute("aria-controls", "panel");
      this.#button.addEventListener("click", () =>
        this.#panel.open ? this.close() : this.open(),
      );
      this.#close.addEventListener("click", () => this.close());
      this.#panel.addEventListener("close", () => this.#closed());
      this.#panel.addEventListener("keydown", (event) => {
        if (event.key === "Escape") {
          event.preventDefault();
          this.close();
        }
      });
      window.addEventListener("message", (event) => this.#told(event));
    }

    connectedCallback() {
      const language = this.getAttribute("language") ?? document.documentElement.lang;
      const texts = /^en\b/i.test(language) ? TEXTS.en : TEXTS.sv;
      this.#frame.dataset.address = `${SERVICE}/?lang=${texts === TEXTS.en ? "en" : "sv"}`;
      this.#panel.lang = this.#button.lang = texts === TEXTS.en ? "en" : "sv";
      this.#button.textContent = texts.open;
      this.#title.textContent = "Oroslotsen";
      this.#close.textContent = texts.close;
      this.#frame.title = texts.panel;
      this.#panel.setAttribute("aria-label", texts.panel);
      this.#button.setAttribute("aria-expanded", "false");
      this.#paint();
      this.#showLogo();
      this.#rise();
    }

    /** Show the panel; the frame is fetched the first time. */
    open() {
      if (this.#panel.open) {
        return;
      }
      this.#button.setAttribute("aria-expanded", "true");
      // On a phone the panel covers the page, which then can't be reached by keyboard either.
      if (matchMedia(PHONE).matches) {
        this.#panel.showModal();
      } else {
        this.#panel.show();
      }
      if (this.#frame.isConnected) {
        this.#frame.focus();
      } else {
        this.#fetch();
      }
    }

    /** A frame that is empty yet can't keep the focus: it gets it when the chat is there. */
    #fetch() {
      const enter = () => {
        if (this.#panel.contains(this.shadowRoot.activeElement)) {
          this.#frame.focus();
        }
      };
      this.#frame.addEventListener("load", enter, { once: true });
      this.#frame.src = this.#frame.dataset.address;
      this.#panel.append(this.#frame);
    }

    /** Hide the panel. The conversation goes on in it. */
    close() {
      this.#panel.close();
    }

    #closed() {
      this.#button.setAttribute("aria-expanded", "false");
      this.#button.focus();
    }

    /** The chat asks to leave: in a frame it may not do so itself without a press just before. */
    #told(event) {
      const isOurs = event.origin === SERVICE && event.source === this.#frame.contentWindow;
      if (isOurs && event.data?.oroslotsen === "leave" && /^https:/.test(event.data.to)) {
        this.hidden = true;
        window.location.replace(event.data.to);
      }
    }

    /** Black or white, whichever is read best: one of them has at least 4.58:1 on any colour. */
    #paint() {
      const wanted = this.getAttribute("colour");
      if (wanted !== null && luminance(wanted) === null) {
        console.warn(`<${NAME}>: colour="${wanted}" is not of the form #rrggbb; the usual is used.`);
      }
      const colour = luminance(wanted) === null ? COLOUR : wanted;
      for (const one of [this.#button, this.#panel]) {
        one.style.setProperty("--colour", colour);
        one.style.setProperty("--ink", luminance(colour) > 0.179 ? "#000000" : WHITE);
      }
    }

    #showLogo() {
      const logo = this.getAttribute("logo");
      if (logo && !this.#header.querySelector("img")) {
        const picture = part("img", { alt: "", src: logo, referrerpolicy: "no-referrer" });
        picture.addEventListener("error", () => picture.remove());
        this.#header.prepend(picture);
      }
    }

    /** Above everything else, whatever the page transforms, clips or stacks. */
    #rise() {
      if ("showPopover" in this) {
        this.popover = "manual";
        this.showPopover();
      }
    }
  }

  function part(name, attributes) {
    const made = document.createElement(name);
    for (const [attribute, value] of Object.entries(attributes)) {
      made.setAttribute(attribute, value);
    }
    return made;
  }

  /** The relative luminance of WCAG 2.2, 0 to 1; null for what is no colour in hexadecimal. */
  function luminance(colour) {
    const long = colour?.trim().replace(/^#(.)(.)(.)$/, "#$1$1$2$2$3$3");
    const found = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(long ?? "");
    if (found === null) {
      return null;
    }
    const [red, green, blue] = found.slice(1).map((pair) => {
      const share = parseInt(pair, 16) / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  }

  function bring() {
    if (document.querySelector(NAME)) {
      return; // the page has put it where it wants it
    }
    const chat = document.createElement(NAME);
    for (const name of ["colour", "logo", "position", "language"]) {
      if (name in SCRIPT.dataset) {
        chat.setAttribute(name, SCRIPT.dataset[name]);
      }
    }
    document.body.append(chat);
  }

  if (!customElements.get(NAME)) {
    customElements.define(NAME, OroslotsenChat);
    if (document.readyState === "loading") {
      document.addEventListener("DOMContentLoaded", bring);
    } else {
      bring();
    }
  }
})();
