/** The visit that follows this call: what the appliance offers about it is fetched now and again, and shown. */

const EVERY = 20_000; // ms
const box = document.querySelector("[data-following]");

/** @param {HTMLElement} bar */
function follow(bar) {
  const offer = /** @type {HTMLElement} */ (bar.querySelector("div"));
  const failed = /** @type {HTMLElement} */ (bar.querySelector("[data-failed]"));

  async function look() {
    const answer = await fetch(bar.dataset.following ?? "").catch(() => null);
    if (!answer?.ok || answer.redirected) return; // the line is cut, or somebody signed out: the call goes on
    const html = (await answer.text()).trim();
    if (offer.dataset.shown === html.replace(/name="csrf_token" value="[^"]*"/g, "")) return;
    offer.dataset.shown = html.replace(/name="csrf_token" value="[^"]*"/g, "");
    const had = offer.contains(document.activeElement);
    offer.innerHTML = html;
    bar.hidden = !html;
    if (had) bar.focus();
  }

  bar.addEventListener("click", ({ target }) => {
    if (target instanceof Element && target.closest("[data-hide]")) bar.hidden = true; // until there is something new
  });
  bar.addEventListener("submit", async (event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const sent = new FormData(form);
    const pressed = /** @type {HTMLButtonElement | null} */ (event.submitter);
    if (pressed) sent.append(pressed.name, pressed.value);
    const answer = await fetch(form.action, { method: "POST", body: sent, redirect: "manual" }).catch(() => null);
    failed.hidden = answer?.type === "opaqueredirect";
    await look();
  });

  setInterval(look, EVERY);
  look();
}

if (box instanceof HTMLElement) follow(box);
