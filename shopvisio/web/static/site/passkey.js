// Passkeys. A form [data-passkey] holds the address that says what is to be signed; [data-make] when a key is made.
// What the browser answers goes into its box [data-answer], and the form is sent. Sentences: [data-said].

/** @param {string} text base64, as WebAuthn writes it */
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));

/** @param {ArrayBuffer | null} buffer */
const text = (buffer) =>
  buffer && btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

/** @param {any} options as the server wrote them */
async function make(options) {
  options.user.id = bytes(options.user.id);
  for (const known of options.excludeCredentials ?? []) known.id = bytes(known.id);
  return navigator.credentials.create({ publicKey: options });
}

/** @param {any} key as the browser gives it: older ones cannot write it as JSON by themselves */
function written(key) {
  const told = key.response;
  const response = { clientDataJSON: text(told.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"])
    if (told[name]) response[name] = text(told[name]);
  return JSON.stringify({ id: key.id, rawId: text(key.rawId), type: key.type, response, clientExtensionResults: {} });
}

/** @param {HTMLFormElement} form */
async function ask(form) {
  const answer = await fetch(form.dataset.passkey ?? "", {
    method: "POST",
    body: new FormData(form),
    headers: { Accept: "application/json" },
  });
  const told = await answer.json();
  if (!answer.ok) {
    document.getElementById(told.field)?.focus();
    throw new Error(told.message);
  }
  told.challenge = bytes(told.challenge);
  return told;
}

/** @param {HTMLFormElement} form @param {Error} error */
function sentence(form, error) {
  if (error.name === "NotAllowedError" || error.name === "AbortError") return form.dataset.cancelled ?? "";
  if (error.name === "InvalidStateError") return form.dataset.twice ?? "";
  return (error.constructor === Error && error.message) || (form.dataset.failed ?? "");
}

for (const form of /** @type {NodeListOf<HTMLFormElement>} */ (document.querySelectorAll("form[data-passkey]"))) {
  if (!window.PublicKeyCredential) break;
  const said = /** @type {HTMLElement} */ (form.querySelector("[data-said]"));
  const box = /** @type {HTMLInputElement} */ (form.querySelector("[data-answer]"));
  let busy = false;
  form.hidden = false;
  for (const found of document.querySelectorAll("[data-unable]")) found.remove();
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (busy) return;
    busy = true;
    said.hidden = true;
    try {
      const options = await ask(form);
      box.value = written("make" in form.dataset ? await make(options) : await navigator.credentials.get({ publicKey: options }));
      form.submit();
    } catch (error) {
      said.lastElementChild.textContent = sentence(form, /** @type {Error} */ (error));
      said.hidden = false;
      busy = false;
    }
  });
}
