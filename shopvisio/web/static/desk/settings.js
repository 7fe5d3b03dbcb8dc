/** The settings page: what differs from what is kept is marked, with its old value, before it is sent. */

const form = document.querySelector("[data-settings]");
const said = form?.querySelector("[data-said]");

function mark() {
  let changed = 0;
  for (const set of form.querySelectorAll("[data-before]")) {
    const box = set.querySelector("input, select, textarea");
    const differs = box.value !== set.dataset.before;
    set.classList.toggle("changed", differs);
    set.querySelector("[data-old]").hidden = !differs || box.type === "password";
    if (differs) changed += 1;
  }
  const { one, many } = said.dataset;
  said.textContent = changed === 0 ? "" : changed === 1 ? one : many.replace("{n}", String(changed));
}

for (const picker of document.querySelectorAll("[data-colour-for]")) {
  const box = document.getElementById(picker.dataset.colourFor);
  picker.hidden = false;
  picker.addEventListener("input", () => {
    box.value = picker.value;
    mark();
  });
}
form?.addEventListener("input", mark);
if (form) mark();
