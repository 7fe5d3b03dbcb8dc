/** One full-size photo of what the camera sees. It never touches the page. */

const PATIENCE = 4_000; // ms for the camera's own photo; some telephones never answer

/**
 * The camera's own photo where the browser can take one, else its picture at full size.
 * @param {MediaStreamTrack} track
 * @returns {Promise<Blob>}
 */
export async function shoot(track) {
  try {
    return await within(PATIENCE, ownPhoto(track));
  } catch {
    return grab(track);
  }
}

/** @param {MediaStreamTrack} track */
async function ownPhoto(track) {
  const camera = new /** @type {any} */ (window).ImageCapture(track);
  const { imageWidth, imageHeight } = await camera.getPhotoCapabilities();
  return camera.takePhoto({ imageWidth: imageWidth?.max, imageHeight: imageHeight?.max });
}

/** @param {MediaStreamTrack} track */
async function grab(track) {
  const video = document.createElement("video");
  video.muted = video.playsInline = true;
  video.srcObject = new MediaStream([track]);
  await within(PATIENCE, video.play());
  return draw(video, video.videoWidth, video.videoHeight, 0.92);
}

/**
 * What is seen at this moment, as large as it comes: in a picture of the page, or by a camera.
 * @param {HTMLVideoElement | MediaStreamTrack} source
 */
export function frame(source) {
  if (source instanceof MediaStreamTrack) return grab(source);
  return draw(source, source.videoWidth, source.videoHeight, 0.92);
}

/**
 * Smaller, for a narrow line; a photo that cannot be read here goes as it is.
 * @param {Blob} photo
 * @param {number} side  Pixels of the longer side.
 */
export async function shrink(photo, side) {
  try {
    const picture = await createImageBitmap(photo);
    const scale = Math.min(1, side / Math.max(picture.width, picture.height));
    const made = await draw(picture, Math.round(scale * picture.width), Math.round(scale * picture.height), 0.75);
    return made.size < photo.size ? made : photo;
  } catch {
    return photo;
  }
}

/**
 * @param {CanvasImageSource} source
 * @param {number} width
 * @param {number} height
 * @param {number} quality
 * @returns {Promise<Blob>}
 */
function draw(source, width, height, quality) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  canvas.getContext("2d")?.drawImage(source, 0, 0, width, height);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), "image/jpeg", quality);
  });
}

/**
 * @template T
 * @param {number} ms
 * @param {Promise<T>} done
 * @returns {Promise<T>}
 */
function within(ms, done) {
  const late = new Promise((_resolve, reject) => setTimeout(() => reject(new Error("too late")), ms));
  return Promise.race([done, /** @type {Promise<never>} */ (late)]);
}
