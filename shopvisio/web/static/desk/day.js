/** The day's page: when somebody comes or goes, the list of who waits is fetched again; the rest stays still. */

import { io } from "../vendor/socket.io.esm.min.js";

const TITLE = document.title;

/** @param {Element} list */
function announce(list) {
  const waiting = list.querySelectorAll("li").length;
  document.title = waiting ? `(${waiting}) ${TITLE}` : TITLE;
}

async function refresh() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const selector of ["[data-waiting]", ".agenda"]) {
    const [old, fresh] = [document.querySelector(selector), page.querySelector(selector)];
    if (old && fresh && old.innerHTML !== fresh.innerHTML) old.replaceChildren(...fresh.childNodes);
  }
  const list = document.querySelector("[data-waiting]");
  if (list) announce(list);
}

const line = io({ auth: {} });
line.on("desk", refresh);
line.io.on("reconnect", refresh);
const list = document.querySelector("[data-waiting]");
if (list) announce(list);
