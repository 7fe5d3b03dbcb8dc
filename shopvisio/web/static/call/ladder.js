/**
 * Voice first: how much of a picture the network bears, decided from what is measured once a second. It is told
 * samples and answers what to send; it knows neither the page nor the network.
 *
 * Down at once when it must, up with patience: each rise that fails makes the next wait longer. From the lowest rung,
 * voice alone, it looks now and then whether a picture would get through again (`trying`); nobody is shown anything
 * before it does.
 *
 * @typedef {import("./peer.js").Picture} Picture
 *
 * @typedef {Object} Sample
 * @property {number} at  ms.
 * @property {number | null} available  Bits a second that the network is thought to carry outwards; null: unknown.
 * @property {number} loss  The share of what we send that gets lost, 0 to 1.
 * @property {number | null} rtt  Seconds to the other and back.
 *
 * @typedef {Object} Rung
 * @property {number} needs  Bits a second, sound included, below which it is left.
 * @property {Picture} picture
 */

/** @type {Rung[]} from a full picture to voice alone */
export const RUNGS = [
  { needs: 600_000, picture: { active: true, bitrate: 2_500_000, scale: 1, framerate: 30 } },
  { needs: 330_000, picture: { active: true, bitrate: 700_000, scale: 2, framerate: 24 } },
  { needs: 180_000, picture: { active: true, bitrate: 250_000, scale: 4, framerate: 15 } },
  { needs: 0, picture: { active: false, bitrate: 250_000, scale: 4, framerate: 15 } },
];
export const VOICE = RUNGS.length - 1;
const LEAST = RUNGS[VOICE - 1].needs; // less than what browsers begin with

const LOSS = 0.12; // more than forward correction and repeats make good
const SLOW = 0.6; // seconds to the other and back: people begin to talk into one another
const SLOWER = 0.3; // seconds above the best there was: a queue is filling
const ROOM = 1.2; // times what a rung needs, before it is climbed
const WARM = 8_000; // ms in which a connection finds its pace: its own estimate says little yet
const SETTLE = 2_000; // ms in which the last step shows its effect
const BAD = 2; // bad samples in a row that make a step down
const RISE = 3_000; // ms of ease before a step up into room that is known to be there
const PATIENCE = { least: 8_000, most: 120_000 }; // ms of ease before a step up into the unknown
const REST = { least: 3_000, most: 4_500 }; // ms of voice alone between two tries
const TRY = 4_000; // ms that a try may go on without the estimate growing
const GROWTH = 1.03; // times what it was
const PROVED = 2; // good samples in a row that end it well
const WINDOW = 60; // samples among which the best round trip is looked for

/** One sender's ladder. */
export class Ladder {
  rung = 0;
  trying = false;
  #began = -Infinity; // when the connection began to carry a picture
  #moved = -Infinity; // when the rung last changed
  #rose = -Infinity; // when a step up was made
  #tried = -Infinity; // when the last try began, last saw the estimate grow, or ended
  #most = 0; // bits a second that were available in this try
  #patience = PATIENCE.least;
  #rest = REST.least;
  #bad = 0;
  #good = 0;
  /** @type {number[]} */ #trips = [];

  /** What to send now. */
  get picture() {
    return RUNGS[this.trying ? VOICE - 1 : this.rung].picture;
  }

  /** Whether people have no picture of us. */
  get voiceOnly() {
    return this.rung === VOICE;
  }

  /**
   * A new connection, or somebody to send to at last: it begins to find its pace at this moment.
   * @param {number} at  ms.
   */
  begin(at) {
    this.#began = this.#moved = this.#tried = at;
    this.trying = false;
    this.#bad = this.#good = 0;
    this.#trips = [];
  }

  /** @param {Sample} sample */
  step(sample) {
    this.#bad = this.#isBad(sample) ? this.#bad + 1 : 0;
    if (!this.voiceOnly) this.#walk(sample);
    else if (this.trying) this.#judge(sample);
    else if (sample.at - this.#tried >= this.#rest) this.#try(sample);
  }

  /** @param {Sample} sample */
  #isBad({ at, available, loss, rtt }) {
    if (rtt !== null) this.#trips = [...this.#trips.slice(1 - WINDOW), rtt];
    if (at - this.#moved < SETTLE) return false;
    const slow = rtt !== null && rtt > SLOW && rtt - Math.min(...this.#trips) > SLOWER;
    const starved = available !== null && available < RUNGS[this.rung].needs && this.#isEstimate(at, available);
    return slow || starved || loss > LOSS;
  }

  /** Down when it is bad, up when there is ease. @param {Sample} sample */
  #walk({ at, available }) {
    if (this.#bad >= BAD) this.#fall(at, available);
    else if (this.rung > 0 && this.#bad === 0 && this.#mayRise(at, available)) this.#go(this.rung - 1, at);
    else if (at - this.#moved > PATIENCE.most) this.#patience = PATIENCE.least;
  }

  /**
   * @param {number} at
   * @param {number | null} available
   */
  #mayRise(at, available) {
    const ease = at - this.#moved;
    const known = available !== null && available >= ROOM * RUNGS[this.rung - 1].needs;
    return ease >= (known ? Math.max(RISE, this.#patience - PATIENCE.least) : this.#patience);
  }

  /**
   * To the next rung, or as far as the estimate says.
   * @param {number} at
   * @param {number | null} available
   */
  #fall(at, available) {
    if (at - this.#rose < 2 * PATIENCE.least) this.#patience = Math.min(2 * this.#patience, PATIENCE.most);
    const told = available !== null && this.#isEstimate(at, available);
    const borne = told ? RUNGS.findIndex(({ needs }) => available >= needs) : 0;
    this.#go(Math.max(this.rung + 1, borne), at);
  }

  /**
   * Whether what is said to be available was measured. Where it was weak already before it was made anew, little is
   * believed at once.
   * @param {number} at
   * @param {number} available
   */
  #isEstimate(at, available) {
    return at - this.#began >= WARM || (this.rung > 0 && available < LEAST);
  }

  /**
   * @param {number} rung
   * @param {number} at
   */
  #go(rung, at) {
    if (rung < this.rung) this.#rose = at;
    this.rung = rung;
    this.trying = false;
    this.#moved = this.#tried = at;
    this.#bad = this.#good = 0;
  }

  /** @param {Sample} sample */
  #try({ at }) {
    this.trying = true;
    this.#tried = this.#moved = at;
    this.#bad = this.#good = this.#most = 0;
  }

  /** @param {Sample} sample */
  #judge({ at, available }) {
    if (available !== null && available > GROWTH * this.#most) {
      if (this.#most) this.#tried = at;
      this.#most = available;
    }
    const room = available === null ? at - this.#tried > SETTLE : available >= ROOM * RUNGS[VOICE - 1].needs;
    this.#good = room && this.#bad === 0 ? this.#good + 1 : 0;
    if (this.#good >= PROVED) {
      this.#rest = REST.least;
      this.#go(VOICE - 1, at);
    } else if (this.#bad >= BAD || at - this.#tried >= TRY) {
      this.#rest = Math.min(1.5 * this.#rest, REST.most);
      this.trying = false;
      this.#tried = at;
    }
  }
}
