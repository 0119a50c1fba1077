const shown = new WeakMap(); // place -> the markup that it has

/**
 * Put new markup, made and escaped by the service, in the place of old. What had the keyboard's
 * focus keeps it, and what was marked in it; if it is gone, `instead` gets it. What was opened stays
 * open, and what was begun in it stays written.
 */
export function replaceContent(place, html, instead) {
  if (shown.get(place) === html) {
    return;
  }
  shown.set(place, html);
  const focused = place.contains(document.activeElement) ? focusOf(document.activeElement) : null;
  const open = [...place.querySelectorAll("details[open][id]")].map(({ id }) => id);
  const begun = [...place.querySelectorAll("details[open] :is(input, select, textarea)[id]")].map(
    ({ id, value, checked }) => ({ id, value, checked }),
  );
  place.innerHTML = html;
  for (const id of open) {
    document.getElementById(id)?.setAttribute("open", "");
  }
  for (const { id, value, checked } of begun) {
    const field = document.getElementById(id);
    if (field && place.contains(field)) {
      field.value = value;
      field.checked = checked;
    }
  }
  if (focused !== null) {
    (document.getElementById(focused.id) ?? document.getElementById(instead))?.focus();
    if (focused.marked) {
      document.getElementById(focused.id)?.setSelectionRange(...focused.marked);
    }
  }
}

/** What has the focus, and what is marked in it if it is a field of text. */
function focusOf({ id, selectionStart, selectionEnd, selectionDirection }) {
  const isText = typeof selectionStart === "number";
  return { id, marked: isText ? [selectionStart, selectionEnd, selectionDirection] : null };
}
