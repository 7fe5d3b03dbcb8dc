/** The shutter as one hears it: two clicks, the mirror up and down. */

import { speakThrough } from "./devices.js";
import { wav } from "./wav.js";

const CLICKS = [0, 0.09]; // seconds
const player = new Audio();

export async function snap() {
  player.src ||= URL.createObjectURL(wav(0.2, loudness));
  await speakThrough(player);
  player.currentTime = 0;
  await player.play().catch(() => undefined); // a page that nobody touched yet is silent
}

/** @param {number} now  Seconds. */
function loudness(now) {
  const since = Math.min(...CLICKS.map((at) => now - at).filter((passed) => passed >= 0));
  return 0.5 * (2 * Math.random() - 1) * Math.exp(-90 * since);
}
