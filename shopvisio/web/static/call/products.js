/** Products: the seller finds one and shows it; the customer has it on their screen as a card. */

/** @typedef {import("./protocol.js").Product} Product */
/** @typedef {Product & {id: number}} Found */

import { picks } from "./basket.js";
import { find, make } from "./dom.js";
import { money, say } from "./words.js";

const PAUSE = 200; // ms of quiet before a search

/** The seller's search. */
export class Shelf {
  #form = /** @type {HTMLFormElement} */ (find("#find-product"));
  #box = /** @type {HTMLInputElement} */ (find("#find-product input"));
  #list = find("#found");
  #state = find("#found-state");
  #timer = 0;
  #shown = 0;
  /** @type {AbortController} */ #search = new AbortController();

  /** @param {(product: number) => Promise<void>} show */
  constructor(show) {
    this.show = show;
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#look();
    });
    this.#box.addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#look(), PAUSE);
    });
    this.#look();
  }

  async #look() {
    this.#search.abort();
    const { signal } = (this.#search = new AbortController());
    const url = `${this.#form.action}?q=${encodeURIComponent(this.#box.value)}`;
    try {
      const answer = await fetch(url, { headers: { Accept: "application/json" }, signal });
      if (!answer.ok) throw new Error(String(answer.status));
      this.#lay((await answer.json()).products);
    } catch {
      if (!signal.aborted) this.#tell(say("noSearch"));
    }
  }

  /** @param {Found[]} products */
  #lay(products) {
    this.#list.replaceChildren(...products.map((product) => this.#row(product)));
    this.#tell(products.length ? "" : say("noProduct"));
  }

  /** @param {Found} product */
  #row(product) {
    const text = make("span", "", product.name, make("small", "", money(product.price)));
    const chosen = make("span", "picks", ...picks(product));
    if (product.id === this.#shown) return make("li", "", text, make("span", "pill live", say("onScreen")), chosen);
    const button = make("button", "btn mini", say("show"));
    button.setAttribute("type", "button");
    button.setAttribute("aria-label", `${say("show")} ${product.name}`);
    button.addEventListener("click", () => this.#push(product));
    return make("li", "", text, button, chosen);
  }

  /** @param {Found} product */
  async #push(product) {
    try {
      await this.show(product.id);
      this.#shown = product.id;
      await this.#look();
      this.#tell(say("shown", { name: product.name }));
    } catch (error) {
      this.#tell((error instanceof Error && error.message) || say("notSent"));
    }
  }

  /** @param {string} text */
  #tell(text) {
    this.#state.textContent = text;
  }
}

/** The customer's card. */
export class Card {
  #card = find("#product");

  /** @param {Product} product */
  show(product) {
    find("b", this.#card).textContent = product.name;
    find(".cost", this.#card).textContent = money(product.price);
    find(".soft", this.#card).textContent = product.summary;
    const link = /** @type {HTMLAnchorElement} */ (find("a", this.#card));
    link.hidden = !product.url;
    if (product.url) link.href = product.url;
    find(".picks", this.#card).replaceChildren(...picks(product));
    this.#card.hidden = false;
  }

  hide() {
    this.#card.hidden = true;
  }
}
