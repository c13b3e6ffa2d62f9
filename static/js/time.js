// Words for spans, equal to puo_desk/kernel/pages/times.py, and the server's clock: a wrong clock on a desk must not make
// a promise look kept.
import { say } from "./page.js";

const MINUTE = 60, HOUR = 3600, DAY = 86400;

const served = Number(document.querySelector('meta[name="server-now"]')?.content ?? 0) * 1000;
const fresh = performance.getEntriesByType("navigation")[0]?.type !== "back_forward";
const skew = served && fresh ? served + 500 - Date.now() : 0;
// Below three seconds it is the way of the answer, not the clock.
const offset = Math.abs(skew) > 3000 ? skew : 0;

export const now = () => Date.now() + offset;

export function spanText(milliseconds) {
  const seconds = Math.floor(Math.abs(milliseconds) / 1000);
  const d = Math.floor(seconds / DAY), h = Math.floor((seconds % DAY) / HOUR), m = Math.floor((seconds % HOUR) / MINUTE);
  if (seconds < MINUTE) return say("seconds", { s: seconds });
  if (seconds < HOUR) return say("minutes", { m });
  if (d === 0) return say(m && h < 10 ? "hours_minutes" : "hours", { h, m: String(m).padStart(2, "0") });
  return say(h && d < 10 ? "days_hours" : "days", { d, h });
}

export function relativeText(instant) {
  const delta = now() - instant;
  if (Math.abs(delta) < MINUTE * 1000) return say("now");
  return say(delta > 0 ? "ago" : "in", { span: spanText(delta) });
}

// One timer for all elements of a page: it beats each second while something shows seconds, else at each full minute.
const tickers = new Set();
let timer = 0;

export function tick(element) {
  tickers.add(element);
  schedule();
}

export function untick(element) {
  tickers.delete(element);
}

function schedule() {
  clearTimeout(timer);
  if (!tickers.size || document.hidden) return;
  const wait = [...tickers].some((element) => element.seconds) ? 1000 - (now() % 1000) : Math.min(60000 - (now() % 60000), 15000);
  timer = setTimeout(beat, wait + 5);
}

function beat() {
  for (const element of tickers) element.refresh();
  schedule();
}

document.addEventListener("visibilitychange", () => { if (!document.hidden) beat(); });
