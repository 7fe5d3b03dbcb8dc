/** The basket in a call: the appliance draws it, the same for both, anew whenever the line says so. */

import { find, make } from "./dom.js";
import { say } from "./words.js";

/**
 * The button that puts a variant into the basket; none for what is sold out.
 * @param {import("./protocol.js").Product} product
 * @param {import("./protocol.js").Variant | undefined} variant
 */
export function pick({ name }, variant) {
  if (!variant || variant.left === 0) return [];
  const whole = variant.label ? `${name}, ${variant.label}` : name;
  const button = make("button", "btn pick", say("pick"));
  button.setAttribute("type", "button");
  button.setAttribute("aria-label", say("pickNamed", { name: whole }));
  button.id = `pick-${variant.id}`;
  button.dataset.pick = String(variant.id);
  return [button];
}

/** Either side's. */
export class Basket {
  #box = find("#basket");
  #drawn = find("[data-drawn]", this.#box);
  #failed = find("[data-failed]", this.#box);
  #looking = 0;

  /**
   * @param {import("./protocol.js").Line} line
   * @param {(text: string) => void} announce
   */
  constructor(line, announce) {
    this.line = line;
    this.announce = announce;
    document.addEventListener("click", ({ target }) => {
      const button = target instanceof Element ? target.closest("[data-pick], [data-pieces]") : null;
      if (button instanceof HTMLElement) void this.#press(button);
    });
  }

  /** What it is now. */
  async look() {
    const asked = ++this.#looking;
    const answer = await fetch(this.#box.dataset.piece ?? "").catch(() => null);
    if (!answer?.ok || answer.redirected || asked !== this.#looking) return; // asked again when the line is back
    const html = (await answer.text()).trim();
    const open = this.#drawn.querySelector("details")?.open ?? false;
    const focus = this.#drawn.contains(document.activeElement) ? document.activeElement?.id : "";
    this.#drawn.innerHTML = html;
    this.#box.hidden = !html;
    this.#drawn.querySelector("details")?.toggleAttribute("open", open);
    if (focus) /** @type {HTMLElement | null} */ (this.#drawn.querySelector(`#${CSS.escape(focus)}`))?.focus({ preventScroll: true });
  }

  /** A button that puts something in, or says how many. @param {HTMLElement} button */
  async #press(button) {
    if (button.getAttribute("aria-busy") === "true") return;
    button.setAttribute("aria-busy", "true");
    try {
      const { pick, line, pieces } = button.dataset;
      if (pick) this.announce(say("inBasket", { name: await this.line.pick(Number(pick)) }));
      else await this.line.pieces(Number(line), Number(pieces));
      this.#tell("");
    } catch (error) {
      this.#tell((error instanceof Error && error.message) || say("notSent"));
    }
    button.removeAttribute("aria-busy");
  }

  /** @param {string} why */
  #tell(why) {
    if (why) this.#box.hidden = false;
    this.#failed.textContent = why;
    this.#failed.hidden = !why;
  }
}
