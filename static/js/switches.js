// Small choices that stay with the reader: the theme, and which half of a ticket a phone shows.
import { memory, onContent } from "./page.js";

function markTheme(root = document) {
  const chosen = memory.get("theme") ?? "system";
  for (const button of root.querySelectorAll("[data-set-theme]")) {
    button.setAttribute("aria-pressed", String(button.dataset.setTheme === chosen));
  }
}

document.addEventListener("click", (event) => {
  const theme = event.target.closest("[data-set-theme]")?.dataset.setTheme;
  if (theme) {
    if (theme === "system") {
      memory.drop("theme");
      delete document.documentElement.dataset.theme;
    } else {
      memory.set("theme", theme);
      document.documentElement.dataset.theme = theme;
    }
    markTheme();
  }
  const half = event.target.closest("[data-show]");
  if (half) {
    document.querySelector(".work")?.setAttribute("data-shows", half.dataset.show);
    for (const other of half.parentElement.querySelectorAll("[data-show]")) other.setAttribute("aria-pressed", String(other === half));
  }
});

// Selects that act at once: <select data-submits> sends its form; without script the form's own button does.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submits]")) event.target.form?.requestSubmit();
});

onContent((root) => markTheme(root));
