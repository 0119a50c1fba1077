/** A short sound that a coordinator can switch on. Only the choice is kept, in this browser. */

const CHOICE = "oroslotsen.sound";
const TONES = [660, 880]; // Hz
const TONE = 0.14; // seconds

/** Make a button of the switch; give what plays the sound when it is on. */
export function followSound(button) {
  const context = new AudioContext();
  let on = localStorage.getItem(CHOICE) === "on";

  function show() {
    button.setAttribute("aria-pressed", String(on));
  }

  function play() {
    if (on && context.state === "running") {
      TONES.forEach((tone, place) => sound(context, tone, place * TONE));
    }
  }

  button.addEventListener("click", async () => {
    on = !on;
    localStorage.setItem(CHOICE, on ? "on" : "off");
    show();
    await context.resume();
    play();
  });
  // A browser lets a page sound only after somebody has done something there.
  for (const deed of ["keydown", "pointerdown"]) {
    addEventListener(deed, () => context.resume(), { once: true });
  }
  show();
  button.hidden = false;
  return { play };
}

function sound(context, tone, after) {
  const oscillator = new OscillatorNode(context, { frequency: tone });
  const gain = new GainNode(context, { gain: 0 });
  const start = context.currentTime + after;
  gain.gain.setValueAtTime(0, start);
  gain.gain.linearRampToValueAtTime(0.2, start + 0.02);
  gain.gain.linearRampToValueAtTime(0, start + TONE);
  oscillator.connect(gain).connect(context.destination);
  oscillator.start(start);
  oscillator.stop(start + TONE);
}
