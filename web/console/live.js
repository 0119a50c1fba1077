/**
 * What every live page of the console has: a connection that comes back by itself, news of the
 * queue, a sound, and care for the session's idle time.
 */

import { Announcer } from "./announcer.js";
import { followNotifications } from "./notify.js";
import { replaceContent } from "./replace.js";
import { keepSession } from "./session.js";
import { followShortcuts } from "./shortcuts.js";
import { followSound } from "./sound.js";
import { Stream } from "./stream.js";

const place = document.getElementById("live");

/** Addresses and secrets that the page was made with. */
export const page = {
  root: place.dataset.root,
  csrf: place.dataset.csrf,
  login: place.dataset.login,
  idle: Number(place.dataset.idle), // seconds
};

/**
 * Follow a stream of the console.
 * @param address path under the root
 * @param handlers what to do with each kind of event, by its name
 * @param options.after position to go on from, for streams whose events have positions
 */
export function followLive(address, handlers, { after = null } = {}) {
  const sound = followSound(document.getElementById("sound"));
  const notifications = followNotifications(document.getElementById("notify"));
  followShortcuts();
  const announcer = new Announcer({
    known: JSON.parse(place.dataset.known),
    line: document.getElementById("announcement"),
    count: document.getElementById("waiting-count"),
    alert: () => {
      sound.play();
      notifications.tell();
    },
  });
  const session = keepSession(page);
  const connection = document.getElementById("connection");
  const stream = new Stream(page.root + address, {
    after,
    onState: (state) => {
      connection.textContent =
        state === "lost" ? "Anslutningen är bruten. Sidan försöker igen av sig själv." : "";
    },
    onEnded: () => session.check(),
    on: {
      ...handlers,
      assistant: ({ html }) => replaceContent(document.getElementById("assistant"), html),
      queue: (data) => {
        handlers.queue?.(data);
        announcer.tell(data);
      },
    },
  });
  addEventListener("pagehide", () => stream.stop());
  addEventListener("pageshow", (event) => event.persisted && location.reload());
  return { stream, sound };
}
