/** The one thing worth knowing now, and how good the connection is: decided here, shown by call.js. */

/** @typedef {import("./protocol.js").Person} Person */

/**
 * @typedef {Object} Situation
 * @property {string} view
 * @property {boolean} isStaff
 * @property {Person | undefined} them  The other person, when there.
 * @property {boolean} met  Whether the other was ever there.
 * @property {boolean} line  Whether the line to the appliance stands.
 * @property {boolean} closing  Whether the appliance said that it stops for a moment.
 * @property {string} peer  The state of our media.
 * @property {boolean} weak
 * @property {boolean} held  Whether our picture is not sent because the connection is weak.
 * @property {"mine" | "theirs" | ""} whose  On whose way it is weak, as far as one can tell.
 * @property {boolean} voice  Whether we chose voice and stills only.
 * @property {string} trouble  What is wrong with camera or microphone, if anything.
 * @property {boolean} placeSays  Whether the place of their picture says already that they are not there.
 * @property {import("./protocol.js").Wait} wait
 * @property {boolean} late  Whether it is well past the hour.
 */

const CALM = ["soon", "busy", "notYet", "gone", "theyLeft", ""]; // nobody's trouble
const CUT = ["cut", "closing", "theirsCut"]; // nobody hears anybody

/**
 * The name of what is to be told, the gravest first; empty when all is well.
 * @param {Situation} now
 */
export function notice(now) {
  if (!["waiting", "live"].includes(now.view)) return "";
  if (now.closing) return "closing";
  if (!now.line || now.peer === "reconnecting") return "cut";
  if (now.peer === "refused") return "noMedia";
  if (now.them?.link === "lost") return "theirsCut";
  if (now.them && !now.them.sound) return "theyHearNothing";
  if (now.trouble) return "cameraTrouble";
  return now.view === "waiting" ? waiting(now) : pictureless(now);
}

/** Why there is no picture, where its place does not say so. @param {Situation} now */
function pictureless({ them, voice, held, whose, placeSays }) {
  if (voice || them?.voice) return ""; // the page of photo mode says so
  if (held) return { mine: "heldMine", theirs: "heldTheirs", "": "held" }[whose];
  if (placeSays || !them) return "";
  return { held: "theirsHeld", paused: "theirsPaused", on: "", off: "" }[them.camera];
}

/** @param {Situation} now */
function waiting({ isStaff, met, placeSays, late, wait }) {
  if (isStaff && placeSays) return "";
  if (isStaff) return met ? "gone" : "notYet";
  if (met) return "theyLeft";
  if (wait.late && !late) return wait.busy ? "announcedBusy" : "announced";
  if (wait.busy) return "busy";
  return late ? "late" : "soon";
}

/**
 * Whether a notice is a warning.
 * @param {string} kind
 */
export function warns(kind) {
  return !CALM.includes(kind);
}

/**
 * Whether a notice says that the line is broken.
 * @param {string} kind
 */
export function breaks(kind) {
  return CUT.includes(kind);
}

/**
 * @param {Pick<Situation, "line" | "peer" | "weak">} now
 * @returns {"Good" | "Weak" | "Lost" | "Dialling"}
 */
export function quality({ line, peer, weak }) {
  if (!line || peer === "reconnecting" || peer === "refused") return "Lost";
  if (peer !== "connected") return "Dialling";
  return weak ? "Weak" : "Good";
}
