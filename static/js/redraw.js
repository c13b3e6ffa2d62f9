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
