"""The pictures of the README, taken from the demo desk: `SCREENS=1 make browser ARGS=tests/browser/test_screens.py`."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Generator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from puo_desk.stack.place import CHECKOUT
from tests.browser.running_desk import RunningDesk, running
from tests.browser.windows import PHONE, Windows

PLACE = CHECKOUT / "docs" / "screens"
LARGEST = 300 * 1024
SIZE = (1280, 800)
THEMES = ("light", "dark")


@pytest.fixture(scope="module")
def demo_desk() -> Generator[RunningDesk]:
    with running("demo") as desk:
        yield desk


@pytest.fixture
def demo(demo_desk: RunningDesk, chromium: Browser) -> Generator[Windows]:
    opened = Windows(demo_desk, chromium)
    yield opened
    opened.close()


def keep(page: Page, name: str) -> None:
    page.wait_for_timeout(600)
    path = PLACE / f"{name}.png"
    page.screenshot(path=path, animations="disabled")
    _shrink(path)
    assert path.stat().st_size < LARGEST


def _shrink(path: Path) -> None:
    """The same picture, packed as tightly as it goes: browsers pack for speed."""
    content = path.read_bytes()
    kept, packed, at = [content[:8]], b"", 8
    while at < len(content):
        length = struct.unpack(">I", content[at : at + 4])[0]
        kind, body = content[at + 4 : at + 8], content[at + 8 : at + 8 + length]
        at += 12 + length
        if kind == b"IDAT":
            packed += body
            continue
        if packed:
            kept.append(_chunk(b"IDAT", zlib.compress(zlib.decompress(packed), 9)))
            packed = b""
        kept.append(_chunk(kind, body))
    path.write_bytes(b"".join(kept))


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


@pytest.mark.parametrize("theme", THEMES)
def test_queue(demo: Windows, theme: str) -> None:
    page = demo.open("agent", "/tickets/?view=team", size=SIZE, theme=theme)
    expect(page.locator("[data-row]").nth(8)).to_be_visible()
    for _ in range(3):
        page.keyboard.press("j")
    keep(page, f"queue-{theme}")


@pytest.mark.parametrize("theme", THEMES)
def test_ticket(demo: Windows, theme: str) -> None:
    page = demo.open("agent", "/tickets/?view=mine&sort=waiting", size=SIZE, theme=theme)
    _open_the_fullest(page)
    keep(page, f"ticket-{theme}")


def _open_the_fullest(page: Page) -> None:
    """Of the agent's tickets the one with the longest conversation."""
    addresses = page.locator("[data-open-row]").evaluate_all("(links) => links.slice(0, 10).map((link) => link.href)")
    counted = []
    for address in addresses:
        page.goto(address)
        counted.append((page.locator("#conversation .message").count(), address))
    page.goto(max(counted)[1])


@pytest.mark.parametrize("theme", THEMES)
def test_request_form(demo: Windows, theme: str) -> None:
    page = demo.open("requester", "/requests/new/", size=SIZE, theme=theme)
    body = page.get_by_label("What is going wrong?")
    body.fill("The review queue for Brazil shows no items since 07:50, and the dashboard still counts 420")
    expect(page.locator("#aid")).to_contain_text("We think this is")
    about = page.get_by_label("What is it about?")
    about.select_option(about.locator("option", has_text="Queue empty or stuck").get_attribute("value"))
    page.get_by_label("Which queue").fill("BR-3")
    page.get_by_label("Market").select_option("BR")
    page.mouse.move(0, 0)
    page.evaluate("scrollTo(0, 0)")
    keep(page, f"request-{theme}")


@pytest.mark.parametrize("theme", THEMES)
def test_report(demo: Windows, theme: str) -> None:
    page = demo.open("lead", "/reports/daily/latest/", size=SIZE, theme=theme)
    expect(page.locator(".report__figures")).to_be_visible()
    keep(page, f"report-{theme}")


def test_phone(demo: Windows) -> None:
    page = demo.open("agent", "/tickets/?view=team", size=PHONE)
    keep(page, "queue-phone")
    page.goto("/tickets/?view=mine")
    _open_the_fullest(page)
    keep(page, "ticket-phone")
