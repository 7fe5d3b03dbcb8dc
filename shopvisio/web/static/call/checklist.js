/** The checklist in a call: the appliance draws it, anew whenever it has changed; its forms are sent without leaving. */

import { find } from "./dom.js";
import { say } from "./words.js";

const PAUSE = 250; // ms of quiet before a search
const DOUBLE = 600; // ms: a finger that touches twice must not tick the next step, which stands in the same place

/** Either side's. */
export class Checklist {
  #box = find("#steps");
  #drawn = find("[data-drawn]", this.#box);
  #failed = find("[data-failed]", this.#box);
  #shown = "";
  #looking = 0;
  #timer = 0;
  #sought = "";
  #sending = Promise.resolve("");
  #rests = 0; // until when a touch is the second half of a double one

  constructor() {
    this.#box.addEventListener("submit", (event) => this.#submit(/** @type {SubmitEvent} */ (event)));
    const seek = /** @type {HTMLFormElement | null} */ (this.#box.querySelector("[data-seek]"));
    if (!seek) return;
    seek.addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#seek(seek), PAUSE);
    });
    seek.closest("details")?.addEventListener("toggle", () => this.#seek(seek), { once: true });
  }

  /** What it is now; the line says when to ask. */
  async look() {
    const asked = ++this.#looking;
    const answer = await fetch(this.#box.dataset.piece ?? "").catch(() => null);
    if (!answer?.ok || answer.redirected || asked !== this.#looking) return; // asked again when the line is back
    const html = await answer.text();
    const same = html.replace(/name="csrf_token" value="[^"]*"/g, "");
    if (same === this.#shown) return;
    this.#shown = same;
    const typed = remember(this.#drawn);
    this.#drawn.innerHTML = html;
    recall(this.#drawn, typed);
  }

  /** @param {SubmitEvent} event */
  async #submit(event) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (form.method === "get") return this.#seek(form);
    const sent = new FormData(form, /** @type {HTMLButtonElement | null} */ (event.submitter));
    const adds = "adds" in form.dataset;
    if ("once" in form.dataset) {
      if (event.timeStamp < this.#rests) return;
      this.#rests = event.timeStamp + DOUBLE;
    }
    if (adds) form.reset(); // the next may be typed while this one is on its way
    const why = await (this.#sending = this.#sending.then(() => refusal(form.action, sent))); // in the order of the hand
    this.#tell(why);
    if (why && adds) for (const [name, value] of sent) put(form, name, String(value));
    if (!why) form.closest("details.change, #start-guide")?.removeAttribute("open");
    await this.look();
  }

  /** @param {HTMLFormElement} form */
  async #seek(form) {
    const query = new URLSearchParams({ q: /** @type {HTMLInputElement} */ (find("input", form)).value });
    const asked = `${form.action}?${query}`;
    if (asked === this.#sought) return;
    this.#sought = asked;
    const answer = await fetch(asked).catch(() => null);
    if (asked !== this.#sought) return; // something else was typed meanwhile
    if (answer?.ok && !answer.redirected) find("[data-found]", this.#box).innerHTML = await answer.text();
    else this.#sought = "";
    this.#tell(this.#sought ? "" : say("noSearch"));
  }

  /** @param {string} why */
  #tell(why) {
    this.#failed.textContent = why;
    this.#failed.hidden = !why;
  }
}

/**
 * Send a form; why it was refused, empty when it was not.
 * @param {string} action
 * @param {FormData} sent
 */
export async function refusal(action, sent) {
  try {
    const answer = await fetch(action, {
      method: "POST", body: sent, redirect: "manual", headers: { Accept: "application/json" },
    });
    return answer.type === "opaqueredirect" ? "" : (await answer.json()).message || say("notSent");
  } catch {
    return say("notSent");
  }
}

/**
 * @param {HTMLFormElement} form
 * @param {string} name
 * @param {string} value
 */
function put(form, name, value) {
  const box = form.elements.namedItem(name);
  if (box instanceof HTMLInputElement && box.type !== "hidden" && !box.value) box.value = value;
}

/**
 * What is open, typed and in focus: a new drawing must not take it away.
 * @param {HTMLElement} within
 */
function remember(within) {
  const boxes = /** @type {NodeListOf<HTMLInputElement>} */ (within.querySelectorAll("input[id], textarea[id], select[id]"));
  return {
    open: new Map([...within.querySelectorAll("details[id]")].map((one) => [one.id, /** @type {HTMLDetailsElement} */ (one).open])),
    values: [...boxes].filter((box) => box.closest("details[open]")).map((box) => [box.id, box.value]),
    focus: within.contains(document.activeElement) ? document.activeElement?.id : "",
  };
}

/**
 * @param {HTMLElement} within
 * @param {ReturnType<typeof remember>} before
 */
function recall(within, { open, values, focus }) {
  for (const one of within.querySelectorAll("details[id]")) {
    const was = open.get(one.id);
    if (was !== undefined) /** @type {HTMLDetailsElement} */ (one).open = was;
  }
  for (const [id, value] of values) {
    const box = /** @type {HTMLInputElement | null} */ (within.querySelector(`#${CSS.escape(id)}`));
    if (box) box.value = value;
  }
  if (focus) /** @type {HTMLElement | null} */ (within.querySelector(`#${CSS.escape(focus)}`))?.focus({ preventScroll: true });
}
