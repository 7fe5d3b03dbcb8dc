/**
 * Stills: taken with one touch, sent beside the call however bad the line, shown big on the other side, and kept in
 * a list on both.
 */

/** @typedef {import("./protocol.js").Still} Still */

import { find, make } from "./dom.js";
import * as outbox from "./outbox.js";
import { Refused, send } from "./sending.js";
import { shoot, shrink } from "./shutter.js";
import { snap } from "./snap.js";
import { called, say, time } from "./words.js";

const AGAIN = [1_000, 3_000, 8_000]; // ms before each further try
const LATER = 30_000; // ms until one that stayed is tried by itself
const LIGHT = 1280; // pixels of the longer side on a narrow line

/** Our photos, on their way out, one after the other. */
export class Shutter {
  #box = find("#sending");
  #state = find("#sending-state");
  #bar = /** @type {HTMLProgressElement} */ (find("#sending progress"));
  #retry = find("#sending button");
  #file = /** @type {HTMLInputElement} */ (find("#photo-file"));
  #flash = find("#flash");
  /** @type {import("./sending.js").Sending[]} */ #waiting = [];
  #of = ""; // what the next one shows
  #sending = false;
  #hurry = () => {};

  /**
   * @param {string} url  Where photos go, without their `once`.
   * @param {string} token  What a form of this page must carry.
   * @param {() => boolean} isNarrow  Whether a light photo is better now.
   * @param {(still: Still) => void} onSent
   */
  constructor(url, token, isNarrow, onSent) {
    this.url = url;
    this.token = token;
    this.isNarrow = isNarrow;
    this.onSent = onSent;
    this.#file.addEventListener("change", () => {
      const [photo] = this.#file.files ?? [];
      this.#file.value = "";
      if (photo) this.send(photo);
    });
    window.addEventListener("online", () => this.again());
  }

  /**
   * Take one now; without a camera the telephone's own is asked for.
   * @param {MediaStreamTrack | undefined} track
   * @param {string} of  What it shows, as its address says it.
   */
  async take(track, of = "") {
    this.#of = of;
    if (!track) return this.#file.click();
    this.#blink();
    this.#tell("takingPhoto", 0);
    try {
      await this.send(await shoot(track));
    } catch {
      this.#fail(say("noPhoto"), false);
    }
  }

  /** Those that did not leave before the page was loaded anew. */
  async catchUp() {
    const known = this.#waiting.map(({ once }) => once);
    this.#waiting.push(...(await outbox.waiting(this.url)).filter(({ once }) => !known.includes(once)));
    this.again();
  }

  /** Those that did not leave, once more and at once. */
  again() {
    this.#hurry();
    if (this.#sending || !this.#waiting.length) return;
    this.#sending = true;
    this.#sendAll().finally(() => (this.#sending = false));
  }

  /**
   * Have a photo sent, however often the line is cut.
   * @param {Blob} photo
   */
  async send(photo) {
    const light = this.isNarrow() ? await shrink(photo, LIGHT) : photo;
    const sending = { photo: light, once: crypto.randomUUID(), of: this.#of };
    this.#of = "";
    await outbox.keep({ ...sending, url: this.url, at: Date.now() });
    this.#waiting.push(sending);
    this.again();
  }

  #blink() {
    void snap();
    this.#flash.hidden = false;
    setTimeout(() => (this.#flash.hidden = true), 220);
  }

  async #sendAll() {
    for (let [next] = this.#waiting; next; [next] = this.#waiting) {
      let why = "";
      try {
        this.onSent(await this.#try(next));
      } catch (error) {
        why = error instanceof Error ? error.message : "";
        if (!(error instanceof Refused)) {
          setTimeout(() => this.again(), LATER);
          return this.#fail(why || say("photoStays"), true);
        }
        why ||= say("noPhoto");
      }
      this.#waiting.shift();
      await outbox.forget(next.once);
      if (why) this.#fail(why, false);
      else this.#sent();
    }
  }

  /**
   * @param {import("./sending.js").Sending} sending
   * @returns {Promise<Still>}
   */
  async #try(sending) {
    for (const pause of AGAIN) {
      try {
        return await this.#once(sending);
      } catch (error) {
        if (error instanceof Refused) throw error;
      }
      await new Promise((resolve) => {
        this.#hurry = () => resolve(undefined);
        setTimeout(resolve, pause);
      });
    }
    return this.#once(sending);
  }

  /** @param {import("./sending.js").Sending} sending */
  #once(sending) {
    this.#tell("sendingPhoto", 0);
    return send(this.url, this.token, sending, (share) => this.#tell("sendingPhoto", share));
  }

  #sent() {
    this.#tell("photoSent", 1);
    setTimeout(() => (this.#box.hidden ||= this.#state.textContent === say("photoSent")), 4_000);
  }

  /**
   * @param {string} what
   * @param {number} share
   */
  #tell(what, share) {
    const text = this.#waiting.length > 1 && what === "sendingPhoto"
      ? say("sendingPhotos", { n: this.#waiting.length }) : say(what);
    this.#box.hidden = false;
    this.#retry.hidden = true;
    this.#bar.hidden = share === 1;
    this.#bar.value = share;
    if (this.#state.textContent !== text) this.#state.textContent = text;
  }

  /**
   * @param {string} why
   * @param {boolean} mayRetry
   */
  #fail(why, mayRetry) {
    this.#tell("", 1);
    this.#state.textContent = why;
    this.#retry.hidden = !mayRetry;
  }
}

/** The photos of the case: a list of small ones, and one of them big over the pictures. */
export class Album {
  #list = find("#stills");
  #view = find("#still");
  #img = /** @type {HTMLImageElement} */ (find("#still img"));
  #marks = /** @type {HTMLImageElement} */ (find("#still .marks"));
  #link = /** @type {HTMLAnchorElement} */ (find("#still a"));
  shown = 0; // the one that is big
  /** @type {Map<number, Still>} */ #known = new Map();
  /** @type {Map<number, HTMLImageElement>} */ #drawn = new Map(); // what lies upon the small ones

  /**
   * @param {string} url  Of a still, without its number.
   * @param {() => boolean} isNarrow
   */
  constructor(url, isNarrow) {
    this.url = url;
    this.isNarrow = isNarrow;
  }

  /**
   * All there are, when we come in or come back; whether any is new.
   * @param {Still[]} stills
   */
  catchUp(stills) {
    return stills.filter((still) => this.add(still)).length > 0;
  }

  /** @param {Still} still @returns {boolean} whether it is new */
  add(still) {
    if (this.#known.has(still.id)) return false;
    this.#known.set(still.id, still);
    const img = /** @type {HTMLImageElement} */ (make("img", ""));
    img.src = `${this.url}${still.id}?small=1`;
    img.alt = caption(still);
    img.loading = "lazy";
    const drawn = /** @type {HTMLImageElement} */ (make("img", "marks"));
    drawn.alt = "";
    drawn.loading = "lazy";
    this.#drawn.set(still.id, drawn);
    this.redraw(still.id);
    const button = make("button", "photo", img, drawn);
    button.setAttribute("type", "button");
    button.addEventListener("click", () => this.show(still));
    this.#list.prepend(button);
    find("#album").hidden = false;
    return true;
  }

  /** Its marks have changed. @param {number} still */
  redraw(still) {
    const drawn = this.#drawn.get(still);
    if (drawn) drawn.src = `${this.url}${still}/marks.svg?${performance.now()}`; // as they are now
  }

  /**
   * Big: the small copy at once, the whole of it when the line bears that.
   * @param {Still} still
   */
  show(still) {
    this.#img.src = `${this.url}${still.id}?small=1`;
    this.#img.alt = caption(still);
    this.#marks.src = `${this.url}${still.id}/marks.svg?${performance.now()}`; // as they are now
    this.shown = still.id;
    this.#link.href = `${this.url}${still.id}`;
    find("b", this.#view).textContent = caption(still);
    this.#view.hidden = false;
    if (this.isNarrow()) return;
    const whole = new Image();
    whole.onload = () => {
      if (this.#link.href === whole.src) this.#img.src = whole.src;
    };
    whole.src = this.#link.href;
  }

  get isOpen() {
    return !this.#view.hidden;
  }

  showLatest() {
    const latest = [...this.#known.values()].at(-1);
    if (latest) this.show(latest);
  }

  hide() {
    this.#view.hidden = true;
  }
}

/** @param {Still} still */
function caption(still) {
  const taken = say("photoOf", { name: called(still), time: time(still.at) });
  return still.shows ? `${still.shows}. ${taken}` : taken;
}
