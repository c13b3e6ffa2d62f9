"""What was begun survives a reload."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.windows import Windows


def test_reply_survives(windows: Windows) -> None:
    """The desk keeps it, for this agent alone, until it is sent."""
    number = windows.desk.open_ticket("Wrong items in the draft queue")
    page = windows.open("jonas", f"/tickets/{number}/")
    page.keyboard.press("r")
    page.keyboard.type("Half a reply")
    expect(page.locator("#draft-saved")).to_contain_text("Draft saved")
    page.reload()
    reply = page.locator("#composer [name=reply]")
    expect(reply).to_have_value("Half a reply")
    other = windows.open("sena", f"/tickets/{number}/")
    expect(other.locator("#composer [name=reply]")).to_have_value("")
    reply.focus()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#conversation")).to_contain_text("Half a reply")
    page.reload()
    expect(reply).to_have_value("")


def test_request_survives_until_it_is_sent(windows: Windows) -> None:
    page = windows.open("amara", "/requests/new/")
    body = page.get_by_label("What is going wrong?")
    body.press_sequentially("The export button is grey", delay=1)
    expect(page.locator("#aid")).to_contain_text("We think this is")
    page.wait_for_timeout(600)
    page.reload()
    expect(body).to_have_value("The export button is grey")
    page.get_by_role("button", name="Send request").click()
    expect(page).to_have_url(re.compile(r"/requests/PUO-\d+/"))
    page.goto("/requests/new/")
    expect(body).to_have_value("")
