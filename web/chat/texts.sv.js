/** What the script says, in Swedish. texts.en.js is its twin: the same keys. */

export const texts = {
  language: "sv",
  locale: "sv-SE",
  page: {}, // the page's own words stand in index.html

  author: {
    caller: "Du",
    bot: "Assistenten (AI)",
    coordinator: "Samordnaren",
    coordinatorNamed: (name) => `Samordnaren ${name}`,
    service: "Oroslotsen",
  },
  thinking: "Assistenten skriver …",
  coordinatorWriting: "Samordnaren skriver …",
  urgent: "Viktigt",
  choices: "Gå vidare",

  call: (number) => `Ring ${number}`,
  callWhom: (name, number) => `Ring ${number}, ${name}`,
  write: (email) => `Skriv till ${email}`,
  openNow: "Öppet nu",
  closedNow: "Stängt nu",
  source: (years) => `Källa (${years})`,
  sources: (years) => `Källor (${years})`,

  notSentYet: "Inte skickat än. Vi försöker igen.",
  notStored: "Ditt meddelande är inte sparat än. Vi försöker igen.",
  refused: (why) => `Meddelandet kunde inte skickas. ${why}`,
  change: "Ändra meddelandet",

  opening: "Vi når inte tjänsten just nu. Vi försöker igen. Du kan skriva ändå.",
  reconnecting: "Ansluter igen …",
  offline: "Du är utan uppkoppling. Det du skriver skickas när den är tillbaka.",
  connected: "Ansluten igen.",
  startedAnew:
    "Det förra samtalet gick inte att öppna igen, så det här är ett nytt samtal. Det du skrev förut visas inte längre här.",
  deleted:
    "Samtalet är raderat. Det här är ett nytt samtal, om du vill skriva igen.",

  remaining: (count) => (count === 1 ? "1 tecken kvar" : `${count} tecken kvar`),
  tooLong: (count) =>
    `${count} tecken för mycket. Dela upp det i flera meddelanden.`,

  leaving: "Laddar …",
  leavePressed: (count) =>
    count === 1 ? "Esc två gånger till lämnar sidan." : "Esc en gång till lämnar sidan.",
  unread: (count, title) => `(${count}) ${title}`,
};
