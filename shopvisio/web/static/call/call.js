/** The page of a call, on either side: it joins the line, the camera, the relay and what people see. */

/** @typedef {import("./protocol.js").Person} Person */
/** @typedef {import("./protocol.js").Message} Message */
/** @typedef {import("./camera.js").Trouble} Trouble */
/** @typedef {"before" | "waiting" | "live" | "left" | "replaced" | "phoned" | "refused"} View */

import { stayAwake } from "./awake.js";
import { Basket } from "./basket.js";
import { Camera } from "./camera.js";
import { Chat } from "./chat.js";
import { Checklist } from "./checklist.js";
import { chime } from "./chime.js";
import { Counter } from "./counter.js";
import { Danger } from "./danger.js";
import { all, find, foldOutside, isSeen, onActs, toggle } from "./dom.js";
import { Figures } from "./figures.js";
import { Gauge } from "./gauge.js";
import { HandOver } from "./handover.js";
import { Invitation } from "./invitation.js";
import { OwnLens, TheirLens } from "./lens.js";
import { Lobby } from "./lobby.js";
import { breaks, notice, quality, warns } from "./notice.js";
import { Offer } from "./offer.js";
import { Onlooker } from "./onlooker.js";
import { Optics } from "./optics.js";
import { Peer } from "./peer.js";
import { PhotoMode } from "./photomode.js";
import { Picker } from "./picker.js";
import { Pointing } from "./pointing.js";
import { Shelf } from "./products.js";
import { Line } from "./protocol.js";
import { Recording } from "./recording.js";
import { Screen } from "./screen.js";
import { Shots } from "./shots.js";
import { Stage } from "./stage.js";
import { Album, Shutter } from "./stills.js";
import { called, say, time } from "./words.js";

const LATE = 3 * 60_000; // ms after the hour, before the page says that the other is late

const page = find("#call");
const facts = /** @type {{role: "customer" | "staff" | "guest", appointment: string, case?: string, guest?: string,
  kind: string, start: string, opens?: string, now: string, other: string, stills: string, still: string,
  csrf: string, phone?: string}} */ (/** @type {unknown} */ (page.dataset));
const isStaff = facts.role === "staff";
const isGuest = facts.role === "guest";
const others = ["customer", "staff", "guest"].filter((role) => role !== facts.role); // in the order of their slots
const isRepair = facts.kind === "repair";
const inside = `inside:${facts.appointment}`; // remembers, through a reload, that we are in the call
const drift = Date.parse(facts.now) - Date.now(); // people's clocks are wrong; the appliance's counts

const state = {
  /** @type {View} */ view: "before",
  /** @type {"ask" | "opening" | "ready"} */ media: "ask",
  /** @type {Trouble | ""} */ trouble: "",
  seat: "",
  /** @type {Person[]} */ people: [],
  /** @type {import("./protocol.js").Wait} */ wait: { late: 0, busy: false, name: "" },
  /** @type {RTCIceServer[]} */ turn: [],
  met: false, // whether the other was ever there
  line: true, // whether the line to the appliance stands
  closing: false,
  /** @type {string} */ peer: "connecting",
  going: { weak: false, rung: 0, held: false, /** @type {"mine" | "theirs" | ""} */ whose: "" },
  sharp: isRepair, // whether their picture is sharp rather than smooth
  voice: false, // whether we want voice and stills only
  blocked: false, // whether the browser holds the sound back
  refusal: "",
  concluding: false,
};

