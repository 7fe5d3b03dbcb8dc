/**
 * Where a picture lies within its box, and what that makes of a place: between pixels of the screen and fractions of
 * the picture, whatever the letterbox, the crop, the mirror. It never touches the page.
 *
 * @typedef {import("./drawing.js").Point} Point
 * @typedef {{left: number, top: number, width: number, height: number}} Box
 */

/**
 * The rectangle that a picture fills, as `object-fit` lays it in the middle of its box; larger than the box where it is
 * cropped.
 * @param {Box} box
 * @param {{width: number, height: number}} picture  Its own size.
 * @param {string} fit  contain, cover or fill.
 * @returns {Box | null}  Null while the picture has no size.
 */
export function laid(box, picture, fit) {
  if (!(picture.width > 0 && picture.height > 0 && box.width > 0 && box.height > 0)) return null;
  if (fit === "fill") return { left: box.left, top: box.top, width: box.width, height: box.height };
  const scales = [box.width / picture.width, box.height / picture.height];
  const scale = fit === "cover" ? Math.max(...scales) : Math.min(...scales);
  const [width, height] = [scale * picture.width, scale * picture.height];
  return { left: box.left + (box.width - width) / 2, top: box.top + (box.height - height) / 2, width, height };
}

/**
 * A place of the screen as fractions of the picture, to a ten-thousandth; null beside it.
 * @param {Point} place
 * @param {Box} at  Where the picture lies.
 * @param {boolean} [mirrored]
 * @returns {Point | null}
 */
export function toFraction([x, y], at, mirrored = false) {
  const [across, down] = [(x - at.left) / at.width, (y - at.top) / at.height];
  if (!(across >= 0 && across <= 1 && down >= 0 && down <= 1)) return null;
  return [round(mirrored ? 1 - across : across), round(down)];
}

/**
 * The nearest place inside the picture: a stroke that leaves it goes along its edge.
 * @param {Point} place
 * @param {Box} at
 * @param {boolean} [mirrored]
 * @returns {Point}
 */
export function nearest([x, y], at, mirrored = false) {
  const across = Math.min(1, Math.max(0, (x - at.left) / at.width));
  return [round(mirrored ? 1 - across : across), round(Math.min(1, Math.max(0, (y - at.top) / at.height)))];
}

/**
 * And back: where on the screen a place of the picture is.
 * @param {Point} fraction
 * @param {Box} at
 * @param {boolean} [mirrored]
 * @returns {Point}
 */
export function toPlace([across, down], at, mirrored = false) {
  return [at.left + (mirrored ? 1 - across : across) * at.width, at.top + down * at.height];
}

/**
 * The same way with fewer points: none that lies nearer than `slack` to the straight way past it (Douglas and Peucker).
 * @param {Point[]} points
 * @param {number} slack
 * @param {number} most  If that many are not enough, there is more slack.
 * @returns {Point[]}
 */
export function thin(points, slack, most) {
  const kept = needed(points, slack);
  return kept.length > most ? thin(kept, 1.5 * slack, most) : kept;
}

/**
 * @param {Point[]} points
 * @param {number} slack
 * @returns {Point[]}
 */
function needed(points, slack) {
  const keep = new Set([0, points.length - 1]);
  const open = [[0, points.length - 1]];
  for (let stretch = open.pop(); stretch; stretch = open.pop()) {
    const [from, to] = stretch;
    let [far, furthest] = [slack, 0];
    for (let nth = from + 1; nth < to; nth += 1) {
      const off = away(points[nth], points[from], points[to]);
      if (off > far) [far, furthest] = [off, nth];
    }
    if (!furthest) continue;
    keep.add(furthest);
    open.push([from, furthest], [furthest, to]);
  }
  return points.filter((_point, nth) => keep.has(nth));
}

/** How far a point is from the straight way. @param {Point} point @param {Point} from @param {Point} to */
function away([x, y], [fromX, fromY], [toX, toY]) {
  const [wide, high] = [toX - fromX, toY - fromY];
  const length = wide * wide + high * high;
  const share = length ? Math.min(1, Math.max(0, ((x - fromX) * wide + (y - fromY) * high) / length)) : 0;
  return Math.hypot(x - fromX - share * wide, y - fromY - share * high);
}

/** @param {number} fraction */
function round(fraction) {
  return Math.round(10_000 * fraction) / 10_000;
}
