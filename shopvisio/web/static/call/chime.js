/** Three soft notes. */

import { speakThrough } from "./devices.js";
import { wav } from "./wav.js";

const NOTES = [523.25, 659.25, 783.99]; // Hz: C, E, G
const APART = 0.22; // seconds from one note to the next
const LENGTH = 1.6; // seconds
let address = "";

/**
 * Play them; tells whether the browser lets us.
 * @param {HTMLAudioElement} player
 */
export async function chime(player) {
  address ||= URL.createObjectURL(wav(LENGTH, loudness));
  player.src = address;
  await speakThrough(player);
  return player.play().then(() => true, () => false);
}

/** @param {number} now  Seconds. */
function loudness(now) {
  return 0.3 * NOTES.reduce((sum, note, at) => {
    const since = now - at * APART;
    return since < 0 ? sum : sum + Math.sin(2 * Math.PI * note * since) * Math.exp(-4 * since) * Math.min(1, since * 50);
  }, 0);
}
