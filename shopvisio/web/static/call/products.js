/** The seller's shelf: find a product, put it on the customer's screen, lay others beside it. */

/** @typedef {import("./protocol.js").Product} Product */
/** @typedef {import("./protocol.js").Shown} Shown */

import { pick } from "./basket.js";
import { lookedAt, price, stock, thumb } from "./card.js";
import { find, make } from "./dom.js";
import { scan } from "./scan.js";
import { called, say } from "./words.js";

const PAUSE = 200; // ms of quiet before a search
const MOST = 3; // side by side
const SCANS = 20_000; // ms that a label is waited for
const LINK = /^https?:\/\/\S+$/i;

/** The search, what is on the screen, and what the customer asks to see. */
export class Shelf {
  #form = /** @type {HTMLFormElement} */ (find("#find-product"));
  #box = /** @type {HTMLInputElement} */ (find("#find-product input"));
  #list = find("#found");
  #state = find("#found-state");
  #screen = find("#on-screen");
  #wish = find("#wish");
  #scanner = find("#scan");
  /** @type {AbortController | null} */ #scanning = null;
  #timer = 0;
  /** @type {Product[]} */ #found = [];
  /** @type {Shown} */ #shown = { cards: [], chosen: null };
  /** @type {AbortController} */ #search = new AbortController();

  /**
   * @param {import("./protocol.js").Line} line
   * @param {string} csrf  What a form of this page must carry.
   */
  constructor(line, csrf) {
    this.line = line;
    this.csrf = csrf;
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#look();
    });
    this.#box.addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#look(), PAUSE);
    });
    this.#scanner.addEventListener("click", () => void this.#scan());
    find("button", this.#wish).addEventListener("click", () => (this.#wish.hidden = true));
    this.#look();
  }

  /** What lies on the customer's screen now. @param {Shown} shown */
  show(shown) {
    this.#shown = shown;
    this.#screen.replaceChildren(...shown.cards.map((card) => this.#lying(card)));
    find("#screen").hidden = !shown.cards.length;
    this.#lay();
  }

  /** The customer asks to see one on the picture. @param {import("./protocol.js").Message} message */
  wish(message) {
    find("b", this.#wish).textContent = say("wishes", { name: called(message) });
    find("p", this.#wish).textContent = message.text;
    this.#wish.hidden = false;
  }

  /** Hold a label before our own camera: the product that it is of is found. */
  async #scan() {
    if (this.#scanning) return this.#scanning.abort();
    const stop = (this.#scanning = new AbortController());
    const timer = setTimeout(() => stop.abort(), SCANS);
    this.#scanner.setAttribute("aria-pressed", "true");
    this.#tell(say("scanning"));
    try {
      const code = await scan(/** @type {HTMLVideoElement} */ (find("#mine video")), stop.signal);
      this.#tell(code ? "" : say("noCode"));
      if (code) {
        this.#box.value = code;
        await this.#look();
      }
    } catch {
      this.#tell(say("noCode"));
    }
    clearTimeout(timer);
    this.#scanning = null;
    this.#scanner.setAttribute("aria-pressed", "false");
  }

  async #look() {
    this.#search.abort();
    const { signal } = (this.#search = new AbortController());
    const url = `${this.#form.action}?q=${encodeURIComponent(this.#box.value)}`;
    try {
      const answer = await fetch(url, { headers: { Accept: "application/json" }, signal });
      if (!answer.ok) throw new Error(String(answer.status));
      this.#found = (await answer.json()).products;
      this.#lay();
      this.#tell(this.#found.length ? "" : say(this.#mayAdd() ? "noSuchPage" : "noProduct"));
      if (!this.#found.length && this.#mayAdd()) this.#list.append(make("li", "", act(say("addPage"), "", () => this.#add())));
    } catch {
      if (!signal.aborted) this.#tell(say("noSearch"));
    }
  }

  /** Whether a link that was pasted may be read, where no product has it. */
  #mayAdd() {
    return Boolean(this.#form.dataset.add) && LINK.test(this.#box.value.trim());
  }

  /** The appliance reads the page that the link leads to; its product lies on the screen then. */
  async #add() {
    const link = this.#box.value.trim();
    this.#tell(say("readingPage"));
    await this.#try(async () => {
      const answer = await fetch(this.#form.dataset.add ?? "", {
        method: "POST", body: new URLSearchParams({ link }),
        headers: { Accept: "application/json", "X-CSRFToken": this.csrf },
      });
      const told = await answer.json();
      if (!answer.ok) throw new Error(told.message);
      this.#found = [told.product];
      this.#lay();
      await this.line.show(told.product.id);
    }, "");
  }

  #lay() {
    this.#list.replaceChildren(...this.#found.map((product) => this.#row(product)));
  }

  /** @param {Product} product */
  #row(product) {
    const only = lookedAt(product, null);
    const told = [price(product, only), only?.stock].filter(Boolean).join(", ");
    const text = make("span", "", product.name, make("small", "", told));
    const ids = this.#shown.cards.map(({ id }) => id);
    if (ids.includes(product.id)) {
      return make("li", "", thumb(product), text, make("span", "pill live", say("onScreen")));
    }
    const acts = make("span", "taps", act(say("show"), product.name, () => this.#push(product)));
    if (ids.length && ids.length < MOST) {
      acts.append(act(say("beside"), product.name, () => this.#compare([...ids, product.id])));
    }
    return make("li", "", thumb(product), text, acts);
  }

  /** One that is on the screen, with what the customer chose of it. @param {Product} product */
  #lying(product) {
    const variant = lookedAt(product, this.#shown.chosen);
    const label = variant?.label ? make("small", "", say("chosen", { label: variant.label })) : "";
    const text = make("span", "", product.name, label, make("small", "", price(product, variant), " ", ...stock(variant)));
    const acts = make("span", "taps", ...pick(product, variant), act(say("putAway"), product.name, () => this.#putAway(product)));
    for (const button of acts.children) button.classList.add("mini");
    return make("li", "", thumb(product), text, acts);
  }

  /** @param {Product} product */
  async #push(product) {
    await this.#try(() => this.line.show(product.id), say("shown", { name: product.name }));
  }

  /** At once: the next touch counts on it. @param {Product} product */
  async #putAway(product) {
    this.show({ ...this.#shown, cards: this.#shown.cards.filter(({ id }) => id !== product.id) });
    await this.#compare(this.#shown.cards.map(({ id }) => id));
  }

  /** @param {number[]} products */
  async #compare(products) {
    await this.#try(() => this.line.compare(products), "");
  }

  /**
   * @param {() => Promise<void>} act
   * @param {string} done
   */
  async #try(act, done) {
    try {
      await act();
      this.#tell(done);
    } catch (error) {
      this.#tell((error instanceof Error && error.message) || say("notDone"));
    }
  }

  /** @param {string} text */
  #tell(text) {
    this.#state.textContent = text;
  }
}

/**
 * @param {string} text
 * @param {string} name  Of what it is done to.
 * @param {() => Promise<void>} press
 */
function act(text, name, press) {
  const button = make("button", "btn mini", text);
  button.setAttribute("type", "button");
  button.setAttribute("aria-label", `${text} ${name}`.trim());
  button.addEventListener("click", press);
  return button;
}
