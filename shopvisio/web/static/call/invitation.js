/** Staff ask a third person into the call: the link to copy, send or photograph, and how to take it back. */

import { find } from "./dom.js";

/** The dialog of the desk's page. */
export class Invitation {
  #box = /** @type {HTMLDialogElement} */ (find("#invite"));
  #link = /** @type {HTMLInputElement} */ (find("#invite-link"));
  #copied = find('[data-act="copy-invitation"] span');
  #copy = this.#copied.textContent ?? "";
  #why = find("#invite-why");
  #line;

  /** @param {import("./protocol.js").Line} line */
  constructor(line) {
    this.#line = line;
    find('[data-act="share-invitation"]').hidden = !("share" in navigator);
    this.name("");
  }

  /** Make the link, the same as long as it is not taken back, and show it. */
  async open() {
    this.#copied.textContent = this.#copy;
    this.#link.value = "";
    find("#invite-qr").replaceChildren();
    this.#box.showModal();
    await this.#ask(async () => {
      const { link, qr } = await this.#line.invite();
      this.#link.value = link;
      const picture = new DOMParser().parseFromString(qr, "image/svg+xml").documentElement;
      find("#invite-qr").replaceChildren(picture);
    });
  }

  /** Who has come by it, so that they can be put out by name. @param {string} name */
  name(name) {
    const text = find("#uninvite-text");
    text.textContent = ((name ? text.dataset.somebody : text.dataset.nobody) ?? "").replace("{name}", name);
  }

  async copy() {
    this.#link.select();
    await navigator.clipboard?.writeText(this.#link.value);
    this.#copied.textContent = find('[data-act="copy-invitation"]').dataset.done ?? "";
  }

  share() {
    return navigator.share({ url: this.#link.value }).catch(() => undefined); // thought better of it
  }

  async takeBack() {
    await this.#ask(async () => {
      await this.#line.uninvite();
      this.close();
    });
  }

  close() {
    this.#box.close();
  }

  /** @param {() => Promise<void>} what */
  async #ask(what) {
    this.#why.hidden = true;
    try {
      await what();
    } catch (refusal) {
      this.#why.textContent = refusal instanceof Error ? refusal.message : "";
      this.#why.hidden = false;
    }
  }
}
