// The queue while it stays open: changed rows are refreshed where they stand, new ones wait behind the pill, counts follow.
import { showCount } from "./counts.js";
import { announce, say } from "./page.js";

const ROW = "[data-row]";
const place = document.getElementById("queue-live");
const pill = document.querySelector("[data-new-pill]");
let timer = 0;
let asking = false;
let again = false;

const rows = () => [...document.querySelectorAll(`#ticket-rows ${ROW}`)];

async function ask() {
  if (asking || document.hidden) {
    again = true;
    return;
  }
  asking = true;
  again = false;
  try {
    const url = new URL(place.dataset.url, location.href);
    url.searchParams.set("live", "1");
    url.searchParams.set("rows", rows().map((row) => row.dataset.row).join(","));
    const answer = await fetch(url, { headers: { "HX-Request": "true" }, credentials: "same-origin" });
    if (answer.ok) apply(await answer.text());
  } catch {
    // The stream tells again; until then the page stands as it is.
  } finally {
    asking = false;
    if (again) wait(1000);
  }
}

function apply(text) {
  const template = document.createElement("template");
  template.innerHTML = text;
  const answer = template.content.querySelector("[data-live-answer]");
  if (!answer) return;
  for (const fresh of answer.querySelectorAll(ROW)) refresh(fresh);
  for (const count of answer.querySelectorAll("data[id]")) {
    showCount(count.id, count.value === "0" ? "" : count.value);
  }
  showCount("list-total", answer.dataset.total);
  showNew(Number(answer.dataset.new || 0));
}

/** The row changes where it stands: its place, its check and the cursor on it stay. */
function refresh(fresh) {
  const old = document.getElementById(fresh.id);
  if (!old || old.dataset.version === fresh.dataset.version) return;
  const box = old.querySelector("[data-select]"), focused = old.contains(document.activeElement);
  fresh.querySelector("[data-select]").checked = box.checked;
  for (const name of ["is-cursor", "is-selected"]) fresh.classList.toggle(name, old.classList.contains(name));
  fresh.classList.add("is-changed");
  old.replaceWith(fresh);
  window.htmx?.process(fresh);
  if (focused) fresh.querySelector("[data-open-row]")?.focus({ preventScroll: true });
}

function showNew(number) {
  if (!pill) return;
  const before = Number(pill.dataset.number || 0);
  pill.dataset.number = String(number);
  pill.hidden = number === 0;
  if (!number) return;
  pill.querySelector("[data-new-count]").textContent = say("new_rows", { n: number });
  if (number > before) announce(say("new_rows", { n: number }));
}

/** Many changes at once are asked for once; pages do not all ask in the same instant. */
function wait(milliseconds = 400) {
  clearTimeout(timer);
  timer = setTimeout(ask, milliseconds + Math.random() * 400);
}

if (place) {
  document.body.addEventListener("live:queue", () => wait());
  document.body.addEventListener("queue-changed", () => wait(0));
  document.addEventListener("visibilitychange", () => { if (!document.hidden && again) wait(0); });
}
