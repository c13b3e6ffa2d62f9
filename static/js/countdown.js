// <desk-countdown due="ISO" warn="ISO">: a live deadline. It ticks, and turns its badge to warning and to late by itself.
import { announce, say } from "./page.js";
import { now, spanText, tick, untick } from "./time.js";

const ICONS = { ok: "clock", warning: "hourglass", breached: "late" };

class DeskCountdown extends HTMLElement {
  connectedCallback() {
    this.due = Date.parse(this.getAttribute("due"));
    this.warn = Date.parse(this.getAttribute("warn") ?? "");
    if (Number.isNaN(this.due)) return;
    this.badge = this.closest(".deadline");
    this.refresh();
    tick(this);
  }

  disconnectedCallback() { untick(this); }

  get state() {
    // Met is at or before due, so the very instant is not late yet.
    if (now() > this.due) return "breached";
    return now() >= this.warn ? "warning" : "ok";
  }

  refresh() {
    const left = this.due - now();
    this.seconds = Math.abs(left) < 60000;
    const text = spanText(left);
    const shown = left < 0 ? say("late", { span: text }) : text;
    if (this.textContent !== shown) this.textContent = shown;
    this.paint();
  }

  paint() {
    const badge = this.badge, state = this.state;
    const shown = badge && Object.keys(ICONS).find((name) => badge.classList.contains(`deadline--${name}`));
    if (!shown || shown === state) return;
    // Without a warning instant the server alone knows when to warn.
    if (shown === "warning" && state === "ok" && Number.isNaN(this.warn)) return;
    badge.classList.replace(`deadline--${shown}`, `deadline--${state}`);
    const use = badge.querySelector("use");
    use?.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${ICONS[state]}`));
    if (state === "breached") {
      badge.querySelector(".deadline__by")?.remove();
      if (badge.classList.contains("deadline--large")) announce(badge.textContent.trim(), { urgent: true });
    }
    this.dispatchEvent(new CustomEvent("deadline-changed", { bubbles: true, detail: { state } }));
  }
}

customElements.define("desk-countdown", DeskCountdown);
