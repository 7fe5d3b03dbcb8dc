/**
 * How marks look upon a picture. The twin of drawing.py, line by line: what is drawn live is what pages and papers
 * show. It never touches the page.
 *
 * @typedef {[number, number]} Point  Fractions of the picture's width and height, or pixels.
 * @typedef {[string, Record<string, string>, Node[] | string]} Node  Name, attributes, what is inside.
 *
 * @typedef {Object} Shape
 * @property {string} kind
 * @property {string} colour
 * @property {Point[]} points  Fractions.
 * @property {string} role  Whose it is.
 * @property {string} text  What its label says.
 * @property {number} number
 * @property {string} stamp
 *
 * @typedef {{width: number, height: number, unit: number}} Canvas
 */

export const DARK = "#0b1113";
export const LIGHT = "#ffffff";
/** @type {Record<string, [string, string]>} fill and case */
export const COLOURS = {
  yellow: ["#ffd23f", DARK],
  sky: ["#6cc7ff", DARK],
  orange: ["#ff7a3d", DARK],
  white: ["#ffffff", DARK],
  blue: ["#1f3fb0", LIGHT],
};
/** @type {Record<string, number[]>} */
const DASHES = { staff: [], customer: [14, 9], guest: [3, 10] };
/** @type {Record<string, string>} */
const GLYPHS = {
  unscrew: "M6.5 8.500A7.500 7.500 0 1 1 5 14M6.500 3.500v5h5",
  hands_off: "",
  push: "M12 3.500v11M7.500 10L12 14.500 16.500 10M6 19.500h12",
  cut: "M12 3.500V12M7 6.500a7.500 7.500 0 1 0 10 0",
  danger: "M12 3.500L21 19.500H3zM12 9.500v4.500M12 16.700v.1",
};
const [STROKE, CASE, FONT, MARGIN] = [5, 10, 18, 12];
const WIDTHS = /** @type {[string, number][]} */ ([["ijlItf.,;:!'’|()[] ", 0.4], ["mwMW@%", 1.02]]);
const [CAPITAL, LETTER] = [0.8, 0.66];
const PEN = { fill: "none", "stroke-linecap": "round", "stroke-linejoin": "round" };
/** @type {Record<string, (shape: Shape, canvas: Canvas) => Node[]>} */
const DRAW = { arrow, circle, line, text, number, stamp };

/**
 * One shape upon a picture shown at this size.
 * @param {Shape} shape
 * @param {number} width  Pixels.
 * @param {number} height
 * @param {number} unit  The length that strokes are told in, in pixels.
 * @returns {Node[]}
 */
export function draw(shape, width, height, unit) {
  return DRAW[shape.kind](shape, { width, height, unit });
}

/** @param {Shape} shape @param {Canvas} canvas */
function arrow(shape, canvas) {
  const [[x, y], [toX, toY]] = ends(shape, canvas);
  const head = Math.min(34 * canvas.unit, 0.5 * Math.hypot(toX - x, toY - y));
  const angle = Math.atan2(toY - y, toX - x);
  const [left, right] = [0.55, -0.55].map((turn) => /** @type {Point} */ ([
    toX - head * Math.cos(angle + turn), toY - head * Math.sin(angle + turn),
  ]));
  const shaft = `M${p([x, y])}L${p([toX, toY])}`;
  const tip = `M${p(left)}L${p([toX, toY])}L${p(right)}`;
  const cased = stroked(shaft + tip, shape, canvas, "case");
  return [...cased, ...stroked(shaft, shape, canvas), ...stroked(tip, shape, canvas, "whole")];
}

/** @param {Shape} shape @param {Canvas} canvas */
function circle(shape, canvas) {
  const [[x, y], [toX, toY]] = ends(shape, canvas);
  const [wide, high] = [toX - x, toY - y].map((length) => Math.max(Math.abs(length) / 2, 8 * canvas.unit));
  const round = ring((x + toX) / 2, (y + toY) / 2, wide, high);
  return [...stroked(round, shape, canvas, "case"), ...stroked(round, shape, canvas)];
}

/** @param {Shape} shape @param {Canvas} canvas */
function line(shape, canvas) {
  const points = shape.points.map((point) => at(point, canvas));
  let way = `M${p(points[0])}`;
  for (const [nth, here] of points.slice(1, -1).entries()) { // each point bends the way to the next middle
    const after = points[nth + 2];
    way += `Q${p(here)} ${p([(here[0] + after[0]) / 2, (here[1] + after[1]) / 2])}`;
  }
  way += `L${p(points[points.length - 1])}`;
  return [...stroked(way, shape, canvas, "case"), ...stroked(way, shape, canvas)];
}

/** @param {Shape} shape @param {Canvas} canvas */
function text(shape, canvas) {
  return label(shape, canvas, ...at(shape.points[0], canvas));
}

/** @param {Shape} shape @param {Canvas} canvas @returns {Node[]} */
function number(shape, canvas) {
  const [colour, rim] = COLOURS[shape.colour];
  const [x, y] = at(shape.points[0], canvas);
  const size = { cx: n(x), cy: n(y), r: n(17 * canvas.unit) };
  const badge = { ...size, fill: colour, stroke: rim, "stroke-width": n(3 * canvas.unit) };
  return [["circle", badge, []], words(String(shape.number), rim, x, y, canvas)];
}

