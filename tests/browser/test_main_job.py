"""The main job: somebody asks, somebody helps, somebody reads how the day went."""

from __future__ import annotations

import base64
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.scenario_words import PASSWORD
from tests.browser.windows import Windows, settled

PICTURE = base64.b64encode(
    base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
).decode()
PASTE = """(area, picture) => {
    const bytes = Uint8Array.from(atob(picture), (sign) => sign.charCodeAt(0));
    const carried = new DataTransfer();
    carried.items.add(new File([bytes], "image.png", { type: "image/png" }));
    area.dispatchEvent(new ClipboardEvent("paste", { clipboardData: carried, bubbles: true, cancelable: true }));
}"""


def sign_in(page: Page, username: str) -> None:
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_main_job(windows: Windows) -> None:
    """Amara asks and rates, Jonas helps by a procedure, and both see each other's acts without reloading."""
    queue = windows.open("jonas", "/tickets/?view=open")
    expect(queue.locator("html")).to_have_attribute("data-live", "on")
    unassigned = int(queue.locator("nav.rail [data-count=count-unassigned]").inner_text())

    asking = windows.open(None, "/requests/new/")
    sign_in(asking, "amara")
    number = _file_a_request(asking)

    pill = queue.locator("[data-new-pill]")
    expect(pill).to_be_visible()
    expect(pill).to_have_text("1 new")
    expect(queue.locator("nav.rail [data-count=count-unassigned]")).to_have_text(str(unassigned + 1))
    row = queue.locator(f"#row-{number}")
    expect(row).to_have_count(0)
    pill.click()
    expect(row).to_be_visible()
    expect(pill).to_be_hidden()

    row.locator("[data-open-row]").click()
    work = queue
    expect(work.locator(".message")).to_have_count(1)
    expect(work.locator(".message img, .message .file")).not_to_have_count(0)
    work.keyboard.press("i")
    expect(work.locator("#properties")).to_contain_text("Jonas Weber")
    _reply_by_a_procedure(work)
    expect(asking.locator(".conversation")).to_contain_text("Reload the console")

    work.locator("#ticket-head").get_by_role("button", name="Resolve", exact=True).click()
    expect(work.locator("#ticket-head")).to_contain_text("Resolved")

    expect(asking.get_by_text("Did this fix it?")).to_be_visible()
    asking.get_by_role("button", name="Yes, this fixed it").click()
    expect(asking.get_by_text("Closed").first).to_be_visible()
    # To the right is better, for keys as for eyes.
    asking.locator("#score-1").focus()
    for score in (2, 3, 4, 5):
        asking.keyboard.press("ArrowRight")
        expect(asking.locator(f"#score-{score}")).to_be_checked()
    worst, best = (asking.locator(f"label[for=score-{score}]").bounding_box() for score in (1, 5))
    assert worst and best and worst["x"] < best["x"]
    asking.get_by_label("Anything").or_(asking.locator("[name=comment]")).first.fill("Quick and kind")
    asking.get_by_role("button", name="Send rating").click()
    expect(asking.get_by_text("You gave 5 of 5")).to_be_visible()
    expect(work.locator("#conversation")).to_contain_text("Rated 5 of 5: “Quick and kind”")
    expect(work.locator("#sop-panel")).to_contain_text("Solved")


def _file_a_request(page: Page) -> str:
    """Fill in the form the way a person does: the number of the ticket that came of it."""
    expect(page).to_have_url(re.compile("/requests/new/"))
    body = page.get_by_label("What is going wrong?")
    body.press_sequentially("The review queue is empty since 08:00, and the appeal console answers 502", delay=1)
    aid = page.locator("#aid")
    expect(aid).to_contain_text("Known: Appeal Console answers 502")
    expect(aid).to_contain_text("Review queue is empty but the dashboard is not")
    page.get_by_label("What is it about?").select_option(label="Queue empty or stuck")
    page.get_by_label("Which queue").fill("AP-4")
    page.get_by_label("Market").select_option("BR")
    page.locator("label", has_text="My team").click()
    page.locator("label", has_text="Partly").click()
    body.evaluate(PASTE, PICTURE)
    expect(page.locator("[data-files] .file__name").last).to_contain_text("screenshot-")
    expect(body).to_have_value(re.compile("since 08:00"))
    page.get_by_role("button", name="Send request").click()
    expect(page).to_have_url(re.compile(r"/requests/PUO-\d+/"))
    expect(page.locator(".conversation")).to_contain_text("since 08:00")
    return page.url.rstrip("/").rpartition("/")[2]


def _reply_by_a_procedure(page: Page) -> None:
    page.keyboard.press("r")
    expect(page.locator("#composer [name=reply]")).to_be_focused()
    page.keyboard.type("Hello Amara,")
    page.locator(".composer__foot").get_by_role("link", name="SOP").click()
    picker = page.locator("#sop-picker")
    picker.get_by_label("Search procedures").fill("review queue is empty")
    choice = picker.locator("li", has_text="Review queue is empty")
    choice.get_by_role("button", name="Insert text").click()
    reply = page.locator("#composer [name=reply]")
    expect(reply).to_have_value(re.compile(r"Hello Amara,\n\n.*Reload the console", re.S))
    expect(reply).to_be_focused()
    # What is written next is a paragraph of its own, whatever the procedure ends with.
    page.keyboard.type("Please try this first.")
    expect(reply).to_have_value(re.compile(r"\n\nPlease try this first\.$"))
    page.keyboard.press("Control+Enter")
    expect(page.locator("#conversation")).to_contain_text("Reload the console")
    expect(reply).to_have_value("")
    settled(page)


def test_lead_reads_the_day(windows: Windows) -> None:
    """Ingrid reads yesterday's numbers and opens one of them."""
    facts = windows.desk.facts
    page = windows.open("ingrid", "/reports/")
    page.get_by_role("link", name="Read the report").click()
    expect(page).to_have_url(re.compile(f"/reports/daily/{facts['report_day']}/"))
    for kind, number in facts["report"].items():
        figure = page.locator(f".figures a[href*='key={kind}'], tbody a[href*='key={kind}']").first
        expect(figure).to_contain_text(str(number))
    page.locator(".figures").get_by_role("link", name=re.compile("^5$|5")).first.click()
    expect(page.locator("[data-row]")).to_have_count(facts["report"]["resolved"])


@pytest.mark.parametrize("path", ["/tickets/", "/requests/new/", "/reports/"])
def test_stranger_is_asked_to_sign_in(windows: Windows, path: str) -> None:
    page = windows.open(None, path)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in(page, "ingrid")
    expect(page).to_have_url(re.compile(path.replace("/requests/new/", "/requests")))
