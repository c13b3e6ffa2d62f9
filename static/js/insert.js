// <desk-insert text="…" said="…"> arrives in an answer and hands its text to the composer, as the event composer-insert with
// detail { text }; the dialog it arrived in closes first, so that the caret is back where one writes.
import { announce } from "./page.js";

customElements.define("desk-insert", class extends HTMLElement {
  connectedCallback() {
    this.closest("dialog")?.close();
    document.body.dispatchEvent(new CustomEvent("composer-insert", { detail: { text: this.getAttribute("text") ?? "" } }));
    if (this.getAttribute("said")) announce(this.getAttribute("said"));
    this.remove();
  }
});
