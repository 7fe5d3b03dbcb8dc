/** What the customer will read of an act, kept up with what is typed: the form is sent to be read over, never done.
 * Without this script a button reads it over. */

const CHOICES = "button[name=outcome], button[name=minutes]";
const PAUSE = 400; // ms without a key before the letter is asked for

for (const place of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-tell]"))) follow(place);

/** @param {HTMLElement} place */
function follow(place) {
  const form = /** @type {HTMLFormElement} */ (place.closest("form"));
  const letter = /** @type {HTMLElement} */ (place.querySelector("[data-letter]"));
  const tick = /** @type {HTMLInputElement} */ (place.querySelector("[name=tell]"));
  const button = /** @type {HTMLButtonElement} */ (place.querySelector("[name=preview]"));
  let timer = 0;
  let asked = 0;
  // in the call the outcome is the button, and how late one is: the one that the hand is at, else the first
  let chosen = /** @type {HTMLButtonElement | null} */ (form.querySelector(CHOICES));
  button.hidden = true;

  async function read() {
    letter.hidden = !tick.checked;
    if (letter.hidden) return;
    const mine = ++asked;
    const typed = new FormData(form);
    typed.append("preview", "y");
    if (chosen) typed.append(chosen.name, chosen.value);
    try {
      const answer = await fetch(form.action, { method: "POST", body: typed, headers: { "X-Piece": "letter" } });
      if (answer.ok && mine === asked) letter.innerHTML = await answer.text();
    } catch {
      button.hidden = false; // the network is away: by hand, then
    }
  }

  function soon() {
    clearTimeout(timer);
    timer = setTimeout(read, PAUSE);
  }

  /** @param {Event} event */
  function aim({ target }) {
    const at = target instanceof Element ? target.closest(CHOICES) : null;
    if (!(at instanceof HTMLButtonElement) || at === chosen) return;
    chosen = at;
    if (!fold || fold.open) soon();
  }

  form.addEventListener("input", soon);
  form.addEventListener("focusin", aim);
  form.addEventListener("pointerover", aim);
  const fold = place.closest("details"); // around the form, or inside it
  if (!fold || fold.open) soon();
  fold?.addEventListener("toggle", () => fold.open && soon());
}
