/** What is written in the call. */

/** @typedef {import("./protocol.js").Message} Message */

import { find, make } from "./dom.js";
import { called, money, say, time } from "./words.js";

const LINK = /(https?:\/\/[^\s<>"]+)/;

/** The talk, and the box to write in. */
export class Chat {
  #talk = find("#talk");
  #form = /** @type {HTMLFormElement} */ (find("#write"));
  #box = /** @type {HTMLInputElement} */ (find("#write input"));
  #why = find("#not-sent");
  /** @type {Set<number>} */ #known = new Set();
  #unread = 0;

  /**
   * @param {string} role  Ours.
   * @param {(text: string) => Promise<void>} send
   */
  constructor(role, send) {
    this.role = role;
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send(send);
    });
  }

  get isOpen() {
    return this.#talk.checkVisibility?.() ?? this.#talk.offsetParent !== null;
  }

  /** All that was said so far: after coming back, what is known already is not told again.
   * @param {Message[]} messages
   */
  catchUp(messages) {
    const first = this.#known.size === 0;
    for (const message of messages) this.add(message, first);
  }

  /**
   * @param {Message} message
   * @param {boolean} [old]  Said before we came.
   */
  add(message, old = false) {
    if (this.#known.has(message.id)) return;
    this.#known.add(message.id);
    const mine = message.role === this.role;
    const who = mine ? say("you") : called(message);
    const line = make("p", mine ? "me" : "", ...body(message), make("small", "", `${who}, ${time(message.at)}`));
    this.#talk.append(line);
    line.scrollIntoView({ block: "end" });
    find("#nothing-said").hidden = true;
    if (!mine && !old && !this.isOpen) this.#count(this.#unread + 1);
  }

  /** The talk is in sight: nothing is unread. */
  seen() {
    this.#count(0);
    this.#talk.lastElementChild?.scrollIntoView({ block: "end" });
  }

  focus() {
    this.#box.focus();
  }

  /** @param {(text: string) => Promise<void>} send */
  async #send(send) {
    const text = this.#box.value.trim();
    if (!text || this.#form.getAttribute("aria-busy") === "true") return;
    this.#form.setAttribute("aria-busy", "true");
    try {
      await send(text);
      this.#box.value = "";
      this.#why.hidden = true;
    } catch (error) {
      this.#why.hidden = false; // what was typed stays in the box
      this.#why.textContent = (error instanceof Error && error.message) || say("notSent");
    } finally {
      this.#form.removeAttribute("aria-busy");
    }
  }

  /** @param {number} unread */
  #count(unread) {
    this.#unread = unread;
    for (const dot of document.querySelectorAll("[data-unread]")) {
      /** @type {HTMLElement} */ (dot).hidden = unread === 0;
      dot.textContent = String(unread);
      dot.setAttribute("aria-label", say("unreadCount", { n: unread }));
    }
  }
}

/** @param {Message} message */
function body({ text, product }) {
  if (product && !text) return [linked(product.url, product.name), ` ${money(product.price)}`];
  return text.split(LINK).map((piece) => (LINK.test(piece) ? linked(piece, piece) : piece));
}

/**
 * @param {string} url
 * @param {string} text
 */
function linked(url, text) {
  if (!url) return text;
  const link = /** @type {HTMLAnchorElement} */ (make("a", "", text));
  link.href = url;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  return link;
}
