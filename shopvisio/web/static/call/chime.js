/** Three soft notes, made here: there is no file to fetch. */

import { speakThrough } from "./devices.js";

const RATE = 22_050; // samples a second
const NOTES = [523.25, 659.25, 783.99]; // Hz: C, E, G
const APART = 0.22; // seconds from one note to the next
const LENGTH = 1.6; // seconds
let address = "";

/**
 * Play them; tells whether the browser lets us.
 * @param {HTMLAudioElement} player
 */
export async function chime(player) {
  address ||= URL.createObjectURL(new Blob([wave()], { type: "audio/wav" }));
  player.src = address;
  await speakThrough(player);
  return player.play().then(() => true, () => false);
}

/** The notes as a WAV file: one channel of 16 bits. */
function wave() {
  const samples = Int16Array.from({ length: RATE * LENGTH }, (_none, at) => 32_767 * 0.3 * loudness(at / RATE));
  const head = new DataView(new ArrayBuffer(44));
  const text = (/** @type {number} */ at, /** @type {string} */ word) => {
    [...word].forEach((letter, i) => head.setUint8(at + i, letter.charCodeAt(0)));
  };
  text(0, "RIFF");
  head.setUint32(4, 36 + samples.byteLength, true);
  text(8, "WAVEfmt ");
  for (const [at, value] of [[16, 16], [24, RATE], [28, 2 * RATE]]) head.setUint32(at, value, true);
  for (const [at, value] of [[20, 1], [22, 1], [32, 2], [34, 16]]) head.setUint16(at, value, true);
  text(36, "data");
  head.setUint32(40, samples.byteLength, true);
  return new Blob([head, samples]);
}

/** @param {number} now  Seconds. */
function loudness(now) {
  return NOTES.reduce((sum, note, at) => {
    const since = now - at * APART;
    return since < 0 ? sum : sum + Math.sin(2 * Math.PI * note * since) * Math.exp(-4 * since) * Math.min(1, since * 50);
  }, 0);
}
