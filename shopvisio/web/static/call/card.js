/** The card of a product: pictures, variants to choose among, price and stock of what is chosen. Drawn on either side. */

/** @typedef {import("./protocol.js").Product} Product */
/** @typedef {import("./protocol.js").Variant} Variant */

import { find, make } from "./dom.js";
import { money, say } from "./words.js";

/**
 * The variant that is looked at: the one chosen, or the only one there is.
 * @param {Product} card
 * @param {number | null} chosen
 */
export function lookedAt({ variants }, chosen) {
  return variants.length === 1 ? variants[0] : variants.find(({ id }) => id === chosen);
}

/**
 * @param {Product} card
 * @param {number | null} chosen  A variant's id.
 * @param {(variant: number) => void} choose
 */
export function draw(card, chosen, choose) {
  const variant = lookedAt(card, chosen);
  const made = make("article", "card", thing(card, variant), ...choices(card, variant, choose));
  made.dataset.product = String(card.id);
  return made;
}

/**
 * A small picture of it, or the sign of one that has none.
 * @param {Product} card
 */
export function thumb({ pictures }) {
  if (!pictures.length) return make("span", "pack none");
  const img = /** @type {HTMLImageElement} */ (make("img", "pack"));
  img.src = `${pictures[0]}?small=1`;
  img.alt = "";
  return img;
}

/**
 * ``89,90 €``, or from what on; and how many there are.
 * @param {Product} card
 * @param {Variant | undefined} variant
 */
export function price({ variants, price }, variant) {
  const several = new Set(variants.map((one) => one.price)).size > 1;
  return variant || !several ? money(variant?.price ?? price) : say("from", { price: money(price) });
}

/** @param {Variant | undefined} variant */
export function stock(variant) {
  if (!variant?.stock) return [];
  return [make("span", `pill ${variant.left === 0 ? "bad" : variant.left === 1 ? "warn" : "ok"}`, variant.stock)];
}

/**
 * @param {Product} card
 * @param {Variant | undefined} variant
 */
function thing(card, variant) {
  const first = variant?.picture ?? card.pictures[0];
  const strip = make("div", "strip", ...card.pictures.map((one) => shot(one, card.name)));
  if (first && first !== card.pictures[0]) strip.prepend(...[...strip.children].filter((one) => one.getAttribute("data-of") === first));
  if (!card.pictures.length) strip.append(make("span", "pack none"));
  return make(
    "div", "thing", strip, make("b", "", card.name),
    make("p", "cost", price(card, variant), " ", ...stock(variant)),
    ...(card.summary ? [make("p", "small soft", card.summary)] : []),
  );
}

/**
 * One picture; a touch has it large.
 * @param {string} address
 * @param {string} name
 */
function shot(address, name) {
  const img = /** @type {HTMLImageElement} */ (make("img", ""));
  img.src = `${address}?small=1`;
  img.alt = name;
  const button = make("button", "shot", img);
  button.setAttribute("type", "button");
  button.dataset.of = address;
  button.addEventListener("click", () => {
    const large = /** @type {HTMLDialogElement} */ (find("#large"));
    /** @type {HTMLImageElement} */ (find("img", large)).src = address;
    large.showModal();
  });
  return button;
}

/**
 * A row of buttons for each option.
 * @param {Product} card
 * @param {Variant | undefined} variant
 * @param {(variant: number) => void} choose
 */
function choices({ variants, options, id }, variant, choose) {
  if (variants.length === 1) return [];
  const whole = !options.length || variants.some(({ parts }) => parts.length !== options.length);
  const axes = whole ? [""] : options;
  return axes.map((axis, nth) => {
    const part = (/** @type {Variant} */ one) => (whole ? one.label : one.parts[nth]);
    const values = [...new Set(variants.map(part))];
    const row = make("div", "opts", ...values.map((value) => option(value)));
    row.setAttribute("role", "group");
    row.setAttribute("aria-label", axis || say("variants"));
    return row;

    /** @param {string} value */
    function option(value) {
      const those = variants.filter((one) => part(one) === value);
      const next = those.find((one) => agrees(one, variant, nth)) ?? those.find(({ left }) => left !== 0) ?? those[0];
      const gone = those.every(({ left }) => left === 0);
      const on = Boolean(variant) && part(/** @type {Variant} */ (variant)) === value;
      const button = make("button", `opt${on ? " on" : ""}${gone ? " gone" : ""}`, value);
      if (gone) button.append(" ", make("small", "", say("optGone")));
      button.setAttribute("type", "button");
      button.setAttribute("aria-pressed", String(on));
      button.id = `opt-${id}-${nth}-${values.indexOf(value)}`;
      button.addEventListener("click", () => choose(next.id));
      return button;
    }
  });
}

/**
 * Whether this one differs from what is looked at in no other part.
 * @param {Variant} one
 * @param {Variant | undefined} variant
 * @param {number} but
 */
function agrees(one, variant, but) {
  return Boolean(variant) && one.parts.every((part, nth) => nth === but || part === variant?.parts[nth]);
}
