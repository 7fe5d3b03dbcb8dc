// A button that is pressed before its module has come is pressed once it has: `onActs` looks for the mark. This is not a
// module, so that it is there before the buttons are.

document.addEventListener("click", (event) => {
  const at = event.target instanceof Element ? event.target.closest("[data-act]") : null;
  if (!at || document.documentElement.dataset.acts) return;
  for (const one of document.querySelectorAll("[data-pressed]")) {
    one.removeAttribute("data-pressed"); // the last one counts
    one.removeAttribute("aria-busy");
  }
  at.setAttribute("data-pressed", "");
  at.setAttribute("aria-busy", "true");
});
