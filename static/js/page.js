// What the modules share: the page's sentences, its icons, its voice for screen readers, and memory that may be refused.

const sentences = JSON.parse(document.getElementById("desk-words")?.textContent ?? "{}");

/** A sentence in the reader's language, with its %(name)s filled. */
export function say(name, values = {}) {
  return fill(sentences[name] ?? name, values);
}

export function fill(pattern, values) {
  return pattern.replace(/%\((\w+)\)s/g, (_, key) => String(values[key] ?? ""));
}

/** An icon of the sprite, as an element. */
export function icon(name) {
  const sprite = document.querySelector('meta[name="icon-sprite"]')?.content ?? "";
  const holder = document.createElement("template");
  holder.innerHTML = `<svg class="icon" aria-hidden="true"><use href="${sprite}#${name}"></use></svg>`;
  return holder.content.firstElementChild;
}

/** Speak to screen readers; `urgent` interrupts. */
export function announce(text, { urgent = false } = {}) {
  const region = document.getElementById(urgent ? "voice-urgent" : "voice");
  if (!region) return;
  region.textContent = "";
  // A changed text in the same frame is not read a second time when it is equal.
  requestAnimationFrame(() => { region.textContent = text; });
}

export function csrf() {
  const cookie = document.cookie.match(/(?:^|; )(?:__Host-|__Secure-)?csrftoken=([^;]+)/);
  return cookie ? decodeURIComponent(cookie[1]) : document.querySelector('meta[name="csrf-token"]')?.content ?? "";
}

export const memory = {
  get(key) { try { return localStorage.getItem(`desk.${key}`); } catch { return null; } },
  set(key, value) { try { localStorage.setItem(`desk.${key}`, value); } catch { /* refused: forgotten at the next page */ } },
  drop(key) { try { localStorage.removeItem(`desk.${key}`); } catch { /* nothing was kept */ } },
};

/** True for what a person can see and press now. */
export function usable(element) {
  return element.checkVisibility({ visibilityProperty: true }) && !element.disabled && element.getAttribute("aria-disabled") !== "true";
}

/** The words of a control, without its key cap. */
export function textOf(element) {
  const copy = element.cloneNode(true);
  for (const cap of copy.querySelectorAll(".kbd")) cap.remove();
  return copy.textContent.trim().replace(/\s+/g, " ");
}

/** Run now for the page, and again for each part that arrives later. */
export function onContent(run) {
  run(document.body);
  document.addEventListener("htmx:load", (event) => { if (event.target !== document.body) run(event.target); });
}