/** @type {{case?: string, guest?: string, name?: string, appointment?: string}} */
const ours = isGuest ? { guest: facts.guest, name: "" } : { case: facts.case, appointment: facts.appointment };
const camera = new Camera((isRepair && facts.role === "customer") || facts.phone ? "environment" : "user", onTrack);
const lobby = new Lobby();
const picker = new Picker(camera, (trouble) => update({ trouble }));
const stage = new Stage(isGuest || isRepair === isStaff ? "theirs" : "mine", onBlocked);
const gauge = new Gauge(onGoing, (stats, rung) => figures.add(stats, rung));
const line = new Line(
  ours,
  {
    entered: onEntered,
    people: onPeople,
    message: onMessage,
    shown: onShown,
    wait: onWait,
    still: onStill,
    asked: onAsked,
    steps: () => void checklist?.look(),
    parts: () => void offer?.look(),
    basket: () => void basket?.look(),
    turned: () => state.concluding || location.reload(), // who turned it is on their way already
    stopped: ({ stop }) => {
      danger?.show(stop);
      void checklist?.look(); // nothing is ticked meanwhile
    },
    recording: (recorded) => recording.show(recorded, state.seat),
    wished: (wish) => ownLens?.wished(wish),
    point: (pointed) => pointing.point(pointed),
    board: (laid) => pointing.lay(laid),
    freeze: (freeze) => pointing.asked(freeze),
    stroke: (stretch) => pointing.stroke(stretch),
    marks: (changed) => pointing.marks(changed),
    down: () => update({ line: false }),
    closing: () => update({ closing: true }),
    replaced: () => quit(handOver.gone()),
    ended: onEnded,
    refused: (refusal) => {
      state.refusal = refusal.message;
      quit("refused");
    },
  },
);
const handOver = new HandOver();
const bigScreen = new Screen(page.dataset.screen ?? "", facts.csrf, () => location.assign(page.dataset.home ?? "/"));
const chat = new Chat(facts.role, (text) => line.say(text));
const offer = document.querySelector("#on-offer") ? new Offer() : null;
const checklist = document.querySelector("#steps") ? new Checklist() : null;
const basket = document.querySelector("#basket") ? new Basket(line, announce) : null;
const danger = document.querySelector("#stopped") ? new Danger(line) : null;
const recording = new Recording(line, announce);
const counter = document.querySelector("#product") ? new Counter(line, announce) : null;
const invitation = isStaff ? new Invitation(line) : null;
const shelf = document.querySelector("#find-product") ? new Shelf(line, facts.csrf) : null;
const figures = new Figures((told) => line.count(told));
const onlooker = facts.role === "customer" ? new Onlooker(ours, facts.still) : null;
const pointing = new Pointing(line, facts, others, {
  track: () => camera.stream.getVideoTracks()[0],
  name: () => state.people.find(({ seat }) => seat === state.seat)?.name ?? "",
  isNarrow,
}, { onOpen: () => album?.hide(), onDrawn: (still) => album?.redraw(still), announce });
const album = isGuest ? null : new Album(facts.still, isNarrow); // the case's pictures are not a guest's
const photoMode = album && new PhotoMode(album);
const shutter = isGuest ? null : new Shutter(facts.stills, facts.csrf, isNarrow, onSent);
const shots = document.querySelector("#shots") ? new Shots(takeStill, facts.appointment) : null;
const optics = new Optics(onLens);
const ownLens = facts.role === "customer" ? new OwnLens(optics, flipCamera, facts.appointment, announce) : null;
const theirLens = isStaff ? new TheirLens(line) : null;
/** @type {Peer | null} */
let peer = null;
let sides = false; // whether there is another camera to turn to

// -- what we send

function media() {
  const held = camera.state === "on" && state.going.held;
  return { mic: camera.mic, camera: held ? "held" : camera.state, sound: !state.blocked, voice: state.voice };
}

/**
 * @param {"audio" | "video"} kind
 * @param {MediaStreamTrack | null} track
 */
function onTrack(kind, track) {
  lobby.show(camera.stream, camera.mirrored);
  stage.showMine(camera.stream, camera.mirrored);
  peer?.replaceTrack(kind, track);
  if (kind === "video") optics.watch(track, sides);
  tell();
  update({});
}

/**
 * @param {import("./optics.js").Lens} lens
 * @param {boolean} wasLit
 */
function onLens(lens, wasLit) {
  ownLens?.show(lens, wasLit);
  if (ownLens) line.lens(lens).catch(() => undefined); // as above
}

function tell() {
  line.tell(media()).catch(() => undefined); // told again when the line is back
}

/** @param {import("./gauge.js").Going} going */
function onGoing(going) {
  const { held } = state.going;
  update({ going });
  if (going.held !== held) tell();
}

/**
 * Voice and stills only, or pictures again: for both, as long as we are two.
 * @param {boolean} voice
 */
function setVoice(voice) {
  update({ voice });
  remember();
  tell();
}

/** What a reload goes on with. */
function remember() {
  const now = { audio: camera.hasMic, video: camera.state !== "off", voice: state.voice };
  sessionStorage.setItem(inside, JSON.stringify(now));
}

/** @param {{audio: boolean, video: boolean}} what */
async function open(what) {
  lobby.touch();
  update({ media: "opening", trouble: "" });
  const trouble = await camera.open(what);
  const got = camera.hasMic || camera.state !== "off";
  update({ media: got ? "ready" : "ask", trouble });
  await look();
}

