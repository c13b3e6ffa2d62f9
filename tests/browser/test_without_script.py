"""The whole job with scripts refused: forms post, pages come, nothing is out of reach."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.windows import Windows


def test_request_is_filed(windows: Windows) -> None:
    page = windows.open("amara", "/requests/new/", script=False)
    page.get_by_label("What is going wrong?").fill("Exports stop without a word")
    page.get_by_label("What is it about?").select_option(label="Queue empty or stuck")
    page.get_by_role("button", name="Show its questions").click()
    expect(page.get_by_label("What is going wrong?")).to_have_value("Exports stop without a word")
    page.get_by_label("Which queue").fill("AP-9")
    page.get_by_label("Market").select_option("DE")
    page.get_by_role("button", name="Send request").click()
    expect(page).to_have_url(re.compile(r"/requests/PUO-\d+/"))
    page.get_by_label("Your message").fill("One more thing")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".conversation")).to_contain_text("One more thing")


def test_ticket_is_worked(windows: Windows) -> None:
    """Filter, open, take, reply, note, procedure, status, resolve."""
    number = windows.desk.open_ticket("Wrong items in the noscript queue")
    page = windows.open("jonas", "/tickets/?view=open", script=False)
    page.locator(".filterbar input[type=search], [name=q]").first.fill("noscript")
    page.get_by_role("button", name="Search").first.click()
    expect(page.locator("[data-row]")).to_have_count(1)
    page.get_by_role("link", name=re.compile("Filters")).click()
    page.get_by_label("New", exact=True).check()
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page).to_have_url(re.compile("status=new"))
    expect(page.locator("[data-row]")).to_have_count(1)
    page.locator("[data-open-row]").click()
    expect(page).to_have_url(re.compile(number))
    page.get_by_role("button", name="Take").click()
    expect(page.locator("#properties")).to_contain_text("Jonas Weber")
    page.locator(".composer__foot").get_by_role("link", name="SOP").click()
    page.locator("form[role=search] input").fill("console")
    page.locator("form[role=search] input").press("Enter")
    page.get_by_role("button", name="Insert text").first.click()
    reply = page.locator("#composer [name=reply]")
    expect(reply).not_to_have_value("")
    reply.fill("We have found it.")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#conversation")).to_contain_text("We have found it.")
    page.locator("label", has_text="Note").first.click()
    page.locator("#composer [name=note]").fill("Between us")
    page.get_by_role("button", name="Add note").click()
    expect(page.locator("#conversation")).to_contain_text("Between us")
    page.locator("#ticket-head a", has_text="In progress").first.click()
    page.get_by_role("button", name="With engineering").click()
    expect(page.locator("#ticket-head")).to_contain_text("With engineering")
    page.locator("#ticket-head").get_by_role("button", name="Resolve", exact=True).click()
    expect(page.locator("#ticket-head")).to_contain_text("Resolved")
