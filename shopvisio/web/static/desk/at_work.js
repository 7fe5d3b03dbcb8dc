// A page that tells of work under way is shown anew once the work is done.

const EVERY = 3000; // milliseconds

async function isDone() {
  try {
    const page = await (await fetch(location.href)).text();
    return !page.includes("data-at-work");
  } catch {
    return false; // out of reach for a moment
  }
}

async function look() {
  if (await isDone()) location.reload();
  else setTimeout(look, EVERY);
}

setTimeout(look, EVERY);
