// What htmx needs around it: the CSRF header, answers that are no fragment, errors that stay until they are read, focus.
import { announce, csrf, icon, say } from "./page.js";

const strips = document.getElementById("strips");
const isWholePage = (xhr) => /^\s*<!doctype/i.test(xhr.responseText ?? "");
const isFragment = (xhr) => /^\s*</.test(xhr.responseText ?? "") && !isWholePage(xhr) && (xhr.getResponseHeader("Content-Type") ?? "").includes("html");

/** A strip across the top: it stays while its cause does, or until it is dismissed. */
export function strip(name, text, { tone = "breach", mark = "triangle-alert" } = {}) {
  if (!strips) return;
  clear(name);
  const element = document.createElement("div"), words = document.createElement("span"), close = document.createElement("button");
  element.className = `strip strip--${tone}`;
  element.dataset.strip = name;
  words.textContent = text;
  close.type = "button";
  close.className = "button button--quiet button--small button--icon";
  close.setAttribute("aria-label", say("dismiss"));
  close.append(icon("x"));
  close.addEventListener("click", () => element.remove());
  element.append(icon(mark), words, close);
  strips.append(element);
  announce(text, { urgent: true });
}

export function clear(name) {
  strips?.querySelector(`[data-strip="${name}"]`)?.remove();
}

const pathOf = (address) => new URL(address, location.href).pathname;
const isPartAsked = ({ xhr, requestConfig }) => Boolean(requestConfig.elt.closest("[hx-select]")) && pathOf(xhr.responseURL) === pathOf(requestConfig.path);

document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = csrf();
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, target } = event.detail;
  // A sign-in page (or any whole page) must not land inside a panel; who asked for a part of this very page gets it.
  if (xhr.status < 400 && isWholePage(xhr) && target !== document.body && !isPartAsked(event.detail)) {
    event.detail.shouldSwap = false;
    location.assign(xhr.responseURL || location.href);
    return;
  }
  if ([409, 422].includes(xhr.status)) {
    event.detail.shouldSwap = isFragment(xhr);
    event.detail.isError = !event.detail.shouldSwap;
  }
});

document.addEventListener("htmx:afterRequest", (event) => {
  const { xhr, successful } = event.detail;
  if (successful) clear("request");
  if (xhr.status === 409) strip("request", detailOf(xhr) || say("conflict"), { tone: "warn" });
});

document.addEventListener("htmx:responseError", (event) => {
  const { xhr } = event.detail;
  if (xhr.status === 409) return;
  const known = { 401: "signed_out", 403: "forbidden", 404: "gone", 410: "gone", 413: "too_large", 429: "too_fast" }[xhr.status];
  const reference = xhr.getResponseHeader("X-Request-ID") ?? xhr.getResponseHeader("X-Request-Id") ?? "–";
  strip("request", (xhr.status < 500 && detailOf(xhr)) || (known ? say(known) : say("server", { reference })));
});

for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, () => strip("request", say("network"), { tone: "warn", mark: "wifi-off" }));
}

/** The sentence of an application/problem+json answer, when there is one. */
function detailOf(xhr) {
  if (!(xhr.getResponseHeader("Content-Type") ?? "").includes("json")) return "";
  try {
    const problem = JSON.parse(xhr.responseText);
    return problem.detail ?? problem.title ?? "";
  } catch {
    return "";
  }
}

// A refused form comes back with its errors: the first wrong field is where to go on.
document.addEventListener("htmx:afterSettle", (event) => {
  const wrong = event.detail.xhr?.status === 422 && event.detail.elt.querySelector('[aria-invalid="true"], .field-errors[tabindex]');
  if (wrong) wrong.focus();
  for (const element of event.detail.elt.querySelectorAll?.("[data-announce]") ?? []) announce(element.dataset.announce || element.textContent.trim());
});

// The pressed button shows that it works, and cannot be pressed twice.
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (!button?.matches(".button") || event.defaultPrevented) return;
  button.setAttribute("aria-busy", "true");
  if (!event.target.matches("[hx-post], [hx-get], [hx-put], [hx-patch], [hx-delete]")) setTimeout(() => { button.disabled = true; }, 0);
});
document.addEventListener("htmx:afterRequest", (event) => {
  for (const button of event.target.querySelectorAll?.('.button[aria-busy="true"]') ?? []) button.removeAttribute("aria-busy");
});
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const button of document.querySelectorAll('.button[aria-busy="true"]')) {
    button.removeAttribute("aria-busy");
    button.disabled = false;
  }
});

const network = () => (navigator.onLine ? clear("offline") : strip("offline", say("offline"), { tone: "warn", mark: "wifi-off" }));
window.addEventListener("online", network);
window.addEventListener("offline", network);
if (!navigator.onLine) network();
