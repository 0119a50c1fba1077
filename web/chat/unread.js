/** Tells in the title how many messages came while the tab was hidden; no words from them. */

export function setUpUnread(texts) {
  const { title } = document;
  let count = 0;
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) {
      count = 0;
      document.title = title;
    }
  });
  return () => {
    if (document.hidden) {
      count += 1;
      document.title = texts.unread(count, title);
    }
  };
}
