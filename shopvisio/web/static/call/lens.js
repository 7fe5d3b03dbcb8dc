/** Lamp, zoom and the other side: the customer's own, and at the desk the customer's, asked for and seen by both. */

/** @typedef {import("./optics.js").Lens} Lens */
/** @typedef {import("./protocol.js").Wished} Wished */

import { all, find } from "./dom.js";
import { NOTHING } from "./optics.js";
import { called, decimal, say } from "./words.js";

const SHOWN = 5_000; // ms that is told who did it
const ASKED = 30_000; // ms that a wish stands
const EVERY = 250; // ms between two places of the slider that are sent

/** The buttons and the slider, showing what a camera has and how it stands. */
class Controls {
  slider = /** @type {HTMLInputElement} */ (find("#zoom input"));
  #held = 0;

  /** @param {(to: number) => void} onZoom */
  constructor(onZoom) {
    this.slider.addEventListener("input", () => {
      this.#value(Number(this.slider.value));
      if (!this.#held) this.#held = window.setTimeout(() => {
        this.#held = 0;
        onZoom(Number(this.slider.value));
      }, EVERY);
    });
  }

  /** @param {Lens} lens */
  show({ torch, zoom, sides }) {
    for (const button of all('[data-act="torch"]')) {
      button.hidden = torch === null;
      button.classList.toggle("lit", torch === true);
      button.setAttribute("aria-pressed", String(torch === true));
    }
    for (const button of all('[data-act="ask-flip"]')) button.hidden = !sides;
    find("#zoom").hidden = !zoom;
    if (!zoom || this.#held || this.slider.matches(":active")) return; // a hand is on it
    this.slider.min = String(zoom.least);
    this.slider.max = String(zoom.most);
    this.slider.step = String(zoom.step);
    this.slider.value = String(zoom.now);
    this.#value(zoom.now);
  }

  /** @param {number} now */
  #value(now) {
    const n = decimal(now / (Number(this.slider.min) || 1));
    this.slider.setAttribute("aria-valuetext", say("times", { n }));
    find("#zoom output").textContent = `×${n}`;
  }
}

/** The customer's own; the repairer may ask for them, and once they were let, use them, which is always told. */
export class OwnLens {
  #controls;
  #sheet = find("#lend");
  #told = find("#lent");
  /** @type {Wished | null} */ #wish = null;
  #lent = false;
  #asking = 0;
  #telling = 0;

  /**
   * @param {import("./optics.js").Optics} optics
   * @param {() => Promise<void>} flip
   * @param {string} call  Whose consent is remembered through a reload.
   * @param {(text: string) => void} announce
   */
  constructor(optics, flip, call, announce) {
    this.optics = optics;
    this.flip = flip;
    this.key = `lent:${call}`;
    this.announce = announce;
    this.#lent = sessionStorage.getItem(this.key) === "yes";
    this.#controls = new Controls((to) => this.#do(() => optics.setZoom(to)));
  }

  /**
   * @param {Lens} lens
   * @param {boolean} wasLit
   */
  show(lens, wasLit) {
    this.#controls.show(lens);
    if (wasLit) this.#tell(say("lampOut"), false);
  }

  torch() {
    return this.#do(() => this.optics.setTorch(!this.optics.lens.torch));
  }

