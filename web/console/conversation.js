/** The conversation page: messages as they come, who has the conversation, and the box to write in. */

import { CallerLine } from "./caller.js";
import { Composer } from "./composer.js";
import { closeWithEscape } from "./details.js";
import { offerTexts } from "./insert.js";
import { followLive, page } from "./live.js";
import { replaceContent } from "./replace.js";
import { Timeline } from "./timeline.js";

const place = document.getElementById("conversation");
const { ticket, position, signs } = place.dataset;
const standing = document.getElementById("standing");
const fields = document.getElementById("ticket");

const draft = `oroslotsen.draft.${ticket}`;

const timeline = new Timeline(document.getElementById("timeline"), {
  newer: document.getElementById("newer"),
});
const composer = new Composer(document.getElementById("composer"), {
  address: `${page.root}/api/tickets/${ticket}/messages`,
  csrf: page.csrf,
  draft,
  signs,
});
const caller = new CallerLine(document.getElementById("caller"));
closeWithEscape();
offerTexts(document.getElementById("inserting"), (text) => composer.insert(text));

const { sound } = followLive(
  `/api/tickets/${ticket}/events`,
  {
    message: ({ html, author }, id) => {
      timeline.add(html, Number(id));
      if (author === "caller") {
        sound.play();
      }
    },
    caller: (standing) => caller.tell(standing),
    gone: () => {
      sessionStorage.removeItem(draft); // the conversation was deleted
      location.reload();
    },
    deliveries: (states) => timeline.tellDeliveries(states),
    panel: ({ standing: who, ticket: what, mine }) => {
      replaceContent(standing, who, "text");
      replaceContent(fields, what);
      composer.allow(mine);
    },
  },
  { after: Number(position) },
);
