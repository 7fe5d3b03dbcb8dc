/** An import that goes on: the page asks every second how far it is, and is the page of its end once it is there. */

const EVERY = 1_000; // ms

async function look() {
  const here = document.querySelector("#import");
  if (!here?.hasAttribute("data-running")) return;
  try {
    const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
    const now = page.querySelector("#import");
    if (now) here.replaceWith(now);
  } catch {
    // the line is down for a moment: asked again
  }
  setTimeout(look, EVERY);
}

setTimeout(look, EVERY);
