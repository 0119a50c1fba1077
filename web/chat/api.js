/**
 * The web chat API (docs/architecture.md) as four calls, and the three ways they fail.
 */

const CALL_TIMEOUT = 10_000; // ms; then the same message is sent again under the same id

/** The service knows no such conversation. */
export class UnknownConversation extends Error {}

/** The service will never take this message; `why` is its own sentence to the caller. */
export class Refused extends Error {
  constructor(why) {
    super("refused");
    this.why = why;
  }
}

/** No answer, or "not now": worth trying again. `reply` is there when the message is acute. */
export class NotNow extends Error {
  constructor({ wait = 0, reply = null } = {}) {
    super("not now");
    this.wait = wait; // ms that the service asked for
    this.reply = reply;
  }
}

/** Open a conversation: {conversation, secret, greeting}. */
export async function openConversation() {
  const response = await call("/api/chat/conversations", { method: "POST" });
  return bodyOf(response);
}

/** Send a message; {id, position, reply}. The same id again gives the same answer. */
export async function sendMessage(credentials, { id, text, choice }) {
  const response = await call("/api/chat/messages", {
    method: "POST",
    headers: { ...bearer(credentials), "Content-Type": "application/json" },
    body: JSON.stringify({ id, text, choice }),
  });
  return bodyOf(response);
}

/** Tell that the caller is writing, and nothing of what. */
export async function sendTyping(credentials) {
  await call("/api/chat/typing", { method: "POST", headers: bearer(credentials) });
}

/** The event stream after a position, as an open response. */
export async function openEvents(credentials, after, signal) {
  const headers = { ...bearer(credentials), Accept: "text/event-stream" };
  if (after > 0) {
    headers["Last-Event-ID"] = String(after);
  }
  return call("/api/chat/events", { headers, signal });
}

async function call(path, options) {
  let response;
  try {
    response = await fetch(path, {
      cache: "no-store",
      credentials: "omit",
      referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(CALL_TIMEOUT),
      ...options,
    });
  } catch {
    throw new NotNow();
  }
  if (response.ok) {
    return response;
  }
  throw await failure(response);
}

async function failure(response) {
  const { status } = response;
  const problem = await response.json().catch(() => ({}));
  if (status === 401) {
    return new UnknownConversation();
  }
  if (status >= 500 || status === 408 || status === 429) {
    const seconds = Number(response.headers.get("Retry-After")) || 0;
    return new NotNow({ wait: seconds * 1000, reply: problem.reply ?? null });
  }
  return new Refused([problem.title, problem.detail].filter(Boolean).join(". "));
}

async function bodyOf(response) {
  try {
    return await response.json();
  } catch {
    throw new NotNow(); // the connection broke in the middle of the answer
  }
}

function bearer(credentials) {
  return { Authorization: `Bearer ${credentials}` };
}
