/**
 * Lamp and zoom of our own camera, where the browser lets a page reach them. It never touches the page.
 *
 * @typedef {Object} Zoom
 * @property {number} least
 * @property {number} most
 * @property {number} step
 * @property {number} now
 *
 * @typedef {Object} Lens  What a camera has: null for what it has not.
 * @property {boolean | null} torch
 * @property {Zoom | null} zoom
 * @property {boolean} sides  Whether it may be turned.
 */

const SETTLES = 1_000; // ms: some telephones say only then what a camera that was just opened has

/** @type {Lens} */
export const NOTHING = { torch: null, zoom: null, sides: false };

/** Lamp and zoom of the camera that is open. */
export class Optics {
  lens = NOTHING;
  /** @type {MediaStreamTrack | null} */ #track = null;
  /** @type {(lens: Lens, wasLit: boolean) => void} */ #onChange;

  /** @param {(lens: Lens, wasLit: boolean) => void} onChange  `wasLit`: the lamp went out with the camera it belongs to. */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  /**
   * Another camera was opened, or none is.
   * @param {MediaStreamTrack | null} track
   * @param {boolean} sides
   */
  watch(track, sides) {
    const isOther = track !== this.#track;
    const wasLit = isOther && this.lens.torch === true;
    this.#track = track;
    this.#read(sides, wasLit);
    if (isOther && track) setTimeout(() => this.#track === track && this.#read(this.lens.sides, false), SETTLES);
  }

  /** @param {boolean} on  Raises what the browser raises. */
  async setTorch(on) {
    await this.#apply({ torch: on });
  }

  /** @param {number} to  Raises what the browser raises. */
  async setZoom(to) {
    const { zoom } = this.lens;
    if (zoom) await this.#apply({ zoom: Math.min(zoom.most, Math.max(zoom.least, to)) });
  }

  /** The lamp again, which some telephones put out when a photo is taken. */
  async relight() {
    if (this.lens.torch) await this.#apply({ torch: true }).catch(() => undefined);
  }

  /** @param {{torch?: boolean, zoom?: number}} wish */
  async #apply(wish) {
    const { torch, zoom } = this.lens;
    const now = { ...(torch !== null && { torch }), ...(zoom && { zoom: zoom.now }), ...wish };
    await this.#track?.applyConstraints(/** @type {any} */ ({ advanced: [now] })); // it replaces what was asked before
    this.#set({ ...this.lens, torch: now.torch ?? null, zoom: zoom && { ...zoom, now: now.zoom ?? zoom.now } }, false);
  }

  /**
   * @param {boolean} sides
   * @param {boolean} wasLit
   */
  #read(sides, wasLit) {
    const has = /** @type {any} */ (this.#track?.getCapabilities?.() ?? {});
    const is = /** @type {any} */ (this.#track?.getSettings() ?? {});
    const torch = has.torch ? Boolean(is.torch) : null;
    const { min: least, max: most, step } = has.zoom ?? {};
    const zoom = most > least ? { least, most, step: step || (most - least) / 50, now: is.zoom ?? least } : null;
    this.#set({ torch, zoom, sides: sides && this.#track !== null }, wasLit);
  }

  /**
   * @param {Lens} lens
   * @param {boolean} wasLit
   */
  #set(lens, wasLit) {
    if (!wasLit && JSON.stringify(lens) === JSON.stringify(this.lens)) return;
    this.lens = lens;
    this.#onChange(lens, wasLit);
  }
}
