/** Keeps the screen on while a call lasts; taken again whenever the page is seen again. */

/** @type {WakeLockSentinel | null} */
let lock = null;
let wanted = false;

async function take() {
  if (!wanted || document.visibilityState !== "visible" || !("wakeLock" in navigator)) return;
  if (lock && !lock.released) return;
  lock = await navigator.wakeLock.request("screen").catch(() => null); // a telephone low on power says no
}

document.addEventListener("visibilitychange", take);

/** @param {boolean} awake */
export async function stayAwake(awake) {
  wanted = awake;
  if (awake) await take();
  else await lock?.release();
}
