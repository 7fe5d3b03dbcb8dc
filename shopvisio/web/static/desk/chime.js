/** The desk's sound, which can be turned off and stays so, and its notifications, asked for by a button alone. */

const KEPT = "desk.sound";
const NOTES = [
  [880, 0],
  [1174.7, 0.18],
]; // Hz, after seconds
/** @type {AudioContext | null} */
let audio = null;

/** @param {string} selector */
function part(selector) {
  return /** @type {HTMLElement | null} */ (document.querySelector(selector));
}

function isOn() {
  return localStorage.getItem(KEPT) !== "off";
}

function open() {
  audio ??= "AudioContext" in window ? new AudioContext() : null;
  return audio;
}

/** Two notes. Silent when the sound is off, or while the browser holds it back. */
export function chime() {
  const out = isOn() ? open() : null;
  if (!out || out.state !== "running") return;
  for (const [pitch, after] of NOTES) {
    const [voice, volume] = [out.createOscillator(), out.createGain()];
    const at = out.currentTime + after;
    voice.frequency.value = pitch;
    volume.gain.setValueAtTime(0.25, at);
    volume.gain.exponentialRampToValueAtTime(0.001, at + 0.5);
    voice.connect(volume).connect(out.destination);
    voice.start(at);
    voice.stop(at + 0.5);
  }
}

/** Browsers let a page be heard once it was touched. */
async function wake() {
  await open()?.resume();
  show();
}

export function mayNotify() {
  return "Notification" in window && Notification.permission === "granted" && !document.hasFocus();
}

/** @param {DOMStringMap} told  `title`, `text`, `url` and `ring` of whoever waits. */
export function notify({ title = "", text = "", url = "", ring }) {
  try {
    const shown = new Notification(title, { body: text, tag: ring });
    shown.addEventListener("click", () => {
      window.focus();
      location.assign(url);
    });
  } catch {
    // telephones know notifications of installed apps only; the sound and the title remain
  }
}

/** The buttons say how it stands. */
function show() {
  const sound = part("[data-sound]");
  if (sound) {
    sound.setAttribute("aria-pressed", String(isOn()));
    const word = sound.querySelector("span");
    if (word) word.textContent = (isOn() ? sound.dataset.on : sound.dataset.off) ?? "";
    sound.hidden = !("AudioContext" in window);
  }
  const held = part("[data-held]");
  if (held) held.hidden = !isOn() || open()?.state !== "suspended";
  const ask = part("[data-notify]");
  const refused = part("[data-refused]");
  const permission = "Notification" in window ? Notification.permission : "";
  if (ask) ask.hidden = permission !== "default";
  if (refused) refused.hidden = permission !== "denied";
}

part("[data-sound]")?.addEventListener("click", async () => {
  localStorage.setItem(KEPT, isOn() ? "off" : "on");
  await wake();
  chime(); // what it sounds like, when it was turned on
});
part("[data-notify]")?.addEventListener("click", async () => {
  await Notification.requestPermission();
  show();
});
for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, wake, { once: true });
show();
