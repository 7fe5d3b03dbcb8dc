/** The page's own sentences, written into it by the appliance in the reader's language; and figures for eyes. */

const page = /** @type {HTMLElement} */ (document.getElementById("call"));
const words = /** @type {HTMLElement} */ (document.getElementById("words"));
const language = document.documentElement.lang || "fr";
const clock = new Intl.DateTimeFormat(language, {
  hour: "numeric", minute: "2-digit", timeZone: page.dataset.zone, hourCycle: "h23",
});

/**
 * The sentence with this name, its {places} filled in.
 * @param {string} name
 * @param {Record<string, string | number>} [values]
 */
export function say(name, values = {}) {
  const text = words.dataset[name] ?? "";
  return text.replace(/\{(\w+)\}/g, (_all, key) => String(values[key] ?? ""));
}

/** How a person is called on screen: colleagues of the shop by their first name.
 * @param {{role: string, name: string}} person
 */
export function called({ role, name }) {
  return role === "staff" ? name.split(" ")[0] : name;
}

/** @param {string} at */
export function time(at) {
  const text = clock.format(new Date(at));
  return language === "fr" ? text.replace(":", "\u00a0h\u00a0") : text;
}

/** @param {number} value  To a tenth. */
export function decimal(value) {
  return value.toLocaleString(language, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
}

/** @param {number} cents */
export function money(cents) {
  const minimumFractionDigits = cents % 100 ? 2 : 0;
  return new Intl.NumberFormat(language, { style: "currency", currency: "EUR", minimumFractionDigits })
    .format(cents / 100);
}
