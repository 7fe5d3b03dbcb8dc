// Somebody whose clock is not the shop's sees both hours on each time, and their zone is sent with the one they choose.

const form = /** @type {HTMLFormElement | null} */ (document.querySelector("form[data-zone]"));
const theirs = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** What a clock there shows. @param {Date} at @param {string} zone @param {Intl.DateTimeFormatOptions} parts */
const clock = (at, zone, parts) => new Intl.DateTimeFormat(form?.dataset.language, { timeZone: zone, ...parts }).format(at);
const HOUR = /** @type {const} */ ({ hour: "2-digit", minute: "2-digit" });
const DAY = /** @type {const} */ ({ weekday: "short", day: "numeric" });

if (form?.dataset.zone && theirs) {
  const shops = form.dataset.zone;
  for (const button of form.querySelectorAll("button[name=start]")) {
    const at = new Date(/** @type {HTMLButtonElement} */ (button).value);
    if (clock(at, shops, { ...HOUR, ...DAY }) === clock(at, theirs, { ...HOUR, ...DAY })) continue;
    const sameDay = clock(at, shops, DAY) === clock(at, theirs, DAY);
    const small = document.createElement("small");
    small.textContent = (form.dataset.there ?? "{}").replace("{}", clock(at, theirs, sameDay ? HOUR : { ...DAY, ...HOUR }));
    button.append(small);
    /** @type {HTMLInputElement} */ (form.elements.namedItem("zone")).value = theirs;
  }
}
