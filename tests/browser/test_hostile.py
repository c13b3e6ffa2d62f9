"""Texts meant to do harm, on every page that shows them."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.hostile import HOSTILE_TAGS
from tests.browser.windows import WIDTHS, Windows, sideways

HARM = """() => {
    const found = [];
    if (window.harmed) found.push("a script ran");
    const runs = /^\\s*(javascript|vbscript|data:text)/i, shown = (each) => each.outerHTML.slice(0, 120);
    for (const each of document.querySelectorAll("*")) {
        for (const { name, value } of each.attributes) {
            if (name.startsWith("on")) found.push(shown(each));
            if (["href", "src", "action", "formaction"].includes(name) && runs.test(value)) found.push(shown(each));
            const foreign = name === "src" && new URL(value, location.href).origin !== location.origin;
            if (foreign && !value.startsWith("data:image")) found.push(shown(each));
        }
    }
    const alien = "script, iframe, style, object, embed, base, meta, [hx-get], [hx-post], [data-key], #main";
    for (const text of document.querySelectorAll(".prose")) found.push(...[...text.querySelectorAll(alien)].map(shown));
    return found;
}"""


def pages_of(windows: Windows) -> list[tuple[str, str]]:
    facts = windows.desk.facts
    number, article = facts["tickets"]["hostile"], facts["hostile_article"]
    return [
        ("jonas", "/tickets/?view=open&sort=newest"),
        ("jonas", "/search/?q=script"),
        ("jonas", f"/tickets/{number}/"),
        ("jonas", f"/tickets/{number}/history/"),
        ("jonas", f"/tickets/{number}/sop/?q=hostile"),
        ("jonas", "/sop/"),
        ("jonas", f"/sop/{article}/"),
        ("ingrid", f"/sop/{article}/edit/"),
        ("jonas", f"/sop/{article}/versions/"),
        ("mallory", "/requests/"),
        ("mallory", f"/requests/{number}/"),
        ("mallory", "/help/"),
        ("mallory", f"/help/{article}/"),
        ("mallory", "/profile/"),
        ("jonas", "/notifications/"),
    ]


def test_nothing_runs_and_nothing_breaks(windows: Windows) -> None:
    # A picture in the texts names a file that is not there.
    windows.allow("status of 404")
    faults: list[str] = []
    shown: dict[str, Page] = {}
    for who, path in pages_of(windows):
        if who not in shown:
            shown[who] = windows.open(who, path)
        page = shown[who]
        page.goto(path)
        faults += [f"{path}: {harm}" for harm in page.evaluate(HARM)]
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            if wide := sideways(page):
                faults.append(f"{path} at {width}: {wide}")
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("tag", HOSTILE_TAGS)
def test_hostile_tag_leads_to_its_tickets(windows: Windows, tag: str) -> None:
    windows.allow("status of 404")
    number = windows.desk.facts["tickets"]["hostile"]
    page = windows.open("jonas", f"/tickets/{number}/")
    page.locator(".properties .tag", has_text=tag).click()
    expect(page.locator(f"#row-{number}")).to_be_visible()
    assert page.evaluate(HARM) == []
