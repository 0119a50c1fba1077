/** What page and script say, in English: the twin of texts.sv.js and of index.html. */

export const texts = {
  language: "en",
  locale: "en-GB",
  page: {
    skip: "Skip to the message box",
    emergency: (number) => `Danger now? Call ${number}`,
    leave: "Leave this page quickly",
    lead: "Are you worried that someone is being drawn into violent extremism, or do you want to leave it yourself? Write to the municipality's AI assistant. A human can take over.",
    numbers: "All phone numbers (in Swedish)",
    starting: "The chat is starting. Nothing happening? The link above has all phone numbers.",
    log: "The conversation",
    newer: "Show new reply",
    label: "Write your message",
    send: "Send",
    keys: "Enter sends, Shift + Enter makes a new line. Esc three times leaves the page.",
  },

  author: {
    caller: "You",
    bot: "The assistant (AI)",
    coordinator: "The coordinator",
    coordinatorNamed: (name) => `The coordinator ${name}`,
    service: "Oroslotsen",
  },
  thinking: "The assistant is writing …",
  coordinatorWriting: "The coordinator is writing …",
  urgent: "Important",
  choices: "Go on",

  call: (number) => `Call ${number}`,
  callWhom: (name, number) => `Call ${number}, ${name}`,
  write: (email) => `Write to ${email}`,
  openNow: "Open now",
  closedNow: "Closed now",
  source: (years) => `Source (${years})`,
  sources: (years) => `Sources (${years})`,

  notSentYet: "Not sent yet. We are trying again.",
  notStored: "Your message has not been saved yet. We are trying again.",
  refused: (why) => `The message could not be sent. ${why}`,
  change: "Change the message",

  opening: "We cannot reach the service right now. We are trying again. You can write anyway.",
  reconnecting: "Reconnecting …",
  offline: "You are offline. What you write is sent when you are back.",
  connected: "Connected again.",
  startedAnew:
    "The earlier conversation could not be opened again, so this is a new one. What you wrote before is no longer shown here.",
  deleted: "The conversation is deleted. This is a new one, should you want to write again.",

  remaining: (count) => (count === 1 ? "1 character left" : `${count} characters left`),
  tooLong: (count) => `${count} characters too many. Split it into several messages.`,

  leaving: "Loading …",
  leavePressed: (count) =>
    count === 1 ? "Esc twice more leaves the page." : "Esc once more leaves the page.",
  unread: (count, title) => `(${count}) ${title}`,
};
