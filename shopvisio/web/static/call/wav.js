/** Sounds made here: there is no file to fetch. */

const RATE = 22_050; // samples a second

/**
 * A WAV file of one channel, 16 bits.
 * @param {number} length  Seconds.
 * @param {(now: number) => number} loudness  From -1 to 1, at each moment in seconds.
 */
export function wav(length, loudness) {
  const samples = Int16Array.from({ length: RATE * length }, (_none, at) => 32_767 * loudness(at / RATE));
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
  return new Blob([head, samples], { type: "audio/wav" });
}
