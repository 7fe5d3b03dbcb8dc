/** Parts in a call: what staff propose without hanging up, and the customer's answer on their own screen. The appliance
 * draws it, anew whenever the line says so. */

import { find } from "./dom.js";

/** Either side's: a card on the customer's screen, a list in the staff's panel. */
export class Offer {
  #box = find("#on-offer");
  #drawn = find("[data-drawn]", this.#box);
  #looking = 0;

  constructor() {
    this.#box.addEventListener("submit", (event) => this.#submit(/** @type {SubmitEvent} */ (event)));
    for (const form of document.querySelectorAll("#conclude form")) {
      form.addEventListener("submit", (event) => this.#propose(/** @type {SubmitEvent} */ (event)));
    }
  }

  /** What it is now. */
  async look() {
    const asked = ++this.#looking;
    const answer = await fetch(this.#box.dataset.piece ?? "", { headers: { "X-Piece": "offer" } }).catch(() => null);
    if (!answer || asked !== this.#looking) return; // asked again when the line is back
    this.#box.hidden = !answer.ok || answer.redirected; // nothing is offered
    if (!this.#box.hidden) this.#drawn.innerHTML = await answer.text();
  }

  /** The customer answers: the page stays. @param {SubmitEvent} event */
  async #submit(event) {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if ("leaves" in form.dataset) return;
    event.preventDefault();
    const answer = await send(form, event.submitter);
    if (answer?.status === 422) this.#drawn.innerHTML = await answer.text();
    else if (answer) await this.look();
  }

  /** Staff propose and the call goes on. @param {SubmitEvent} event */
  async #propose(event) {
    if (event.submitter?.getAttribute("name") !== "keep") return;
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const refusal = find("[data-refusal]", form);
    const answer = await send(form, event.submitter);
    refusal.innerHTML = answer?.status === 422 ? await answer.text() : "";
    if (!answer?.ok) return;
    form.reset();
    /** @type {HTMLDialogElement} */ (find("#conclude")).close();
    await this.look();
  }
}

/**
 * @param {HTMLFormElement} form
 * @param {HTMLElement | null} submitter
 */
function send(form, submitter) {
  const body = new FormData(form, /** @type {HTMLButtonElement | null} */ (submitter));
  return fetch(form.action, { method: "POST", body, headers: { "X-Piece": "offer" } }).catch(() => null);
}