/** What cameras there are now. */
async function look() {
  sides = await camera.canFlip();
  for (const button of all('[data-act="flip"]')) button.hidden = !sides;
  optics.watch(camera.stream.getVideoTracks()[0] ?? null, sides);
  await picker.show();
}

// -- coming and going

function enter() {
  if (isGuest && !named()) return;
  remember();
  lobby.touch();
  stayAwake(true);
  update({ view: "waiting", refusal: "" });
  line.enter(media());
}

/** Whether a guest has said their name; it is kept through a reload. */
function named() {
  const box = /** @type {HTMLInputElement} */ (find("#my-name"));
  ours.name = box.value.trim() || (sessionStorage.getItem(inside) && sessionStorage.getItem("name")) || "";
  sessionStorage.setItem("name", ours.name);
  find("#my-name-why").hidden = Boolean(ours.name);
  if (!ours.name) box.focus();
  return Boolean(ours.name);
}

/** @param {import("./protocol.js").Seated} seated */
function onEntered(seated) {
  Object.assign(state, { seat: seated.seat, line: true, closing: false, wait: seated.wait });
  onWait(seated.wait);
  void checklist?.look();
  void offer?.look();
  void basket?.look();
  danger?.show(seated.stopped);
  recording.show(seated, seated.seat);
  if (album?.catchUp(seated.stills) && photoMode?.on) album.showLatest();
  void shutter?.catchUp();
  chat.catchUp(seated.messages);
  pointing.entered(seated.board);
  onShown(seated.shown);
  state.turn = seated.turn;
  peer?.setServers(seated.turn);
  if (!peer) dial(seated.turn);
  else if (seated.media === "none") peer.redial("the appliance was started anew");
  else peer.hurry();
  onPeople(seated.people);
  tell();
  onLens(optics.lens, false);
}

/** @param {RTCIceServer[]} servers */
function dial(servers) {
  peer = new Peer({
    send: (offer) => line.offer(offer),
    onState: onMedia,
    onTrack: (stream, slot) => {
      stage.showTheirs(stream, slot);
      if (slot === 0) photoMode?.hear(stream);
    },
    sharp: isRepair,
  });
  peer.setServers(servers);
  peer.setAlone(alone());
  gauge.watch(peer);
  peer.start(camera.stream);
}

/** @param {import("./peer.js").PeerState} now */
function onMedia(now) {
  if (now === "connected") gauge.begin();
  if (now === "reconnecting") figures.redial();
  update({ peer: now });
  if (now === "reconnecting") line.doubt(); // what cut our media may have cut the line too
}

/** @param {Person[]} people */
function onPeople(people) {
  const before = other();
  state.people = people;
  const now = other();
  if (now) state.met = true;
  peer?.setAlone(alone());
  gauge.setAlone(alone());
  gauge.setCut(!people.some(({ seat, link }) => seat !== state.seat && link === "live"));
  invitation?.name(people.find(({ role }) => role === "guest")?.name ?? "");
  theirLens?.show(at(0));
  const arrived = now && !before;
  update({ view: now ? "live" : "waiting" });
  if (arrived) figures.begin();
  if (arrived) announce(say("arrived", { name: called(now) }));
  if (arrived && !isStaff) void chime(/** @type {HTMLAudioElement} */ (find("#chime")));
  if (arrived && isStaff && state.sharp !== isRepair) askForSharp(state.sharp);
  if (before && !now) announce(say("gone", { name: called(before) }));
}

/** @param {import("./protocol.js").Wait} wait */
function onWait(wait) {
  if (!isStaff && wait.name) facts.other = called({ role: "staff", name: wait.name }); // or whom the visit was handed to
  update({ wait });
}

/** @param {Message} message */
function onMessage(message) {
  chat.add(message);
  const wish = message.role === "customer" && message.product;
  if (wish) shelf?.wish(message);
  if (message.role !== facts.role && (wish || !message.product)) announce(`${called(message)} : ${message.text}`);
}

/** @param {import("./protocol.js").Shown} shown */
function onShown(shown) {
  counter?.show(shown);
  shelf?.show(shown);
  if (shown.cards.length) shots?.begin(String(shown.cards[0].id));
}

/** @param {import("./protocol.js").Still} still */
function onStill(still) {
  if (!album?.add(still) || still.role === facts.role) return;
  album.show(still);
  find("#asking").hidden = true;
  announce(say("photoCame", { name: called(still) }));
}

