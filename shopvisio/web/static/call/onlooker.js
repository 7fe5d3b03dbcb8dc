/** The customer's computer, while their telephone has the seat: it sees the stills, and what the others point at and draw. */

import { io } from "../vendor/socket.io.esm.min.js";
import { find } from "./dom.js";
import { Dots, moving } from "./pointer.js";

const ANSWER_WITHIN = 12_000; // ms

/** A line that only listens. */
export class Onlooker {
  /** @type {any} */ #socket = null;
  #board = find("#screen-still");
  #dots;
  #still = 0;

  /**
   * @param {{case?: string, appointment?: string}} auth
   * @param {string} url  Of a still, without its number.
   */
  constructor(auth, url) {
    this.auth = auth;
    this.url = url;
    const place = find(".big-screen");
    const picture = (/** @type {string} */ id) => moving(place, /** @type {HTMLVideoElement} */ (find(id)));
    /** @type {Record<string, import("./pointer.js").Surface>} */
    const surfaces = { customer: picture("#screen-mine"), staff: picture("#screen-theirs") };
    this.#dots = new Dots((of) => surfaces[of] ?? null);
  }

  start() {
    if (this.#socket) return;
    const ways = { transports: ["websocket", "polling"], tryAllTransports: true };
    this.#socket = io({ auth: this.auth, forceNew: true, ...ways });
    this.#socket.on("connect", async () => {
      const laid = await this.#socket.timeout(ANSWER_WITHIN).emitWithAck("watch", {}).catch(() => ({}));
      this.#lay(laid.still?.id ?? 0);
    });
    this.#socket.on("point", (/** @type {import("./protocol.js").Pointed} */ pointed) => this.#dots.show(pointed));
    this.#socket.on("board", (/** @type {import("./protocol.js").Laid} */ { still }) => this.#lay(still?.id ?? 0));
    this.#socket.on("still", (/** @type {import("./protocol.js").Still} */ { id }) => this.#lay(id));
    this.#socket.on("marks", (/** @type {import("./protocol.js").Changed} */ { still }) => {
      if (still === this.#still) this.#lay(still);
    });
  }

  stop() {
    this.#socket?.disconnect();
    this.#socket = null;
    this.hide();
  }

  /** The moving picture again. */
  hide() {
    this.#lay(0);
  }

  /** @param {number} still  None where it is 0. */
  #lay(still) {
    const [picture, marks] = this.#board.querySelectorAll("img");
    this.#board.hidden = !still;
    if (still && still !== this.#still) picture.src = `${this.url}${still}`;
    if (still) marks.src = `${this.url}${still}/marks.svg?${performance.now()}`; // asked anew: they have changed
    this.#still = still;
  }
}
