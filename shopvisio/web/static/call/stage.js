/** The two pictures and the sound: which is big, what stands in for a picture that is not there. */

import { find } from "./dom.js";
import { say } from "./words.js";

/**
 * @typedef {Object} Side
 * @property {boolean} picture
 * @property {string} why  Told where there is no picture.
 * @property {string} name
 * @property {boolean} mute  Whether to say that their microphone is off.
 */

/** The pictures of the call. */
export class Stage {
  #mine = find("#mine");
  #theirs = find("#theirs");
  #voice = /** @type {HTMLAudioElement} */ (find("#voice"));
  #swapped = false;
  /** @type {(blocked: boolean) => void} */ #onBlocked;

  /**
   * @param {"mine" | "theirs"} prefers  The picture that the call is about.
   * @param {(blocked: boolean) => void} onBlocked  The browser holds the sound back until the page is touched.
   */
  constructor(prefers, onBlocked) {
    this.prefers = prefers;
    this.#onBlocked = onBlocked;
    this.#voice.addEventListener("playing", () => onBlocked(false));
    document.addEventListener("click", () => this.#voice.srcObject && this.#voice.paused && this.hear());
  }

  /**
   * @param {MediaStream} stream
   * @param {boolean} mirrored
   */
  showMine(stream, mirrored) {
    const video = find("video", this.#mine);
    play(/** @type {HTMLVideoElement} */ (video), stream.getVideoTracks());
    video.classList.toggle("mirrored", mirrored);
  }

  /** @param {MediaStream} stream */
  showTheirs(stream) {
    play(/** @type {HTMLVideoElement} */ (find("video", this.#theirs)), stream.getVideoTracks());
    this.#voice.srcObject = new MediaStream(stream.getAudioTracks());
    return this.hear();
  }

  /** Let the other be heard; the browser may want a touch of the page first. */
  async hear() {
    try {
      await this.#voice.play();
      this.#onBlocked(false);
    } catch (error) {
      if (error instanceof DOMException && error.name === "NotAllowedError") this.#onBlocked(true);
    }
  }

  get mineIsBig() {
    return this.#mine.classList.contains("big");
  }

  /** The small picture becomes the big one. */
  swap() {
    this.#swapped = !this.#swapped;
  }

  /**
   * @param {Side} mine
   * @param {Side} theirs
   */
  arrange(mine, theirs) {
    const wanted = this.#swapped === (this.prefers === "theirs") ? "mine" : "theirs";
    const big = wanted === "mine" && mine.picture ? this.#mine : this.#theirs;
    for (const [figure, side] of /** @type {const} */ ([[this.#mine, mine], [this.#theirs, theirs]])) {
      figure.classList.toggle("big", figure === big);
      figure.classList.toggle("small", figure !== big);
      find("video", figure).classList.toggle("gone", !side.picture);
      find(".absent", figure).hidden = side.picture;
      find(".absent p", figure).textContent = side.why;
      find("figcaption b", figure).textContent = side.name;
      find(".mute", figure).hidden = !side.mute;
      find(".mute .sr", figure).textContent = side.mute ? say("mute") : "";
    }
  }
}

/**
 * @param {HTMLVideoElement} video
 * @param {MediaStreamTrack[]} tracks
 */
function play(video, tracks) {
  const now = /** @type {MediaStream | null} */ (video.srcObject)?.getVideoTracks() ?? [];
  if (now[0] === tracks[0] && now.length === tracks.length) return;
  video.srcObject = tracks.length ? new MediaStream(tracks) : null;
  video.play().catch(() => undefined); // muted: only a newer picture interrupts it
}
