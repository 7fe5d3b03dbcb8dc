// Tries numbers until sha256(salt + number) is what was asked; a few at a time, for each digest is a promise.

const TOGETHER = 64;
const encode = new TextEncoder();

onmessage = async ({ data: { salt, challenge, maxnumber } }) => {
  const wanted = challenge.match(/../g).map((/** @type {string} */ byte) => parseInt(byte, 16));
  const fits = async (/** @type {number} */ number) => {
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", encode.encode(salt + number)));
    return hash.every((byte, place) => byte === wanted[place]);
  };
  for (let from = 0; from < maxnumber; from += TOGETHER) {
    const tried = await Promise.all(Array.from({ length: TOGETHER }, (_, n) => fits(from + n)));
    if (tried.includes(true)) return postMessage(from + tried.indexOf(true));
  }
  postMessage(null);
};
