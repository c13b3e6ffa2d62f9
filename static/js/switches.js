// Small choices that stay with the reader: the theme, and which half of a ticket a phone shows.
import { memory, onContent } from "./page.js";

const places = new Map();

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
    const work = document.querySelector(".work"), shown = work?.dataset.shows ?? "";
    work?.setAttribute("data-shows", half.dataset.show);
    // The halves take turns in one scrolled page: each is found where it was left, at first at its top.
    places.set(shown, scrollY);
    if (half.dataset.show !== shown) scrollTo(0, places.get(half.dataset.show) ?? 0);
    for (const other of half.parentElement.querySelectorAll("[data-show]")) other.setAttribute("aria-pressed", String(other === half));
  }
});

// Selects that act at once: <select data-submits> sends its form; without script the form's own button does.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submits]")) event.target.form?.requestSubmit();
});

onContent((root) => markTheme(root));
