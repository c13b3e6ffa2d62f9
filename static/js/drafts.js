// form[data-draft="name"]: what was typed survives a reload, a crash and a sign-out, until the server has taken it.
// The form's textareas and text inputs are kept in this browser alone.
import { memory, onContent } from "./page.js";

const FIELDS = 'textarea[name], input[type="text"][name]';
const DAYS = 7;
let pending = 0;

const keyOf = (form) => `draft.${form.dataset.draft}`;

function save(form) {
  const values = Object.fromEntries([...form.querySelectorAll(FIELDS)].filter((field) => field.value).map((field) => [field.name, field.value]));
  if (Object.keys(values).length) memory.set(keyOf(form), JSON.stringify({ at: Date.now(), values }));
  else memory.drop(keyOf(form));
}

function restore(form) {
  let kept = null;
  try { kept = JSON.parse(memory.get(keyOf(form)) ?? "null"); } catch { /* not ours: left alone */ }
  if (!kept || Date.now() - kept.at > DAYS * 86400000) return;
  for (const field of form.querySelectorAll(FIELDS)) {
    if (!field.value && kept.values[field.name]) field.value = kept.values[field.name];
  }
}

/** A form may ask htmx for help beside; only what goes to its own address sends it. */
const goesTo = (form, address) => new URL(address, location.href).pathname === new URL(form.getAttribute("action") ?? "", location.href).pathname;

document.addEventListener("input", (event) => {
  const form = event.target.closest?.("form[data-draft]");
  if (!form) return;
  clearTimeout(pending);
  pending = setTimeout(() => save(form), 400);
});

document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.target.closest?.("form[data-draft]");
  const { successful, xhr, requestConfig } = event.detail;
  if (!form || requestConfig.verb === "get" || !goesTo(form, requestConfig.path) || !successful || xhr.status === 422) return;
  clearTimeout(pending);
  memory.drop(keyOf(form));
});

// A plain post leaves the page: the draft goes when the next page no longer offers the same form filled in.
document.addEventListener("submit", (event) => {
  const form = event.target.closest?.("form[data-draft]");
  const byHtmx = form?.getAttribute("hx-post") ?? form?.getAttribute("data-hx-post");
  if (form && !(byHtmx && goesTo(form, byHtmx))) {
    clearTimeout(pending);
    memory.set("draft.sent", form.dataset.draft);
  }
});

const sent = memory.get("draft.sent");
if (sent) {
  const back = document.querySelector(`form[data-draft="${CSS.escape(sent)}"] [aria-invalid="true"]`);
  if (!back) memory.drop(`draft.${sent}`);
  memory.drop("draft.sent");
}

onContent((root) => {
  const forms = root.matches?.("form[data-draft]") ? [root] : root.querySelectorAll("form[data-draft]");
  for (const form of forms) restore(form);
});
