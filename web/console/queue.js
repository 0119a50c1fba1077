/** The queue page: shows each change, and keeps the place of whoever uses the keyboard. */

import { followLive } from "./live.js";
import { replaceContent } from "./replace.js";

const queue = document.getElementById("queue");

followLive("/api/queue/events", {
  queue: ({ html }) => replaceContent(queue, html, "waiting-title"),
});
