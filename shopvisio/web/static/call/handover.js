/** From this computer to the telephone: shows the code to scan, and remembers that it was shown. */

import { all, find } from "./dom.js";

const GOOD_FOR = 10 * 60_000; // ms, as the appliance says

/** The code to scan; a colleague's page has none. */
export class HandOver {
  #box = /** @type {HTMLDialogElement | undefined} */ (all("#to-phone")[0]);
  #until = 0;

  /**
   * Our seat went elsewhere: to the telephone, when its code was shown.
   * @returns {"phoned" | "replaced"}
   */
  gone() {
    this.close();
    return performance.now() < this.#until ? "phoned" : "replaced";
  }

  /** Show a fresh code. */
  ask() {
    const picture = /** @type {HTMLImageElement} */ (find("#phone-code"));
    picture.src = `${picture.dataset.src}?${Date.now()}`;
    this.#until = performance.now() + GOOD_FOR;
    this.#box?.showModal();
  }

  /** The code is wanted no more. */
  close() {
    this.#box?.close();
  }
}
