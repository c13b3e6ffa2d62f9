// [data-list] holds [data-row]s. The cursor is moved by the keyboard, boxes select, and [data-bulk] shows for a selection.
import { announce, onContent, say, usable } from "./page.js";

const ROW = "[data-row]";
let cursorId = null;
let anchor = null;
let lent = null;

export const currentList = () => [...document.querySelectorAll("[data-list]")].find((list) => list.checkVisibility());
const rowsOf = (list) => [...list.querySelectorAll(ROW)].filter((row) => row.checkVisibility());
const boxOf = (row) => row.querySelector("[data-select]");

export function cursorRow() {
  return currentList()?.querySelector(`${ROW}.is-cursor`) ?? null;
}

export function selectedRows() {
  const list = currentList();
  return list ? rowsOf(list).filter((row) => boxOf(row)?.checked) : [];
}

function setCursor(row, { focus = true } = {}) {
  for (const other of row.closest("[data-list]").querySelectorAll(`${ROW}.is-cursor`)) other.classList.remove("is-cursor");
  row.classList.add("is-cursor");
  cursorId = idOf(row);
  row.scrollIntoView({ block: "nearest" });
  if (focus) linkOf(row)?.focus({ preventScroll: true });
}

const idOf = (row) => row.id || row.dataset.row;
const linkOf = (row) => row.querySelector("[data-open-row]") ?? row.querySelector("a[href]");

export function move(step, { extend = false } = {}) {
  const list = currentList();
  if (!list) return false;
  const rows = rowsOf(list);
  if (!rows.length) return false;
  const from = cursorRow();
  const at = from ? rows.indexOf(from) : step > 0 ? -1 : rows.length;
  const to = Math.max(0, Math.min(rows.length - 1, at + step));
  if (!extend) endLent();
  if (extend && from) {
    check(from, true);
    check(rows[to], true);
  }
  setCursor(rows[to]);
  return true;
}

export function openCursor() {
  const row = cursorRow();
  if (!row) return false;
  linkOf(row)?.click();
  return true;
}

export function toggleCursor() {
  const row = cursorRow();
  const box = row && boxOf(row);
  if (!box) return false;
  check(row, !box.checked);
  anchor = row;
  return true;
}

/** Selects the row under the cursor for an act. It ends when the cursor goes on, or the next act would be for this row. */
export function lendCursor() {
  const row = cursorRow();
  if (!row || selectedRows().length || !toggleCursor()) return false;
  lent = idOf(row);
  return true;
}

function endLent() {
  const chosen = selectedRows();
  if (lent && chosen.length === 1 && idOf(chosen[0]) === lent) check(chosen[0], false);
  lent = null;
}

function check(row, on) {
  const box = boxOf(row);
  if (box && box.checked !== on) {
    box.checked = on;
    box.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

export function clearSelection() {
  const rows = selectedRows();
  for (const row of rows) check(row, false);
  return rows.length > 0;
}

function refresh(list) {
  const rows = rowsOf(list), chosen = rows.filter((row) => boxOf(row)?.checked);
  for (const row of rows) row.classList.toggle("is-selected", Boolean(boxOf(row)?.checked));
  const all = list.querySelector("[data-select-all]");
  if (all) {
    all.checked = chosen.length > 0 && chosen.length === rows.length;
    all.indeterminate = chosen.length > 0 && chosen.length < rows.length;
  }
  for (const bar of document.querySelectorAll("[data-bulk]")) {
    bar.hidden = chosen.length === 0;
    for (const place of bar.querySelectorAll("[data-bulk-count]")) place.textContent = say("selected", { n: chosen.length });
    for (const place of bar.querySelectorAll("[data-bulk-number]")) place.textContent = String(chosen.length);
  }
  list.dispatchEvent(new CustomEvent("list-selection", { bubbles: true, detail: { rows: chosen, count: chosen.length } }));
}

document.addEventListener("change", (event) => {
  const list = event.target.closest?.("[data-list]");
  if (!list) return;
  if (event.target.matches("[data-select-all]")) {
    for (const row of rowsOf(list)) { const box = boxOf(row); if (box) box.checked = event.target.checked; }
    refresh(list);
    announce(say("selected", { n: selectedRows().length }));
  } else if (event.target.matches("[data-select]")) {
    refresh(list);
  }
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-clear-selection]")) clearSelection();
  const row = event.target.closest?.(ROW);
  if (!row) return;
  if (event.shiftKey && event.target.matches("[data-select]") && anchor?.isConnected) {
    const rows = rowsOf(row.closest("[data-list]"));
    const [a, b] = [rows.indexOf(anchor), rows.indexOf(row)].sort((x, y) => x - y);
    for (const each of rows.slice(a, b + 1)) check(each, event.target.checked);
  }
  if (event.target.matches("[data-select]")) anchor = row;
});

// Tabbing into a row is the same as standing on it.
document.addEventListener("focusin", (event) => {
  const row = event.target.closest?.(ROW);
  if (row && event.target.matches(":focus-visible") && usable(event.target)) setCursor(row, { focus: false });
});

// A replaced list keeps its cursor where the same ticket now stands.
onContent((root) => {
  const lists = root.matches?.("[data-list]") ? [root] : [...root.querySelectorAll("[data-list]"), root.closest?.("[data-list]")];
  for (const list of lists.filter(Boolean)) {
    const row = cursorId && rowsOf(list).find((each) => (each.id || each.dataset.row) === cursorId);
    if (row) row.classList.add("is-cursor");
    refresh(list);
  }
});
