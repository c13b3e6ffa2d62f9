// Files by paste, drop or pick, all ending in the same native input, so that the form is sent as any form.
// [data-dropzone] is the zone (a .dropzone, or a whole composer form) and holds input[type=file] and [data-files].
import { announce, icon, onContent, say } from "./page.js";

const inputOf = (zone) => zone.querySelector('input[type="file"]');

function add(zone, files) {
  const input = inputOf(zone);
  if (!input || input.disabled || !files.length) return;
  const all = new DataTransfer();
  if (input.multiple) for (const file of input.files) all.items.add(file);
  for (const file of input.multiple ? files : [files[0]]) all.items.add(named(file));
  input.files = all.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

/** A pasted screenshot has no name of its own worth keeping. */
function named(file) {
  if (file.name && file.name !== "image.png") return file;
  const stamp = new Date().toISOString().slice(0, 19).replace(/[T:]/g, "-");
  return new File([file], `screenshot-${stamp}.${file.type.split("/")[1] || "png"}`, { type: file.type });
}

function remove(zone, index) {
  const input = inputOf(zone), rest = new DataTransfer();
  [...input.files].forEach((file, at) => { if (at !== index) rest.items.add(file); });
  input.files = rest.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
  input.focus();
}

function size(bytes) {
  return bytes < 1024 * 1024 ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

function show(zone) {
  const place = zone.querySelector("[data-files]"), input = inputOf(zone);
  if (!place || !input) return;
  const limit = Number(zone.dataset.maxBytes || Infinity);
  place.replaceChildren(...[...input.files].map((file, index) => {
    const line = document.createElement("span"), name = document.createElement("span"), weight = document.createElement("span"), cross = document.createElement("button");
    line.className = "file";
    name.className = "file__name";
    name.textContent = file.name;
    weight.textContent = size(file.size);
    if (file.size > limit) weight.className = "tone-breach";
    cross.type = "button";
    cross.setAttribute("aria-label", say("remove_file", { name: file.name }));
    cross.append(icon("x"));
    cross.addEventListener("click", () => remove(zone, index));
    line.append(icon("paperclip"), name, weight, cross);
    return line;
  }));
  const tooLarge = [...input.files].some((file) => file.size > limit);
  input.setCustomValidity(tooLarge ? say("too_large") : "");
  if (tooLarge) announce(say("too_large"), { urgent: true });
}

const hasFiles = (event) => event.dataTransfer?.types.includes("Files");

document.addEventListener("dragover", (event) => {
  const zone = event.target.closest?.("[data-dropzone]");
  if (!zone || !hasFiles(event)) return;
  event.preventDefault();
  zone.classList.add("is-over");
});
document.addEventListener("dragleave", (event) => {
  const zone = event.target.closest?.("[data-dropzone]");
  if (zone && !zone.contains(event.relatedTarget)) zone.classList.remove("is-over");
});
document.addEventListener("drop", (event) => {
  const zone = event.target.closest?.("[data-dropzone]");
  if (!zone || !hasFiles(event)) return;
  event.preventDefault();
  zone.classList.remove("is-over");
  add(zone, [...event.dataTransfer.files]);
});
document.addEventListener("paste", (event) => {
  const files = [...(event.clipboardData?.files ?? [])];
  if (!files.length) return;
  const zone = event.target.closest?.("[data-dropzone]") ?? event.target.closest?.("form")?.querySelector("[data-dropzone]");
  if (zone) {
    event.preventDefault();
    add(zone, files);
  }
});
document.addEventListener("change", (event) => {
  const zone = event.target.matches?.('input[type="file"]') && event.target.closest("[data-dropzone]");
  if (zone) show(zone);
});
document.addEventListener("reset", (event) => setTimeout(() => event.target.querySelectorAll("[data-dropzone]").forEach(show), 0));

onContent((root) => { for (const zone of root.querySelectorAll("[data-dropzone]")) show(zone); });
