// Loaded before the first paint: a chosen theme must not flash in from the other one.
(() => {
  try {
    const theme = localStorage.getItem("desk.theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // Storage may be refused; the system's own theme stands then.
  }
  document.documentElement.classList.add("has-script");
})();
