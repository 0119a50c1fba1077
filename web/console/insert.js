/** Ready texts to put into the box and edit there: the service's phrases and its curated answers. */

const MOST = 12;

/**
 * @param place the element that holds the search box and the list
 * @param insert puts a text into the box
 */
export function offerTexts(place, insert) {
  const search = place.querySelector("#insert-search");
  const list = place.querySelector("#insert-list");
  let texts = null;

  function show() {
    const wanted = search.value.trim().toLowerCase();
    const found = texts.filter(({ title, text }) => `${title} ${text}`.toLowerCase().includes(wanted));
    list.replaceChildren(
      ...found.slice(0, MOST).map(({ title, text }) => {
        const item = document.createElement("li");
        const button = document.createElement("button");
        button.type = "button";
        button.className = "link";
        button.textContent = title;
        button.addEventListener("click", () => {
          place.open = false;
          insert(text);
        });
        item.append(button);
        return item;
      }),
    );
  }

  place.hidden = false;
  search.addEventListener("input", () => texts && show());
  search.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
  place.addEventListener("toggle", async () => {
    if (!place.open || texts !== null) {
      return;
    }
    const response = await fetch(place.dataset.address).catch(() => null);
    if (response?.ok) {
      texts = await response.json();
      show();
    }
  });
}
