// Proof of work while the form is typed: the answer to [data-altcha] goes into its hidden field. A form sent before it
// is found waits for it. Where there is no such browser, the form is sent without, and the page says what then happens.

for (const found of document.querySelectorAll("form[data-altcha]")) {
  const form = /** @type {HTMLFormElement} */ (found);
  const field = /** @type {HTMLInputElement} */ (form.elements.namedItem("altcha"));
  if (!isSecureContext || !window.Worker) continue;
  const asked = JSON.parse(form.dataset.altcha ?? "");
  const worker = new Worker(new URL("proof-worker.js", import.meta.url));
  let sender = /** @type {HTMLElement | null | undefined} */ (undefined); // who sent the form too early

  const done = (/** @type {number | null} */ number) => {
    worker.terminate();
    form.removeEventListener("submit", wait);
    if (number !== null) {
      const { algorithm, challenge, salt, signature } = asked;
      field.value = btoa(JSON.stringify({ algorithm, challenge, salt, signature, number }));
    }
    if (sender !== undefined) form.requestSubmit(sender);
  };
  const wait = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    sender = event.submitter;
    sender?.setAttribute("aria-busy", "true");
  };
  form.addEventListener("submit", wait);
  worker.onmessage = ({ data }) => done(data);
  worker.onerror = () => done(null);
  worker.postMessage(asked);
}
