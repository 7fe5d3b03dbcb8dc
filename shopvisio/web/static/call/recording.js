/** Recording the call: the question, the answer, and the red mark that stands on every screen while it runs. */

/** @typedef {import("./protocol.js").Recorded} Recorded */

import { all, find } from "./dom.js";
import { called, say } from "./words.js";

const TOLD = 10_000; // ms that the end of it is shown

/** The strip above the call, and what is asked. */
export class Recording {
  #strip = find("#recording");
  #question = find("#ask-record");
  #line;
  #announce;
  #hiding = 0;
  #said = "";

  /**
   * @param {import("./protocol.js").Line} line
   * @param {(text: string) => void} announce
   */
  constructor(line, announce) {
    this.#line = line;
    this.#announce = announce;
  }

  /** Staff would like to. */
  async ask() {
    try {
      await this.#line.record();
    } catch (refusal) {
      this.#end(refusal instanceof Error ? refusal.message : "");
    }
  }

  /** Our own yes or no. @param {boolean} yes */
  async answer(yes) {
    const why = find(".why", this.#question);
    why.hidden = true;
    try {
      await this.#line.agree(yes);
      this.#question.hidden = true;
    } catch (refusal) {
      why.textContent = (refusal instanceof Error && refusal.message) || say("notDone");
      why.hidden = false;
    }
  }

  async stop() {
    await this.#line.unrecord().catch(() => undefined); // ended by somebody else, or asked again
  }

  /**
   * As the appliance tells it.
   * @param {Recorded} told
   * @param {string} seat  Ours.
   */
  show({ recording, over }, seat) {
    const isAsked = Boolean(recording?.seats.includes(seat));
    const isNew = isAsked && this.#question.hidden;
    this.#question.hidden = !isAsked;
    if (recording && isNew) {
      find("h2", this.#question).textContent = say("recordingAskedYou", { name: called({ role: "staff", name: recording.name }) });
      this.#question.focus();
    }
    if (recording) this.#open(recording, isAsked);
    else this.#end(over ? say(`recording${over.why[0].toUpperCase()}${over.why.slice(1)}`, { name: over.name }) : "");
  }

  /**
   * @param {NonNullable<Recorded["recording"]>} recording
   * @param {boolean} isAsked  We are: the question says it.
   */
  #open({ state, names }, isAsked) {
    clearTimeout(this.#hiding);
    const kind = { asked: "recordingAsked", paused: "recordingPaused", running: "recordingRunning" }[state];
    const text = say(kind, { names: names.map((name) => name.split(" ")[0]).join(", ") });
    this.#strip.hidden = state === "asked" && isAsked;
    this.#strip.dataset.state = state;
    this.#offer(state);
    find("b", this.#strip).textContent = text;
    if (text !== this.#said) this.#announce(text);
    this.#said = text;
  }

  /** What may be done about it. @param {string} state */
  #offer(state) {
    for (const button of all("#recording button")) button.hidden = !button.dataset.when?.split(" ").includes(state);
  }

  /** @param {string} text  Why it is over. */
  #end(text) {
    const was = this.#said;
    this.#said = "";
    if (!text) {
      if (was) this.#strip.hidden = true;
      return;
    }
    clearTimeout(this.#hiding);
    this.#strip.hidden = false;
    this.#strip.dataset.state = "over";
    this.#offer("over");
    find("b", this.#strip).textContent = text;
    this.#announce(text);
    this.#hiding = setTimeout(() => (this.#strip.hidden = true), TOLD);
  }
}
