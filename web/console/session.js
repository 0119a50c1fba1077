/**
 * The session's idle time: what a person does renews it, and before it ends they are asked
 * (WCAG 2.2, 2.2.1). The service decides; this only asks it.
 */

const RENEW_EVERY = 60_000; // ms
const ASK_EVERY = 15_000; // ms
const WARN_BEFORE = 120; // seconds, or a quarter of a short session

export function keepSession({ root, csrf, login, idle }) {
  const dialog = document.getElementById("idle");
  const warnBefore = Math.min(WARN_BEFORE, idle / 4);
  let renewedAt = Date.now();

  async function ask(method) {
    const response = await fetch(`${root}/api/session`, {
      method,
      headers: { "X-CSRF-Token": csrf },
    }).catch(() => null);
    if (response?.status === 401 || response?.status === 403) {
      location.assign(`${login}?avslutad`);
      return null;
    }
    return response?.ok ? (await response.json()).seconds_left : null;
  }

  async function renew() {
    renewedAt = Date.now();
    await ask("POST");
  }

  function act() {
    if (!dialog.open && Date.now() - renewedAt > RENEW_EVERY) {
      renew();
    }
  }

  /** Look whether the session still lasts; warn if it soon ends, here and in every other tab. */
  async function check() {
    const left = await ask("GET");
    if (left === null) {
      return;
    }
    if (left > warnBefore) {
      dialog.close();
    } else if (!dialog.open) {
      dialog.showModal();
    }
  }

  dialog.addEventListener("submit", renew);
  dialog.addEventListener("cancel", renew);
  addEventListener("keydown", act);
  addEventListener("pointerdown", act);
  setInterval(check, Math.min(ASK_EVERY, (idle * 1000) / 8));
  return { check };
}
