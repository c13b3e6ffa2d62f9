// form[data-picker]: typing narrows the choices, arrows walk them, Enter takes the first one.
const lines = (form) => [...form.querySelectorAll("[data-picker-list] > button")];
const shown = (form) => lines(form).filter((line) => !line.hidden);

document.addEventListener("input", (event) => {
  if (!event.target.matches?.("[data-picker-filter]")) return;
  const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const line of lines(event.target.form)) {
    const label = line.textContent.toLowerCase();
    line.hidden = !words.every((word) => label.includes(word));
  }
});

document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.("form[data-picker]");
  if (!form) return;
  const all = shown(form), at = all.indexOf(document.activeElement);
  if (event.key === "Enter" && event.target.matches("[data-picker-filter]")) {
    event.preventDefault();
    if (event.target.value.trim() && all[0]) all[0].click();
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    const next = event.key === "ArrowDown" ? at + 1 : at - 1;
    (all[Math.max(0, Math.min(all.length - 1, next))] ?? all[0])?.focus();
  }
});
