// Menus are native popovers. Arrow keys walk them, a choice closes them, and old browsers get a place computed for them.

const lines = (menu) => [...menu.querySelectorAll(".menu__line:not(:disabled)")];

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.(".menu[popover]");
  if (!menu || !["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key)) return;
  const all = lines(menu), at = all.indexOf(document.activeElement);
  const next = { ArrowDown: at + 1, ArrowUp: at < 0 ? -1 : at - 1, Home: 0, End: -1 }[event.key];
  event.preventDefault();
  all.at(next % all.length)?.focus();
});

document.addEventListener("click", (event) => {
  const line = event.target.closest(".menu[popover] .menu__line");
  // After the press has done its work: a button that loses focus before its form is sent is forgotten by htmx.
  if (line && !line.hasAttribute("data-keeps-open")) setTimeout(() => { if (line.isConnected) line.closest("[popover]").hidePopover(); }, 0);
});

document.addEventListener("toggle", (event) => {
  const menu = event.target;
  if (!menu.matches?.(".menu[popover]")) return;
  const opener = document.querySelector(`[popovertarget="${CSS.escape(menu.id)}"]`);
  opener?.setAttribute("aria-expanded", String(event.newState === "open"));
  if (event.newState !== "open") return;
  if (opener && !CSS.supports("position-area", "block-end")) place(menu, opener);
  // Opened by keyboard, the first line is next; opened by a press, nothing is marked.
  if (opener?.matches(":focus-visible")) lines(menu)[0]?.focus();
}, true);

function place(menu, opener) {
  const from = opener.getBoundingClientRect(), box = menu.getBoundingClientRect();
  const left = menu.classList.contains("menu--end") ? from.right - box.width : from.left;
  const below = from.bottom + box.height + 4 < innerHeight;
  menu.style.left = `${Math.max(8, Math.min(left, innerWidth - box.width - 8))}px`;
  menu.style.top = `${below ? from.bottom : Math.max(8, from.top - box.height - 8)}px`;
}
