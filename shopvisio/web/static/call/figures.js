/** What is kept of a connection: the set-up time, and a sample every ten seconds, sent a few at a time. */

/** @typedef {import("./peer.js").PeerStats} PeerStats */

/**
 * @typedef {Object} Sample
 * @property {number} ago  Seconds since it ended.
 * @property {number | null} rtt  ms.
 * @property {number} loss  Of a thousand packets sent to us.
 * @property {number} received  kbit/s.
 * @property {number} sent  kbit/s.
 * @property {number} rung  The lowest stood on.
 * @property {number} redials
 * @property {number} freezes
 */

const SECONDS = 10; // of a sample
const TOGETHER = 3; // samples sent at once
const KEPT = 12; // samples that wait for the line, the latest
const MOST = { rtt: 60_000, setup: 600_000 };

/** The figures of one stay in a call. */
export class Figures {
  /** @type {PeerStats[]} */ #stats = [];
  /** @type {{sample: Omit<Sample, "ago">, at: number}[]} */ #waiting = [];
  /** @type {number | null} */ #setup = null;
  #began = 0;
  #rung = 0;
  #redials = 0;
  #freezes = 0;
  /** @type {(figures: {setup: number | null, samples: Sample[]}) => Promise<void>} */ #send;

  /** @param {(figures: {setup: number | null, samples: Sample[]}) => Promise<void>} send */
  constructor(send) {
    this.#send = send;
  }

  /** Somebody is there to be seen: from now on their picture is awaited. */
  begin() {
    if (this.#setup === null) this.#began = performance.now();
  }

  /** Their first picture. */
  shown() {
    if (this.#setup === null && this.#began) this.#setup = Math.round(performance.now() - this.#began);
  }

  /** The connection is made anew. */
  redial() {
    this.#redials += 1;
  }

  /**
   * One second of a standing connection.
   * @param {PeerStats} stats
   * @param {number} rung
   */
  add(stats, rung) {
    this.#stats.push(stats);
    this.#rung = Math.max(this.#rung, rung);
    if (this.#stats.length >= SECONDS) this.#close();
    if (this.#waiting.length >= TOGETHER) void this.flush();
  }

  /** What has come together so far. */
  async flush() {
    if (!this.#waiting.length) return;
    const now = performance.now();
    const samples = this.#waiting.map(({ sample, at }) => ({ ago: Math.round((now - at) / 1000), ...sample }));
    const sent = this.#waiting;
    this.#waiting = [];
    try {
      await this.#send({ setup: this.#setup && Math.min(this.#setup, MOST.setup), samples });
    } catch {
      this.#waiting = [...sent, ...this.#waiting].slice(-KEPT); // with the next ones
    }
  }

  #close() {
    const trips = this.#stats.flatMap(({ rtt }) => (rtt === null ? [] : [rtt]));
    const freezes = this.#stats.at(-1)?.freezes ?? 0;
    const sample = {
      rtt: trips.length ? Math.min(MOST.rtt, Math.round(1000 * mean(trips))) : null,
      loss: Math.round(1000 * Math.min(1, mean(this.#stats.map(({ lossIn }) => lossIn)))),
      received: Math.round(mean(this.#stats.map(({ bitrateIn }) => bitrateIn)) / 1000),
      sent: Math.round(mean(this.#stats.map(({ bitrateOut }) => bitrateOut)) / 1000),
      rung: this.#rung,
      redials: this.#redials,
      freezes: Math.min(1000, Math.max(0, freezes - this.#freezes)),
    };
    this.#waiting = [...this.#waiting, { sample, at: performance.now() }].slice(-KEPT);
    this.#stats = [];
    this.#rung = this.#redials = 0;
    this.#freezes = freezes;
  }
}

/** @param {number[]} values */
function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
