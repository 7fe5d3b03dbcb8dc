/**
 * Everything by which people show each other something: the dot on a moving picture, the frozen picture, the marks. It
 * joins these with the page and its line.
 *
 * @typedef {import("./protocol.js").Laid} Laid
 * @typedef {import("./protocol.js").Pointed} Pointed
 * @typedef {import("./pointer.js").Surface} Surface
 */

import { Board } from "./board.js";
import { all, find } from "./dom.js";
import { Freezer } from "./freeze.js";
import { Pen } from "./pen.js";
import { Dots, Finger, moving } from "./pointer.js";
import { snap } from "./snap.js";
import { called, say } from "./words.js";

/** How this page points and draws. */
export class Pointing {
  /** @type {Record<string, Surface>} */ #surfaces = {};
  #finger;
  #dots;
  #board;
  #freezer;

  /**
   * @param {import("./protocol.js").Line} line
   * @param {{role: "customer" | "staff" | "guest", still: string, stills: string, csrf: string}} facts
   * @param {string[]} others  The roles of the others, in the order of their pictures.
   * @param {{track: () => MediaStreamTrack | undefined, isNarrow: () => boolean, name: () => string}} camera
   * @param {{onOpen: () => void, onDrawn: (still: number) => void, announce: (text: string) => void}} page  A still
   *   that was laid away may have been drawn on.
   */
  constructor(line, facts, others, camera, page) {
    this.line = line;
    this.role = facts.role;
    this.page = page;
    for (const [nth, id] of ["mine", "theirs", "third"].entries()) {
      const figure = find(`#${id}`);
      const of = [facts.role, ...others][nth];
      this.#surfaces[of] = moving(figure, /** @type {HTMLVideoElement} */ (find("video", figure)));
      this.#pen(figure, /** @type {Pointed["of"]} */ (of));
    }
    this.#dots = new Dots((of) => this.#surfaces[of] ?? null);
    this.#finger = new Finger((of, at) => {
      line.point(of, at);
      this.#dots.show({ role: facts.role, name: camera.name(), of, at });
    });
    const point = (/** @type {import("./drawing.js").Point | null} */ at) => this.#finger.point("still", at);
    this.#board = new Board(line, facts.role, facts.still, camera.name, camera.isNarrow, point);
    this.#surfaces.still = { element: find("#glass"), where: () => ({ at: this.#board.where(), mirrored: false }) };
    this.#freezer = new Freezer(line, facts.role, { url: facts.stills, token: facts.csrf }, camera, {
      await: (picture) => this.#wait(picture),
      came: ({ id }) => this.open(id),
      failed: (why) => this.#fail(why),
    });
  }

  /** We have our seat, for the first time or again. @param {Laid} laid */
  entered(laid) {
    if (laid.still || !this.#board.isFreezing) this.lay(laid);
  }

  /** @param {Pointed} pointed */
  point(pointed) {
    const begins = this.#dots.show(pointed);
    if (begins) this.page.announce(say("pointsHere", { name: called(pointed) }));
  }

  /** @param {Laid} laid */
  lay(laid) {
    const before = this.#board.still;
    this.#freezer.rest();
    this.#board.lay(laid);
    if (laid.still) this.page.onOpen();
    if (before && before !== this.#board.still) this.page.onDrawn(before);
  }

  /** @param {import("./protocol.js").Freeze} freeze */
  asked(freeze) {
    return this.#freezer.asked(freeze);
  }

  /** @param {Parameters<Board["stroke"]>[0]} stretch */
  stroke(stretch) {
    this.#board.stroke(stretch);
  }

  /** @param {import("./protocol.js").Changed} changed */
  marks(changed) {
    this.#board.take(changed);
  }

  /** Lay a still open for all. @param {number} still */
  async open(still) {
    this.lay(await this.line.board(still));
  }

  /** Freeze what is big, or take up the moving picture again. */
  async toggle() {
    if (this.#board.isOpen || this.#board.isFreezing) return this.closeForAll();
    const figure = find("figure.big");
    const of = Object.keys(this.#surfaces).find((role) => this.#surfaces[role].element === figure);
    if (of) await this.#freezer.freeze(of, /** @type {HTMLVideoElement} */ (find("video", figure)));
  }

  async closeForAll() {
    const before = this.#board.still;
    this.#freezer.rest();
    this.#board.close();
    await this.line.board(null).catch(() => undefined);
    this.page.onDrawn(before);
  }

  /** Point by keys: a cross on the big picture, or on the still. */
  aim() {
    if (this.#board.isOpen) return;
    const figure = find("figure.big");
    figure.focus({ preventScroll: true });
    this.#pens.get(figure)?.aim();
  }

  /** The call is over for us. */
  rest() {
    this.#freezer.rest();
    this.#board.close();
  }

  /** @type {Map<HTMLElement, Pen>} */ #pens = new Map();

  /** @param {HTMLElement} figure @param {Pointed["of"]} of */
  #pen(figure, of) {
    /** @type {import("./drawing.js").Point | null} */ let last = null;
    const point = (/** @type {import("./drawing.js").Point | null} */ at) => this.#finger.point(of, (last = at));
    const where = () => (figure.classList.contains("big") ? this.#surfaces[of].where() : { at: null, mirrored: false });
    const pen = new Pen(figure, where, {
      start: point,
      move: (points) => point(points[points.length - 1]),
      end: () => point(null),
      cancel: () => point(null),
      isShort: () => false,
      cross: (at) => (at || last) && point(at), // by keys, to aim is to point
    });
    figure.tabIndex = -1;
    this.#pens.set(figure, pen);
  }

  /** @param {Blob | null} picture */
  #wait(picture) {
    void snap();
    const flash = find("#flash");
    flash.hidden = false;
    setTimeout(() => (flash.hidden = true), 220);
    this.#board.await(picture);
  }

  /** @param {string} why */
  #fail(why) {
    this.#board.close(why);
    this.page.announce(why);
    for (const note of all("#tools-why")) {
      note.textContent = why;
      note.hidden = false;
      setTimeout(() => (note.hidden = true), 8_000);
    }
  }
}
