/** A moving picture that hardly shrinks, for trying a connection: nobody ever sees it, and it shows nothing. */

const WIDTH = 320, HEIGHT = 240, GRAIN = 8; // pixels
const RATE = 12; // pictures a second

/** @returns {{track: MediaStreamTrack, stop: () => void}} */
export function noise() {
  const [picture, grains] = [surface(WIDTH, HEIGHT), surface(WIDTH / GRAIN, HEIGHT / GRAIN)];
  const dots = grains.createImageData(WIDTH / GRAIN, HEIGHT / GRAIN);
  const draw = () => {
    for (let at = 0; at < dots.data.length; at += 4) {
      dots.data.fill(Math.random() * 255, at, at + 3);
      dots.data[at + 3] = 255;
    }
    grains.putImageData(dots, 0, 0);
    picture.drawImage(grains.canvas, 0, 0, WIDTH, HEIGHT);
  };
  draw();
  const timer = setInterval(draw, 1_000 / RATE);
  const [track] = picture.canvas.captureStream(RATE).getVideoTracks();
  const stop = () => {
    clearInterval(timer);
    track.stop();
  };
  return { track, stop };
}

/**
 * @param {number} width
 * @param {number} height
 */
function surface(width, height) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height];
  return /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
}
