/** Photos that had not left when their call ended leave from the page that comes after it. */

import { find } from "./dom.js";
import * as outbox from "./outbox.js";
import { Refused, send } from "./sending.js";

const AGAIN = 10_000; // ms until what did not leave is tried again

const box = find("#unsent");
const bar = /** @type {HTMLProgressElement} */ (find("progress", box));
const why = find("[data-why]", box);
const leave = why.textContent ?? "";
let busy = false;

/** @param {"leaving" | "sent" | "refused"} state @param {string} [more] */
function tell(state, more = "") {
  box.hidden = false;
  for (const one of box.querySelectorAll("[data-says]")) {
    /** @type {HTMLElement} */ (one).hidden = one.getAttribute("data-says") !== state;
  }
  bar.hidden = state !== "leaving";
  why.textContent = more;
  why.hidden = !more;
}

async function empty() {
  if (busy) return;
  busy = true;
  let refusal = "";
  try {
    const waiting = await outbox.waiting(box.dataset.below ?? "");
    for (const sending of waiting) {
      tell("leaving", leave);
      try {
        await send(sending.url, box.dataset.csrf ?? "", sending, (share) => (bar.value = share));
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        refusal = error.message || " ";
      }
      await outbox.forget(sending.once);
    }
    if (waiting.length) tell(refusal ? "refused" : "sent", refusal.trim());
  } catch {
    tell("leaving", box.dataset.stays);
    setTimeout(empty, AGAIN);
  }
  busy = false;
}

addEventListener("online", empty);
void empty();
