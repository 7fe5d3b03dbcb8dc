/** Photo mode: voices and stills, no moving picture. The latest still is large, or one's own camera while one aims. */

/** @typedef {import("./protocol.js").Person} Person */

import { all, find } from "./dom.js";
import { Meter } from "./meter.js";
import { called, say } from "./words.js";

/** The page of a call while it is one of voices and stills. */
export class PhotoMode {
  on = false;
  #album;
  #meter = new Meter(find("#voices .meter"), () => undefined);
  /** @type {MediaStreamTrack | null} */ #voice = null;

  /** @param {import("./stills.js").Album} album */
  constructor(album) {
    this.#album = album;
  }

  /** Theirs, whose loudness is shown. @param {MediaStream} stream */
  hear(stream) {
    this.#voice = stream.getAudioTracks()[0] ?? null;
    if (this.on) this.#meter.listen(this.#voice);
  }

  /**
   * @param {boolean} on
   * @param {boolean} isMine  Whether we chose it.
   * @param {Person | undefined} them
   */
  show(on, isMine, them) {
    if (on !== this.on) this.#turn(on);
    if (!on) return;
    const name = them ? called(them) : "";
    find("#voices b").textContent = say(isMine ? "photoMode" : "voiceByThem", { name });
    const sounds = !them?.mic ? "theyAreMute" : them.sound ? "youHearEachOther" : "theyHearNothing";
    const text = them ? say(sounds, { name }) : "";
    const state = find("#voices [role=status]");
    if (state.textContent !== text) state.textContent = text;
  }

  /** Whether the large button takes a photo; else it shows the camera, to aim. */
  get aims() {
    return !this.on || !this.#album.isOpen;
  }

  /** @param {boolean} on */
  #turn(on) {
    this.on = on;
    find("#room").classList.toggle("photo-mode", on);
    for (const part of all("[data-photo-mode]")) part.hidden = !on;
    this.#meter.listen(on ? this.#voice : null);
    if (on) this.#album.showLatest();
    else this.#album.hide();
  }
}
