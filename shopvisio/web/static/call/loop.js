/** The page calls itself through the appliance, and measures what comes back. */

import { noise } from "./noise.js";
import { Peer } from "./peer.js";

const CONNECTS_WITHIN = 12_000; // ms
const LOOKS = 8; // seconds of measuring
const SETTLING = 2; // seconds before the figures count
const PICTURE = { active: true, bitrate: 1_200_000, scale: 1, framerate: 12 }; // enough to judge, and no more

/**
 * @typedef {Object} Found
 * @property {boolean} busy  Whether the appliance had no room for us.
 * @property {number} loss  A share.
 * @property {number} rtt  ms to the shop and back.
 * @property {number} rate  kbit/s that came back: 0 when nothing did.
 */

/**
 * @param {{address: string, token: string, turn: RTCIceServer[]}} way  Where offers are taken, the form's own token,
 *   and the servers outside, as in a call.
 * @param {MediaStreamTrack | null} voice
 * @param {(share: number) => void} onProgress
 * @returns {Promise<Found>}
 */
export async function measure({ address, token, turn }, voice, onProgress) {
  const picture = noise();
  const run = [...crypto.getRandomValues(new Uint8Array(12))].map((one) => one.toString(36).padStart(2, "0")).join("");
  const told = { busy: false };
  const dial = (/** @type {string} */ seat) => async (/** @type {string} */ sdp) => {
    const answer = await fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token },
      body: JSON.stringify({ run, seat, sdp }),
    });
    told.busy = answer.status === 409;
    if (!answer.ok) throw Object.assign(new Error(`answered ${answer.status}`), { final: answer.status < 500 });
    return (await answer.json()).answer;
  };
  const back = standing({ send: dial("in") });
  const away = standing({ send: dial("out") });
  for (const { peer } of [away, back]) peer.setServers(turn);
  void away.peer.setPicture(PICTURE);
  back.peer.start(null);
  away.peer.start(new MediaStream([picture.track, ...(voice ? [voice] : [])]));
  try {
    const stand = await Promise.race([Promise.all([away.stands, back.stands]), pause(CONNECTS_WITHIN)]);
    const figures = Array.isArray(stand) && stand.every(Boolean) ? await look(away.peer, back.peer, onProgress) : [];
    return { ...told, ...summary(figures) };
  } finally {
    away.peer.close();
    back.peer.close();
    picture.stop();
  }
}

/** @param {{send: (offer: string) => Promise<string>}} options */
function standing(options) {
  /** @type {(stands: boolean) => void} */ let settle = () => undefined;
  const stands = new Promise((resolve) => { settle = resolve; });
  const peer = new Peer({
    ...options,
    onState: (state) => {
      if (state === "connected" || state === "refused") settle(state === "connected");
    },
  });
  return { peer, stands };
}

/**
 * @param {Peer} away
 * @param {Peer} back
 * @param {(share: number) => void} onProgress
 */
async function look(away, back, onProgress) {
  const figures = [];
  for (let second = 0; second < LOOKS; second += 1) {
    await pause(1_000);
    onProgress((second + 1) / LOOKS);
    const [sent, got] = await Promise.all([away.stats(), back.stats()]);
    if (second >= SETTLING) figures.push({ rtt: 1_000 * (sent.nearest ?? 0), loss: got.lossIn, rate: got.bitrateIn / 1_000 });
  }
  return figures;
}

/** @param {Array<{rtt: number, loss: number, rate: number}>} figures */
function summary(figures) {
  const sorted = (/** @type {"rtt" | "loss" | "rate"} */ name) => figures.map((one) => one[name]).sort((a, b) => a - b);
  const loss = figures.reduce((sum, one) => sum + one.loss, 0) / Math.max(1, figures.length);
  const middle = (/** @type {number[]} */ values) => values[values.length >> 1] ?? 0;
  return { loss: Math.min(1, loss), rtt: Math.round(middle(sorted("rtt"))), rate: Math.round(middle(sorted("rate"))) };
}

/** @param {number} ms */
function pause(ms) {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), ms));
}
