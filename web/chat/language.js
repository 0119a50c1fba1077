/** The page's language: Swedish, or English by `?lang=en`. */

import { texts as english } from "./texts.en.js";
import { texts as swedish } from "./texts.sv.js";

/** The words of the language that the address asks for. */
export function chosenTexts() {
  return new URLSearchParams(window.location.search).get("lang") === "en" ? english : swedish;
}

/** The words to put beside a reply in its own language. */
export function textsIn(language) {
  return language === "en" ? english : swedish;
}

/** Put the page's own words in the language; the Swedish ones stand in the page already. */
export function translatePage(texts, { emergency, language }) {
  if (texts.language === "sv") {
    return;
  }
  document.documentElement.lang = texts.language;
  const number = emergency.href.replace("tel:", "");
  for (const one of document.querySelectorAll("[data-text]")) {
    const words = texts.page[one.dataset.text];
    one.textContent = typeof words === "function" ? words(number) : words;
  }
  Object.assign(language, { href: "?lang=sv", lang: "sv", hreflang: "sv" });
  language.textContent = "På svenska";
}