  /** @param {Wished} wish  Turning the camera shows another place: that is never done without a touch. */
  wished(wish) {
    const { torch, zoom, sides } = this.optics.lens;
    if (!{ torch: torch !== null, zoom, flip: sides }[wish.what]) return; // it went meanwhile
    this.#wish = wish;
    if (this.#lent && wish.what !== "flip") return this.#grant();
    const name = called({ role: "staff", name: wish.name });
    const sentence = say(wordOf(wish, "asks"), { name });
    find("b", this.#sheet).textContent = sentence;
    find("[data-act=lend]", this.#sheet).textContent = say(wordOf(wish, "do"));
    find("label", this.#sheet).hidden = wish.what === "flip";
    this.#sheet.hidden = false;
    this.announce(sentence);
    clearTimeout(this.#asking);
    this.#asking = window.setTimeout(() => this.refuse(), ASKED);
  }

  /** The customer lets them: this once, or until the end of the call. */
  lend() {
    const always = /** @type {HTMLInputElement} */ (find("input", this.#sheet));
    if (this.#wish?.what !== "flip") {
      this.#lent = always.checked;
      sessionStorage.setItem(this.key, this.#lent ? "yes" : "no");
    }
    return this.#grant();
  }

  refuse() {
    clearTimeout(this.#asking);
    this.#wish = null;
    this.#sheet.hidden = true;
  }

  /** No more without asking. */
  takeBack() {
    this.#lent = false;
    sessionStorage.setItem(this.key, "no");
    this.#told.hidden = true;
  }

  async #grant() {
    const wish = this.#wish;
    this.refuse();
    if (!wish) return;
    this.#tell(say(wordOf(wish, "does"), { name: called({ role: "staff", name: wish.name }) }), this.#lent);
    await this.#do(async () => {
      if (wish.what === "flip") await this.flip();
      if (wish.what === "torch") await this.optics.setTorch(wish.to > 0);
      if (wish.what === "zoom") await this.optics.setZoom(wish.to);
    });
  }

  /** @param {() => Promise<void>} act */
  async #do(act) {
    try {
      await act();
    } catch {
      this.#tell(say("lensFailed"), false);
    }
  }

  /**
   * @param {string} text
   * @param {boolean} mayTakeBack
   */
  #tell(text, mayTakeBack) {
    find("p", this.#told).textContent = text;
    find("button", this.#told).hidden = !mayTakeBack;
    this.#told.hidden = false;
    clearTimeout(this.#telling);
    this.#telling = window.setTimeout(() => (this.#told.hidden = true), SHOWN);
  }
}

/** At the desk: what the customer's camera has, how it stands, and asking for it. */
export class TheirLens {
  #controls;
  #state = find("#lens-state");
  #lens = NOTHING;
  #timer = 0;

  /** @param {import("./protocol.js").Line} line */
  constructor(line) {
    this.line = line;
    this.#controls = new Controls((to) => this.#ask("zoom", to));
  }

  /** @param {import("./protocol.js").Person | undefined} them */
  show(them) {
    const [before, now] = [this.#lens, them?.lens ?? NOTHING];
    this.#lens = now;
    this.#controls.show(now);
    find("#lens").hidden = now.torch === null && !now.zoom && !now.sides;
    if (JSON.stringify(before) === JSON.stringify(now)) return;
    if (before.torch && !now.torch) this.#tell(say(now.torch === null ? "theirLampOut" : "theirLampOff"));
    else if (!before.torch && now.torch) this.#tell(say("theirLampOn"));
    else if (this.#state.textContent === say("lensAsked")) this.#tell(""); // what was asked is done
  }

  torch() {
    return this.#ask("torch", this.#lens.torch ? 0 : 1);
  }

  flip() {
    return this.#ask("flip", 1);
  }

  /**
   * @param {Wished["what"]} what
   * @param {number} to
   */
  async #ask(what, to) {
    try {
      await this.line.wish(what, to);
      if (what !== "zoom") this.#tell(say("lensAsked"));
    } catch {
      this.#tell(say("lensNotAsked"));
    }
  }

  /** @param {string} text */
  #tell(text) {
    this.#state.textContent = text;
    this.#state.hidden = !text;
    clearTimeout(this.#timer);
    if (text) this.#timer = window.setTimeout(() => (this.#state.hidden = true), ASKED);
  }
}

/**
 * The name of a sentence about a wish: flipAsks, torchDoes, unlitDo…
 * @param {Wished} wish
 * @param {"asks" | "do" | "does"} how
 */
function wordOf({ what, to }, how) {
  const name = what === "torch" && !to ? "unlit" : what;
  return name + how[0].toUpperCase() + how.slice(1);
}
