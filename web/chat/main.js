/** The chat page: finds the elements, joins the parts, starts the conversation. */

import { Chat } from "./chat.js";
import { Composer } from "./composer.js";
import { chosenTexts, translatePage } from "./language.js";
import { keepHistoryShort, setUpLeaving } from "./leave.js";
import { Log } from "./log.js";
import { Session } from "./session.js";
import { Status } from "./status.js";
import { setUpUnread } from "./unread.js";

const byId = (id) => document.getElementById(id);

const newer = byId("newer");
const texts = chosenTexts();
translatePage(texts, {
  emergency: byId("emergency"),
  language: byId("language"),
  log: byId("log"),
});

const session = new Session();
const log = new Log(byId("log"), texts, {
  on: {
    choose: ({ id, title }) => chat.say({ text: "", choice: id, title }).focus(),
    change: (text) => {
      composer.put(text);
      composer.focus();
    },
    missed: () => {
      newer.hidden = false;
    },
  },
  emergencyLink: () => {
    const copy = byId("emergency").cloneNode(true);
    copy.removeAttribute("id");
    return copy;
  },
});
const status = new Status(
  { connection: byId("connection"), thinking: byId("thinking"), writing: byId("writing") },
  texts,
  setUpUnread(texts),
);
const chat = new Chat({ session, log, status, startedAnew: texts.startedAnew, deleted: texts.deleted });
const composer = new Composer(
  { form: byId("composer"), field: byId("message"), remaining: byId("remaining") },
  texts,
  session,
  { send: (text) => chat.say({ text }), typed: () => chat.typed() },
);

setUpLeaving(byId("leave"), byId("leave-progress"), texts, () => {
  chat.stop();
  session.end();
});
keepHistoryShort(document.querySelectorAll(".links a"));

document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault(); // without a new entry in the history
  composer.focus();
});
newer.addEventListener("click", () => log.revealLast());
window.addEventListener("scroll", () => {
  if (log.noticeScroll()) {
    newer.hidden = true;
  }
});
window.addEventListener("offline", () => status.connection("reconnecting"));
window.addEventListener("online", () => chat.nudge());
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) {
    chat.nudge();
  }
});

byId("starting").remove();
chat.start();
