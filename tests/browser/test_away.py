"""What is missing is said, and what still works goes on working."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.windows import Windows


def test_no_network(windows: Windows) -> None:
    """A strip says so; what is written stays; it goes when the network is back, and the message with it."""
    windows.allow("ERR_INTERNET_DISCONNECTED", "ERR_NETWORK", "EventSource", "htmx:(afterRequest|sendError)")
    number = windows.desk.open_ticket("Wrong items in the draft queue")
    page = windows.open("sena", f"/tickets/{number}/")
    page.context.set_offline(True)
    strip = page.locator("[data-strip=offline]")
    expect(strip).to_be_visible()
    page.keyboard.press("n")
    page.keyboard.type("Written in a tunnel")
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-strip=request]")).to_be_visible()
    expect(page.locator("#composer [name=note]")).to_have_value("Written in a tunnel")
    page.context.set_offline(False)
    expect(strip).to_have_count(0)
    page.locator("#composer [name=note]").focus()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#conversation")).to_contain_text("Written in a tunnel")
    expect(page.locator("[data-strip=request]")).to_have_count(0)


def test_redis_is_away(windows: Windows) -> None:
    """Pages come and take what is written; the stream comes back by itself with what was missed."""
    windows.allow("EventSource", "status of 503", "ERR_", "503 GET .*/live/")
    desk = windows.desk
    number = desk.open_ticket("Wrong items in the draft queue")
    page = windows.open("jonas", f"/tickets/{number}/")
    expect(page.locator("html")).to_have_attribute("data-live", "on")
    desk.redis.cut()
    try:
        page.goto("/tickets/?view=open")
        expect(page.locator("[data-row]").first).to_be_visible()
        page.goto(f"/tickets/{number}/")
        page.keyboard.press("r")
        page.keyboard.type("Sent without Redis")
        page.keyboard.press("Control+Enter")
        expect(page.locator("#conversation")).to_contain_text("Sent without Redis")
        asking = windows.open("amara", "/requests/new/")
        asking.get_by_label("What is going wrong?").fill("Opened without Redis")
        asking.get_by_role("button", name="Send request").click()
        expect(asking.locator(".conversation")).to_contain_text("Opened without Redis")
    finally:
        desk.redis.mend()
    expect(page.locator("html")).to_have_attribute("data-live", "on", timeout=20_000)
    desk.write(number, "Redis is back", kind="note")
    expect(page.locator("#conversation")).to_contain_text("Redis is back", timeout=20_000)
