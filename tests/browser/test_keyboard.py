"""The keyboard alone: one letter each, silent while one types, and off for whoever wants it off."""

from __future__ import annotations

import re

from playwright.sync_api import Page, Route, expect

from tests.browser.windows import Windows, settled

DIALOG = "dialog:modal"


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def ask(page: Page, key: str, title: str) -> None:
    """Press a key, and its dialog stands."""
    press(page, key)
    expect(page.locator(f"{DIALOG} .dialog__title")).to_contain_text(re.compile(title, re.I))


def test_list_keys(windows: Windows) -> None:
    """j and k move, x selects, Enter opens, / searches, f filters, Escape clears."""
    page = windows.open("jonas", "/tickets/?view=open&sort=newest")
    rows = page.locator("[data-row]")
    press(page, "j", "j", "k", "j")
    expect(rows.nth(1)).to_have_class(re.compile("is-cursor"))
    press(page, "x", "j", "x")
    expect(page.locator("[data-bulk]")).to_be_visible()
    expect(page.locator("[data-bulk-count]")).to_contain_text("2")
    press(page, "Escape")
    expect(page.locator("[data-bulk]")).to_be_hidden()
    press(page, "x", "p")
    expect(page.locator(DIALOG)).to_be_visible()
    press(page, "Escape")
    expect(page.locator(DIALOG)).to_have_count(0)
    press(page, "Escape", "/")
    expect(page.locator(".filterbar input[name=q]")).to_be_focused()
    page.keyboard.type("jjxc?")
    expect(page.locator(".filterbar input[name=q]")).to_have_value("jjxc?")
    expect(page.locator(DIALOG)).to_have_count(0)
    press(page, "Escape")
    press(page, "f")
    expect(page.get_by_role("group", name="Priority")).to_be_visible()
    page.goto("/tickets/?view=open&sort=newest")
    subject = rows.nth(0).locator("b").inner_text()
    press(page, "j", "Enter")
    expect(page.locator("#ticket-head h1")).to_have_text(subject)


def test_an_act_on_the_row_under_the_cursor(windows: Windows) -> None:
    """With nothing selected an act is for where one stands: the row is selected, to be seen, until one goes on."""
    number = windows.desk.open_ticket("Wrong items in the cursor queue")
    page = windows.open("jonas", "/tickets/?view=unassigned&sort=newest")
    press(page, "p")
    expect(page.locator(DIALOG)).to_have_count(0)
    press(page, "j")
    expect(page.locator(".is-cursor")).to_contain_text(number)
    ask(page, "p", "Priority: 1 ticket")
    press(page, "Escape")
    expect(page.locator("[data-bulk-count]")).to_contain_text("1")
    press(page, "Escape", "i")
    expect(page.locator("[data-row]").filter(has_text=number)).to_contain_text("In progress")
    press(page, "j")
    expect(page.locator("[data-bulk]")).to_be_hidden()
    ask(page, "p", "Priority: 1 ticket")
    expect(page.locator(f"{DIALOG} input[name=ticket]")).not_to_have_value(number.removeprefix("PUO-"))


def test_the_sheet_tells_every_key(windows: Windows) -> None:
    """What stands in a closed menu, and what the selected can be given, have their keys too."""
    page = windows.open("jonas", f"/tickets/{windows.desk.open_ticket('Wrong items in the sheet queue')}/")
    keys = page.locator("#key-sheet [data-page-keys]")
    press(page, "?")
    expect(keys).to_contain_text("Resolve and next")
    expect(keys).to_contain_text("Watch")
    page.goto("/tickets/?view=open")
    press(page, "?")
    expect(keys).to_contain_text("Assign")


def test_ticket_keys(windows: Windows) -> None:
    """r and n write, a s p l ask, e resolves, j and k go on, u goes back."""
    number = windows.desk.open_ticket("Wrong items in the keys queue")
    page = windows.open("jonas", f"/tickets/{number}/?view=open&sort=newest")
    press(page, "r")
    expect(page.locator("#composer [name=reply]")).to_be_focused()
    page.keyboard.type("snap jell")
    expect(page.locator("#composer [name=reply]")).to_have_value("snap jell")
    page.locator("#composer [name=reply]").fill("")
    press(page, "Escape", "n")
    expect(page.locator("#composer [name=note]")).to_be_focused()
    page.keyboard.type("Between us")
    press(page, "Control+Enter")
    expect(page.locator("#conversation")).to_contain_text("Between us")
    settled(page)
    page.locator("#composer [name=note], #composer [name=reply]").locator("visible=true").first.blur()
    for key, title in (("a", "Assign"), ("s", "Status"), ("p", "Priority"), ("l", "Tag")):
        ask(page, key, title)
        press(page, "Escape")
        expect(page.locator(DIALOG)).to_have_count(0)
    ask(page, "s", "Status")
    page.locator(DIALOG).get_by_role("button", name="In progress").press("Enter")
    expect(page.locator("#ticket-head")).to_contain_text("In progress")
    expect(page.locator(DIALOG)).to_have_count(0)
    press(page, "e")
    expect(page.locator("#ticket-head")).to_contain_text("Resolved")
    press(page, "j")
    page.wait_for_url(lambda address: number not in address)
    press(page, "u")
    expect(page).to_have_url(re.compile(r"/tickets/\?"))


