"""A request as it is filled in: what the page proposes, and what the person has said."""

from __future__ import annotations

from playwright.sync_api import Page, Route, expect

from tests.browser.windows import Windows

_STOPPED = 'name="urgency"\r\n\r\n1\r\n'


def _shows(page: Page, impact: str, urgency: str) -> None:
    for name, level in (("impact", impact), ("urgency", urgency)):
        expect(page.locator(f"input[name={name}][value='{level}']")).to_be_checked()


def test_a_category_proposes_until_the_person_says(windows: Windows) -> None:
    """The defaults of a category are seen as soon as it is chosen; a choice of one's own stays whatever follows."""
    page = windows.open("amara", "/requests/new/")
    about = page.get_by_label("What is it about?")
    _shows(page, "3", "2")
    about.select_option(label="Users locked out")
    _shows(page, "1", "1")
    about.select_option(label="Queue empty or stuck")
    expect(page.get_by_label("Which queue")).to_be_visible()
    _shows(page, "3", "2")
    with page.expect_request(lambda asked: _STOPPED in (asked.post_data or "")) as asked:
        page.locator("label", has_text="No, we are stopped").click()
    assert asked.value.url.endswith("/requests/new/aid/"), "the promise beside the form follows each choice"
    about.select_option(label="Users locked out")
    _shows(page, "1", "1")
    about.select_option(label="Queue empty or stuck")
    expect(page.get_by_label("Which queue")).to_be_visible()
    _shows(page, "3", "1")


def test_what_is_told_while_the_page_asks_is_not_lost(windows: Windows) -> None:
    """Two news in a row: the second comes while the page still fetches the first, and is seen all the same."""
    number = windows.desk.open_ticket("Wrong items in the asking queue")
    page = windows.open("amara", f"/requests/{number}/")
    expect(page.locator("html")).to_have_attribute("data-live", "on")
    held: list[Route] = []
    page.route(f"**/requests/{number}/", lambda route: route.continue_() if held else held.append(route))
    windows.desk.write(number, "We have a look.")
    while not held:
        page.wait_for_timeout(20)
    answer = held[0].fetch()
    with page.expect_event("console", lambda line: line.text == "told"):
        page.evaluate(
            "name => document.body.addEventListener(name, () => console.log('told'), { once: true })",
            f"live:ticket.{int(number.removeprefix('PUO-'))}",
        )
        windows.desk.write(number, "We have found it.")
    held[0].fulfill(response=answer)
    expect(page.locator(".conversation")).to_contain_text("We have found it.")
