/** Escape closes what was opened around the keyboard's place, and gives the place back to its button. */

export function closeWithEscape() {
  addEventListener("keydown", (event) => {
    const opened = event.target.closest("details[open]");
    if (event.key === "Escape" && opened && !event.isComposing) {
      opened.open = false;
      opened.querySelector("summary").focus();
    }
  });
}
