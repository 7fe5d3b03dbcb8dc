/** The pictures, two or three, and the sound: which is big, what stands in for a picture that is not there. */

import { find } from "./dom.js";
import { say } from "./words.js";

/**
 * @typedef {Object} Side
 * @property {boolean} picture
 * @property {string} why  Told where there is no picture.
 * @property {string} name
 * @property {boolean} mute  Whether to say that their microphone is off.
 */

/** @typedef {"mine" | "theirs" | "third"} Which */

/** The pictures of the call. */
export class Stage {
  #figures = { mine: find("#mine"), theirs: find("#theirs"), third: find("#third") };
  #voices = ["#voice", "#voice-2"].map((one) => /** @type {HTMLAudioElement} */ (find(one)));
  /** @type {Which | ""} */ #chosen = "";
  /** @type {(blocked: boolean) => void} */ #onBlocked;

  /**
   * @param {"mine" | "theirs"} prefers  The picture that the call is about.
   * @param {(blocked: boolean) => void} onBlocked  The browser holds the sound back until the page is touched.
   */
  constructor(prefers, onBlocked) {
    this.prefers = prefers;
    this.#onBlocked = onBlocked;
    this.#voices[0].addEventListener("playing", () => onBlocked(false));
    document.addEventListener("click", () => this.#voices.some((one) => one.srcObject && one.paused) && this.hear());
  }

  /**
   * @param {MediaStream} stream
   * @param {boolean} mirrored
   */
  showMine(stream, mirrored) {
    const video = find("video", this.#figures.mine);
    play(/** @type {HTMLVideoElement} */ (video), stream.getVideoTracks());
    video.classList.toggle("mirrored", mirrored);
  }

  /**
   * @param {MediaStream} stream
   * @param {0 | 1} slot
   */
  showTheirs(stream, slot) {
    const figure = slot ? this.#figures.third : this.#figures.theirs;
    play(/** @type {HTMLVideoElement} */ (find("video", figure)), stream.getVideoTracks());
    this.#voices[slot].srcObject = new MediaStream(stream.getAudioTracks());
    return this.hear();
  }

  /** Let the others be heard; the browser may want a touch of the page first. */
  async hear() {
    try {
      await Promise.all(this.#voices.filter((one) => one.srcObject).map((one) => one.play()));
      this.#onBlocked(false);
    } catch (error) {
      if (error instanceof DOMException && error.name === "NotAllowedError") this.#onBlocked(true);
    }
  }

  get mineIsBig() {
    return this.#figures.mine.classList.contains("big");
  }

  /** A small picture becomes the big one. @param {Which} which */
  choose(which) {
    this.#chosen = which;
  }

  /** @param {Record<Which, Side | null>} sides  Null for a person who has no place on the page. */
  arrange(sides) {
    const big = this.#big(sides);
    for (const which of /** @type {Which[]} */ (Object.keys(sides))) {
      const [figure, side] = [this.#figures[which], sides[which]];
      figure.hidden = !side;
      figure.classList.toggle("big", which === big);
      figure.classList.toggle("small", which !== big);
      if (!side) continue;
      find("video", figure).classList.toggle("gone", !side.picture);
      find(".absent", figure).hidden = side.picture;
      find(".absent p", figure).textContent = side.why;
      find("figcaption b", figure).textContent = side.name;
      find(".mute", figure).hidden = !side.mute;
      find(".mute .sr", figure).textContent = side.mute ? say("mute") : "";
    }
  }

  /**
   * Which is big: as chosen, or what the call is about; never our own while it shows nothing.
   * @param {Record<Which, Side | null>} sides
   */
  #big(sides) {
    const wanted = /** @type {Which[]} */ ([this.#chosen, this.prefers, "theirs", "third"]);
    return wanted.find((which) => which && sides[which] && (which !== "mine" || sides.mine?.picture)) ?? "theirs";
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
