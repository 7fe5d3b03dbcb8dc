/** Small helpers for the page: finding, making, showing. */

/**
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} selector
 * @param {ParentNode} [within]
 * @returns {T}
 */
export function find(selector, within = document) {
  const found = within.querySelector(selector);
  if (!found) throw new Error(`not on the page: ${selector}`);
  return /** @type {T} */ (found);
}

/**
 * @param {string} selector
 * @returns {HTMLElement[]}
 */
export function all(selector) {
  return [...document.querySelectorAll(selector)].map((one) => /** @type {HTMLElement} */ (one));
}

/**
 * An element with a class and things inside; text is text, never markup.
 * @param {string} name
 * @param {string} className
 * @param {...(Node | string)} inside
 */
export function make(name, className, ...inside) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...inside);
  return made;
}

/**
 * Run the handler of a button by its `data-act`; the button rests until it is done.
 * @param {Record<string, (button: HTMLButtonElement) => unknown>} acts
 */
export function onActs(acts) {
  document.addEventListener("click", async (event) => {
    const at = event.target instanceof Element ? event.target.closest("[data-act]") : null;
    const act = at instanceof HTMLElement && acts[at.dataset.act ?? ""];
    if (!act || at.getAttribute("aria-busy") === "true") return;
    at.setAttribute("aria-busy", "true");
    try {
      await act(/** @type {HTMLButtonElement} */ (at));
    } finally {
      at.removeAttribute("aria-busy");
      keepFocus(at);
    }
  });
  document.documentElement.dataset.acts = "ready";
  const early = document.querySelector("[data-pressed]"); // before this module had come: early.js
  if (early instanceof HTMLElement && acts[early.dataset.act ?? ""]) {
    early.removeAttribute("data-pressed");
    early.removeAttribute("aria-busy");
    setTimeout(() => early.click()); // once the whole module has run
  }
}

/** A button that is gone takes the focus with it, unless something else has it: the head of the view gets it.
 * @param {HTMLElement} button */
function keepFocus(button) {
  const isOurs = [document.body, button].includes(/** @type {HTMLElement} */ (document.activeElement));
  if (isOurs && !isSeen(button)) all("h1").find(isSeen)?.focus({ preventScroll: true });
}

/** Whether it is on the page for eyes. @param {HTMLElement} one */
export function isSeen(one) {
  return one.checkVisibility?.() ?? one.offsetParent !== null; // what old browsers have
}

/**
 * Bring the focus to what has come up over the page.
 * @param {HTMLElement} view
 * @returns {() => void}  Gives it back to where it was, unless it has gone elsewhere meanwhile.
 */
export function borrowFocus(view) {
  const before = document.activeElement;
  view.focus();
  return () => {
    const isOurs = document.activeElement === document.body || view.contains(document.activeElement);
    if (before instanceof HTMLElement && isOurs) before.focus();
  };
}

/** What is unfolded over the page folds again by a touch beside it, and by Escape. */
export function foldOutside() {
  /** @param {EventTarget | null} but */
  const fold = (but) => {
    for (const one of all("details[data-folds][open]")) {
      const inside = but instanceof Element && one.contains(but) && !but.closest("[data-act]");
      if (!inside) one.removeAttribute("open");
    }
  };
  document.addEventListener("click", ({ target }) => fold(target));
  document.addEventListener("keydown", ({ key }) => key === "Escape" && fold(null));
}

/**
 * Say in a toggle whether it is on, in state and in words: `data-when-on` and `data-when-off` name the next act.
 * @param {string} act
 * @param {boolean} on
 */
export function toggle(act, on) {
  for (const button of all(`[data-act="${act}"]`)) {
    button.setAttribute("aria-pressed", String(!on));
    button.classList.toggle("off", !on);
    const act = (on ? button.dataset.whenOn : button.dataset.whenOff) ?? "";
    button.setAttribute("aria-label", act);
    for (const text of button.querySelectorAll("[data-when-text]")) text.textContent = act;
  }
}
