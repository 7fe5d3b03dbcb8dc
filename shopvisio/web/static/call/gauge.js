/**
 * Looks at the connection once a second: climbs and descends the ladder, has the picture sent accordingly, and says
 * in short how it goes. It never touches the page.
 *
 * @typedef {import("./peer.js").Peer} Peer
 * @typedef {import("./peer.js").PeerStats} PeerStats
 *
 * @typedef {Object} Going
 * @property {boolean} weak  Whether it shows: a smaller picture, loss, delay.
 * @property {number} rung  Of the ladder: 0 is a full picture.
 * @property {boolean} held  Whether no picture of ours is sent because the network does not bear it.
 * @property {"mine" | "theirs" | ""} whose  On whose way to the appliance it is weak, as far as one can tell.
 */

import { Ladder, RUNGS, VOICE } from "./ladder.js";

const EVERY = 1_000; // ms
/** @type {Going} */
const CALM = { weak: false, rung: 0, held: false, whose: "" };
const WEAK = { loss: 0.05, rtt: 0.5 }; // a share, seconds
const NEAR = 0.25; // share of the whole delay on our own way to the appliance: below it is theirs,
const FAR = 0.6; // above it is ours

/** The eye on our connection. */
export class Gauge {
  going = CALM;
  #ladder = new Ladder();
  /** @type {Peer | null} */ #peer = null;
  #voice = false;
  #alone = true;
  #cut = false; // whether those who are there are all awaited back
  #timer = 0;
  #calm = 0; // how often our own way to the appliance had been measured while all was well
  /** @type {(going: Going) => void} */ #onGoing;
  /** @type {(stats: PeerStats, rung: number) => void} */ #onStats;

  /**
   * @param {(going: Going) => void} onGoing
   * @param {(stats: PeerStats, rung: number) => void} onStats  Each second of a standing connection.
   */
  constructor(onGoing, onStats) {
    this.#onGoing = onGoing;
    this.#onStats = onStats;
  }

  /** @param {Peer} peer */
  watch(peer) {
    this.#peer = peer;
    this.#ladder = new Ladder();
    this.begin();
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#look(), EVERY);
  }

  rest() {
    clearInterval(this.#timer);
    this.#peer = null;
  }

  /** The connection was made anew: it finds its pace. */
  begin() {
    this.#calm = 0;
    this.#ladder.begin(performance.now());
    this.#send();
  }

  /**
   * Whether nobody is there to send a picture to.
   * @param {boolean} alone
   */
  setAlone(alone) {
    if (alone === this.#alone) return;
    this.#alone = alone;
    if (alone) this.#forget(); // whoever comes next may be elsewhere
    this.begin();
  }

  /**
   * Voice and stills only, because somebody wants it so.
   * @param {boolean} voice
   */
  setVoice(voice) {
    if (voice === this.#voice) return;
    this.#voice = voice;
    this.begin();
  }

  /**
   * Whether what we send arrives nowhere, because the others' lines are cut: what is measured then is not our network,
   * and once they are back their picture is not kept waiting for it.
   * @param {boolean} cut
   */
  setCut(cut) {
    if (cut === this.#cut) return;
    this.#cut = cut;
    this.begin();
  }

  #forget() {
    this.#ladder = new Ladder();
    this.going = CALM;
    this.#onGoing(CALM);
  }

  #send() {
    return this.#peer?.setPicture(this.#voice ? RUNGS[VOICE].picture : this.#ladder.picture);
  }

  async #look() {
    const peer = this.#peer;
    if (!peer || peer.state !== "connected") return;
    const stats = await peer.stats();
    if (peer !== this.#peer) return;
    if (!this.#alone && !this.#cut && !this.#voice) await this.#step(stats);
    this.#tell(stats);
    this.#onStats(stats, this.#voice ? VOICE : this.#ladder.rung);
  }

  /** @param {PeerStats} stats */
  async #step({ available, lossOut, rtt }) {
    const before = this.#ladder.picture;
    this.#ladder.step({ at: performance.now(), available, loss: lossOut, rtt });
    if (this.#ladder.picture !== before) await this.#send();
  }

  /** @param {PeerStats} stats */
  #tell(stats) {
    const { rung, voiceOnly } = this.#ladder;
    const weak = rung > 0 || Math.max(stats.lossIn, stats.lossOut) > WEAK.loss || (stats.rtt ?? 0) > WEAK.rtt;
    if (!weak) this.#calm = stats.answers;
    const fresh = stats.answers > this.#calm + 1; // our own way was measured since it became weak
    const whose = weak ? (fresh && blame(stats)) || this.going.whose : "";
    const going = { weak, rung, held: voiceOnly, whose };
    if (JSON.stringify(going) === JSON.stringify(this.going)) return;
    this.going = going;
    this.#onGoing(going);
  }
}

/**
 * Whose way is the slow one.
 * @param {PeerStats} stats
 * @returns {Going["whose"]}
 */
function blame({ rtt, nearest }) {
  if (!rtt || nearest === null || rtt < WEAK.rtt / 2) return "";
  if (nearest < NEAR * rtt) return "theirs";
  return nearest > FAR * rtt ? "mine" : "";
}
