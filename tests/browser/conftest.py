"""The browser and the desk of the journeys. Without a browser all of them are skipped, and the summary says why."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
BROWSER = next((found for name in NAMES if (found := shutil.which(name))), None)
NO_BROWSER = f"no browser: none of {', '.join(NAMES)} is installed (Debian: apt-get install chromium)"
# The README's pictures are taken anew only when asked for.
collect_ignore = [] if os.environ.get("SCREENS") else ["test_screens.py"]
OUTCOME = pytest.StashKey[bool]()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for journey in items:
        if here in journey.path.parents:
            journey.add_marker("browser")
            if BROWSER is None:
                journey.add_marker(pytest.mark.skip(reason=NO_BROWSER))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if BROWSER is None and "skipped" in terminalreporter.stats:
        terminalreporter.write_line(f"The browser journeys were skipped: {NO_BROWSER}.", yellow=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call":
        item.stash[OUTCOME] = report.failed
    return report


@pytest.fixture(scope="package")
def chromium() -> Generator[object]:
    """Ended with this package: Playwright's loop must not run beneath other tests' database work."""
    from playwright.sync_api import sync_playwright

    from tests.browser.windows import FLAGS

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=list(FLAGS), headless=True)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def small_desk() -> Generator[object]:
    from tests.browser.running_desk import running

    with running("small") as desk:
        yield desk


@pytest.fixture
def windows(request: pytest.FixtureRequest, small_desk: object, chromium: object) -> Generator[object]:
    """Windows on the small desk. A complaint of any page, or a traceback in the web log, fails the journey."""
    from tests.browser.windows import Windows

    opened = Windows(small_desk, chromium)  # type: ignore[arg-type]
    said_before = len(opened.desk.log())
    yield opened
    failed = request.node.stash.get(OUTCOME, False)
    said = opened.desk.log()[said_before:]
    if failed or opened.complaints:
        place = Path(tempfile.gettempdir()) / f"puo-journeys-{os.getpid()}" / request.node.name
        kept = opened.keep_pictures(place)
        print("pictures: " + ", ".join(str(path) for path in kept), file=sys.stderr)
        if said:
            print(f"the web process said:\n{said[-4000:]}", file=sys.stderr)
    opened.close()
    assert not opened.complaints, "\n".join(opened.complaints)
    assert "Traceback" not in said, said[-4000:]
