/**
 * The marks on the still that lies open: which stand, what is undone and done again, and what is on its way. A mark is
 * there at once; one that could not leave is sent again when the line is back. It never touches the page.
 *
 * @typedef {import("./protocol.js").Mark} Mark
 * @typedef {import("./protocol.js").Drawn} Drawn
 * @typedef {import("./protocol.js").Person["role"]} Role
 * @typedef {{still: number, drawn: Drawn} | {still: number, names: string[], gone: boolean}} Act  On its way.
 * @typedef {{names: string[], gone: boolean}} Turn  What undoing something does.
 */

import { Refusal } from "./protocol.js";

const PASSING = ["timeout", "unavailable"]; // the line is down: it is sent again when it is back

/** What stands on one still. */
export class Marks {
  /** @type {number} */ #still = 0;
  /** @type {Set<string>} */ #standing = new Set();
  /** @type {Map<string, Mark>} */ #known = new Map(); // those that were erased, too: they may come back
  /** @type {Turn[]} */ #undo = [];
  /** @type {Turn[]} */ #redo = [];
  /** @type {Act[]} */ #leaving = [];
  #busy = false;

  /**
   * @param {import("./protocol.js").Line} line
   * @param {Role} role  Whose page this is.
   * @param {() => void} onChange
   * @param {(why: string) => void} onRefused
   */
  constructor(line, role, onChange, onRefused) {
    this.line = line;
    this.role = role;
    this.onChange = onChange;
    this.onRefused = onRefused;
  }

  /** Those that stand, in the order they were drawn. */
  get all() {
    return [...this.#known.values()].filter(({ once }) => this.#standing.has(once));
  }

  /** Whether it was drawn, be it erased since. @param {string} once */
  knows(once) {
    return this.#known.has(once);
  }

  /** @param {Mark} mark */
  mayErase(mark) {
    return this.role === "staff" || mark.role === this.role;
  }

  get canUndo() {
    return this.#undo.some((turn) => this.#bites(turn)) || Boolean(this.#myLast());
  }

  get canRedo() {
    return this.#redo.some((turn) => this.#bites(turn));
  }

  get canClear() {
    return this.all.some((mark) => this.mayErase(mark));
  }

  /**
   * What the appliance says stands on this still; what is on its way is drawn upon that.
   * @param {number} still
   * @param {Mark[]} marks
   */
  begin(still, marks) {
    const before = still === this.#still ? this.#known : new Map();
    if (still !== this.#still) [this.#undo, this.#redo] = [[], []];
    this.#still = still;
    this.#standing = new Set(marks.map(({ once }) => once));
    this.#known = new Map(marks.map((mark) => [mark.once, mark]));
    for (const [once, mark] of before) if (!this.#known.has(once)) this.#known.set(once, mark);
    for (const act of this.#leaving) if (act.still === still) this.#expect(act);
    this.onChange();
    void this.#send();
  }

  /** @param {Drawn} drawn  By this page. */
  draw(drawn) {
    this.#undo.push({ names: [drawn.once], gone: true });
    this.#redo = [];
    this.#leave({ still: this.#still, drawn });
  }

  /** @param {string[]} names */
  erase(names) {
    if (!names.length) return;
    this.#undo.push({ names, gone: false });
    this.#redo = [];
    this.#leave({ still: this.#still, names, gone: true });
  }

  /** All that this page may erase. @returns {number} how many */
  clear() {
    const names = this.all.filter((mark) => this.mayErase(mark)).map(({ once }) => once);
    this.erase(names);
    return names.length;
  }

  undo() {
    const mine = this.#myLast();
    const turn = this.#next(this.#undo) ?? (mine && { names: [mine.once], gone: true });
    if (!turn) return;
    this.#redo.push({ ...turn, gone: !turn.gone });
    this.#leave({ still: this.#still, ...turn });
  }

  redo() {
    const turn = this.#next(this.#redo);
    if (!turn) return;
    this.#undo.push({ ...turn, gone: !turn.gone });
    this.#leave({ still: this.#still, ...turn });
  }

  /** What somebody else did. @param {import("./protocol.js").Changed} changed */
  take({ still, gone, back }) {
    if (still !== this.#still) return;
    for (const once of gone) this.#standing.delete(once);
    for (const mark of back) this.#stand(mark);
    this.onChange();
  }

  /** Of my own, the last that stands. */
  #myLast() {
    return this.all.findLast(({ role }) => role === this.role);
  }

  /** The latest that still changes something. @param {Turn[]} turns */
  #next(turns) {
    for (let turn = turns.pop(); turn; turn = turns.pop()) if (this.#bites(turn)) return turn;
    return undefined;
  }

  /** @param {Turn} turn */
  #bites({ names, gone }) {
    return names.some((once) => this.#known.has(once) && this.#standing.has(once) === gone);
  }

  /** @param {Mark} mark */
  #stand(mark) {
    this.#known.set(mark.once, mark);
    this.#standing.add(mark.once);
  }

  /** @param {Act} act */
  #leave(act) {
    this.#leaving.push(act);
    this.#expect(act);
    this.onChange();
    void this.#send();
  }

  /** What the act makes of the still once it is there. @param {Act} act */
  #expect(act) {
    if ("drawn" in act) {
      const highest = Math.max(0, ...this.all.map(({ number }) => number));
      const number = act.drawn.kind === "number" ? highest + 1 : 0;
      if (!this.#standing.has(act.drawn.once)) this.#stand({ ...act.drawn, number, role: this.role, name: "" });
      return;
    }
    for (const once of act.names) {
      if (act.gone) this.#standing.delete(once);
      else if (this.#known.has(once)) this.#standing.add(once);
    }
  }

  /** One after the other, in the order they were done. */
  async #send() {
    if (this.#busy) return;
    this.#busy = true;
    while (this.#leaving.length && (await this.#try(this.#leaving[0]))) this.#leaving.shift();
    this.#busy = false;
  }

  /** Whether it is done with: kept, or refused for good. @param {Act} act */
  async #try(act) {
    try {
      if ("drawn" in act) this.#kept(act.still, await this.line.mark({ still: act.still, ...act.drawn }));
      else await this.line.erase(act);
      return true;
    } catch (error) {
      if (!(error instanceof Refusal) || PASSING.includes(error.code)) return false;
      this.#takeBack(act);
      this.onRefused(error.message);
      return true;
    }
  }

  /** Its number is the appliance's to give. @param {number} still @param {Mark} mark */
  #kept(still, mark) {
    if (still !== this.#still) return;
    this.#known.set(mark.once, mark);
    this.onChange();
  }

  /** @param {Act} act */
  #takeBack(act) {
    if (act.still !== this.#still) return;
    if ("drawn" in act) this.#standing.delete(act.drawn.once);
    else this.#expect({ ...act, gone: !act.gone });
    this.onChange();
  }
}
