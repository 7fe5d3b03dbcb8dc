/** Which camera, microphone and loudspeaker were chosen on this device; remembered here for the next time. */

/** @typedef {"videoinput" | "audioinput" | "audiooutput"} Sort */

const KEY = "devices";
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
