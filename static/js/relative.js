// <desk-relative-time><time datetime="ISO">: keeps "5 min ago" true while the page stays open.
import { relativeText, tick, untick } from "./time.js";

class DeskRelativeTime extends HTMLElement {
  connectedCallback() {
    this.time = this.querySelector("time");
    this.instant = Date.parse(this.time?.dateTime ?? "");
    if (Number.isNaN(this.instant)) return;
    this.refresh();
    tick(this);
  }

  disconnectedCallback() { untick(this); }

  refresh() {
    const text = relativeText(this.instant);
    if (this.time.textContent !== text) this.time.textContent = text;
  }
}

customElements.define("desk-relative-time", DeskRelativeTime);
