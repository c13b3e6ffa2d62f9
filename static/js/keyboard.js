// The keyboard layer. An element says data-key="r" (or "Shift+e", "g q"): pressing it clicks or focuses that element.
// Silent while typing and when switched off; "?" lists what this page understands.
import { announce, memory, say, textOf, usable } from "./page.js";
import { openDialog } from "./dialogs.js";
import { clearSelection, cursorRow, lendCursor, move, openCursor, selectedRows, toggleCursor } from "./list.js";

const TYPING = 'input:not([type="checkbox"], [type="radio"], [type="button"], [type="submit"], [type="range"]), textarea, select, [contenteditable="true"]';
const BUILT_IN = {
  j: () => move(1), k: () => move(-1), ArrowDown: () => cursorRow() && move(1), ArrowUp: () => cursorRow() && move(-1),
  "Shift+j": () => move(1, { extend: true }), "Shift+k": () => move(-1, { extend: true }),
  x: toggleCursor, Enter: () => (document.activeElement?.matches("a, button, summary, [role=button]") ? false : openCursor()),
  Escape: clearSelection, "?": showSheet,
};
let prefix = "";
let prefixTimer = 0;

export const keysOn = () => memory.get("keys") !== "off";

/** The name of a press: a letter with its shift, any other sign as it is typed. */
function nameOf(event) {
  if (event.key.length > 1) return event.key;
  if (/^\p{L}$/u.test(event.key)) return `${event.shiftKey ? "Shift+" : ""}${event.key.toLowerCase()}`;
  return event.key;
}

/** Where a key looks first: an open dialog alone; else the bulk bar of a selection, the row under the cursor, the page. */
function find(key) {
  const match = `[data-key="${CSS.escape(key)}"]`;
  const modal = [...document.querySelectorAll("dialog:modal")].at(-1);
  if (modal) return [...modal.querySelectorAll(match)].find(usable);
  const places = [selectedRows().length ? document.querySelector("[data-bulk]") : null, cursorRow(), document];
  for (const place of places) {
    const found = place && [...place.querySelectorAll(match)].find(usable);
    if (found) return found;
  }
  // An act that stands in a closed menu has its key all the same.
  return document.querySelector(`[data-key-menu="${CSS.escape(key)}"]:not(:disabled)`) ?? undefined;
}

/** With nothing selected, an act on the selected is for the row under the cursor. */
function findForCursor(key) {
  const bar = document.querySelector("[data-bulk][hidden]");
  const found = bar?.querySelector(`[data-key="${CSS.escape(key)}"]:not(:disabled)`);
  return found && !document.querySelector("dialog:modal") && lendCursor() ? found : null;
}

function act(element) {
  if (element.matches(TYPING)) {
    element.focus();
    element.select?.();
  } else {
    element.click();
    const next = element.dataset.keyFocus && document.querySelector(element.dataset.keyFocus);
    if (next) next.focus();
  }
  return true;
}

function press(key) {
  const element = find(key) ?? findForCursor(key);
  if (element) return act(element);
  return document.querySelector("dialog:modal") ? false : BUILT_IN[key]?.() || false;
}

const startsSequence = (key) => [...document.querySelectorAll(`[data-key^="${CSS.escape(key)} "]`)].length > 0;

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    const form = event.target.closest?.("form");
    if (form) {
      event.preventDefault();
      form.requestSubmit(form.querySelector("[data-submit]:not(:disabled)") ?? undefined);
    }
    return;
  }
  // The field of a dialog that closed this instant has the focus until the page is drawn again.
  if (event.target.matches?.(TYPING) && event.target.checkVisibility()) {
    if (event.key === "Escape" && !event.target.closest("dialog")) event.target.blur();
    return;
  }
  if (!keysOn() || event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.("[popover]:popover-open")) return;
  const name = nameOf(event), full = prefix ? `${prefix} ${name}` : name;
  clearTimeout(prefixTimer);
  prefix = "";
  if (press(full) || (full !== name && press(name))) {
    event.preventDefault();
  } else if (startsSequence(name)) {
    prefix = name;
    prefixTimer = setTimeout(() => { prefix = ""; }, 1200);
    event.preventDefault();
  }
});

function labelOf(element) {
  const said = element.dataset.keyLabel ?? element.getAttribute("aria-label") ?? element.getAttribute("placeholder");
  return said ?? textOf(element.querySelector(".rail__word") ?? element);
}

/** Adds this page's own keys to the sheet, each once, and shows it. */
function showSheet() {
  const sheet = document.getElementById("key-sheet");
  if (!sheet) return false;
  const place = sheet.querySelector("[data-page-keys]");
  place.replaceChildren();
  const seen = new Set();
  for (const element of document.querySelectorAll("[data-key], [data-key-menu]")) {
    const key = element.dataset.key ?? element.dataset.keyMenu;
    // What a closed menu holds, and the acts on the selected, have their keys though they are not to be seen.
    const isAway = element.matches("[data-key-menu]:not(:disabled), [data-bulk] *");
    if (seen.has(key) || element.closest("dialog") || !(isAway || usable(element))) continue;
    seen.add(key);
    const line = document.createElement("div"), name = document.createElement("dt"), keys = document.createElement("dd");
    name.textContent = labelOf(element);
    for (const part of key.split(/[ +]/)) {
      const mark = document.createElement("kbd");
      mark.className = "kbd";
      mark.textContent = part;
      keys.append(mark);
    }
    line.append(name, keys);
    place.append(line);
  }
  place.closest("section").hidden = !seen.size;
  openDialog(sheet);
  return true;
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-shows-keys]")) showSheet();
});

function markSwitch() {
  for (const box of document.querySelectorAll("[data-toggle-keys]")) box.checked = keysOn();
}
document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-toggle-keys]")) return;
  memory.set("keys", event.target.checked ? "on" : "off");
  announce(say(event.target.checked ? "keys_on" : "keys_off"));
});
markSwitch();
