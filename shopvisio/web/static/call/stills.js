/**
 * Stills: taken with one touch, sent beside the call however bad the line, shown big on the other side, and kept in
 * a list on both.
 */

/** @typedef {import("./protocol.js").Still} Still */

import { find, make } from "./dom.js";
import { shoot, shrink } from "./shutter.js";
import { called, say, time } from "./words.js";

const AGAIN = [1_000, 3_000, 8_000]; // ms before each further try
const LIGHT = 1280; // pixels of the longer side on a narrow line

/** What the appliance says of a photo it does not take: trying again would not help. */
class Refused extends Error {}

/** Our photos, on their way out. */
export class Shutter {
  #box = find("#sending");
  #state = find("#sending-state");
  #bar = /** @type {HTMLProgressElement} */ (find("#sending progress"));
  #retry = find("#sending button");
  #file = /** @type {HTMLInputElement} */ (find("#photo-file"));
  #flash = find("#flash");
  /** @type {{photo: Blob, once: string} | null} */ #kept = null;

  /**
   * @param {string} url  Where photos go.
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
      if (photo) this.#send(photo);
    });
  }

  /**
   * Take one now; without a camera the telephone's own is asked for.
   * @param {MediaStreamTrack | undefined} track
   */
  async take(track) {
    if (!track) return this.#file.click();
    this.#blink();
    this.#tell("takingPhoto", 0);
    try {
      await this.#send(await shoot(track));
    } catch {
      this.#fail(say("noPhoto"), false);
    }
  }

  /** The one that did not leave, once more. */
  again() {
    return this.#kept && this.#try(this.#kept);
  }

  #blink() {
    this.#flash.hidden = false;
    setTimeout(() => (this.#flash.hidden = true), 220);
  }

  /** @param {Blob} photo */
  async #send(photo) {
    const light = this.isNarrow() ? await shrink(photo, LIGHT) : photo;
    this.#kept = { photo: light, once: crypto.randomUUID() };
    await this.#try(this.#kept);
  }

  /** @param {{photo: Blob, once: string}} sending */
  async #try(sending) {
    for (const pause of [...AGAIN, null]) {
      try {
        const still = await this.#post(sending);
        this.#kept = null;
        this.#tell("photoSent", 1);
        setTimeout(() => (this.#box.hidden = !this.#kept), 4_000);
        return this.onSent(still);
      } catch (error) {
        if (error instanceof Refused) return this.#fail(error.message, false);
        if (pause === null) return this.#fail(say("photoStays"), true);
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
  }

  /**
   * @param {{photo: Blob, once: string}} sending
   * @returns {Promise<Still>}
   */
  #post({ photo, once }) {
    const form = new FormData();
    form.append("once", once);
    form.append("photo", photo, "photo.jpg");
    const request = new XMLHttpRequest(); // fetch does not say how far an upload is
    request.open("POST", this.url);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-CSRFToken", this.token);
    request.responseType = "json";
    request.upload.onprogress = ({ loaded, total }) => this.#tell("sendingPhoto", loaded / total);
    return new Promise((resolve, reject) => {
      request.onerror = () => reject(new Error("no line"));
      request.onload = () => {
        if (request.status < 300 && request.response) resolve(request.response);
        else if (request.status >= 500) reject(new Error(String(request.status)));
        else reject(new Refused(request.response?.message || say("noPhoto")));
      };
      this.#tell("sendingPhoto", 0);
      request.send(form);
    });
  }

  /**
   * @param {string} what
   * @param {number} share
   */
  #tell(what, share) {
    this.#box.hidden = false;
    this.#retry.hidden = true;
    this.#bar.hidden = share === 1;
    this.#bar.value = share;
    const text = say(what);
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
    if (!mayRetry) this.#kept = null;
  }
}

/** The photos of the case: a list of small ones, and one of them big over the pictures. */
export class Album {
  #list = find("#stills");
  #view = find("#still");
  #img = /** @type {HTMLImageElement} */ (find("#still img"));
  #link = /** @type {HTMLAnchorElement} */ (find("#still a"));
  /** @type {Map<number, Still>} */ #known = new Map();

  /**
   * @param {string} url  Of a still, without its number.
   * @param {() => boolean} isNarrow
   */
  constructor(url, isNarrow) {
    this.url = url;
    this.isNarrow = isNarrow;
  }

  /** All there are, when we come in or come back.
   * @param {Still[]} stills
   */
  catchUp(stills) {
    for (const still of stills) this.add(still);
  }

  /** @param {Still} still @returns {boolean} whether it is new */
  add(still) {
    if (this.#known.has(still.id)) return false;
    this.#known.set(still.id, still);
    const img = /** @type {HTMLImageElement} */ (make("img", ""));
    img.src = `${this.url}${still.id}?small=1`;
    img.alt = caption(still);
    img.loading = "lazy";
    const button = make("button", "photo", img);
    button.setAttribute("type", "button");
    button.addEventListener("click", () => this.show(still));
    this.#list.prepend(button);
    find("#album").hidden = false;
    return true;
  }

  /**
   * Big: the small copy at once, the whole of it when the line bears that.
   * @param {Still} still
   */
  show(still) {
    this.#img.src = `${this.url}${still.id}?small=1`;
    this.#img.alt = caption(still);
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

  hide() {
    this.#view.hidden = true;
  }
}

/** @param {Still} still */
function caption(still) {
  return say("photoOf", { name: called(still), time: time(still.at) });
}
