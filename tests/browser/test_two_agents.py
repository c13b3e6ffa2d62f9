"""Two agents on one ticket: whoever is late is told what happened, and loses nothing."""

from __future__ import annotations

import re

from playwright.sync_api import Route, expect

from tests.browser.windows import Windows, settled

REFUSED = r"status of (409|422)"
CUT_OFF = """() => {
    const topics = [...document.querySelectorAll("[data-live]")].map((part) => part.dataset.live);
    for (const topic of topics.filter((name) => name.startsWith("ticket."))) {
        window.addEventListener(`live:${topic}`, (event) => event.stopImmediatePropagation(), true);
    }
}"""
"""Stops the page's own refreshing, as a slow line would: the acts then meet a state that the page does not know."""
CHANGED = "() => document.body.dispatchEvent(new CustomEvent('ticket-changed', { bubbles: true }))"


def test_newer_message_is_read_before_one_sends(windows: Windows) -> None:
    """What Jonas wrote stays; he is shown what Sena wrote meanwhile, and the second try goes out."""
    windows.allow(REFUSED)
    number = windows.desk.open_ticket("Wrong items in the collision queue")
    jonas = windows.open("jonas", f"/tickets/{number}/")
    jonas.evaluate(CUT_OFF)
    jonas.keyboard.press("r")
    jonas.keyboard.type("We found the reason.")
    windows.desk.write(number, "I am on it already.")
    jonas.keyboard.press("Control+Enter")
    notice = jonas.locator("[data-notice]")
    expect(notice).to_be_visible()
    reply = jonas.locator("#composer [name=reply]")
    expect(reply).to_have_value("We found the reason.")
    expect(jonas.locator("#conversation")).to_contain_text("I am on it already.")
    expect(jonas.locator("#conversation")).not_to_contain_text("We found the reason.")
    settled(jonas)
    reply.focus()
    jonas.keyboard.press("Control+Enter")
    expect(jonas.locator("#conversation")).to_contain_text("We found the reason.")
    expect(reply).to_have_value("")


def test_newer_message_is_told_while_one_writes(windows: Windows) -> None:
    """The notice comes by itself into the open page, and the text is left alone."""
    number = windows.desk.open_ticket("Wrong items in the calm queue")
    jonas = windows.open("jonas", f"/tickets/{number}/")
    expect(jonas.locator("html")).to_have_attribute("data-live", "on")
    jonas.keyboard.press("r")
    jonas.keyboard.type("Half a sent")
    windows.desk.write(number, "Sena says hello.")
    expect(jonas.locator("#conversation")).to_contain_text("Sena says hello.")
    expect(jonas.locator("[data-notice]")).to_contain_text("1 newer message")
    jonas.keyboard.type("ence")
    expect(jonas.locator("#composer [name=reply]")).to_have_value("Half a sentence")
    expect(jonas.locator("#composer [name=reply]")).to_be_focused()


def test_what_happens_before_the_stream_is_open_is_shown(windows: Windows) -> None:
    """Between the drawing of a page and the opening of its stream nothing gets lost."""
    number = windows.desk.open_ticket("Wrong items in the slow queue")
    jonas = windows.open("jonas", "/help/")

    def write_first(route: Route) -> None:
        if said:
            windows.desk.write(number, said.pop())
        route.continue_()

    said = ["Sena was faster than the stream."]
    jonas.route("**/live/**", write_first)
    jonas.goto(f"/tickets/{number}/")
    expect(jonas.locator("#conversation")).to_contain_text("Sena was faster than the stream.")


def test_part_that_is_told_while_it_asks_asks_again(windows: Windows) -> None:
    number = windows.desk.open_ticket("Wrong items in the busy queue")
    jonas = windows.open("jonas", f"/tickets/{number}/")
    panel = jonas.locator("#sop-panel")
    expect(panel).to_be_visible()
    asked: list[Route] = []

    def hold_the_first(route: Route) -> None:
        asked.append(route)
        if len(asked) > 1:
            route.continue_()

    jonas.route("**/sop/**", hold_the_first)
    jonas.evaluate(CHANGED)
    expect(jonas.locator("#sop-panel.htmx-request")).to_have_count(1)
    jonas.evaluate(CHANGED)
    assert len(asked) == 1
    with jonas.expect_event("requestfinished", lambda request: "/sop/" in request.url and len(asked) == 2):
        asked[0].continue_()


def test_stale_choice_is_kept(windows: Windows) -> None:
    """Jonas chooses a status on a page that is not up to date: he sees what Sena did and decides again."""
    windows.allow(REFUSED)
    number = windows.desk.open_ticket("Wrong items in the stale queue")
    jonas = windows.open("jonas", f"/tickets/{number}/")
    jonas.evaluate(CUT_OFF)
    jonas.keyboard.press("s")
    dialog = jonas.locator("#act-dialog")
    expect(dialog).to_be_visible()
    sena = windows.open("sena", f"/tickets/{number}/")
    sena.keyboard.press("p")
    sena.locator("#act-dialog").get_by_role("button", name="A team, high urgency").click()
    expect(sena.locator("#act-dialog")).to_have_count(0)
    dialog.get_by_role("button", name="With engineering").click()
    expect(dialog).to_contain_text("changed since you looked")
    expect(dialog).to_contain_text("Sena Kaya")
    expect(dialog).to_contain_text("Your choice is kept")
    expect(sena.locator("#ticket-head")).not_to_contain_text("With engineering")
    dialog.get_by_role("button", name=re.compile("all the same")).click()
    expect(jonas.locator("#ticket-head")).to_contain_text("With engineering")
    expect(sena.locator("#ticket-head")).to_contain_text("With engineering")


def test_second_to_take_it_is_told_who_was_first(windows: Windows) -> None:
    windows.allow(REFUSED)
    number = windows.desk.open_ticket("Wrong items in the race queue")
    jonas, sena = (windows.open(who, f"/tickets/{number}/") for who in ("jonas", "sena"))
    sena.evaluate(CUT_OFF)
    jonas.keyboard.press("i")
    expect(jonas.locator("#properties")).to_contain_text("Jonas Weber")
    sena.keyboard.press("i")
    expect(sena.locator("body")).to_contain_text("Jonas Weber")
    expect(sena.locator("#act-dialog, #strips, #toasts").filter(has_text="Jonas Weber").first).to_be_visible()
    expect(jonas.locator("#properties")).to_contain_text("Jonas Weber")
