/** The big screen: while the telephone has our seat, this computer looks on, silent, and sends nothing. */

import { find } from "./dom.js";
import { Peer } from "./peer.js";

const SIDES = ["#screen-mine", "#screen-theirs"]; // in the order of the places: the customer's, the shop's

/** What both sides show, on this computer. */
export class Screen {
  /** @type {Peer | null} */ #peer = null;

  /**
   * @param {string} address  Where offers are taken.
   * @param {string} token  The page's own.
   * @param {() => void} onOver  The call is over.
   */
  constructor(address, token, onOver) {
    this.address = address;
    this.token = token;
    this.onOver = onOver;
  }

  /** @param {RTCIceServer[]} servers */
  start(servers) {
    if (this.#peer) return;
    this.#peer = new Peer({
      send: (sdp) => this.#send(sdp),
      onState: (state) => state === "refused" && this.onOver(),
      onTrack: (stream, slot) => show(SIDES[slot], stream),
    });
    this.#peer.setServers(servers);
    this.#peer.start(null);
  }

  stop() {
    this.#peer?.close();
    this.#peer = null;
  }

  /** @param {string} sdp */
  async #send(sdp) {
    const answer = await fetch(this.address, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": this.token },
      body: JSON.stringify({ sdp }),
    });
    if (!answer.ok) throw Object.assign(new Error(`answered ${answer.status}`), { final: answer.status < 500 });
    return (await answer.json()).answer;
  }
}

/**
 * @param {string} place
 * @param {MediaStream} stream
 */
function show(place, stream) {
  const video = /** @type {HTMLVideoElement} */ (find(place));
  video.srcObject = new MediaStream(stream.getVideoTracks());
  video.play().catch(() => undefined); // muted: only a newer picture interrupts it
}
