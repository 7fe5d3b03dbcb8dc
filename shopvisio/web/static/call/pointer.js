/**
 * Pointing: a dot with a name, at the same place of the same picture on every screen, as long as a finger rests there.
 *
 * @typedef {import("./protocol.js").Pointed} Pointed
 * @typedef {import("./drawing.js").Point} Point
 * @typedef {{element: HTMLElement, where: () => import("./pen.js").Where}} Surface  A picture, and where it lies.
 */

import { make } from "./dom.js";
import { laid, toPlace } from "./geometry.js";
import { called, say } from "./words.js";

const PACE = 50; // ms between two places
const AGAIN = 900; // ms: a finger that rests is told again
const SILENCE = 2_500; // ms without news, and the dot goes: its end may have been lost with the line
const FADING = 500; // ms, as the stylesheet has it

/** Our own finger, told to the others no faster than they need. */
export class Finger {
  #of = /** @type {Pointed["of"]} */ ("customer");
  /** @type {Point | null} */ #at = null;
  #told = 0;
  #waits = 0;

  /** @param {(of: Pointed["of"], at: Point | null) => void} tell */
  constructor(tell) {
    this.tell = tell;
  }

  /** @param {Pointed["of"]} of @param {Point | null} at  Null: no more. */
  point(of, at) {
    this.#of = of;
    this.#at = at;
    if (!at) return this.#say();
    this.#waits ||= setTimeout(() => this.#say(), Math.max(0, this.#told + PACE - performance.now()));
  }

  #say() {
    clearTimeout(this.#waits);
    this.#told = performance.now();
    this.tell(this.#of, this.#at);
    this.#waits = 0;
    if (this.#at) this.#waits = setTimeout(() => this.#say(), AGAIN);
  }
}

/** Everybody's dots. */
export class Dots {
  /** @type {Map<string, {dot: HTMLElement, surface: Surface, at: Point, silent: number}>} */ #shown = new Map();
  #drawing = false;

  /** @param {(of: Pointed["of"]) => Surface | null} surface  Where a picture is on this page, if it is. */
  constructor(surface) {
    this.surface = surface;
  }

  /** @param {Pointed} pointed @returns {boolean} whether somebody begins to point */
  show({ role, name, of, at }) {
    const [known, surface] = [this.#shown.get(role), this.surface(of)];
    if (!at || !surface) return this.#fade(role);
    clearTimeout(known?.silent);
    const dot = known?.dot ?? make("span", `pointer ${role}`, make("i", ""), make("b", "", say("pointsHere", {
      name: called({ role, name }),
    })));
    if (dot.parentElement !== surface.element) surface.element.append(dot);
    this.#shown.set(role, { dot, surface, at, silent: setTimeout(() => this.#fade(role), SILENCE) });
    this.#place();
    return !known;
  }

  /** @param {string} role */
  #fade(role) {
    const shown = this.#shown.get(role);
    this.#shown.delete(role);
    if (shown) {
      clearTimeout(shown.silent);
      shown.dot.classList.add("fades");
      setTimeout(() => shown.dot.remove(), FADING);
    }
    return false;
  }

  /** Each at its place, picture by picture: telephones are turned while somebody points. */
  #place() {
    if (this.#drawing) return;
    this.#drawing = true;
    const step = () => {
      for (const shown of this.#shown.values()) put(shown.dot, shown.surface, shown.at);
      this.#drawing = this.#shown.size > 0;
      if (this.#drawing) requestAnimationFrame(step);
    };
    step();
  }
}

/** @param {HTMLElement} dot @param {Surface} surface @param {Point} at */
function put(dot, { element, where }, at) {
  const [box, place] = [element.getBoundingClientRect(), where()];
  dot.hidden = !place.at;
  if (!place.at) return;
  const [x, y] = toPlace(at, place.at, place.mirrored);
  dot.style.left = `${x - box.left}px`;
  dot.style.top = `${y - box.top}px`;
  dot.classList.toggle("low", y - box.top > box.height - 72);
  dot.classList.toggle("late", x - box.left > box.width - 90);
  dot.classList.toggle("early", x - box.left < 90);
}

/**
 * A moving picture as a surface.
 * @param {HTMLElement} element
 * @param {HTMLVideoElement} video
 * @returns {Surface}
 */
export function moving(element, video) {
  const where = () => {
    const size = { width: video.videoWidth, height: video.videoHeight };
    const at = laid(video.getBoundingClientRect(), size, getComputedStyle(video).objectFit);
    return { at, mirrored: video.classList.contains("mirrored") };
  };
  return { element, where };
}
