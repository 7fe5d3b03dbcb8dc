/**
 * The board: a still that lies open between all, and what they draw on it. A stroke is seen by the others while it is
 * made; once it is done it is a mark.
 *
 * @typedef {import("./protocol.js").Still} Still
 * @typedef {import("./protocol.js").Mark} Mark
 * @typedef {import("./protocol.js").Laid} Laid
 * @typedef {import("./protocol.js").Person["role"]} Role
 * @typedef {import("./drawing.js").Point} Point
 * @typedef {import("./drawing.js").Node} Node
 *
 * @typedef {Object} Stroke  A mark in the making, ours or another's.
 * @property {string} once
 * @property {string} kind
 * @property {string} colour
 * @property {Point[]} points
 * @property {string} text
 * @property {Role} role
 */

import { all, find, make } from "./dom.js";
import { draw } from "./drawing.js";
import { laid, thin, toPlace } from "./geometry.js";
import { Marks } from "./marks.js";
import { Pen } from "./pen.js";
import { called, say, time } from "./words.js";

const PACE = 50; // ms between two stretches of a stroke
const IDLE = 5_000; // ms after which a stroke that nobody ends is let go
const SLACK = 0.0015; // of the picture: what a free line may be off when it is thinned
const MOST_POINTS = 300; // of a free line
const MOST_AT_ONCE = 90; // points in one stretch
const SHORTEST = 0.004; // of the picture, as the appliance has it
const SHORT = ["text", "number", "stamp"]; // one place is all
const WARNINGS = ["hands_off", "cut", "danger"];
/** @type {Record<Role, string>} */
const OWN = { staff: "yellow", customer: "sky", guest: "white" };
const SVG = "http://www.w3.org/2000/svg";

/** The still that lies open. */
export class Board {
  #section = find("#board");
  #glass = find("#glass");
  #img = /** @type {HTMLImageElement} */ (find("#glass img"));
  #ink = find("#ink");
  #standing = build(["g", {}, []]);
  #moving = build(["g", {}, []]); // what is in the making, and the cross
  #tools = find("#tools");
  #note = /** @type {HTMLFormElement} */ (find("#note"));
  #told = find("#board-told");
  /** @type {Still | null} */ #still = null;
  /** @type {Stroke | null} */ #mine = null;
  /** @type {Map<string, {stroke: Stroke, idle: number}>} */ #theirs = new Map();
  /** @type {Point | null} */ #cross = null;
  /** @type {{at: Point, once: string} | null} */ #noting = null; // where words are to stand
  #tool = "";
  #colour;
  #stamp = "hands_off";
  #sent = 0; // points of our stroke that the others have
  #pace = 0;
  #saying = 0;

