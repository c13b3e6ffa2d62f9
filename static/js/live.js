// One stream for the page. [data-live="tickets queue.3"] names topics; each message becomes the DOM event live:<topic> on
// body, so that a fragment says hx-trigger="live:tickets from:body". Without a stream the same events come by the clock.
import { announce, onContent, say } from "./page.js";
import { remember } from "./redraw.js";

const ADDRESS = document.querySelector('meta[name="live-url"]');
const URL_PATH = ADDRESS?.content ?? "";
const POLL = 20000;
let topics = new Set();
let source = null;
let failures = 0;
let poll = 0;
let retry = 0;
// Up to when the page knows everything: when it was drawn, then the last event. The stream begins with what came since.
let since = ADDRESS?.dataset.since ?? "";

function tell(topic, detail = {}) {
  remember(`live:${topic}`);
  document.body.dispatchEvent(new CustomEvent(`live:${topic}`, { bubbles: true, detail }));
  for (const pill of document.querySelectorAll("[data-new-pill]")) {
    if (pill.dataset.newPill === topic && !detail.polled) grow(pill, detail);
  }
}

/** New rows wait behind a number: the list does not move until it is pressed. */
function grow(pill, detail) {
  const known = new Set((pill.dataset.keys ?? "").split(" ").filter(Boolean));
  const key = String(detail.key ?? detail.number ?? `n${known.size}`);
  if (detail.kind && detail.kind !== "new") return;
  if (detail.key && document.querySelector(`[data-row="${CSS.escape(String(detail.key))}"]`)) return;
  known.add(key);
  pill.dataset.keys = [...known].join(" ");
  const text = say("new_rows", { n: known.size });
  (pill.querySelector("[data-new-count]") ?? pill).textContent = text;
  pill.hidden = false;
  announce(text);
}

document.addEventListener("click", (event) => {
  const pill = event.target.closest("[data-new-pill]");
  if (!pill) return;
  pill.hidden = true;
  pill.dataset.keys = "";
});

function wanted() {
  const names = [...document.querySelectorAll("[data-live]")].flatMap((element) => element.dataset.live.split(/\s+/)).filter(Boolean);
  // One name that the server would not take must not cost the page its whole stream.
  return new Set(names.filter((name) => /^[a-z][a-z_]{0,31}(\.[\w.-]{1,64})?$/.test(name)));
}

function receive(event) {
  since = event.lastEventId || since;
  let detail = {};
  try { detail = JSON.parse(event.data || "{}"); } catch { detail = { text: event.data }; }
  const topic = detail.topic ?? (event.type === "message" ? "" : event.type);
  if (topic) tell(topic, detail);
}

function open() {
  close();
  if (!topics.size || !URL_PATH) return;
  source = new EventSource(`${URL_PATH}?topics=${encodeURIComponent([...topics].join(","))}&since=${since}`);
  source.addEventListener("open", () => {
    failures = 0;
    stopPolling();
    document.documentElement.dataset.live = "on";
  });
  source.addEventListener("message", receive);
  for (const topic of topics) source.addEventListener(topic, receive);
  source.addEventListener("error", () => {
    failures += 1;
    document.documentElement.dataset.live = "polling";
    startPolling();
    if (source?.readyState === EventSource.CLOSED) {
      clearTimeout(retry);
      retry = setTimeout(open, Math.min(60000, 2000 * 2 ** Math.min(failures, 5)) * (0.75 + Math.random() / 2));
    }
  });
}

function close() {
  source?.close();
  source = null;
}

function pollNow() {
  if (!document.hidden && navigator.onLine) for (const topic of topics) tell(topic, { polled: true });
}

function startPolling() {
  poll ||= setInterval(pollNow, POLL);
}

function stopPolling() {
  clearInterval(poll);
  poll = 0;
}

// A tab that nobody looks at holds no connection; it catches up when it is looked at again.
let sleep = 0;
document.addEventListener("visibilitychange", () => {
  clearTimeout(sleep);
  if (document.hidden) {
    sleep = setTimeout(close, 60000);
  } else if (!source && topics.size) {
    open();
  }
});
window.addEventListener("pagehide", close);
window.addEventListener("pageshow", (event) => { if (event.persisted) open(); });

onContent(() => {
  const next = wanted();
  if (next.size === topics.size && [...next].every((topic) => topics.has(topic))) return;
  topics = next;
  open();
});
