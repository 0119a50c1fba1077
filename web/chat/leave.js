/**
 * Leaving quickly: the page goes blank at once, the tab forgets, and a neutral page takes its place
 * in the history, so that "back" does not lead here. By the link, or by Escape three times.
 *
 * After GOV.UK's "Exit this page" (design-system.service.gov.uk/components/exit-this-page), which
 * keeps the left page in the history; here it is replaced. Links within the site replace too, so
 * that the tab never holds more than one entry of it. What the browser keeps in its list of
 * visited pages no page can take away.
 *
 * On a municipality's page the chat is a frame. A frame may take the whole window elsewhere only
 * when it has been pressed in, and Escape does not count; so the page around is asked too
 * (web/embed/embed.js). It is told where to, and nothing else.
 */

import { element } from "./elements.js";

const PRESSES = 3;
const PATIENCE = 5_000; // ms between presses

/**
 * @param link the way out; its `data-leave-to` is where to
 * @param progress element that tells how many presses are left
 * @param texts the language's words
 * @param forget ends everything that runs and is remembered
 */
export function setUpLeaving(link, progress, texts, forget) {
  const leave = () => {
    forget();
    document.title = texts.leaving;
    document.body.replaceChildren(element("p", { role: "alert", text: texts.leaving }));
    leaveFor(link.dataset.leaveTo);
  };
  link.addEventListener("click", (event) => {
    event.preventDefault();
    leave();
  });
  countEscapes(progress, texts, leave);
}

/** Let links within the site take this page's place in the history. */
export function keepHistoryShort(links) {
  for (const link of links) {
    link.addEventListener("click", (event) => {
      if (!(event.ctrlKey || event.metaKey || event.shiftKey)) {
        event.preventDefault();
        window.location.replace(link.href);
      }
    });
  }
}

function leaveFor(address) {
  if (window.parent !== window) {
    window.parent.postMessage({ oroslotsen: "leave", to: address }, "*");
  }
  try {
    window.top.location.replace(address);
  } catch {
    // The browser keeps this frame from doing it: the page around does.
  }
}

function countEscapes(progress, texts, leave) {
  let presses = 0;
  let timer = null;
  const forgetPresses = () => {
    presses = 0;
    progress.textContent = "";
  };
  document.addEventListener("keydown", (event) => {
    clearTimeout(timer);
    if (event.key !== "Escape" || event.isComposing) {
      forgetPresses();
    } else if (!event.repeat) {
      presses += 1;
      if (presses === PRESSES) {
        leave();
        return;
      }
      progress.textContent = texts.leavePressed(presses);
      timer = setTimeout(forgetPresses, PATIENCE);
    }
  });
}
