/**
 * Freezing: the picture as it is now becomes a still. Whose camera it is sends it at the size of that camera; where
 * that does not come, who froze it sends it as it was received. Both go under one name, so that one of them is kept.
 *
 * @typedef {import("./protocol.js").Still} Still
 * @typedef {import("./protocol.js").Freeze} Freeze
 */

import * as outbox from "./outbox.js";
import { Refused, send } from "./sending.js";
import { frame, shrink } from "./shutter.js";
import { say } from "./words.js";

const PATIENCE = 5_000; // ms for the still from the camera's own side
const UNSEEN = 20_000; // ms, where who froze it has nothing of their own
const AGAIN = [1_000, 3_000]; // ms before each further try
const LIGHT = 1280; // pixels of the longer side on a narrow line

/** What makes stills of moving pictures. */
export class Freezer {
  /** @type {AbortController | null} */ #waiting = null;

  /**
   * @param {import("./protocol.js").Line} line
   * @param {string} role
   * @param {{url: string, token: string}} post  Where stills go, and what a form of this page must carry.
   * @param {{track: () => MediaStreamTrack | undefined, isNarrow: () => boolean}} camera
   * @param {{await: (seen: Blob | null) => void, came: (still: Still) => Promise<void>, failed: (why: string) => void}} board
   */
  constructor(line, role, post, camera, board) {
    this.line = line;
    this.role = role;
    this.post = post;
    this.camera = camera;
    this.board = board;
  }

  /**
   * @param {string} of  Whose picture: a role.
   * @param {HTMLVideoElement} video  As it is seen here.
   */
  async freeze(of, video) {
    const once = crypto.randomUUID();
    const seen = video.classList.contains("gone") ? null : await frame(video).catch(() => null);
    const isTheirs = of !== this.role && of !== "guest"; // a third person's is not theirs to send
    if (!seen && !isTheirs) return this.board.failed(say("nothingToFreeze"));
    this.board.await(seen);
    const { signal } = (this.#waiting = new AbortController());
    if (seen && !isTheirs) return this.#deliver(of === this.role ? await this.#own(seen) : seen, once, signal);
    await this.line.freeze(/** @type {Freeze["of"]} */ (of), once).catch(() => undefined);
    await patience(seen ? PATIENCE : UNSEEN, signal);
    if (signal.aborted) return;
    if (seen) await this.#deliver(seen, once, signal);
    else this.board.failed(say("nothingToFreeze"));
  }

  /** Somebody wants a still of our picture. @param {Freeze} freeze */
  async asked({ of, once }) {
    const track = of === this.role && this.camera.track();
    if (!track) return; // who asked has it as they see it
    const seen = await frame(track).catch(() => null);
    if (!seen) return;
    this.board.await(seen);
    this.#waiting = new AbortController();
    await this.#deliver(seen, once, this.#waiting.signal);
  }

  /** The still is there, or is no more wanted. */
  rest() {
    this.#waiting?.abort();
    this.#waiting = null;
  }

  /** @param {Blob} seen */
  async #own(seen) {
    const track = this.camera.track();
    return track ? frame(track).catch(() => seen) : seen;
  }

  /**
   * @param {Blob} picture
   * @param {string} once
   * @param {AbortSignal} signal  Set once another still lies open, or the moving picture was taken up again meanwhile:
   *   then this one is kept, and opens nothing.
   */
  async #deliver(picture, once, signal) {
    const photo = this.camera.isNarrow() ? await shrink(picture, LIGHT) : picture;
    await outbox.keep({ photo, once, url: this.post.url, at: Date.now() }); // the call may end before it has left
    try {
      const still = await this.#send(photo, once);
      if (!signal.aborted) await this.board.came(still);
    } catch (error) {
      if (!signal.aborted) this.board.failed((error instanceof Refused && error.message) || say("notFrozen"));
    }
    await outbox.forget(once);
  }

  /**
   * @param {Blob} photo
   * @param {string} once
   * @returns {Promise<Still>}
   */
  async #send(photo, once) {
    for (const pause of AGAIN) {
      try {
        return await send(this.post.url, this.post.token, { photo, once }, () => undefined);
      } catch (error) {
        if (error instanceof Refused) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
    return send(this.post.url, this.post.token, { photo, once }, () => undefined);
  }
}

/** @param {number} ms @param {AbortSignal} signal */
function patience(ms, signal) {
  return new Promise((done) => {
    if (signal.aborted) return done(undefined);
    setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}
