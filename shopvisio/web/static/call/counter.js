/** What lies on the customer's screen: their own card, or some side by side. They choose, and ask to be shown one. */

/** @typedef {import("./protocol.js").Shown} Shown */
/** @typedef {import("./protocol.js").Product} Product */

import { pick } from "./basket.js";
import { draw, lookedAt } from "./card.js";
import { find, make } from "./dom.js";
import { say } from "./words.js";

/** The customer's. */
export class Counter {
  #sheet = find("#product");
  #cards = find("#cards");
  #why = find("#product .why");
  /** @type {Shown} */ #shown = { cards: [], chosen: null };
  #put = ""; // the products that the customer put aside themselves

  /**
   * @param {import("./protocol.js").Line} line
   * @param {(text: string) => void} announce
   */
  constructor(line, announce) {
    this.line = line;
    this.announce = announce;
  }

  /** @param {Shown} shown */
  show(shown) {
    const before = names(this.#shown);
    this.#shown = shown;
    const now = names(shown);
    if (now !== this.#put) this.#put = "";
    this.#draw();
    this.#sheet.hidden = !shown.cards.length || this.#put === now;
    if (now && now !== before && !this.#sheet.hidden) {
      this.announce(say("shownToYou", { name: shown.cards.map(({ name }) => name).join(", ") }));
    }
  }

  hide() {
    this.#put = names(this.#shown);
    this.#sheet.hidden = true;
  }

  /** A card of the talk is touched: it lies there again. */
  open() {
    this.#put = "";
    this.#sheet.hidden = !this.#shown.cards.length;
  }

  #draw() {
    const { cards, chosen } = this.#shown;
    const focus = document.activeElement instanceof HTMLElement && this.#cards.contains(document.activeElement)
      ? document.activeElement.id : "";
    this.#cards.replaceChildren(...cards.map((card) => this.#card(card, chosen)));
    this.#cards.dataset.count = String(cards.length);
    this.#why.hidden = true;
    if (focus) document.getElementById(focus)?.focus({ preventScroll: true });
  }

  /**
   * @param {Product} card
   * @param {number | null} chosen
   */
  #card(card, chosen) {
    const made = draw(card, chosen, (variant) => this.#choose(variant));
    const want = make("button", "btn", say("wantThis"));
    want.setAttribute("type", "button");
    want.id = `want-${card.id}`;
    want.addEventListener("click", () => this.#want(card, want));
    const into = pick(card, lookedAt(card, chosen));
    if (this.#shown.cards.length === 1) into[0]?.classList.add("first", "wide");
    made.append(make("div", "acts", ...into, want, ...link(card)));
    return made;
  }

  /** @param {number} variant */
  async #choose(variant) {
    this.#shown.chosen = variant;
    this.#draw(); // at once; the appliance says it to both, with the stock of this moment
    await this.#try(() => this.line.choose(variant));
  }

  /**
   * @param {Product} card
   * @param {HTMLElement} button
   */
  async #want(card, button) {
    button.setAttribute("aria-busy", "true");
    const variant = lookedAt(card, this.#shown.chosen)?.id ?? null;
    await this.#try(async () => {
      await this.line.want(card.id, variant);
      button.textContent = say("wanted");
      this.announce(say("wanted"));
    });
    button.removeAttribute("aria-busy");
  }

  /** @param {() => Promise<void>} act */
  async #try(act) {
    try {
      await act();
      this.#why.hidden = true;
    } catch (error) {
      this.#why.textContent = (error instanceof Error && error.message) || say("notDone");
      this.#why.hidden = false;
    }
  }
}

/** @param {Product} card */
function link({ url }) {
  if (!url) return [];
  const made = /** @type {HTMLAnchorElement} */ (make("a", "btn", say("seeProduct")));
  made.href = url;
  made.target = "_blank";
  made.rel = "noopener noreferrer";
  return [made];
}

/** @param {Shown} shown */
function names({ cards }) {
  return cards.map(({ id }) => id).join();
}
