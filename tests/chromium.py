"""A real Chromium for the tests of pages; where there is none, the tests that import this say so and are skipped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="the Python package playwright is not installed: pages not tested")

from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import expect as expect

from benchmarks.screenshots import ARGUMENTS, CHROMIUM

if not Path(CHROMIUM).exists():
    pytest.skip(f"no Chromium at {CHROMIUM} (apt-get install chromium): pages not tested", allow_module_level=True)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def view(browser: Browser) -> Iterator[Page]:
    """A window that must see no error and no request for anything but files."""
    page = browser.new_page(viewport={"width": 1400, "height": 900}, reduced_motion="reduce")
    troubles: list[str] = []
    page.on("console", lambda message: troubles.append(message.text))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on(
        "request", lambda request: None if request.url.startswith(("file:", "data:")) else troubles.append(request.url)
    )
    yield page
    page.close()
    assert troubles == []
