// A number with a name ([data-count="name"]) may stand in several places of the page; told once, it is right in all of them.
// A server tells by the header HX-Trigger: {"counts": {"name": "4"}}.

export function showCount(name, text) {
  for (const place of document.querySelectorAll(`[data-count="${CSS.escape(name)}"]`)) {
    place.textContent = text;
    if (place.dataset.tone) place.classList.toggle(`count--${place.dataset.tone}`, text !== "");
  }
}

document.body.addEventListener("counts", (event) => {
  for (const [name, text] of Object.entries(event.detail)) if (typeof text === "string") showCount(name, text);
});
