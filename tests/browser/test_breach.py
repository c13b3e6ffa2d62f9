"""A promise that is broken is told by itself: real beat, real sweep, nobody reloads."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.windows import Windows


def test_breach_appears_by_itself(windows: Windows) -> None:
    """The row turns late in an open queue, and the assignee's bell counts it."""
    desk = windows.desk
    queue = windows.open("jonas", "/tickets/?view=open&sort=newest")
    expect(queue.locator("html")).to_have_attribute("data-live", "on")
    bell = queue.locator("nav.rail [data-count=bell-count]")
    before = int(bell.inner_text() or 0)
    breached = queue.locator("nav.rail [data-count=count-breached]")
    late_before = int(breached.inner_text() or 0)
    number = desk.open_ticket("A live stream must stop now", "quick")
    pill = queue.locator("[data-new-pill]")
    expect(pill).to_be_visible()
    pill.click()
    row = queue.locator(f"#row-{number}")
    expect(row).to_be_visible()
    row.locator("[data-select]").check()
    queue.keyboard.press("i")
    expect(row).to_contain_text("late", timeout=12_000)
    expect(breached).to_have_text(str(late_before + 1))
    expect(row.locator(".deadline--breached")).to_be_visible()
    expect(bell).to_have_text(re.compile(rf"^(?!{before}$)\d+"))
    queue.goto("/notifications/")
    expect(queue.locator("main")).to_contain_text(number)
    expect(queue.locator("main")).to_contain_text(re.compile("late|breach|missed|broken", re.I))
