/**
 * A hand on a picture: a finger, a pen, a mouse, or a cross moved by the arrow keys. It tells places of the picture and
 * knows nothing of what they become.
 *
 * @typedef {import("./drawing.js").Point} Point
 *
 * @typedef {Object} Hand
 * @property {(at: Point) => void} start
 * @property {(points: Point[]) => void} move
 * @property {() => void} end
 * @property {() => void} cancel
 * @property {() => boolean} isShort  Whether one place is all: then it starts and ends with one stroke of a key.
 * @property {(at: Point | null) => void} cross  Where the cross stands that the keys move.
 *
 * @typedef {{at: import("./geometry.js").Box | null, mirrored: boolean}} Where  Where the picture lies on the screen.
 */

import { nearest, toFraction } from "./geometry.js";

const STEP = 0.01; // of the picture, with one stroke of an arrow key
const STRIDE = 0.08; // with Shift
/** @type {Record<string, Point>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** What a hand does on one element. */
export class Pen {
  /** @type {number | null} */ #pointer = null;
  /** @type {Point | null} */ #cross = null;
  #byKey = false; // whether the keys are in the middle of something

  /**
   * @param {HTMLElement} glass  What is touched; it can have the focus.
   * @param {() => Where} where
   * @param {Hand} hand
   */
  constructor(glass, where, hand) {
    this.glass = glass;
    this.where = where;
    this.hand = hand;
    glass.addEventListener("pointerdown", (event) => this.#down(event));
    glass.addEventListener("pointermove", (event) => this.#move(event));
    glass.addEventListener("pointerup", (event) => this.#up(event));
    glass.addEventListener("pointercancel", (event) => event.pointerId === this.#pointer && this.drop());
    glass.addEventListener("keydown", (event) => this.#key(event));
    glass.addEventListener("blur", () => this.#setCross(null));
  }

  /** Whatever is in the making is given up. */
  drop() {
    const busy = this.#pointer !== null || this.#byKey;
    this.#pointer = null;
    this.#byKey = false;
    if (busy) this.hand.cancel();
  }

  /** The cross appears, in the middle where it was nowhere. */
  aim() {
    this.#setCross(this.#cross ?? [0.5, 0.5]);
  }

  /** @param {PointerEvent} event */
  #down(event) {
    const { at, mirrored } = this.where();
    if (!event.isPrimary || event.button !== 0 || this.#pointer !== null || !at) return;
    const place = toFraction([event.clientX, event.clientY], at, mirrored);
    if (!place) return;
    event.preventDefault(); // neither a selection nor a drag of the picture
    this.drop();
    this.glass.setPointerCapture(event.pointerId);
    this.glass.focus({ preventScroll: true });
    this.#setCross(null);
    this.#pointer = event.pointerId;
    this.hand.start(place);
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const { at, mirrored } = this.where();
    if (event.pointerId !== this.#pointer || !at) return;
    const seen = event.getCoalescedEvents?.() ?? [];
    const steps = seen.length ? seen : [event];
    this.hand.move(steps.map(({ clientX, clientY }) => nearest([clientX, clientY], at, mirrored)));
  }

  /** @param {PointerEvent} event */
  #up(event) {
    if (event.pointerId !== this.#pointer) return;
    this.#move(event);
    this.#pointer = null;
    this.hand.end();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const way = ARROWS[event.key];
    if (way) this.#go(way, event.shiftKey ? STRIDE : STEP);
    else if (event.key === "Enter" || event.key === " ") this.#put();
    else if (event.key === "Escape" && (this.#byKey || this.#cross)) this.#leave();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {Point} way @param {number} step */
  #go(way, step) {
    const now = this.#cross ?? [0.5, 0.5];
    const [x, y] = now.map((part, nth) => Math.min(1, Math.max(0, Math.round(1000 * (part + step * way[nth])) / 1000)));
    this.#setCross([x, y]);
    if (this.#byKey) this.hand.move([[x, y]]);
  }

  #put() {
    if (!this.#cross) return this.aim();
    if (!this.#byKey) this.hand.start(this.#cross);
    this.#byKey = !this.#byKey && !this.hand.isShort();
    if (!this.#byKey) this.hand.end();
  }

  #leave() {
    if (!this.#byKey) this.#setCross(null);
    this.drop();
  }

  /** @param {Point | null} at */
  #setCross(at) {
    if (this.#cross === at) return;
    this.#cross = at;
    this.hand.cross(at);
  }
}
