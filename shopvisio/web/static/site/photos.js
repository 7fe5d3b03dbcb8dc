// Photos of the fault: chosen photos are sent at once, so that their tiles appear; without this module a button does it.

for (const box of document.querySelectorAll("[data-photos]")) {
  const input = /** @type {HTMLInputElement} */ (box.querySelector("input[type=file]"));
  const button = /** @type {HTMLButtonElement} */ (box.querySelector("button"));
  const words = /** @type {HTMLElement} */ (button.querySelector("span"));
  const ask = words.textContent;
  button.hidden = true;
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
