/**
 * A barcode read off a picture: by the browser itself where it can, else by a library that is loaded only then.
 * It never touches the page.
 */

const FORMATS = ["ean_13", "ean_8", "upc_a", "upc_e", "code_128"];
const PAUSE = 150; // ms between two looks
const LIBRARY = new URL("../vendor/zxing.min.js", import.meta.url).href;

/** @typedef {HTMLVideoElement | HTMLCanvasElement} Picture */

/**
 * The first barcode that comes before this picture; empty when the time is over, or the signal says so.
 * @param {Picture} picture
 * @param {AbortSignal} signal
 */
export async function scan(picture, signal) {
  const read = (await own()) ?? (await library());
  while (!signal.aborted) {
    const code = await read(picture).catch(() => "");
    if (code) return code;
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
  return "";
}

/** @returns {Promise<((picture: Picture) => Promise<string>) | null>} */
async function own() {
  const Detector = /** @type {any} */ (window).BarcodeDetector;
  const known = /** @type {string[]} */ ((await Detector?.getSupportedFormats().catch(() => [])) ?? []);
  const formats = FORMATS.filter((one) => known.includes(one));
  if (!formats.includes("ean_13")) return null;
  const detector = new Detector({ formats });
  return async (picture) => (await detector.detect(picture))[0]?.rawValue ?? "";
}

/** @returns {Promise<(picture: Picture) => Promise<string>>} */
export async function library() {
  await import(LIBRARY);
  const { ZXing } = /** @type {any} */ (window);
  const hints = new Map([
    [ZXing.DecodeHintType.POSSIBLE_FORMATS, FORMATS.map((one) => ZXing.BarcodeFormat[one.toUpperCase()])],
    [ZXing.DecodeHintType.TRY_HARDER, true],
  ]);
  const reader = new ZXing.MultiFormatReader();
  reader.setHints(hints);
  const canvas = document.createElement("canvas");
  return async (picture) => {
    [canvas.width, canvas.height] = size(picture);
    canvas.getContext("2d", { willReadFrequently: true })?.drawImage(picture, 0, 0);
    const source = new ZXing.HTMLCanvasElementLuminanceSource(canvas);
    return String(reader.decodeWithState(new ZXing.BinaryBitmap(new ZXing.HybridBinarizer(source))).getText());
  };
}

/** @param {Picture} picture */
function size(picture) {
  return picture instanceof HTMLVideoElement ? [picture.videoWidth, picture.videoHeight] : [picture.width, picture.height];
}
