/** Tells when the page wakes: it was frozen, out of sight or without a network, or its clock stood still. */

const EVERY = 1_000; // ms between two looks at the clock
const LATE = 2_500; // ms that a look comes too late: the machine slept
const TOGETHER = 300; // ms: one waking is told in several ways

/** @param {() => void} tell */
export function onWake(tell) {
  let told = 0;
  let looked = Date.now(); // not performance.now(), which stands still with some machines
  const wake = () => {
    looked = Date.now();
    if (looked - told < TOGETHER) return;
    told = looked;
    tell();
  };
  for (const event of ["online", "pageshow"]) window.addEventListener(event, wake);
  document.addEventListener("resume", wake);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && wake());
  setInterval(() => {
    if (Date.now() - looked > EVERY + LATE) wake();
    looked = Date.now();
  }, EVERY);
}
