/** The page to try a device on: what the camera sees, the microphone hears, the loudspeaker plays, the network bears. */

/** @typedef {import("./camera.js").Trouble} Trouble */

import { stayAwake } from "./awake.js";
import { Camera } from "./camera.js";
import { chime } from "./chime.js";
import { all, find, onActs } from "./dom.js";
import { Lobby } from "./lobby.js";
import { measure } from "./loop.js";
import { Picker } from "./picker.js";
import { say } from "./words.js";

const TURN = 15_000; // ms until we ask again for a room

const page = find("#call");
const form = /** @type {HTMLFormElement} */ (find("#found"));
const send = /** @type {HTMLButtonElement} */ (find("button", form));
const player = /** @type {HTMLAudioElement} */ (find("#chime"));
const bar = /** @type {HTMLProgressElement} */ (find(".trial progress"));

const camera = new Camera(page.dataset.kind === "repair" ? "environment" : "user", show);
const lobby = new Lobby(() => tell("mic", "yes"));
const picker = new Picker(camera, (trouble) => lobby.help(trouble));

function show() {
  lobby.show(camera.stream, camera.mirrored);
}

/**
 * @param {"ask" | "opening" | "ready"} media
 * @param {Trouble | ""} trouble
 */
function see(media, trouble) {
  for (const part of all("[data-media]")) part.hidden = !part.dataset.media?.split(" ").includes(media);
  lobby.help(trouble);
}

/** @param {{audio: boolean, video: boolean}} what */
async function open(what) {
  lobby.touch();
  see("opening", "");
  const trouble = await camera.open(what);
  if (!camera.hasMic && camera.state === "off") return see("ask", trouble);
  await begin(trouble);
}

/** @param {Trouble | ""} trouble */
async function begin(trouble) {
  see("ready", trouble);
  show();
  for (const button of all('[data-act="flip"]')) button.hidden = !(await camera.canFlip());
  await picker.show();
  await tryAll();
}

async function tryAll() {
  void stayAwake(true);
  tell("camera", camera.state === "on" ? "yes" : "no");
  if (!camera.hasMic) tell("mic", "no");
  const found = await measured();
  bar.hidden = true;
  find("#network small").textContent = say(found.rate ? "done" : "cut");
  for (const name of /** @type {const} */ (["loss", "rtt", "rate"])) tell(name, String(found[name]));
}

/** What the network bears; others who try theirs go first. */
async function measured() {
  const [voice] = camera.stream.getAudioTracks();
  const way = { address: page.dataset.dial ?? "", token: box("csrf_token").value, turn: JSON.parse(page.dataset.turn ?? "[]") };
  const progress = (/** @type {number} */ share) => {
    bar.value = 100 * share;
  };
  for (;;) {
    find("#network small").textContent = say("measuring");
    const found = await measure(way, voice ?? null, progress);
    if (!found.busy) return found;
    find("#network small").textContent = say("busy");
    await new Promise((resolve) => setTimeout(resolve, TURN));
  }
}

/** @param {string} name */
function box(name) {
  return /** @type {HTMLInputElement} */ (form.elements.namedItem(name));
}

/**
 * One more thing is known; when all is, it is sent.
 * @param {string} name
 * @param {string} value
 */
function tell(name, value) {
  box(name).value = value;
  const missing = ["camera", "mic", "sound", "rate"].filter((one) => !box(one).value);
  if (!missing.length) form.requestSubmit();
  const measured = !missing.includes("rate");
  send.hidden = find("#left-to-do").hidden = !measured;
}

/** @param {"yes" | "no"} answer */
function hear(answer) {
  find("#sound-answers").hidden = true;
  tell("sound", answer);
}

onActs({
  ask: () => open({ audio: true, video: true }),
  listen: () => begin(""),
  voice: () => open({ audio: true, video: false }),
  flip: async () => {
    lobby.help(await camera.flip());
    await picker.show();
  },
  play: async () => {
    await chime(player);
    find("#sound-answers").hidden = find("#sound-asked").hidden = false;
    find("#sound-ask").hidden = true;
  },
  heard: () => hear("yes"),
  unheard: () => hear("no"),
  copy: (button) => navigator.clipboard?.writeText(location.href).then(() => {
    button.textContent = say("copied");
  }),
});
