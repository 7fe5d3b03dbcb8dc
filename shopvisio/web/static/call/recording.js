/** Recording the call: the question, the answer, and the red mark that stands on every screen while it runs. */

/** @typedef {import("./protocol.js").Recorded} Recorded */
/** @typedef {import("./protocol.js").Person} Person */

import { all, borrowFocus, find } from "./dom.js";
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
  /** @type {Recorded["recording"]} */ #recording = null;
  #seat = ""; // ours
  /** @type {"" | "mine" | "theirs"} */ #cut = ""; // on whose side nothing comes
  #away = ""; // who they are
  #stopping = false;
  #giveBack = () => {}; // the focus, which the question has taken

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
      this.#close();
    } catch (refusal) {
      why.textContent = (refusal instanceof Error && refusal.message) || say("notDone");
      why.hidden = false;
    }
  }

  /** No more of it: where the line is cut just now, as soon as it stands again. */
  async stop() {
    this.#stopping = true;
    await this.#line.unrecord().catch(({ code }) => {
      this.#stopping = code === "timeout"; // asked again by show(); else somebody else has ended it
    });
  }

  /**
   * Whose line stands. Nothing else arrives, and only what arrives is recorded.
   * @param {boolean} mine
   * @param {Person[]} others
   */
  follow(mine, others) {
    const away = others.filter(({ link }) => link === "lost");
    this.#away = firstNames(away.map(({ name }) => name));
    this.#cut = !mine ? "mine" : away.length ? "theirs" : "";
    if (this.#recording) this.#open(this.#recording);
  }

  /** The call is over for us. */
  rest() {
    this.#recording = null;
    this.#stopping = false;
    this.#question.hidden = true;
    this.#end("");
  }

  /**
   * As the appliance tells it.
   * @param {Recorded} told
   * @param {string} seat  Ours.
   */
  show({ recording, over }, seat) {
    const isAsked = Boolean(recording?.seats.includes(seat));
    const isNew = isAsked && this.#question.hidden;
    const ran = this.#recording !== null && this.#recording.state !== "asked";
    this.#recording = recording;
    this.#seat = seat;
    if (!isAsked) this.#close();
    if (recording && isNew) {
      this.#question.hidden = false;
      find("h2", this.#question).textContent = say("recordingAskedYou", { name: called({ role: "staff", name: recording.name }) });
      this.#giveBack = borrowFocus(this.#question);
    }
    if (!recording) this.#stopping = false;
    else if (this.#stopping) void this.stop();
    if (recording) this.#open(recording);
    else if (over) this.#end(say(`recording${over.why[0].toUpperCase()}${over.why.slice(1)}`, { name: over.name }));
    else this.#end(ran ? say("recordingGone") : ""); // it ended while our line was cut
  }

  #close() {
    this.#giveBack();
    this.#giveBack = () => {};
    this.#question.hidden = true;
  }

  /** @param {NonNullable<Recorded["recording"]>} recording */
  #open({ state, names, seats }) {
    clearTimeout(this.#hiding);
    const cut = state === "running" ? this.#cut : "";
    const kind = { asked: "recordingAsked", paused: "recordingPaused", running: "recordingRunning" }[state];
    const text = cut ? say(cut === "mine" ? "recordingCut" : "recordingTheirsCut", { names: this.#away }) : say(kind, { names: firstNames(names) });
    this.#strip.hidden = state === "asked" && seats.includes(this.#seat); // the question says it
    this.#strip.dataset.state = cut === "mine" ? "cut" : state;
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

/** @param {string[]} names */
function firstNames(names) {
  return names.map((name) => name.split(" ")[0]).join(", ");
}
