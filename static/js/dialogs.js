// Native dialogs: [data-opens="id"] shows one, [data-closes] and a press beside it close it, dialog[data-open] shows on arrival.
import { onContent } from "./page.js";

export function openDialog(dialog) {
  if (dialog && !dialog.open) dialog.showModal();
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) {
    const dialog = document.getElementById(opener.dataset.opens);
    if (dialog) {
      event.preventDefault();
      openDialog(dialog);
    }
    return;
  }
  const closer = event.target.closest("[data-closes]");
  if (closer) closer.closest("dialog")?.close();
});

// A press that begins and ends on the backdrop; a text selection dragged out of the dialog must not close it.
document.addEventListener("pointerdown", (event) => {
  const dialog = event.target;
  if (!(dialog instanceof HTMLDialogElement) || !dialog.matches(":modal")) return;
  const box = dialog.getBoundingClientRect();
  const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
  if (!inside && !dialog.hasAttribute("data-stays")) {
    document.addEventListener("pointerup", (up) => { if (up.target === dialog) dialog.close(); }, { once: true });
  }
});

// A dialog that a server sent belongs to its answer: gone when closed.
document.addEventListener("close", (event) => {
  if (event.target.matches?.("dialog[data-open]")) event.target.remove();
}, true);

onContent((root) => {
  const found = root.matches?.("dialog[data-open]") ? [root] : root.querySelectorAll("dialog[data-open]");
  for (const dialog of found) openDialog(dialog);
});
// A successful answer closes the dialog it was sent from, unless it brought a new form back.
document.addEventListener("htmx:afterRequest", (event) => {
  const { successful, xhr } = event.detail;
  if (!successful || xhr.status === 422) return;
  event.target.closest?.("dialog[data-close-on-success]")?.close();
});
document.body.addEventListener("close-dialog", () => { for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close(); });
