/**
 * Keys that do what a button or a link does. They can be switched off (WCAG 2.2, 2.1.4), and are
 * left alone while somebody writes.
 */

const CHOICE = "oroslotsen.shortcuts";

const TARGETS = {
  k: "#queue-link",
  s: "#search-link",
  t: "#take, .row-action button",
  m: "#text",
  a: "#closing",
};

export function followShortcuts() {
  const dialog = document.getElementById("shortcuts");
  const switched = document.getElementById("shortcuts-on");
  const button = document.getElementById("keys-button");
  switched.checked = localStorage.getItem(CHOICE) !== "off";
  switched.addEventListener("change", () => {
    localStorage.setItem(CHOICE, switched.checked ? "on" : "off");
  });
  button.hidden = false;
  button.addEventListener("click", () => dialog.showModal());
  addEventListener("keydown", (event) => {
    const busy = event.ctrlKey || event.altKey || event.metaKey || document.querySelector("dialog[open]");
    if (busy || !switched.checked || event.target.closest("input:not([type=checkbox]), textarea, select")) {
      return;
    }
    if (event.key === "?") {
      dialog.showModal();
      return;
    }
    const target = Object.hasOwn(TARGETS, event.key) && document.querySelector(TARGETS[event.key]);
    if (target && target.checkVisibility()) {
      event.preventDefault();
      if (target.matches("textarea")) {
        target.focus();
      } else {
        target.click();
      }
    }
  });
}
