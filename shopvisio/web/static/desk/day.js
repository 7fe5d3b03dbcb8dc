/** The day's page: when somebody comes or goes, its agenda is fetched again; the rest stays still. */

import { onChange } from "./line.js";

onChange(async () => {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const [old, fresh] = [document.querySelector("[data-agenda]"), page.querySelector("[data-agenda]")];
  if (old && fresh && old.innerHTML !== fresh.innerHTML) old.replaceChildren(...fresh.childNodes);
});