/** @param {import("./protocol.js").Asked} asked */
function onAsked({ what, name }) {
  if (facts.role !== "customer") return;
  if (what === "still") {
    const who = called({ role: "staff", name });
    find("#asked b").textContent = say("photoAsked", { name: who });
    find("#asked").hidden = false;
    announce(say("photoAsked", { name: who }));
  } else peer?.setSharp(what === "detail");
}

/** Whether a photo had better be light now. */
function isNarrow() {
  return state.going.rung > 1;
}

/** One of ours has arrived. @param {import("./protocol.js").Still} still */
function onSent(still) {
  album?.add(still);
  if (photoMode?.on) album?.show(still);
}

/** @param {string} [of]  What it shows. */
async function takeStill(of = "") {
  for (const asked of all("#asked")) asked.hidden = true; // of the customer's page
  if (!photoMode?.aims) return album?.hide(); // the camera first: the next touch takes it
  await shutter?.take(camera.stream.getVideoTracks()[0], of);
  await optics.relight();
}

async function askForStill() {
  await line.request("still");
  find("#asking").hidden = false;
  announce(find("#asking").textContent.trim());
}

/**
 * Staff: what their picture is to be like, smooth or sharp.
 * @param {boolean} sharp
 */
async function askForSharp(sharp) {
  state.sharp = sharp;
  for (const part of all("[data-sharp]")) part.hidden = (part.dataset.sharp === "yes") === sharp;
  await line.request(sharp ? "detail" : "motion");
}

/** @param {View} view */
function quit(view) {
  sessionStorage.removeItem(inside);
  gauge.rest();
  peer?.close();
  peer = null;
  camera.close();
  stayAwake(false);
  state.people = [];
  recording.rest();
  pointing.rest();
  if (view === "phoned") {
    bigScreen.start(state.turn);
    onlooker?.start();
  }
  update({ view, media: "ask", voice: false, going: { weak: false, rung: 0, held: false, whose: "" } });
}

async function leave() {
  await figures.flush();
  await line.leave();
  quit("left");
}

/** @param {string} next */
function onEnded(next) {
  quit("left");
  if (!state.concluding) location.assign(next); // else the form that concludes is on its way already
}

/** Take our seat again: with what we had, when the browser still lets us. */
async function comeBack() {
  bigScreen.stop();
  onlooker?.stop();
  await open({ audio: true, video: true });
  enter();
}

// -- what people see

/** Whoever is received in this slot, when there. @param {0 | 1} slot */
function at(slot) {
  return state.people.find(({ role }) => role === others[slot]);
}

/** The one that the call is with. */
function other() {
  return at(0) ?? (isGuest ? at(1) : undefined);
}

function alone() {
  return !at(0) && !at(1);
}

/** @param {boolean} blocked */
function onBlocked(blocked) {
  if (blocked === state.blocked) return;
  update({ blocked });
  tell();
}

/** @param {Partial<typeof state>} change */
function update(change) {
  const before = state.view;
  Object.assign(state, change);
  page.dataset.view = state.view;
  document.body.classList.toggle("call", inRoom());
  find("#lobby").hidden = inRoom();
  find("#room").hidden = !inRoom();
  for (const part of all("[data-on], [data-media]")) {
    part.hidden = !fits(part.dataset.on, state.view) || !fits(part.dataset.media, state.media);
  }
  for (const part of all(".refusal")) part.textContent = state.refusal;
  lobby.help(state.view === "before" ? state.trouble : "");
  gauge.setVoice(voiceOnly());
  if (state.view === "live") lobby.rest();
  showPictures();
  photoMode?.show(state.view === "live" && voiceOnly(), state.voice, at(0));
  showNotice();
  recording.follow(state.peer !== "reconnecting", state.people.filter(({ seat }) => seat !== state.seat));
  showControls();
  if (before !== state.view) moveOn();
}

/**
 * @param {string | undefined} wanted  Words; none fits always.
 * @param {string} now
 */
function fits(wanted, now) {
  return !wanted || wanted.split(" ").includes(now);
}

function inRoom() {
  return state.view === "live" || (isStaff && state.view === "waiting");
}

/** Eyes and screen readers start anew at the top of the new view. */
function moveOn() {
  const title = all("h1").find(isSeen);
  title?.focus({ preventScroll: false });
  window.scrollTo(0, 0);
}

/** Whether no pictures go either way, by our own choice or by theirs. */
function voiceOnly() {
  const them = state.people.filter(({ role }) => role !== facts.role);
  return state.voice || (them.length > 0 && them.every(({ voice }) => voice));
}

