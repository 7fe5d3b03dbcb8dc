/** Before the call: what the camera sees, whether the microphone hears, and help where it does not work. */

/** @typedef {import("./camera.js").Trouble} Trouble */

import { all, find } from "./dom.js";
import { Meter } from "./meter.js";

/** The words for these are on the page: one panel for each kind of trouble. */
export class Lobby {
  #mirror = /** @type {HTMLVideoElement} */ (find("#mirror"));
  /** @type {() => void} */ #onHeard;
  #meter = new Meter(find("#mic-meter"), () => this.#heard());

  /** @param {() => void} [onHeard]  The microphone hears. */
  constructor(onHeard = () => undefined) {
    this.#onHeard = onHeard;
    const hand = navigator.maxTouchPoints > 1 ? "touch" : "mouse"; // a tablet may call itself a computer
    for (const help of all("[data-hand]")) help.hidden = help.dataset.hand !== hand;
  }

  /**
   * @param {MediaStream} stream
   * @param {boolean} mirrored
   */
  show(stream, mirrored) {
    const [video] = stream.getVideoTracks();
    const [audio] = stream.getAudioTracks();
    this.#mirror.srcObject = video ? new MediaStream([video]) : null;
    this.#mirror.classList.toggle("mirrored", mirrored);
    this.#mirror.play().catch(() => undefined); // muted: only a newer picture interrupts it
    find("#no-mirror").hidden = Boolean(video);
    find("#mic-row").hidden = !audio;
    find("#no-mic-row").hidden = Boolean(audio);
    this.#meter.listen(audio ?? null);
  }

  /** The page was touched: the meter may listen. */
  touch() {
    return this.#meter.touch();
  }

  /** The call has begun: nobody looks at the meter. */
  rest() {
    this.#meter.listen(null);
  }

  /** @param {Trouble | ""} kind */
  help(kind) {
    for (const panel of all("[data-trouble]")) panel.hidden = panel.dataset.trouble !== kind;
    for (const words of all("[data-first-time], [data-before-asking]")) words.hidden = Boolean(kind);
    for (const words of all("[data-again]")) words.hidden = !kind;
  }

  #heard() {
    find("#mic-silent").hidden = true;
    find("#mic-heard").hidden = false;
    this.#onHeard();
  }
}
