/** Stop, danger: one tap halts everything on every screen of the call; staff let it go on, with a reason. */

/** @typedef {import("./protocol.js").Line} Line */
/** @typedef {import("./protocol.js").Stopped} Stopped */

import { refusal } from "./checklist.js";
import { all, borrowFocus, find } from "./dom.js";
import { called, say, time } from "./words.js";

const AGAIN = 1_000; // ms until a press that did not get through is sent once more

/** What is shown while everything is stopped. It is shown before the appliance knows. */
export class Danger {
  #view = find("#stopped");
  #line;
  /** @type {string | null} */ #unsent = null; // the cause that is still to be told
  #sending = false;
  #giveBack = () => {}; // the focus

  /** @param {Line} line */
  constructor(line) {
    this.#line = line;
    const form = /** @type {HTMLFormElement | null} */ (document.querySelector("#lift"));
    form?.addEventListener("submit", (event) => this.#lift(event, form));
  }

  /** Stop, or say the cause. @param {string} cause */
  press(cause) {
    this.#unsent = cause || this.#unsent || "";
    this.#open(this.#unsent, say("stoppedByYou"));
    void this.#send();
  }

  /** As the appliance tells it. @param {Stopped | null} stopped */
  show(stopped) {
    if (stopped) this.#open(stopped.cause, say("stoppedBy", { name: called(stopped), time: time(stopped.at) }));
    else if (this.#unsent === null) this.#close();
  }

  async #send() {
    if (this.#sending) return;
    this.#sending = true;
    while (this.#unsent !== null) {
      const cause = this.#unsent;
      try {
        await this.#line.stop(cause);
        if (this.#unsent === cause) this.#unsent = null;
      } catch (refused) {
        if (/** @type {{final?: boolean}} */ (refused).final) this.#unsent = null; // the call is over
        else await new Promise((resolve) => setTimeout(resolve, AGAIN));
      }
    }
    this.#sending = false;
  }

  /**
   * @param {string} cause
   * @param {string} who
   */
  #open(cause, who) {
    const isNew = this.#view.hidden;
    this.#view.hidden = false;
    document.body.classList.add("has-stopped");
    find("[data-who]", this.#view).textContent = who;
    for (const part of all("#stopped [data-acts]")) part.hidden = part.dataset.acts !== cause;
    for (const button of all("#stopped [data-cause]")) {
      button.setAttribute("aria-pressed", String(button.dataset.cause === cause));
    }
    if (isNew) {
      this.#giveBack = borrowFocus(this.#view);
      navigator.vibrate?.([300, 100, 300]);
    }
  }

  #close() {
    if (this.#view.hidden) return;
    this.#giveBack();
    this.#view.hidden = true;
    document.body.classList.remove("has-stopped");
  }

  /**
   * @param {SubmitEvent} event
   * @param {HTMLFormElement} form
   */
  async #lift(event, form) {
    event.preventDefault();
    const why = await refusal(form.action, new FormData(form));
    find(".why", form).textContent = why;
    find(".why", form).hidden = !why;
    if (!why) form.reset();
  }
}
