/** The lists to choose a camera, a microphone and a loudspeaker from; shown where there is a choice. */

/** @typedef {import("./camera.js").Camera} Camera */
/** @typedef {import("./devices.js").Sort} Sort */

import { choose, chosen, present, speakers, speakThrough } from "./devices.js";
import { all, find } from "./dom.js";
import { say } from "./words.js";

const KINDS = /** @type {const} */ ({ videoinput: "video", audioinput: "audio" });

/** The three lists. */
export class Picker {
  #camera;
  /** @type {(trouble: import("./camera.js").Trouble | "") => void} */ #onTrouble;

  /**
   * @param {Camera} camera
   * @param {(trouble: import("./camera.js").Trouble | "") => void} onTrouble  What came of a choice.
   */
  constructor(camera, onTrouble) {
    this.#camera = camera;
    this.#onTrouble = onTrouble;
    for (const list of this.#lists()) list.addEventListener("change", () => this.#pick(list));
    navigator.mediaDevices?.addEventListener?.("devicechange", () => this.show());
    for (const player of all("audio")) void speakThrough(/** @type {HTMLAudioElement} */ (player));
  }

  /** Say what there is to choose from now. */
  async show() {
    const tracks = this.#camera.stream.getTracks();
    for (const list of this.#lists()) {
      const sort = /** @type {Sort} */ (list.name);
      const found = sort === "audiooutput" && !speakers ? [] : await present(sort);
      const used = tracks.find(({ kind }) => kind === KINDS[/** @type {keyof typeof KINDS} */ (sort)]);
      list.replaceChildren(...found.map(({ deviceId, label }, at) => new Option(label || say("device", { n: at + 1 }),
        deviceId)));
      list.value = used?.getSettings().deviceId ?? chosen(sort);
      if (list.selectedIndex < 0) list.selectedIndex = 0;
      /** @type {HTMLElement} */ (list.closest(".field")).hidden = found.length < 2;
    }
    find("#devices").hidden = this.#lists().every((list) => list.options.length < 2);
  }

  #lists() {
    return all("#devices select").map((list) => /** @type {HTMLSelectElement} */ (list));
  }

  /** @param {HTMLSelectElement} list */
  async #pick(list) {
    const sort = /** @type {Sort} */ (list.name);
    choose(sort, list.value);
    if (sort === "audiooutput") {
      await Promise.all(all("audio").map((player) => speakThrough(/** @type {HTMLAudioElement} */ (player))));
    } else {
      this.#onTrouble(await this.#camera.use(KINDS[sort], list.value));
      await this.show();
    }
  }
}
