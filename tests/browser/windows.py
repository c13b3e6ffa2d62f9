"""Browser windows of people: signed in, watched for whatever a page must never do, and looked at."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response, expect

from tests.browser.running_desk import RunningDesk

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
WIDE = (1440, 900)
PHONE = (390, 844)
WIDTHS = (320, 390, 1024, 1440)
PATIENCE = 20_000
"""Milliseconds for what comes by itself, on a machine with much else to do."""
expect.set_options(timeout=PATIENCE)

WATCH = """document.addEventListener("securitypolicyviolation", (event) => {
    console.error(`policy refused ${event.violatedDirective} ${event.blockedURI}`);
});"""


@dataclass
class Windows:
    """All windows of one test. ``allowed`` are patterns of console lines that the journey itself provokes."""

    desk: RunningDesk
    browser: Browser
    allowed: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    _contexts: list[BrowserContext] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)

    def open(
        self,
        who: str | None,
        path: str = "/",
        *,
        size: tuple[int, int] = WIDE,
        theme: str = "light",
        script: bool = True,
    ) -> Page:
        """A new window of that person (nobody: signed out) at an address of the desk."""
        context = self.browser.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme=theme, java_script_enabled=script,
            base_url=self.desk.address, reduced_motion="reduce", timezone_id="Europe/Dublin", locale="en-GB",
        )  # fmt: skip
        context.set_default_timeout(PATIENCE)
        if who is not None:
            session = self.desk.facts["sessions"][who]
            context.add_cookies([{"name": "sessionid", "value": session, "url": self.desk.address}])
        self._contexts.append(context)
        return self.beside(context, path, name=who or "stranger", script=script)

    def beside(self, context: BrowserContext, path: str, *, name: str = "", script: bool = True) -> Page:
        """One more tab in a window's own session."""
        page = context.new_page()
        self.pages.append(page)
        if script:
            page.add_init_script(WATCH)
        page.on("console", lambda message: self._hear(name, message))
        page.on("pageerror", lambda error: self.complaints.append(f"{name}: {error}"))
        page.on("dialog", lambda dialog: self.complaints.append(f"{name}: dialog {dialog.message}"))
        page.on("response", lambda response: self._judge(name, response))
        page.goto(path)
        return page

    def _hear(self, name: str, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(re.search(known, message.text) for known in self.allowed):
            self.complaints.append(f"{name}: {message.text} ({message.location.get('url', '')})")

    def _judge(self, name: str, response: Response) -> None:
        text = f"{response.status} {response.request.method} {response.url}"
        if response.status >= 500 and not any(re.search(known, text) for known in self.allowed):
            self.complaints.append(f"{name}: {text}")

    def allow(self, *patterns: str) -> None:
        self.allowed.extend(patterns)

    def keep_pictures(self, directory: Path) -> list[Path]:
        kept = []
        directory.mkdir(parents=True, exist_ok=True)
        for number, page in enumerate(self.pages):
            with suppress(Exception):
                path = directory / f"window-{number}.png"
                page.screenshot(path=path)
                kept.append(path)
        return kept

    def close(self) -> None:
        for context in self._contexts:
            with suppress(Exception):
                context.close()


def settled(page: Page) -> Page:
    """When nothing is being fetched or swapped."""
    expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)
    return page


def barriers(page: Page, rules: Iterable[str] = ()) -> list[str]:
    """What keeps somebody out, as axe sees it: rule, impact and the elements."""
    # Without preload: axe would write the style sheets into the page, which the policy refuses.
    options: dict[str, Any] = {"resultTypes": ["violations"], "preload": False}
    if rules:
        options["runOnly"] = {"type": "rule", "values": list(rules)}
    found = Axe().run(page, options=options).response["violations"]
    return [f"{each['id']} ({each['impact']}): {_where(each['nodes'][:3])}" for each in found]


def _where(nodes: list[dict[str, Any]]) -> str:
    return "; ".join(f"{node['target']} {node['html'][:160]}" for node in nodes)


def sideways(page: Page) -> str:
    """The elements that make the page scroll sideways; nothing when it does not."""
    return page.evaluate(
        """() => {
            const root = document.scrollingElement, limit = document.documentElement.clientWidth;
            if (root.scrollWidth <= limit + 1) return "";
            const clips = (each) => each !== document.body && getComputedStyle(each).overflowX !== "visible";
            const isClipped = (each) => {
                for (let up = each.parentElement; up && up !== document.body; up = up.parentElement) {
                    if (clips(up)) return true;
                }
                return false;
            };
            const isWide = (each) => each.getBoundingClientRect().right > limit + 1 && !isClipped(each);
            const wide = [...document.body.querySelectorAll("*")].filter(isWide).slice(0, 4);
            return `${root.scrollWidth} > ${limit}: ` + wide.map((each) => each.outerHTML.slice(0, 140)).join(" | ");
        }"""
    )
