/** The day's page: when somebody comes, goes or answers, its agenda and what is to do are fetched again; the rest stays
 * still. */

import { onChange } from "./line.js";

onChange(async () => {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const what of ["[data-agenda]", "[data-todos]"]) {
    const [old, fresh] = [document.querySelector(what), page.querySelector(what)];
    if (old && fresh && old.innerHTML !== fresh.innerHTML) old.replaceChildren(...fresh.childNodes);
  }
});
