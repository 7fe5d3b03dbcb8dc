/** The owner's telephone tries the way in from outside: it begins by itself, asks for nothing, and sends what it found. */

import { find } from "./dom.js";
import { measure } from "./loop.js";

const TURN = 10_000; // ms until we ask again for a room

const form = /** @type {HTMLFormElement} */ (find("#found"));
const bar = /** @type {HTMLProgressElement} */ (find("progress", form));

/** @param {string} name */
const box = (name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name));

async function measured() {
  const way = { address: form.dataset.dial ?? "", token: box("csrf_token").value, turn: [] }; // straight to the shop, no detour
  for (;;) {
    const found = await measure(way, null, (share) => { bar.value = 100 * share; });
    find("[data-busy]", form).hidden = !found.busy;
    if (!found.busy) return found;
    await new Promise((resolve) => setTimeout(resolve, TURN));
  }
}

find("[data-measuring]", form).hidden = false;
const found = await measured();
for (const name of /** @type {const} */ (["loss", "rtt", "rate"])) box(name).value = String(found[name]);
form.submit();
