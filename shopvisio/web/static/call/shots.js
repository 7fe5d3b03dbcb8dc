/** The list of what to show of a thing: each is a still of the seller's own picture, kept with the case, then ticked. */

import { all, find } from "./dom.js";

/** The seller's. */
export class Shots {
  #row = find("#shots");

  /**
   * @param {(of: string) => Promise<void>} take  A still of our picture, which shows this.
   * @param {string} appointment
   */
  constructor(take, appointment) {
    this.take = take;
    this.key = `shots:${appointment}`; // ticked until the next product, through a reload
    this.#row.addEventListener("click", ({ target }) => {
      const button = target instanceof Element ? target.closest("[data-shot]") : null;
      if (button instanceof HTMLElement) void this.#press(button);
    });
    this.#draw();
  }

  /** Another product is shown: nothing of it is shown yet. @param {string} product */
  begin(product) {
    const [before] = this.#kept();
    if (before !== product) this.#keep([product]);
  }

  /** @param {HTMLElement} button */
  async #press(button) {
    if (button.getAttribute("aria-busy") === "true") return;
    button.setAttribute("aria-busy", "true");
    const [product = "", ...done] = this.#kept();
    const shot = button.dataset.shot ?? "";
    await this.take(String(new URLSearchParams({ shot, product }))).finally(() => button.removeAttribute("aria-busy"));
    this.#keep([product, ...new Set([...done, shot])]);
  }

  /** @returns {string[]} the product, then what is ticked */
  #kept() {
    return JSON.parse(sessionStorage.getItem(this.key) ?? "[]");
  }

  /** @param {string[]} kept */
  #keep(kept) {
    sessionStorage.setItem(this.key, JSON.stringify(kept));
    this.#draw();
  }

  #draw() {
    const [, ...done] = this.#kept();
    for (const button of all("#shots [data-shot]")) {
      button.classList.toggle("done", done.includes(button.dataset.shot ?? ""));
      button.setAttribute("aria-pressed", String(done.includes(button.dataset.shot ?? "")));
    }
  }
}