function showPictures() {
  const third = at(1);
  stage.arrange({
    theirs: isGuest && third && !at(0) ? null : shown(at(0)),
    third: third ? shown(third) : null,
    mine: { picture: camera.state === "on", why: say("myCameraOff"), name: say("you"), mute: !camera.mic },
  });
}

/** @param {Person | undefined} them */
function shown(them) {
  const name = them ? called(them) : facts.other;
  return {
    picture: them?.camera === "on" && !them.voice && !voiceOnly(), why: whyNoPicture(them, name), name: name.split(" ")[0],
    mute: them !== undefined && !them.mic,
  };
}

/**
 * @param {Person | undefined} them
 * @param {string} name
 */
function whyNoPicture(them, name) {
  if (!them) return say(state.met ? "gone" : "notYet", { name });
  if (isStaff && voiceOnly()) return say("photosCome");
  if (state.voice) return say("voiceByMe");
  if (them.voice) return say("voiceByThem", { name });
  if (them.camera === "held") return say(`weak${side()}Voice`, { name });
  return say(them.camera === "paused" ? "cameraPaused" : "cameraOff", { name });
}

/** Whose way is weak, as the names of sentences have it. */
function side() {
  return { mine: "Mine", theirs: "Theirs", "": "" }[state.going.whose];
}

function showControls() {
  toggle("mic", camera.mic);
  toggle("camera", camera.state !== "off");
  find("#hear").hidden = !state.blocked || state.view !== "live";
  for (const part of all("[data-voice]")) part.hidden = (part.dataset.voice === "yes") !== state.voice;
  showQuality();
}

function showQuality() {
  const link = quality({ ...state, weak: state.going.weak });
  const how = link === "Weak" ? ["Rough", "Small", "Small", "Voice"][state.going.rung] : "";
  const name = other() ? called(/** @type {Person} */ (other())) : facts.other;
  for (const sign of all("[data-quality]")) {
    write(sign, say(`quality${link}`));
    sign.className = `pill ${{ Good: "ok", Weak: "warn", Lost: "bad", Dialling: "" }[link]}`;
  }
  for (const why of all("[data-why]")) write(why, say(how ? `weak${side()}${how}` : `why${link}`, { name }));
}

/**
 * Read out only when it says something new.
 * @param {HTMLElement} place
 * @param {string} text
 */