PRESS_AT_ONCE = """(key) => new MutationObserver((_changes, watch) => {
    const head = document.getElementById("ticket-head");
    if (!head || head === window.headBefore) return;
    watch.disconnect();
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
}).observe((window.headBefore = document.getElementById("ticket-head")).parentElement, { childList: true })"""
NOTE = """async () => {
    const form = document.getElementById("composer"), words = new FormData(form);
    words.set("kind", "note");
    words.set("note", "From another window");
    await fetch(form.action, { method: "POST", body: words });
}"""


def test_a_press_at_the_instant_of_a_redraw(windows: Windows) -> None:
    """What has just been drawn answers at once: the act asks on the page, and no page goes away under a text."""
    number = windows.desk.open_ticket("Wrong items in the redrawn queue")
    page = windows.open("jonas", f"/tickets/{number}/")
    page.locator("#composer [name=reply]").fill("Half a sentence")
    page.locator("#composer [name=reply]").blur()
    expect(page.locator("html")).to_have_attribute("data-live", "on")
    page.evaluate(PRESS_AT_ONCE, "s")
    page.evaluate(NOTE)
    expect(page.locator(f"{DIALOG} .dialog__title")).to_contain_text("Status")
    expect(page).to_have_url(re.compile(f"/tickets/{number}/$"))
    expect(page.locator("#composer [name=reply]")).to_have_value("Half a sentence")


def test_an_act_that_is_under_way_while_the_page_is_redrawn(windows: Windows) -> None:
    """The answer of the act is shown, with its words, although the news of another window came in between."""
    number = windows.desk.open_ticket("Wrong items in the overtaken queue")
    page = windows.open("jonas", f"/tickets/{number}/")
    expect(page.locator("html")).to_have_attribute("data-live", "on")
    held: list[Route] = []
    page.route("**/acts/resolve/**", lambda route: held.append(route))
    press(page, "e")
    while not held:
        page.wait_for_timeout(20)
    with page.expect_response("**/?part=all**"):
        windows.desk.write(number, "From another window", kind="note")
    expect(page.locator("#conversation")).to_contain_text("From another window")
    held[0].continue_()
    expect(page.locator("#toasts")).to_contain_text(f"{number} is resolved")
    expect(page.locator("#ticket-head")).to_contain_text("Resolved")


def test_a_key_in_the_instant_after_a_dialog_closed(windows: Windows) -> None:
    """What was typed into still has the focus then, and is not to be seen any more."""
    number = windows.desk.open_ticket("Wrong items in the closing queue")
    page = windows.open("jonas", f"/tickets/{number}/")
    for _time in range(8):
        press(page, "Control+k")
        expect(page.locator("#palette")).to_be_visible()
        press(page, "Escape", "s")
        expect(page.locator("#act-dialog")).to_be_visible()
        press(page, "Escape")
        expect(page.locator(DIALOG)).to_have_count(0)


def test_going_places(windows: Windows) -> None:
    """g q, c, the sheet of ?, the palette of Ctrl+K."""
    windows.desk.open_ticket("Wrong items in the places queue")
    page = windows.open("jonas", "/sop/")
    press(page, "g", "q")
    page.wait_for_url(re.compile(r"/tickets/"))
    press(page, "?")
    sheet = page.locator("#key-sheet")
    expect(sheet).to_be_visible()
    expect(sheet.locator("[data-page-keys]")).to_contain_text("New ticket")
    press(page, "Escape")
    press(page, "Control+k")
    palette = page.locator("#palette")
    expect(palette).to_be_visible()
    page.keyboard.type("report")
    expect(palette.get_by_role("option", selected=True)).to_contain_text("Reports")
    press(page, "Enter")
    page.wait_for_url(re.compile("/reports/"))
    press(page, "Control+k")
    page.keyboard.type("places queue")
    palette.get_by_role("option", name=re.compile("Search tickets")).click()
    expect(page.locator("main")).to_contain_text("Wrong items in the places queue")
    page.goto("/tickets/")
    press(page, "c")
    expect(page.get_by_role("heading", name="New ticket")).to_be_visible()


def test_keys_are_switched_off(windows: Windows) -> None:
    """Then no letter does anything, and Ctrl+K still does."""
    page = windows.open("jonas", "/tickets/?view=open")
    press(page, "?")
    page.locator("[data-toggle-keys]").uncheck()
    press(page, "Escape")
    page.reload()
    press(page, "j", "c", "?")
    expect(page).to_have_url(re.compile(r"/tickets/\?view=open"))
    expect(page.locator(".is-cursor")).to_have_count(0)
    expect(page.locator("#key-sheet")).to_be_hidden()
    press(page, "Control+k")
    expect(page.locator("#palette")).to_be_visible()


def test_everything_is_reached_by_tab(windows: Windows) -> None:
    """The first press offers to skip to the content; focus is always somewhere to be seen."""
    page = windows.open("jonas", f"/tickets/{windows.desk.facts['tickets']['worked']}/")
    page.locator("body").press("Tab")
    expect(page.locator(".skip-link")).to_be_focused()
    seen = set()
    for _ in range(60):
        press(page, "Tab")
        where = page.evaluate(
            """() => {
                const on = document.activeElement, box = on.getBoundingClientRect();
                const isSeen = on === document.body || (box.width > 0 && box.height > 0);
                return `${on.tagName} ${on.className} ${on.name ?? ""}|${isSeen}`;
            }"""
        )
        assert not where.endswith("|false") or "visually-hidden" in where, where
        seen.add(where)
    assert any("reply" in where for where in seen)
