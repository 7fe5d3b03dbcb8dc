// "Copier" beside a link: [data-copy] holds what to copy, [data-done] the word shown once it is.

for (const found of document.querySelectorAll("[data-copy]")) {
  const button = /** @type {HTMLButtonElement} */ (found);
  const words = /** @type {HTMLElement} */ (button.querySelector("span"));
  const ask = words.textContent;
  button.hidden = !navigator.clipboard; // over plain HTTP there is none: the link can be selected
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(button.dataset.copy ?? "");
      words.textContent = button.dataset.done ?? "";
      setTimeout(() => (words.textContent = ask), 4000);
    } catch {
      button.hidden = true;
    }
  });
}
