const shown = new WeakMap(); // place -> the markup that it has

/**
 * Put new markup, made and escaped by the service, in the place of old. What had the keyboard's
 * focus keeps it; if it is gone, `instead` gets it. What was opened stays open.
 */
export function replaceContent(place, html, instead) {
  if (shown.get(place) === html) {
    return;
  }
  shown.set(place, html);
  const focused = place.contains(document.activeElement) ? document.activeElement.id : null;
  const wasOpen = place.querySelector("details[open]") !== null;
  place.innerHTML = html;
  if (wasOpen) {
    place.querySelector("details")?.setAttribute("open", "");
  }
  if (focused !== null) {
    (document.getElementById(focused) ?? document.getElementById(instead))?.focus();
  }
}
