/** The conversation page: messages as they come, who has the conversation, and the box to write in. */

import { Composer } from "./composer.js";
import { offerTexts } from "./insert.js";
import { followLive, page } from "./live.js";
import { replaceContent } from "./replace.js";
import { Timeline } from "./timeline.js";

const place = document.getElementById("conversation");
const { ticket, position } = place.dataset;
const standing = document.getElementById("standing");
const fields = document.getElementById("ticket");

const timeline = new Timeline(document.getElementById("timeline"), {
  newer: document.getElementById("newer"),
});
const composer = new Composer(document.getElementById("composer"), {
  address: `${page.root}/api/tickets/${ticket}/messages`,
  csrf: page.csrf,
  draft: `oroslotsen.draft.${ticket}`,
});
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
    deliveries: (states) => timeline.tellDeliveries(states),
    panel: ({ standing: who, ticket: what, mine }) => {
      replaceContent(standing, who, "text");
      replaceContent(fields, what);
      composer.allow(mine);
    },
  },
  { after: Number(position) },
);