/** @param {Shape} shape @param {Canvas} canvas @returns {Node[]} */
function stamp(shape, canvas) {
  const [colour, rim] = COLOURS[shape.colour];
  const [x, y] = at(shape.points[0], canvas);
  const { unit } = canvas;
  const glyph = GLYPHS[shape.stamp];
  const below = y + 50 * unit;
  const under = below + 14 * unit < canvas.height ? below : y - 50 * unit;
  const said = shape.text ? label(shape, canvas, x, under) : [];
  if (!glyph) {
    const side = 30 * unit;
    const bar = `M${p([x - 0.7 * side, y - 0.7 * side])}L${p([x + 0.7 * side, y + 0.7 * side])}`;
    const barred = ring(x, y, side, side) + bar;
    return [...stroked(barred, shape, canvas, "case"), ...stroked(barred, shape, canvas, "whole"), ...said];
  }
  const size = { cx: n(x), cy: n(y), r: n(24 * unit), fill: colour, stroke: rim };
  const scale = 1.25 * unit;
  const place = `translate(${n(x - 12 * scale)} ${n(y - 12 * scale)}) scale(${n(scale)})`;
  return [
    ["circle", { ...size, "stroke-width": n(3 * unit) }, []],
    ["path", { d: glyph, transform: place, ...PEN, stroke: rim, "stroke-width": "2" }, []],
    ...said,
  ];
}

/**
 * The way drawn once: its case beneath, or its colour upon that, dashed as its author is unless "whole".
 * @param {string} way
 * @param {Shape} shape
 * @param {Canvas} canvas
 * @param {"case" | "whole" | ""} [how]
 * @returns {Node[]}
 */
function stroked(way, shape, canvas, how = "") {
  const [colour, rim] = COLOURS[shape.colour];
  const [stroke, wide] = how === "case" ? [rim, CASE] : [colour, STROKE];
  const dashes = how ? "" : DASHES[shape.role].map((length) => n(length * canvas.unit)).join(" ");
  const pen = { ...PEN, stroke, "stroke-width": n(wide * canvas.unit) };
  return [["path", { d: way, ...pen, ...(dashes ? { "stroke-dasharray": dashes } : {}) }, []]];
}

/**
 * @param {number} x
 * @param {number} y
 * @param {number} wide
 * @param {number} high
 */
function ring(x, y, wide, high) {
  const [radii, right, left] = [`${n(wide)} ${n(high)}`, p([x + wide, y]), p([x - wide, y])];
  return `M${right}A${radii} 0 1 1 ${left}A${radii} 0 1 1 ${right}Z`;
}

/**
 * A plate with words around this place, wholly inside the picture where that has room.
 * @param {Shape} shape
 * @param {Canvas} canvas
 * @param {number} x
 * @param {number} y
 * @returns {Node[]}
 */
function label(shape, canvas, x, y) {
  const [colour, rim] = COLOURS[shape.colour];
  const { unit } = canvas;
  const [wide, high] = [widthOf(shape.text) * FONT * unit + 20 * unit, 30 * unit];
  const [inX, inY] = [inside(x, wide, canvas.width, unit), inside(y, high, canvas.height, unit)];
  const size = { x: n(inX - wide / 2), y: n(inY - high / 2), width: n(wide), height: n(high), rx: n(6 * unit) };
  const plate = { ...size, fill: colour, stroke: rim, "stroke-width": n(2 * unit) };
  return [["rect", plate, []], words(shape.text, rim, inX, inY, canvas)];
}

/**
 * @param {string} said
 * @param {string} colour
 * @param {number} x
 * @param {number} y
 * @param {Canvas} canvas
 * @returns {Node}
 */
function words(said, colour, x, y, canvas) {
  const size = FONT * canvas.unit;
  const font = {
    "font-family": "system-ui, sans-serif", "font-weight": "700", "font-size": n(size), "text-anchor": "middle",
  };
  return ["text", { x: n(x), y: n(y + 0.36 * size), ...font, fill: colour }, said];
}

/**
 * @param {number} middle
 * @param {number} length
 * @param {number} whole
 * @param {number} unit
 */
function inside(middle, length, whole, unit) {
  const room = length / 2 + MARGIN * unit;
  return 2 * room > whole ? whole / 2 : Math.min(Math.max(middle, room), whole - room);
}

/** Of a text in bold, in font sizes, rather too much than too little. @param {string} said */
function widthOf(said) {
  let sum = 0;
  for (const letter of said) {
    const known = WIDTHS.find(([letters]) => letters.includes(letter))?.[1];
    sum += known ?? (letter !== letter.toLowerCase() ? CAPITAL : LETTER);
  }
  return sum;
}

/** @param {Shape} shape @param {Canvas} canvas */
function ends({ points }, canvas) {
  return [at(points[0], canvas), at(points[points.length - 1], canvas)];
}

/** @param {Point} point @param {Canvas} canvas @returns {Point} */
function at([x, y], { width, height }) {
  return [x * width, y * height];
}

/** @param {Point} point */
function p([x, y]) {
  return `${n(x)} ${n(y)}`;
}

/** To a hundredth. @param {number} length */
function n(length) {
  return String(Math.floor(length * 100 + 0.5) / 100);
}
