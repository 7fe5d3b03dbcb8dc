/** The week by arrow keys: up and down within a day, left and right to the nearest visit of the days beside; and the
 * line of now, moved on every minute. Without it the page is read and followed like any other. */

const grid = /** @type {HTMLElement} */ (document.querySelector("[data-grid]"));
const days = [...grid.querySelectorAll("section.day")].map((day) => [...day.querySelectorAll("a.visit-block")]);
const GRAIN = 5;

/** @param {Element} visit */
function minute(visit) {
  return Number(/from-(\d+)/.exec(visit.parentElement?.className ?? "")?.[1] ?? 0);
}

/**
 * @param {number} from
 * @param {number} step
 * @param {number} at
 */
function beside(from, step, at) {
  for (let n = from + step; n >= 0 && n < days.length; n += step) {
    const near = days[n].toSorted((a, b) => Math.abs(minute(a) - at) - Math.abs(minute(b) - at))[0];
    if (near) return near;
  }
  return null;
}

/** The visit that an arrow leads to; at the edge of the week, the week beside. @param {string} key @param {Element} now */
function next(key, now) {
  const n = days.findIndex((visits) => visits.includes(now));
  const place = days[n].indexOf(now);
  if (key === "ArrowDown") return days[n][place + 1] ?? null;
  if (key === "ArrowUp") return days[n][place - 1] ?? null;
  if (key === "ArrowRight") return beside(n, 1, minute(now)) ?? document.querySelector('[data-week="after"]');
  return beside(n, -1, minute(now)) ?? document.querySelector('[data-week="before"]');
}

grid.addEventListener("keydown", (event) => {
  const now = document.activeElement;
  if (!event.key.startsWith("Arrow") || event.altKey || event.ctrlKey || event.metaKey) return;
  if (!now?.matches("a.visit-block")) return;
  const to = next(event.key, now);
  if (!(to instanceof HTMLElement)) return;
  event.preventDefault();
  to.focus();
});

const line = grid.querySelector("[data-now]");
const started = Date.now();

function moveOn() {
  if (!(line instanceof HTMLElement)) return;
  const first = Number(line.dataset.now);
  const now = Math.min(1440, first + Math.floor((Date.now() - started) / 60_000 / GRAIN) * GRAIN);
  line.className = line.className.replace(/from-\d+/, `from-${now}`);
}
setInterval(moveOn, 60_000);

if (matchMedia("(max-width: 799px)").matches) grid.querySelector("section.today")?.scrollIntoView();
