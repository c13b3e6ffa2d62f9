// Ctrl+K: everything this page can do or go to, by typing a part of its name.
import { memory, textOf, usable } from "./page.js";
import { openDialog } from "./dialogs.js";

const palette = document.getElementById("palette");
const ask = palette?.querySelector("input");
const list = palette?.querySelector("[role=listbox]");
const none = palette?.querySelector("[data-palette-none]");
let commands = [];

function collect() {
  const seen = new Set();
  const sources = document.querySelectorAll("[data-command], .rail__entry[href], .rail__me-link");
  commands = [...sources].filter((element) => !element.closest("#palette") && (element.matches(".rail__entry, .menu__line:not(.phone-only)") || usable(element))).flatMap((element) => {
    const label = element.dataset.command || textOf(element.querySelector(".rail__word") ?? element);
    if (!label || seen.has(label)) return [];
    seen.add(label);
    return [{ label, element, icon: element.querySelector("svg"), key: element.dataset.key ?? "", group: element.closest("[data-command-group]")?.dataset.commandGroup ?? "" }];
  });
  const recent = (memory.get("palette") ?? "").split("\n");
  commands.sort((a, b) => rank(recent, a.label) - rank(recent, b.label));
}

const rank = (recent, label) => (recent.indexOf(label) < 0 ? 99 : recent.indexOf(label));

/** Each typed word must begin a word of the label, or be found in it: the first kind stands higher. */
function matches(text) {
  const wanted = text.toLowerCase().split(/\s+/).filter(Boolean);
  const scored = commands.flatMap((command) => {
    const label = `${command.label} ${command.group}`.toLowerCase();
    if (!wanted.every((word) => label.includes(word))) return [];
    return [{ command, score: wanted.filter((word) => !new RegExp(`(^|\\s)${RegExp.escape?.(word) ?? word.replace(/\W/g, "\\$&")}`).test(label)).length }];
  });
  return scored.sort((a, b) => a.score - b.score).map((entry) => entry.command);
}

function show() {
  const text = ask.value.trim();
  const found = matches(text);
  const search = palette.dataset.search;
  if (text && search) {
    const template = palette.dataset.searchLabel.replace("%(text)s", text);
    found.push({ label: template, url: search + encodeURIComponent(text), key: "" });
  }
  list.replaceChildren(...found.slice(0, 40).map(line));
  none.hidden = found.length > 0;
  select(0);
}

function line(command, index) {
  const option = document.createElement("div");
  option.className = "palette__line";
  option.id = `palette-${index}`;
  option.setAttribute("role", "option");
  if (command.icon) option.append(command.icon.cloneNode(true));
  const name = document.createElement("span");
  name.textContent = command.label;
  option.append(name);
  if (command.key) {
    const keys = document.createElement("span");
    keys.className = "meta";
    keys.textContent = command.key;
    option.append(keys);
  }
  option.addEventListener("click", () => run(command));
  option.addEventListener("pointermove", () => select(index));
  option.command = command;
  return option;
}

function select(index) {
  const options = [...list.children];
  options.forEach((option, at) => option.setAttribute("aria-selected", String(at === index)));
  options[index]?.scrollIntoView({ block: "nearest" });
  ask.setAttribute("aria-activedescendant", options[index]?.id ?? "");
}

function run(command) {
  palette.close();
  if (command.url) {
    location.assign(command.url);
    return;
  }
  const recent = [command.label, ...(memory.get("palette") ?? "").split("\n").filter((label) => label && label !== command.label)];
  memory.set("palette", recent.slice(0, 5).join("\n"));
  command.element.click();
}

export function openPalette() {
  if (!palette) return;
  collect();
  ask.value = "";
  openDialog(palette);
  show();
  ask.focus();
}

if (palette) {
  ask.addEventListener("input", show);
  ask.addEventListener("keydown", (event) => {
    const options = [...list.children], at = options.findIndex((option) => option.ariaSelected === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      select((at + (event.key === "ArrowDown" ? 1 : -1) + options.length) % options.length);
    } else if (event.key === "Enter" && options[at]) {
      event.preventDefault();
      run(options[at].command);
    }
  });
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      if (palette.open) palette.close();
      else openPalette();
    }
  });
  document.addEventListener("click", (event) => { if (event.target.closest("[data-opens-palette]")) openPalette(); });
}
