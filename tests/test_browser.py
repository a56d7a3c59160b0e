"""The pages in a real Chromium, opened from disk: no errors, filters and highlights work, text stays text."""

from __future__ import annotations

import re
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from data.formats import read_articles
from data.schema import Article, parse_article
from infer.site import open_site
from tests import chromium
from tests.chromium import Page
from tests.conftest import FEW
from tests.test_pages import article as small_article

browser, view = chromium.browser, chromium.view

EVIL = "Họp</script><script>document.title='đổi'</script><img src=x onerror=\"document.title='đổi'\">"


def made(number: int, body: str, person: str, due: str, text: str = "") -> Article:
    """An article in which `person` tells `body` to act by `due`."""
    line = text or f"{person} giao {body} báo cáo trước hạn số {number}."
    entities: list[dict[str, Any]] = []
    for id_, label, phrase, values in (
        ("o", "OFFICIAL", person, {"name": person, "person": f"{person}@ubnd", "body": "ubnd"}),
        ("a", "AGENCY", body, {"body": f"{body}-key"}),
        ("d", "DEADLINE", "trước hạn", {"from": None, "until": due}),
    ):
        at = line.index(phrase)
        entities.append(
            {"id": id_, "label": label, "start": at, "end": at + len(phrase), "text": phrase, "score": 0.91}
            | {"normalized": values}
        )
    record = {"issuer": "o", "assignees": ["a"], "deadlines": ["d"], "start": 0, "end": len(line)}
    day = str(date(2020, 1, 1) + timedelta(days=number % 3000))
    return parse_article(
        {"id": f"bài {number}", "date": day, "text": line, "entities": entities, "directives": [record]}
    )


