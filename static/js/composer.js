// Writing on a ticket: texts that are inserted, newer messages that arrive while one writes, and where the conversation stands.

const composer = () => document.getElementById("composer");
const conversation = () => document.getElementById("conversation");
const scroller = document.getElementById("conversation-scroll");
const text = () => [...(composer()?.querySelectorAll("textarea") ?? [])].find((area) => area.checkVisibility());
let readPublic = Number(conversation()?.dataset.public ?? 0);
let wasAtEnd = true;

/** A procedure, a snippet: put where the cursor is, as if it had been typed, so that the draft is kept too. */
document.body.addEventListener("composer-insert", (event) => {
  const area = text();
  if (!area) return;
  const words = String(event.detail?.text ?? event.detail?.value ?? "");
  const before = area.value.slice(0, area.selectionStart);
  const gap = before && !before.endsWith("\n") ? "\n\n" : "";
  area.focus();
  // What is written next is no part of what was inserted: a last line may be a quotation or a list.
  const end = words.includes("\n") && !area.value.slice(area.selectionEnd).startsWith("\n") ? "\n\n" : "";
  area.setRangeText(gap + words.trimEnd() + end, area.selectionStart, area.selectionEnd, "end");
  area.dispatchEvent(new Event("input", { bubbles: true }));
});

document.addEventListener("click", (event) => {
  const drop = event.target.closest("[data-drops-file]");
  if (drop) drop.closest(".file").remove();
});

/** Who has not begun to write has read what arrived; who has is told, and the server refuses once. */
function follow() {
  const form = composer(), shown = conversation();
  if (!form || !shown) return;
  const areas = [...form.querySelectorAll("textarea")];
  if (areas.every((area) => !area.value.trim())) {
    form.elements.last_seen_seq.value = shown.dataset.seq;
    readPublic = Number(shown.dataset.public);
    return;
  }
  const newer = Number(shown.dataset.public) - readPublic;
  const notice = form.querySelector("[data-notice]");
  if (newer <= 0 || !notice) return;
  notice.hidden = false;
  notice.querySelector("span").textContent = newer === 1 ? form.dataset.newerOne : form.dataset.newerMany.replace("%(n)s", newer);
}

/** What scrolls: the conversation on a desk, the whole page on a phone. */
const moving = () => (scroller && getComputedStyle(scroller).overflowY !== "visible" ? scroller : document.scrollingElement);
const atEnd = () => moving().scrollHeight - moving().scrollTop - moving().clientHeight < 120;
const toEnd = () => { moving().scrollTop = moving().scrollHeight; };

document.body.addEventListener("htmx:oobBeforeSwap", (event) => { if (event.detail.target?.id === "conversation") wasAtEnd = atEnd(); });
document.body.addEventListener("htmx:oobAfterSwap", (event) => {
  if (event.detail.target?.id === "composer") readPublic = Number(conversation()?.dataset.public ?? 0);
  if (event.detail.target?.id !== "conversation") return;
  follow();
  if (wasAtEnd) toEnd();
});
document.body.addEventListener("composer-sent", () => requestAnimationFrame(() => {
  readPublic = Number(conversation()?.dataset.public ?? 0);
  toEnd();
}));

// What came last is what is read first; what is new since the last look stands at the top of the view.
if (scroller && !location.hash.startsWith("#message-")) {
  const fresh = document.getElementById("new-since");
  if (fresh) fresh.scrollIntoView({ block: "start" });
  else toEnd();
}
