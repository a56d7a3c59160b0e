"""report.html in a real Chromium, opened from disk: no errors, filters by mouse and keyboard, paper, light and dark."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from data.schema import LABELS, parse_article
from tests import chromium
from tests.chromium import Page, expect
from tests.reports import ABOUT, whole_report
from train.evaluate import compute
from train.report_html import page

browser, view = chromium.browser, chromium.view

EVIL = "Sở</script><script>document.title='đổi'</script><img src=x onerror=\"document.title='đổi'\">"


@pytest.fixture(scope="module")
def figures() -> dict[str, Any]:
    return json.loads(whole_report())


@pytest.fixture(scope="module")
def report(figures: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> str:
    """Its address."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(page(figures), encoding="utf-8")
    return path.as_uri()


def shown(view: Page, attribute: str) -> list[str]:
    """What the visible mistakes in mentions carry."""
    return view.locator("#spans > li:not([hidden])").evaluate_all(f"all => all.map((one) => one.dataset.{attribute})")


FORM = "form[data-list=spans]"
FOUND = f"{FORM} + .found"


def test_it_opens_at_both_widths_and_nothing_sticks_out(view: Page, report: str) -> None:
    for width in (1400, 390):
        view.set_viewport_size({"width": width, "height": 844})
        view.goto(report)
        assert view.evaluate("document.documentElement.scrollWidth") <= width
        assert view.locator("#short").is_visible()
        outside = "all => all.filter((e) => e.getBoundingClientRect().right > innerWidth + 1).map((e) => e.textContent)"
        assert view.locator("svg text").evaluate_all(outside) == []
        assert view.locator("p, dd, dt, h1, h2, blockquote, label").evaluate_all(outside) == []


def test_filters_by_mouse(view: Page, report: str, figures: dict[str, Any]) -> None:
    view.goto(report)
    mistakes = figures["mistakes"]["spans"]
    assert len(shown(view, "kind")) == min(25, len(mistakes))
    assert view.locator(FOUND).inner_text() == f"{len(mistakes):,} mistakes."
    view.select_option(f"{FORM} [name=kind]", "missed")
    missed = [one for one in mistakes if one["kind"] == "missed"]
    assert set(shown(view, "kind")) == {"missed"}
    assert view.locator(FOUND).inner_text() == f"{len(missed):,} of {len(mistakes):,} mistakes."
    view.select_option(f"{FORM} [name=label]", "AGENCY")
    assert set(shown(view, "label")) == {"AGENCY"}
    view.click(f"{FORM} [type=reset]")
    # Not wait_for_function: where it has to wait, it evaluates a string, which the page's policy forbids.
    expect(view.locator(FOUND)).to_have_text(f"{len(mistakes):,} mistakes.")
    word = missed[0]["gold"]["text"]
    view.fill(f"{FORM} [name=words]", word.upper())
    texts = view.locator("#spans > li:not([hidden]) blockquote").all_text_contents()
    assert texts
    assert all(word.casefold() in text.casefold() for text in texts)


def test_words_are_found_without_their_marks(view: Page, report: str) -> None:
    view.goto(report)
    view.fill(f"{FORM} [name=words]", "uy ban")
    for text in view.locator("#spans > li:not([hidden])").all_text_contents():
        assert "ủy ban" in text.casefold() or "uỷ ban" in text.casefold() or "uy-ban" in text
    view.fill(f"{FORM} [name=words]", "không có từ nào như thế")
    assert shown(view, "kind") == []
    assert view.locator(FOUND).inner_text().startswith("0 of ")


def test_a_number_in_the_table_leads_to_its_mistakes(view: Page, report: str, figures: dict[str, Any]) -> None:
    view.goto(report)
    link = view.locator("a[data-kind=missed][data-label=AGENCY]")
    count = figures["mistakes"]["kinds"]["AGENCY"]["missed"]
    assert link.inner_text() == str(count)
    # at once: what a click changes is there before anything else runs
    clicked = f"link => {{ link.click(); return document.querySelector('{FOUND}').textContent; }}"
    assert link.evaluate(clicked).startswith(f"{count} of ")
    view.goto(report)
    link.focus()
    view.keyboard.press("Enter")
    view.wait_for_url("**#mentions")
    assert set(zip(shown(view, "kind"), shown(view, "label"), strict=True)) == {("missed", "AGENCY")}
    assert view.locator(FOUND).inner_text().startswith(f"{count} of ")


def test_all_of_it_works_with_the_keyboard(view: Page, report: str) -> None:
    view.goto(report)
    view.keyboard.press("Tab")
    assert view.evaluate("document.activeElement.textContent") == "Skip to the mistakes"
    view.focus(f"{FORM} [name=kind]")
    view.keyboard.press("b")  # boundary
    assert set(shown(view, "kind")) == {"boundary"}
    view.keyboard.press("Tab")
    view.keyboard.press("Tab")
    view.keyboard.type("zzzz")
    assert shown(view, "kind") == []
    view.keyboard.press("Enter")  # nothing is sent anywhere
    assert view.url == report
    view.keyboard.press("Tab")
    view.keyboard.press("Space")  # Clear
    view.wait_for_selector("#spans > li:not([hidden])")
    more = view.locator("#spans + .more")
    before = len(shown(view, "kind"))
    if more.is_visible():
        more.focus()
        view.keyboard.press("Enter")
        assert len(shown(view, "kind")) > before
        assert view.evaluate("document.activeElement.tagName") == "LI"  # the first that is new
    view.focus("details > summary")
    view.keyboard.press("Enter")
    assert view.locator("details table").first.is_visible()


def test_a_text_with_a_script_in_it_stays_text(view: Page, tmp_path: Path) -> None:
    entity = {"id": "e", "label": "AGENCY", "start": 0, "end": len(EVIL), "text": EVIL}
    gold = parse_article({"id": "x", "text": f"{EVIL} họp & bàn.", "entities": [entity]})
    found = compute([gold], [gold.model_copy(update={"entities": []})], LABELS, records=False)
    path = tmp_path / "report.html"
    path.write_text(page({"about": ABOUT | {"model": EVIL}} | found), encoding="utf-8")
    view.goto(path.as_uri())
    assert EVIL in str(view.locator("h1").text_content())
    assert EVIL in str(view.locator("#spans blockquote").text_content())
    assert view.locator("main script, main img, header script").count() == 0
    assert view.title().startswith("Evaluation of Sở</script>")


def test_dark_and_paper_have_colours_of_their_own(view: Page, report: str) -> None:
    view.goto(report)
    ground, ink = (
        "getComputedStyle(document.body).backgroundColor",
        "getComputedStyle(document.querySelector('svg text')).fill",
    )
    assert (view.evaluate(ground), view.evaluate(ink)) == ("rgb(255, 255, 255)", "rgb(90, 99, 110)")
    view.emulate_media(color_scheme="dark")
    assert (view.evaluate(ground), view.evaluate(ink)) == ("rgb(20, 24, 29)", "rgb(163, 173, 184)")
    view.emulate_media(color_scheme="dark", media="print")
    assert (view.evaluate(ground), view.evaluate(ink)) == ("rgb(255, 255, 255)", "rgb(68, 68, 68)")
    assert view.locator("nav").is_hidden()
    assert view.locator(FORM).is_hidden()
    assert view.pdf(format="A4")[:5] == b"%PDF-"