ARTICLES = [
    made(0, "Sở Hoa quả", "Lò Văn Hòa", "2020-11-30"),
    made(1, "Sở Hoa quả", "Lò Văn Hòa", "2021-01-15"),
    made(2, "Sở Hòa giải", "Tẩn A Sử", "2021-02-28"),
    made(3, "Cục Thuế", "Vàng Thị Mỷ", "2022-05-01", f"{EVIL} Vàng Thị Mỷ giao Cục Thuế & Kho bạc, trước hạn."),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four small articles, one of which has two records, then five whole ones."""
    folder = tmp_path_factory.mktemp("pages") / "site"
    with open_site(folder) as sink:
        for one in [*ARTICLES, small_article(), *read_articles(FEW / "dev")]:
            sink.write(one)
    return folder


def page_of(site: Path, number: int) -> str:
    """The address of an article's page; numbers count from 1."""
    (path,) = (site / "articles").glob(f"{number:05}*.html")
    return path.as_uri()


def titles(view: Page) -> list[str]:
    return view.locator("#list h2").all_inner_texts()


def found(view: Page) -> str:
    return view.locator("#found").inner_text()


# ------------------------------------------------------------------ an article


def test_every_page_opens_without_an_error_at_both_widths(view: Page, site: Path) -> None:
    for width in (1400, 390):
        view.set_viewport_size({"width": width, "height": 844})
        for path in [site / "index.html", *sorted((site / "articles").iterdir())]:
            view.goto(path.as_uri())
            assert view.evaluate("document.documentElement.scrollWidth") <= width, path  # nothing sticks out


def test_an_article_with_a_script_in_it_stays_text(view: Page, site: Path) -> None:
    view.goto(page_of(site, 4))
    assert EVIL in view.locator("#text h1").text_content()
    assert view.locator("#text script, #text img").count() == 0
    assert view.title().startswith("Họp</script>")
    view.goto((site / "index.html").as_uri() + "#body=Cục Thuế")
    assert EVIL in titles(view)[0]
    assert view.title() == "Articles · giaoban"
    assert view.locator("#list script, #list img").count() == 0


def test_a_click_on_a_record_shows_its_mentions_alone(view: Page, site: Path) -> None:
    view.goto(page_of(site, 5))
    shown = view.locator("mark.on")
    view.click("#r1")
    assert shown.all_text_contents() == ["Chủ tịch tỉnh", "Sở Y tế", "trước 30/11"]
    assert view.locator(".passage").count() > 0
    view.click("#r2")
    assert shown.all_text_contents() == ["Chủ tịch tỉnh", "Sở Y tế", "Sở Nội vụ", "HĐND"]
    assert view.locator("#r1").get_attribute("aria-pressed") == "false"
    assert view.url.endswith("#record=2")
    view.click("#r2")
    assert shown.count() == 0
    assert "#" not in view.url


def test_the_timeline_and_the_address_select_a_record(view: Page, site: Path) -> None:
    view.goto(page_of(site, 5))
    view.click(".timeline button")
    assert view.locator("#r1").get_attribute("aria-pressed") == "true"
    view.goto(page_of(site, 5) + "#record=2")
    assert view.locator("[aria-pressed=true].record .number").inner_text() == "2"
    assert view.locator("mark.on").first.is_visible()
    view.goto(page_of(site, 7) + "#record=999")
    assert view.locator("mark.on").count() == 0


def test_scores_show_on_hover_and_on_focus(view: Page, site: Path) -> None:
    view.goto(page_of(site, 1))
    tip = view.locator("#tip")
    assert tip.is_hidden()
    view.hover("mark[data-label=AGENCY]")
    assert tip.inner_text().splitlines()[:2] == ["AGENCY", "score 0.91"]
    view.hover("nav a")
    assert tip.is_hidden()
    view.focus("mark[data-label=DEADLINE]")
    assert "until: 2020-11-30" in tip.inner_text()
    box = tip.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["y"] >= 0
    view.keyboard.press("Escape")
    assert tip.is_hidden()


def test_all_of_it_works_with_the_keyboard(view: Page, site: Path) -> None:
    view.goto(page_of(site, 5))
    view.keyboard.press("Tab")
    assert view.evaluate("document.activeElement.textContent") == "Skip to the records"
    view.focus("#m0")
    view.keyboard.press("Enter")  # the first of the mention's records, then the next, then none
    assert view.locator(".record[aria-pressed=true]").get_attribute("id") == "r1"
    view.keyboard.press("Enter")
    assert view.locator(".record[aria-pressed=true]").get_attribute("id") == "r2"
    view.keyboard.press("Enter")
    assert view.locator(".record[aria-pressed=true]").count() == 0
    view.focus("#r1")
    view.keyboard.press("Space")
    assert view.locator("mark.on").count() == 3
    view.keyboard.press("Escape")
    assert view.locator("mark.on").count() == 0


def test_labels_stand_beside_mentions_and_can_be_switched_off(view: Page, site: Path) -> None:
    view.goto(page_of(site, 5))
    label = "getComputedStyle(document.querySelector('mark[data-label=AGENCY]'), '::after').content"
    assert view.evaluate(label) == '"AGENCY"'
    view.click(".legend [data-label=AGENCY]")
    assert view.evaluate(label) == "none"
    assert view.locator("mark.off").all_text_contents() == ["Sở Y tế", "Sở Nội vụ", "HĐND"]
    view.click(".legend [data-label=AGENCY]")
    assert view.evaluate(label) == '"AGENCY"'


def test_a_phone_has_a_bar_that_goes_from_record_to_record(view: Page, site: Path) -> None:
    view.set_viewport_size({"width": 390, "height": 844})
    view.goto(page_of(site, 5))
    assert view.locator("#bar").is_hidden()
    view.click("#r2")
    assert view.locator("#which").inner_text() == "Record 2 of 2"
    view.click("[data-go='1']")
    assert view.locator("#which").inner_text() == "Record 1 of 2"
    view.click("[data-go=list]")
    assert view.evaluate("document.activeElement.id") == "r1"
    view.click("[data-go='0']")
    assert view.locator("#bar").is_hidden()


def test_dark_and_paper_have_colours_of_their_own(view: Page, site: Path) -> None:
    view.goto(page_of(site, 1))
    ground = "getComputedStyle(document.body).backgroundColor"
    assert view.evaluate(ground) == "rgb(255, 255, 255)"
    view.emulate_media(color_scheme="dark")
    assert view.evaluate(ground) == "rgb(20, 24, 29)"
    view.emulate_media(color_scheme="dark", media="print")
    assert view.evaluate(ground) == "rgb(255, 255, 255)"
    assert view.locator("nav").is_hidden()
    assert view.locator("#r1").is_visible()


# ------------------------------------------------------------------ the index


def test_the_index_lists_all_articles_and_leads_to_records(view: Page, site: Path) -> None:
    view.goto((site / "index.html").as_uri())
    assert re.fullmatch(r"10 articles, \d+ records", found(view))
    assert len(titles(view)) == 10
    view.fill("[name=words]", "hạn số 1")
    view.click(".lines a")
    view.wait_for_selector("mark.on")
    assert view.url == page_of(site, 2) + "#record=1"
    view.go_back()
    assert view.input_value("[name=words]") == "hạn số 1"  # the filters are as they were
    assert len(titles(view)) == 1


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"body": "Sở Hoa quả"}, [1, 0]),
        ({"body": "so hoa qua"}, [1, 0]),
        ({"person": "Lò Văn Hoà"}, [1, 0]),  # the other spelling of the tone
        ({"body": "hoa giai"}, [2]),
        ({"person": "Tẩn A Sử"}, [2]),
        ({"body": "Sở Hoa quả", "person": "Tẩn A Sử"}, []),
        ({"person": "lo van", "from": "2021-01-01"}, [1]),
        ({"person": "lo van", "until": "2020-12-31"}, [0]),
        ({"body": "Sở Hoa quả", "from": "2020-11-30", "until": "2020-11-30"}, [0]),
        ({"body": "Sở Hoa quả", "role": "assignees"}, [1, 0]),
        ({"body": "Sở Hoa quả", "role": "issuer"}, []),
        ({"body": "Sở Hoa quả", "role": "mentioned"}, [1, 0]),
        ({"words": "BAO CAO TRUOC HAN SO 2"}, [2]),
        ({"body": "Sở Hoa quả", "sort": "due"}, [0, 1]),
    ],
)
def test_filters(view: Page, site: Path, filters: dict[str, str], expected: list[int]) -> None:
    view.goto((site / "index.html").as_uri())
    for name, value in filters.items():
        (view.select_option if name in ("role", "sort") else view.fill)(f"[name={name}]", value)
    assert titles(view) == [ARTICLES[number].text for number in expected]
    assert found(view).startswith(f"{len(expected)} of ")
    view.click("[type=reset]")
    view.locator("#list article").nth(9).wait_for()
    assert all(view.input_value(f"[name={name}]") == "" for name in filters)


