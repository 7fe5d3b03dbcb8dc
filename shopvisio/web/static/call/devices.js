/** Which camera, microphone and loudspeaker were chosen on this device; remembered here for the next time. */

/** @typedef {"videoinput" | "audioinput" | "audiooutput"} Sort */

const KEY = "devices";
const SIDE = `side:${location.pathname}`;
const now = remembered();

/** @returns {Partial<Record<Sort, string>>} */
function remembered() {
  try {
    return { ...JSON.parse(localStorage.getItem(KEY) ?? "{}") };
  } catch {
    return {}; // a browser that keeps nothing, or not what we wrote
  }
}

/**
 * The one that was chosen, or "" for whichever the browser prefers.
 * @param {Sort} sort
 */
export function chosen(sort) {
  return now[sort] ?? "";
}

/**
 * @param {Sort} sort
 * @param {string} id
 */
export function choose(sort, id) {
  now[sort] = id;
  try {
    localStorage.setItem(KEY, JSON.stringify(now));
  } catch {
    // it holds for this page alone
  }
}

/**
 * Which way the camera of this very page was turned, when it was: a reload keeps that, the next call begins anew.
 * @returns {{facing: import("./camera.js").Facing, device: string} | null}
 */
export function turned() {
  try {
    return JSON.parse(sessionStorage.getItem(SIDE) ?? "null");
  } catch {
    return null;
  }
}

/** @param {{facing: import("./camera.js").Facing, device: string}} side */
export function turn({ facing, device }) {
  try {
    sessionStorage.setItem(SIDE, JSON.stringify({ facing, device }));
  } catch {
    // until the next reload
  }
}

/**
 * Those there are; before the camera or the microphone was opened, browsers name none.
 * @param {Sort} sort
 */
export async function present(sort) {
  const devices = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
  return devices.filter(({ kind, deviceId }) => kind === sort && deviceId);
}

/** Whether a page may choose the loudspeaker here. */
export const speakers = "setSinkId" in HTMLMediaElement.prototype;

/**
 * Have this heard through the loudspeaker that was chosen; unplugged since, through the usual one.
 * @param {HTMLMediaElement} player
 */
export async function speakThrough(player) {
  const id = chosen("audiooutput");
  if (speakers && (id || player.sinkId)) await player.setSinkId(id).catch(() => player.setSinkId(""));
}