  /**
   * @param {import("./protocol.js").Line} line
   * @param {Role} role
   * @param {string} url  Of a still, without its number.
   * @param {() => string} name  Whose page this is.
   * @param {() => boolean} isNarrow  Whether the small copy had better do.
   * @param {(at: Point | null) => void} point  Point at a place of the still, or no more.
   */
  constructor(line, role, url, name, isNarrow, point) {
    this.line = line;
    this.role = role;
    this.url = url;
    this.name = name;
    this.isNarrow = isNarrow;
    this.point = point;
    this.#colour = OWN[role];
    this.#tool = role === "staff" ? "arrow" : "line";
    this.#ink.append(this.#standing, this.#moving);
    this.marks = new Marks(line, role, () => this.#showMarks(), (why) => this.#say(why));
    this.pen = new Pen(this.#glass, () => ({ at: this.where(), mirrored: false }), {
      start: (at) => this.#start(at),
      move: (points) => this.#move(points),
      end: () => this.#end(),
      cancel: () => this.#cancel(),
      isShort: () => SHORT.includes(this.#tool),
      cross: (at) => this.#aim(at),
    });
    new ResizeObserver(() => this.#showAll()).observe(this.#glass);
    for (const part of [this.#tools, this.#section]) {
      part.addEventListener("click", (event) => this.#click(event));
      part.addEventListener("keydown", (event) => this.#key(event));
    }
    this.#note.addEventListener("submit", (event) => this.#write(event));
    this.#note.addEventListener("keydown", (event) => event.key === "Escape" && this.#unwrite());
    this.#choose({});
  }

  get isOpen() {
    return this.#still !== null;
  }

  /** Whether the picture stands still, and its still is on the way. */
  get isFreezing() {
    return !this.#still && !this.#section.hidden;
  }

  /** The still's number; 0 for none. */
  get still() {
    return this.#still?.id ?? 0;
  }

  /** Where the picture lies on the screen. */
  where() {
    const size = this.#still ?? { width: this.#img.naturalWidth, height: this.#img.naturalHeight };
    return laid(this.#glass.getBoundingClientRect(), size, "contain");
  }

  /**
   * Before the still is there: the picture as it was seen when it was frozen, if it was.
   * @param {Blob | null} picture
   */
  await(picture) {
    this.#forget();
    if (picture) this.#img.src = URL.createObjectURL(picture);
    else this.#img.removeAttribute("src");
    this.#img.alt = "";
    this.#unfold(true);
    this.#head(say("freezing"));
  }

  /** What the appliance says lies open. @param {Laid} laid */
  lay({ still, marks, name, role }) {
    if (!still) return this.close(name && role ? say("liveAgain", { name: called({ role, name }) }) : "");
    const isNew = still.id !== this.#still?.id;
    if (isNew) this.#open(still);
    this.marks.begin(still.id, marks);
    if (isNew && name && role) this.#say(say("boardOpened", { name: called({ role, name }) }));
  }

  /** Back to the moving picture. @param {string} [why] */
  close(why = "") {
    if (this.#section.hidden) return;
    this.pen.drop();
    this.#forget();
    this.#still = null;
    this.#unfold(false);
    if (why) this.#say(why);
  }

  /** Somebody else draws. @param {import("./protocol.js").Stretch & {role: Role}} stretch */
  stroke({ still, since, points, ...shape }) {
    if (still !== this.still || this.marks.knows(shape.once)) return; // late: it stands already, or is undone
    const known = this.#theirs.get(shape.once);
    clearTimeout(known?.idle);
    const before = known?.stroke.points ?? [];
    if (since > before.length) return; // we came in the middle of it: the mark will be whole
    const all = [...before.slice(0, since), ...points];
    if (!all.length) this.#theirs.delete(shape.once);
    else {
      const idle = setTimeout(() => this.#theirs.delete(shape.once) && this.#show(), IDLE);
      this.#theirs.set(shape.once, { stroke: { ...shape, text: "", points: all }, idle });
    }
    this.#show();
  }

  /** Somebody else changed the marks. @param {import("./protocol.js").Changed} changed */
  take(changed) {
    for (const { once } of changed.back) {
      clearTimeout(this.#theirs.get(once)?.idle);
      this.#theirs.delete(once);
    }
    this.marks.take(changed);
    this.#show(); // what was in the making stands now, or is gone
  }


  // -- a still comes, and goes

  /** @param {Still} still */
  #open(still) {
    const frozen = !this.#section.hidden && this.#img.getAttribute("src");
    this.pen.drop();
    this.#forget();
    this.#still = still;
    const small = `${this.url}${still.id}?small=1`;
    this.#img.alt = say("photoOf", { name: called(still), time: time(still.at) });
    if (!frozen) this.#img.src = small;
    this.#load(this.isNarrow() ? small : `${this.url}${still.id}`, still);
    this.#unfold(true);
    this.#head(this.#img.alt);
  }

  /**
   * The picture itself takes the place of what stands there, once it has come.
   * @param {string} src
   * @param {Still} still
   */
  #load(src, still) {
    const whole = new Image();
    whole.onload = () => {
      if (this.#still === still) this.#img.src = src;
    };
    whole.src = src;
  }

  #forget() {
    if (this.#img.src.startsWith("blob:")) URL.revokeObjectURL(this.#img.src);
    for (const { idle } of this.#theirs.values()) clearTimeout(idle);
    this.#theirs.clear();
    this.#mine = null;
    this.#unwrite();
  }

  /** @param {boolean} open */
  #unfold(open) {
    this.#section.hidden = !open;
    this.#section.classList.toggle("waits", !this.#still);
    find("#room").classList.toggle("drawing", open);
    for (const part of all("[data-drawing]")) part.hidden = !this.#still;
    for (const button of all('#tools [data-act="freeze"]')) button.setAttribute("aria-pressed", String(open));
    this.#showAll();
  }

  /** @param {string} caption */
  #head(caption) {
    find("#board-caption").textContent = caption;
  }

  // -- a hand draws

  /** @param {Point} at */
  #start(at) {
    if (!this.#still) return;
    if (this.#noting) this.#unwrite();
    if (this.#tool === "point") return this.point(at);
    const warning = this.#tool === "stamp" && WARNINGS.includes(this.#stamp);
    this.#sent = 0;
    this.#mine = {
      once: crypto.randomUUID(),
      kind: this.#tool,
      colour: warning ? "orange" : this.#colour,
      points: SHORT.includes(this.#tool) ? [at] : [at, at],
      text: this.#tool === "stamp" ? this.#stamp : "",
      role: this.role,
    };
    this.#show();
  }

  /** @param {Point[]} points */
  #move(points) {
    const last = points[points.length - 1];
    if (this.#tool === "point") return this.point(last);
    const mine = this.#mine;
    if (!mine) return;
    if (mine.kind === "line") mine.points.push(...points);
    else mine.points[mine.points.length - 1] = last;
    this.#show();
    if (!SHORT.includes(mine.kind)) this.#pace ||= setTimeout(() => this.#tell(), this.#sent ? PACE : 0);
  }

  #end() {
    if (this.#tool === "point") return this.point(null);
    const mine = this.#mine;
    this.#mine = null;
    this.#rest();
    if (!mine) return;
    if (mine.kind === "text") this.#askWords(mine);
    else if (SHORT.includes(mine.kind) || length(mine.points) > SHORTEST) this.#keep(mine);
    else this.#takeBack(mine);
    this.#show();
  }

  #cancel() {
    if (this.#tool === "point") this.point(null);
    if (this.#mine) this.#takeBack(this.#mine);
    this.#mine = null;
    this.#rest();
    this.#show();
  }

  /** @param {Stroke} stroke */
  #keep({ role: _role, ...drawn }) {
    const points = drawn.kind === "line" ? thin(drawn.points, SLACK, MOST_POINTS) : drawn.points;
    this.marks.draw({ ...drawn, points });
    this.#say(this.#words()[this.marks.all.findIndex(({ once }) => once === drawn.once)] ?? "");
  }

  /** The others see our stroke as far as it is. */
  #tell() {
    this.#pace = 0;
    const mine = this.#mine;
    if (!mine || !this.#still) return;
    const since = mine.kind === "line" ? Math.min(this.#sent, MOST_POINTS) : 0;
    const points = mine.points.slice(since, Math.min(since + MOST_AT_ONCE, MOST_POINTS));
    const { once, kind, colour } = mine;
    this.line.stroke({ still: this.#still.id, once, kind, colour, since, points });
    this.#sent = since + points.length;
    if (mine.points.length > this.#sent && points.length) this.#pace = setTimeout(() => this.#tell(), PACE);
  }

  /** What the others saw of it goes. @param {Stroke} stroke */
  #takeBack({ once, kind, colour }) {
    const nothing = { once, kind, colour, since: 0, points: [] };
    if (this.#still && this.#sent) this.line.stroke({ still: this.#still.id, ...nothing });
  }

  #rest() {
    clearTimeout(this.#pace);
    this.#pace = 0;
  }

  // -- words

  /** @param {Stroke} stroke */
  #askWords({ once, points }) {
    this.#noting = { once, at: points[0] };
    this.#note.hidden = false;
    const box = /** @type {HTMLInputElement} */ (find("input", this.#note));
    box.value = "";
    box.focus();
  }

  /** @param {Event} event */
  #write(event) {
    event.preventDefault();
    const text = /** @type {HTMLInputElement} */ (find("input", this.#note)).value.trim();
    const noting = this.#noting;
    if (!text || !noting) return;
    this.#unwrite();
    this.#keep({ once: noting.once, kind: "text", colour: this.#colour, points: [noting.at], text, role: this.role });
    this.#glass.focus({ preventScroll: true });
  }

  #unwrite() {
    this.#noting = null;
    this.#note.hidden = true;
    this.#show();
  }

  // -- tools

  /** @param {MouseEvent} event */
  #click(event) {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    if (!button) return;
    const { tool, colour, stamp, does, erases } = button.dataset;
    if (tool && this.isOpen) this.#choose({ tool });
    if (tool && this.isOpen && event.detail === 0) this.#byKeys();
    if (colour) this.#choose({ colour });
    if (stamp) this.#choose({ stamp });
    if (does) this.#do(does);
    if (erases) this.marks.erase([erases]);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (!this.isOpen || (event.target instanceof HTMLInputElement)) return;
    const key = event.key.toLowerCase();
    if (event.ctrlKey || event.metaKey) {
      if (key === "z" || key === "y") this.#do(key === "y" || event.shiftKey ? "redo" : "undo");
      else return;
    } else {
      const button = all("#tools [data-tool]").find((one) => one.getAttribute("aria-keyshortcuts") === key);
      if (!button) return;
      this.#choose({ tool: button.dataset.tool });
      this.#byKeys();
    }
    event.preventDefault();
  }

  /** The keys draw from now on. */
  #byKeys() {
    this.#glass.focus({ preventScroll: true });
    this.pen.aim();
  }

  /** @param {string} what */
  #do(what) {
    if (what === "undo") this.marks.undo();
    if (what === "redo") this.marks.redo();
    if (what === "clear" && this.marks.clear()) this.#say(say("cleared"));
  }

  /** @param {{tool?: string, colour?: string, stamp?: string}} chosen */
  #choose({ tool = this.#tool, colour = this.#colour, stamp = this.#stamp }) {
    this.pen.drop();
    if (tool !== this.#tool && this.#noting) this.#unwrite();
    [this.#tool, this.#colour, this.#stamp] = [tool, colour, stamp];
    const now = { tool, colour, stamp };
    for (const [kind, name] of Object.entries(now)) {
      for (const button of all(`#tools [data-${kind}]`)) {
        button.setAttribute("aria-pressed", String(button.dataset[kind] === name));
      }
    }
    find("#stamps").hidden = tool !== "stamp";
    find("#colours").hidden = tool === "stamp";
    this.#glass.dataset.tool = tool;
  }

  // -- what is seen

  /** @param {Point | null} at */
  #aim(at) {
    this.#cross = at;
    this.#show();
    clearTimeout(this.#saying);
    if (!at) return;
    const [across, down] = at.map((part) => Math.round(100 * part));
    this.#saying = setTimeout(() => this.#say(say("crossAt", { across, down })), 600);
  }

  #showAll() {
    this.#showMarks();
    this.#show();
  }

  #showMarks() {
    this.#lay(this.#standing, this.marks.all);
    this.#list();
  }

  /** What moves. */
  #show() {
    const theirs = [...this.#theirs.values()].map(({ stroke }) => stroke);
    const at = this.#lay(this.#moving, [...theirs, ...(this.#mine ? [this.#mine] : [])]);
    for (const place of [this.#cross, this.#noting?.at]) {
      if (place && at) this.#moving.append(...cross(toPlace(place, { ...at, left: 0, top: 0 })).map(build));
    }
  }

  /**
   * Draw these, in this group, where the picture lies.
   * @param {SVGElement} group
   * @param {(Mark | Stroke)[]} drawn
   */
  #lay(group, drawn) {
    const at = this.where();
    group.replaceChildren();
    if (!at || !this.#still) return null;
    const box = this.#glass.getBoundingClientRect();
    const unit = Math.min(1.4, Math.max(0.75, Math.max(at.width, at.height) / 1000));
    group.setAttribute("transform", `translate(${at.left - box.left} ${at.top - box.top})`);
    for (const one of drawn.filter(({ kind, text }) => kind !== "text" || text)) {
      const shape = { number: this.#nextNumber(), ...one, ...labelled(one) };
      group.append(...draw(shape, at.width, at.height, unit).map(build));
    }
    return at;
  }

  #nextNumber() {
    return 1 + Math.max(0, ...this.marks.all.map(({ number }) => number));
  }

  #list() {
    const said = this.#words();
    const rows = this.marks.all.map((mark, nth) => {
      const row = make("li", "", make("span", "", said[nth]));
      if (this.marks.mayErase(mark)) {
        const button = make("button", "btn mini", say("eraseOne"));
        Object.assign(button, { type: "button", ariaLabel: say("erase", { what: said[nth] }) });
        button.dataset.erases = mark.once;
        row.append(button);
      }
      return row;
    });
    find("#marks-list").replaceChildren(...rows);
    find("#marks-none").hidden = rows.length > 0;
    find("#marks-count").textContent = String(rows.length);
    const { canUndo: undo, canRedo: redo, canClear: clear } = this.marks;
    for (const [name, may] of Object.entries({ undo, redo, clear })) {
      find(`[data-does="${name}"]`, this.#tools).setAttribute("aria-disabled", String(!may));
    }
  }

  /** Each mark in words. */
  #words() {
    /** @type {Record<string, number>} */ const counts = {};
    return this.marks.all.map((mark) => {
      counts[mark.kind] = (counts[mark.kind] ?? 0) + 1;
      const isMine = mark.role === this.role && (!mark.name || mark.name === this.name());
      const name = isMine ? say("byYou") : called(mark);
      const text = labelled(mark).text;
      return say(`mark-${mark.kind}`.replace(/-(\w)/, (_all, letter) => letter.toUpperCase()), {
        n: mark.number || counts[mark.kind], name, text,
      });
    });
  }

  /** @param {string} text */
  #say(text) {
    if (text) this.#told.textContent = text;
  }
}

/** What a stamp says, in the reader's language. @param {{kind: string, text: string}} mark */
function labelled({ kind, text }) {
  if (kind !== "stamp") return { text, stamp: "" };
  return { text: find(`#stamps [data-stamp="${text}"]`).textContent?.trim() ?? "", stamp: text };
}

/** From its first point to the furthest. @param {Point[]} points */
function length([[x, y], ...points]) {
  return Math.max(0, ...points.map(([toX, toY]) => Math.hypot(toX - x, toY - y)));
}

/** @param {Point} place @returns {Node[]} */
function cross([x, y]) {
  const way = `M${x - 22} ${y}H${x - 6}M${x + 6} ${y}H${x + 22}M${x} ${y - 22}V${y - 6}M${x} ${y + 6}V${y + 22}`;
  return [["#0b1113", "7"], ["#ffffff", "3"]].map(([stroke, wide]) => /** @type {Node} */ (
    ["path", { d: way, stroke, "stroke-width": wide, "stroke-linecap": "round", class: "cross" }, []]
  ));
}

/** @param {Node} node @returns {SVGElement} */
function build([name, attributes, inside]) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (typeof inside === "string") made.textContent = inside;
  else made.append(...inside.map(build));
  return made;
}
