/** One photo to the appliance, piece after piece: a line that was cut goes on where it stopped. It never touches the page. */

/**
 * @typedef {import("./protocol.js").Still} Still
 *
 * @typedef {Object} Sending
 * @property {Blob} photo
 * @property {string} once  Our own word for it: sent twice it is kept once.
 * @property {string} [of]  What it shows, as its address says it: `shot=label&product=12`.
 */

const PIECE = 256 * 1024; // bytes
const SILENT = 15_000; // ms in which not a byte left us: the line is dead
const WORKS = 60_000; // ms for the appliance to look at a whole photo
const FINAL = [404, 409, 413, 422];

/** What the appliance says of a photo it does not take: trying again would not help. */
export class Refused extends Error {}

/**
 * @param {string} url  Where photos go, without their `once`.
 * @param {string} token  What a form of the page must carry.
 * @param {Sending} sending
 * @param {(share: number) => void} onShare  How much of it has arrived.
 * @returns {Promise<Still>}  Raises Refused, or another error where it may be tried again; both with a sentence, if any.
 */
export async function send(url, token, { photo, once, of }, onShare) {
  if (!photo.size) throw new Refused();
  const address = `${url}${once}${of ? `?${of}` : ""}`;
  let told = await ask("GET", address, token, null, "", () => undefined);
  while (!("id" in told)) {
    const start = Math.min(told.held, photo.size - 1); // whole, and nothing came of it yet: the last byte once more
    const piece = photo.slice(start, start + PIECE);
    const range = `bytes ${start}-${start + piece.size - 1}/${photo.size}`;
    onShare(start / photo.size);
    told = await ask("POST", address, token, piece, range, (loaded) => onShare((start + loaded) / photo.size));
    if ("held" in told && told.held === start) throw new Error(); // nothing arrived: not at once again
  }
  return told;
}

/**
 * @param {string} method
 * @param {string} address
 * @param {string} token
 * @param {Blob | null} piece
 * @param {string} range
 * @param {(loaded: number) => void} onLoaded
 * @returns {Promise<Still | {held: number}>}
 */
function ask(method, address, token, piece, range, onLoaded) {
  const request = new XMLHttpRequest(); // fetch does not say how far an upload is
  request.open(method, address);
  request.setRequestHeader("Accept", "application/json");
  if (piece) {
    request.setRequestHeader("X-CSRFToken", token);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.setRequestHeader("Content-Range", range);
  }
  request.responseType = "json";
  let patience = setTimeout(() => request.abort(), SILENT);
  const wait = (/** @type {number} */ ms) => {
    clearTimeout(patience);
    patience = setTimeout(() => request.abort(), ms);
  };
  request.upload.onprogress = ({ loaded }) => {
    wait(SILENT);
    onLoaded(loaded);
  };
  request.upload.onload = () => wait(WORKS);
  return new Promise((resolve, reject) => {
    request.onerror = request.onabort = () => reject(new Error());
    request.onload = () => {
      const told = request.response;
      if (told && ("id" in told || "held" in told)) resolve(told);
      else if (FINAL.includes(request.status)) reject(new Refused(told?.message));
      else reject(new Error(told?.message ?? ""));
    };
    request.onloadend = () => clearTimeout(patience);
    request.send(piece);
  });
}