def test_bodies_are_suggested_by_name(view: Page, site: Path) -> None:
    view.goto((site / "index.html").as_uri())
    view.fill("[name=body]", "hoa giai")
    assert view.locator("#bodies option").evaluate_all("all => all.map((o) => o.value)") == ["Sở Hòa giải"]
    view.fill("[name=person]", "lò")
    assert "Lò Văn Hòa" in view.locator("#persons option").evaluate_all("all => all.map((o) => o.value)")


def test_a_click_on_a_month_of_the_timeline_filters_by_it(view: Page, site: Path) -> None:
    view.goto((site / "index.html").as_uri() + "#person=Lò Văn Hòa")
    bins = view.locator("#bins button")
    assert [one.get_attribute("title") for one in bins.all()] == ["2020-11: 1", "2020-12: 0", "2021-01: 1"]
    bins.last.click()
    assert (view.input_value("[name=from]"), view.input_value("[name=until]")) == ("2021-01-01", "2021-01-31")
    assert titles(view) == [ARTICLES[1].text]
    view.locator("#bins button:enabled").click()  # that one day
    assert view.input_value("[name=until]") == "2021-01-15"
    view.locator("#bins button:enabled").click()  # and off again
    assert len(titles(view)) == 2


def test_two_thousand_articles(view: Page, tmp_path: Path) -> None:
    whole = list(read_articles(FEW / "dev"))
    with open_site(tmp_path / "site") as sink:
        for number in range(2000):
            one = whole[number % len(whole)] if number else ARTICLES[0]
            sink.write(one.model_copy(update={"id": f"{one.id}-{number}"}))
    started = time.monotonic()
    view.goto((tmp_path / "site" / "index.html").as_uri())
    assert found(view).startswith("2,000 articles")
    assert time.monotonic() - started < 5  # under one second on an idle machine
    assert len(titles(view)) == 40
    view.click("#more")
    assert len(titles(view)) == 80
    view.fill("[name=person]", "Lò Văn Hòa")
    assert titles(view) == [ARTICLES[0].text]
