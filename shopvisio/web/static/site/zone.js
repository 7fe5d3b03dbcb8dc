// Somebody whose clock is not the shop's sees both hours on each time, and their zone is sent with the one they choose;
// unless they chose a zone from the list: then the page came with both.

const form = /** @type {HTMLFormElement | null} */ (document.querySelector("form[data-zone]"));
const theirs = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Made once a zone, for making one is slow. @param {string} zone @param {Intl.DateTimeFormatOptions} parts */
const clock = (zone, parts) => new Intl.DateTimeFormat(form?.dataset.language, { timeZone: zone, ...parts });

const sent = /** @type {HTMLInputElement | undefined} */ (form?.elements.namedItem("zone") ?? undefined);

if (form?.dataset.zone && sent && !sent.value && theirs && theirs !== form.dataset.zone) {
  const hour = /** @type {const} */ ({ hour: "2-digit", minute: "2-digit" });
  const day = /** @type {const} */ ({ weekday: "short", day: "numeric" });
  const there = { hour: clock(theirs, hour), day: clock(theirs, day) };
  const here = { hour: clock(form.dataset.zone, hour), day: clock(form.dataset.zone, day) };
  for (const button of form.querySelectorAll("button.slot")) {
    const at = new Date(/** @type {HTMLButtonElement} */ (button).value);
    const time = there.hour.format(at);
    const differs = there.day.format(at) !== here.day.format(at);
    if (!differs && time === here.hour.format(at)) continue;
    const small = document.createElement("small");
    small.textContent = (form.dataset.there ?? "{}").replace("{}", differs ? `${there.day.format(at)} ${time}` : time);
    button.append(small);
    sent.value = theirs;
  }
}
