/** Who waits, on every page of the desk: shown at the top, told by the title, by a sound and, where the browser was
 * allowed to, by a notification. Each person rings a few times, until somebody goes in. */

import { chime, mayNotify, notify } from "./chime.js";
import { onChange } from "./line.js";

const RINGS = 4;
const AGAIN = 30_000; // ms
const TITLE = document.title;
const RUNG = "desk.rung"; // how often each one rang, over the pages of this tab

const box = /** @type {HTMLElement} */ (document.querySelector("[data-bell]"));
/** @type {Record<string, number>} */
const rung = JSON.parse(sessionStorage.getItem(RUNG) ?? "{}");

function calling() {
  return [...box.querySelectorAll("[data-ring]")].map((one) => /** @type {HTMLElement} */ (one));
}

async function look() {
  const answer = await fetch(box.dataset.bell ?? "", { headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok) return;
  const html = (await answer.text()).trim();
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  const shown = document.createElement("div");
  shown.append(fresh.content.cloneNode(true));
  if (shown.innerHTML !== box.innerHTML.trim()) box.replaceChildren(fresh.content);
  ring();
}

/** Whoever is new rings; `again` those that nobody answered yet. @param {boolean} [again] */
function ring(again = false) {
  const here = calling();
  for (const key of Object.keys(rung)) if (!here.some((one) => one.dataset.ring === key)) delete rung[key];
  const due = here.filter(({ dataset }) => {
    const times = rung[dataset.ring ?? ""] ?? 0;
    return again ? times > 0 && times < RINGS : times === 0;
  });
  for (const { dataset } of due) rung[dataset.ring ?? ""] = (rung[dataset.ring ?? ""] ?? 0) + 1;
  sessionStorage.setItem(RUNG, JSON.stringify(rung));
  document.title = here.length ? `(${here.length}) ${TITLE}` : TITLE;
  if (!due.length) return;
  chime();
  if (!again && mayNotify()) for (const { dataset } of due) notify(dataset);
}

onChange(look);
setInterval(() => ring(true), AGAIN);
if (calling().length) ring();
else look();
