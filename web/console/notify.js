/** The browser's own notification of what is new in the queue. It says nothing of what it is. */

const CHOICE = "oroslotsen.notify";

/** Make a button of the switch; give what notifies when it is on and the page is not in view. */
export function followNotifications(button) {
  if (!("Notification" in globalThis)) {
    return { tell() {} };
  }
  let on = localStorage.getItem(CHOICE) === "on" && Notification.permission === "granted";

  function show() {
    button.setAttribute("aria-pressed", String(on));
  }

  button.addEventListener("click", async () => {
    on = !on && (await Notification.requestPermission()) === "granted";
    localStorage.setItem(CHOICE, on ? "on" : "off");
    show();
  });
  show();
  button.hidden = false;
  return {
    tell() {
      if (on && document.hidden) {
        new Notification("Oroslotsen", { body: "Något nytt i kön.", tag: "oroslotsen-queue" });
      }
    },
  };
}