function write(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

/** @returns {import("./notice.js").Situation} */
function situation() {
  const placeSays = !stage.mineIsBig; // the place of their picture
  return { ...state, ...state.going, isStaff, them: other(), placeSays, late: isLate() };
}

function isLate() {
  return Date.now() + drift > expected() + LATE;
}

/** When the colleague is to be there: at the hour, or as late as they said. */
function expected() {
  return Date.parse(facts.start) + 60_000 * state.wait.late;
}

function showNotice() {
  const them = other();
  const name = them ? called(them) : facts.other;
  const kind = notice(situation());
  find("#room").classList.toggle("line-cut", breaks(kind));
  for (const box of all(".notice")) {
    box.hidden = !kind;
    const said = [kind, name, state.wait.late].join(" ");
    if (box.dataset.kind === said) continue;
    box.dataset.kind = said; // told once, not at every change
    box.classList.toggle("warn", warns(kind));
    const values = { name, n: state.wait.late, time: time(new Date(expected()).toISOString()) };
    find("b", box).textContent = say(kind, values);
    find("p", box).textContent = say(`${kind}Next`, values);
    for (const act of box.querySelectorAll("[data-notice]")) {
      const wanted = /** @type {HTMLElement} */ (act);
      wanted.hidden = !fits(wanted.dataset.notice, kind);
    }
  }
}

/** Told to who does not see it happen. @param {string} text */
function announce(text) {
  find("#told").textContent = text;
  if (document.visibilityState === "hidden") document.title = text;
}

/** The waiting room opens by itself; who is late is told so. */
function watchTheClock() {
  const early = facts.opens !== undefined && Date.now() + drift < Date.parse(facts.opens);
  for (const part of all("[data-early]")) part.hidden = early !== (part.dataset.early === "yes");
  if (state.view === "waiting") showNotice();
}

// -- hands

/** @param {boolean} [open] */
function panel(open) {
  const now = find("#room").classList.toggle("talking", open);
  for (const button of all('[data-act="talk"]')) button.setAttribute("aria-expanded", String(now));
  if (now) {
    chat.seen();
    chat.focus();
  }
}

async function flipCamera() {
  update({ trouble: await camera.flip() });
  await look();
}

onActs({
  ask: () => open({ audio: true, video: true }),
  voice: () => open({ audio: true, video: false }),
  listen: enter,
  enter,
  back: comeBack,
  leave,
  flip: flipCamera,
  torch: () => (theirLens ?? ownLens)?.torch(),
  "ask-flip": () => theirLens?.flip(),
  lend: () => ownLens?.lend(),
  "not-lend": () => ownLens?.refuse(),
  "take-back": () => ownLens?.takeBack(),
  mic: async () => {
    const had = camera.hasMic;
    const trouble = had ? "" : await camera.open({ audio: true, video: false });
    camera.setMic(had ? !camera.mic : true);
    tell();
    update({ trouble });
  },
  camera: async () => update({ trouble: await camera.setCamera(camera.state === "off") }),
  hear: () => stage.hear(),
  still: () => takeStill(),
  "still-again": () => shutter?.again(),
  "hide-screen-still": () => onlooker?.hide(),
  "hide-still": () => album?.hide(),
  "ask-still": askForStill,
  freeze: () => pointing.toggle(),
  aim: () => pointing.aim(),
  draw: () => album && pointing.open(album.shown),
  "not-now": () => {
    find("#asked").hidden = true;
  },
  smooth: () => askForSharp(false),
  sharp: () => askForSharp(true),
  "voice-only": () => setVoice(true),
  "enter-voice": () => {
    state.voice = true;
    enter();
  },
  video: () => setVoice(false),
  swap: (button) => {
    stage.choose(/** @type {"mine" | "theirs" | "third"} */ (button.closest("figure")?.id));
    showPictures();
  },
  invite: () => invitation?.open(),
  "copy-invitation": () => invitation?.copy(),
  "share-invitation": () => invitation?.share(),
  "hide-invitation": () => invitation?.close(),
  uninvite: () => invitation?.takeBack(),
  talk: () => panel(),
  "hide-talk": () => panel(false),
  "hide-product": () => counter?.hide(),
  "open-product": () => counter?.open(),
  "hide-large": () => /** @type {HTMLDialogElement} */ (find("#large")).close(),
  conclude: () => /** @type {HTMLDialogElement} */ (find("#conclude")).showModal(),
  "to-phone": () => handOver.ask(),
  "stay-here": () => handOver.close(),
  "look-on": async () => {
    handOver.close();
    await line.leave();
    quit("phoned");
  },
  later: (button) => button.closest("section")?.setAttribute("hidden", ""),
  record: () => recording.ask(),
  agree: () => recording.answer(true),
  disagree: () => recording.answer(false),
  unrecord: () => recording.stop(),
  stop: () => danger?.press(""),
  cause: (button) => danger?.press(button.dataset.cause ?? ""),
  "conclude-not": () => {
    find("#conclude button[value=not_repaired]").closest("details")?.setAttribute("open", "");
    /** @type {HTMLDialogElement} */ (find("#conclude")).showModal();
  },
  "not-yet": () => /** @type {HTMLDialogElement} */ (find("#conclude")).close(),
  copy: (button) => navigator.clipboard?.writeText(location.href).then(() => {
    button.textContent = say("copied");
  }),
});

for (const form of document.querySelectorAll("#conclude form")) {
  form.addEventListener("submit", (event) => {
    state.concluding = !event.defaultPrevented; // a part may be proposed without an end
  });
}
for (const link of document.querySelectorAll("[data-goes]")) {
  link.addEventListener("click", () => void line.leave()); // of our own will: the other is not left waiting
}

foldOutside();
find("#theirs video").addEventListener("loadeddata", () => figures.shown());

const title = document.title;
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") document.title = title;
});
setInterval(watchTheClock, 1_000);

// -- the beginning

async function begin() {
  watchTheClock();
  update({});
  const before = sessionStorage.getItem(inside);
  if (before) {
    const what = JSON.parse(before);
    state.voice = Boolean(what.voice);
    if (what.audio || what.video) await open(what);
    return enter();
  }
  if (await granted()) await open({ audio: true, video: true });
}

/** Whether the browser would not ask: then there is nothing to explain first. */
async function granted() {
  try {
    const names = /** @type {PermissionName[]} */ (/** @type {unknown} */ (["camera", "microphone"]));
    const found = await Promise.all(names.map((name) => navigator.permissions.query({ name })));
    return found.every((one) => one.state === "granted");
  } catch {
    return false; // a browser that does not know the question
  }
}

begin();
