// <input type="hidden" data-proposes="impact urgency" value="1x2"> arrives with an answer and proposes what to choose in its form:
// each choice takes the proposal until the person has made it. Without script the server does the same.

const made = new WeakMap();
let before = valuesOf(document.querySelector("[data-proposes]"));

function valuesOf(proposal) {
  return proposal?.value.split("x") ?? [];
}

document.addEventListener("change", (event) => {
  const { form, name, type } = event.target;
  if (event.isTrusted && form && type === "radio") made.set(form, (made.get(form) ?? new Set()).add(name));
});

document.addEventListener("htmx:load", (event) => {
  const proposal = event.target !== document.body && event.target.querySelector?.("[data-proposes]");
  if (!proposal) return;
  const form = proposal.form, values = valuesOf(proposal);
  proposal.dataset.proposes.split(" ").forEach((name, place) => {
    const choice = form.elements[name];
    if (choice && !made.get(form)?.has(name) && choice.value === before[place]) choice.value = values[place];
  });
  before = values;
  // What hangs on the choices, such as the promise beside the form, is asked for anew.
  form.dispatchEvent(new Event("change"));
});
