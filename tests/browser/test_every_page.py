"""Each page of the desk: open to everybody (axe), light and dark, and never wider than the screen."""

from __future__ import annotations

import pytest

from tests.browser.windows import PHONE, WIDE, WIDTHS, Windows, barriers, sideways

# who, address; {names} come from the scenario
PAGES = [
    (None, "/account/login/"),
    (None, "/account/password/reset/"),
    ("jonas", "/tickets/?view=open"),
    ("jonas", "/tickets/?view=open&filters=1"),
    ("noor", "/tickets/?view=mine"),
    ("jonas", "/search/?q=label"),
    ("jonas", "/tickets/{worked}/"),
    ("jonas", "/tickets/{worked}/history/"),
    ("jonas", "/tickets/{worked}/acts/assign/"),
    ("jonas", "/tickets/{worked}/acts/priority/"),
    ("jonas", "/tickets/new/"),
    ("jonas", "/incidents/"),
    ("ingrid", "/incidents/new/"),
    ("tomas", "/requests/"),
    ("noor", "/requests/"),
    ("tomas", "/requests/new/"),
    ("tomas", "/requests/{worked}/"),
    ("tomas", "/help/"),
    ("tomas", "/help/{public_article}/"),
    ("jonas", "/sop/"),
    ("jonas", "/sop/{article}/"),
    ("ingrid", "/sop/{article}/edit/"),
    ("ingrid", "/sop/{article}/versions/"),
    ("ingrid", "/sop/{article}/compare/?old=1&new=3"),
    ("ingrid", "/reports/"),
    ("ingrid", "/reports/daily/{report_day}/"),
    ("ingrid", "/reports/daily/{report_day}/tickets/?key=resolved"),
    ("ingrid", "/reports/definitions/"),
    ("jonas", "/notifications/"),
    ("jonas", "/profile/"),
    ("tomas", "/profile/"),
    ("jonas", "/no-such-page/"),
]  # fmt: skip
# What the theme and the width can change; the rest of the rules see the same page each time.
BY_THEME = ("color-contrast", "link-in-text-block")
BY_WIDTH = ("color-contrast", "target-size", "scrollable-region-focusable", "label", "button-name", "link-name")


@pytest.mark.parametrize(("who", "path"), PAGES, ids=[path for _who, path in PAGES])
def test_page(windows: Windows, who: str | None, path: str) -> None:
    windows.allow("status of 404")
    facts = windows.desk.facts
    names = {name: value for name, value in facts.items() if isinstance(value, str)} | facts["tickets"]
    page = windows.open(who, path.format(**names))
    assert page.title()
    faults = [f"wide light: {barrier}" for barrier in barriers(page)]
    page.emulate_media(color_scheme="dark")
    faults += [f"wide dark: {barrier}" for barrier in barriers(page, BY_THEME)]
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    faults += [f"phone dark: {barrier}" for barrier in barriers(page, BY_WIDTH)]
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": WIDE[1]})
        if wide := sideways(page):
            faults.append(f"at {width}: {wide}")
    assert not faults, "\n".join(faults)


def test_api_pages(windows: Windows) -> None:
    """Swagger's own page stands and runs under the desk's policy; its markup is not the desk's."""
    page = windows.open("noor", "/api/docs/")
    page.get_by_text("PUO Desk API").first.wait_for()
    page.get_by_text("/api/v1/tickets/").first.wait_for()


def test_halves_of_a_ticket_on_a_phone(windows: Windows) -> None:
    """The details begin at their top, and the conversation is where it was left."""
    page = windows.open("jonas", f"/tickets/{windows.desk.facts['tickets']['worked']}/", size=(PHONE[0], 500))
    page.wait_for_function("scrollY > 50")
    left = page.evaluate("scrollY")
    page.get_by_role("button", name="Details").click()
    assert page.evaluate("scrollY") == 0
    page.get_by_role("button", name="Conversation").click()
    assert page.evaluate("scrollY") == left


def test_dialogs(windows: Windows) -> None:
    """What opens over a page is looked at too."""
    page = windows.open("jonas", f"/tickets/{windows.desk.facts['tickets']['worked']}/")
    faults = []
    asked = "#act-dialog"
    for keys, dialog in (("?", "#key-sheet"), ("Control+k", "#palette"), ("s", asked), ("p", asked), ("l", asked)):
        page.keyboard.press(keys)
        page.locator(dialog).wait_for()
        faults += [f"{dialog} by {keys}: {barrier}" for barrier in barriers(page)]
        page.keyboard.press("Escape")
        page.locator(dialog).wait_for(state="hidden")
    page.get_by_role("button", name="More acts").click()
    faults += [f"menu: {barrier}" for barrier in barriers(page)]
    assert not faults, "\n".join(faults)
