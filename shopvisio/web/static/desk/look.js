/** The logo and the colour, shown before they are kept. */

const sheet = document.querySelector('link[href*="brand.css"]');
const kept = sheet?.href;

function tryOn(colour) {
  if (!/^#[0-9a-f]{6}$/i.test(colour)) return;
  sheet.href = colour === box.defaultValue ? kept : `/desk/settings/look.css?colour=${encodeURIComponent(colour)}`;
}

const picker = document.querySelector("[data-colour-for]");
const box = picker && document.getElementById(picker.dataset.colourFor);
if (picker && sheet) {
  picker.hidden = false;
  picker.addEventListener("input", () => {
    box.value = picker.value;
    tryOn(picker.value);
  });
  box.addEventListener("input", () => {
    if (/^#[0-9a-f]{6}$/i.test(box.value)) picker.value = box.value;
    tryOn(box.value.trim());
  });
}

const file = document.getElementById("logo-file");
file?.addEventListener("change", () => {
  const [chosen] = file.files;
  if (!chosen) return;
  const image = document.querySelector("[data-logo]");
  URL.revokeObjectURL(image.src);
  image.src = URL.createObjectURL(chosen);
  image.hidden = false;
  document.querySelector("[data-initials]")?.setAttribute("hidden", "");
});
