// A toast confirms what was done and carries the way back. A server sends one by the header
// HX-Trigger: {"toast": {"text": "Sent to Amara", "undo_url": "/...", "seconds": 10}}; on a full page it is already in the markup.
import { announce, icon, say } from "./page.js";

const place = document.getElementById("toasts");

export function toast({ text, icon: mark = "check", undo_url: undoUrl = "", undo_label: undoLabel = "", link_url: linkUrl = "", link_label: linkLabel = "", seconds = 6 }) {
  if (!place) return;
  const element = document.createElement("div");
  element.className = "toast";
  const words = document.createElement("span");
  words.className = "toast__text";
  words.textContent = text;
  element.append(icon(mark), words);
  if (undoUrl) {
    const undo = button(undoLabel || say("undo"));
    undo.dataset.key = "z";
    undo.setAttribute("hx-post", undoUrl);
    undo.setAttribute("hx-swap", "none");
    undo.addEventListener("click", () => setTimeout(() => element.remove(), 0));
    element.append(undo);
  } else if (linkUrl) {
    const link = document.createElement("a");
    link.className = "button";
    link.href = linkUrl;
    link.textContent = linkLabel;
    element.append(link);
  }
  element.append(closer(element));
  place.append(element);
  window.htmx?.process(element);
  announce(text);
  expire(element, seconds);
}

function button(label) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "button";
  made.textContent = label;
  return made;
}

function closer(element) {
  const close = button("");
  close.classList.add("button--icon");
  close.setAttribute("aria-label", say("dismiss"));
  close.append(icon("x"));
  close.addEventListener("click", () => element.remove());
  return close;
}

/** Gone after its time, but never while it is read: pointer or focus on it holds it. */
function expire(element, seconds) {
  const wait = () => setTimeout(() => {
    if (element.matches(":hover, :focus-within")) wait();
    else element.remove();
  }, seconds * 1000);
  wait();
}

for (const element of place?.querySelectorAll(".toast") ?? []) {
  if (!element.querySelector("[aria-label]")) element.append(closer(element));
  expire(element, 8);
}

document.body.addEventListener("toast", (event) => toast(event.detail));
document.body.addEventListener("announce", (event) => announce(event.detail.text ?? event.detail.value ?? ""));
