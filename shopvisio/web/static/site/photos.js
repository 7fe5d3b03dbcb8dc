// Photos of the fault: a tile in place of the browser's own control, and chosen photos are sent at once, so that they
// are seen. Without this module a button sends them.

for (const box of document.querySelectorAll("[data-photos]")) {
  const input = /** @type {HTMLInputElement | null} */ (box.querySelector("input[type=file]"));
  const button = /** @type {HTMLButtonElement | null} */ (box.querySelector("button[name=add]"));
  if (!input || !button) continue; // there are enough
  const words = /** @type {HTMLElement} */ (button.querySelector("span"));
  const ask = words.textContent;
  button.hidden = true;
  box.classList.add("by-tile");
  input.addEventListener("change", () => {
    if (!input.files?.length) return;
    button.hidden = false;
    words.textContent = /** @type {HTMLElement} */ (box).dataset.busy ?? "";
    button.click();
  });
  addEventListener("pageshow", () => {
    button.hidden = !input.files?.length; // back from the next page: the browser may have kept the choice
    words.textContent = ask;
  });
}
