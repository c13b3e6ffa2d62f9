// What must not get lost while parts of a page are drawn anew.
//
// A part of the page that has just asked the server something stays until it is answered: htmx forgets the answer to a form that
// was drawn anew under it, with all that the answer brings. What was held back is fetched afterwards.

let answering = null;
let holder = null;

document.addEventListener("htmx:beforeOnLoad", (event) => { answering = event.detail.elt; });

document.addEventListener("htmx:oobBeforeSwap", (event) => {
  const part = event.detail.target;
  if (!part || part.contains(answering) || !part.querySelector("form.htmx-request")) return;
  event.detail.shouldSwap = false;
  holder = answering;
});

document.addEventListener("htmx:afterRequest", (event) => {
  if (!holder || event.detail.elt === holder) return;
  holder = null;
  document.body.dispatchEvent(new CustomEvent("ticket-changed"));
});

// A part that replaces itself forgets what it is told while it asks: it asks again as soon as it stands anew.
const told = new Set();

/** To be called before `name` is said on body. */
export function remember(name) {
  for (const part of document.querySelectorAll('[id][hx-swap="outerHTML"].htmx-request:not([hx-target])')) {
    if ((part.getAttribute("hx-trigger") ?? "").includes(`${name} from:body`)) told.add(part.id);
  }
}

document.addEventListener("ticket-changed", (event) => remember(event.type), { capture: true });
document.addEventListener("htmx:load", ({ target }) => {
  if (told.delete(target.id)) window.htmx.ajax("GET", target.getAttribute("hx-get"), { source: target, target, swap: "outerHTML" });
});
