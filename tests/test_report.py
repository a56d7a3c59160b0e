"""report.html and report.md: every figure is metrics.json's, nothing is unescaped, the words fit the figures."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from data.formats import read_articles
from data.schema import LABELS, Article, parse_article
from infer.pages import asset
from tests.conftest import FEW
from tests.reports import ABOUT, whole_report
from train.evaluate import compute
from train.report_html import colours_of, page
from train.report_markdown import markdown
from train.report_parts import STYLES, lookup, marked, plain, pointer
from train.report_plots import dots, label_bars
from train.summary import sentences, summarize

VOID = ("meta", "link", "input")
DRAWN = ("svg", "style", "script", "title")  # what is not prose


class Reader(HTMLParser):
    """Figures of a page with what they say, and its other words, those of articles left out."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.figures: list[tuple[dict[str, str | None], str]] = []
        self.words: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        if any(tag in DRAWN or attrs.get("lang") == "vi" for tag, attrs in self._open):
            return
        if self._open and self._open[-1][0] == "data":
            self.figures.append((self._open[-1][1], data))
        else:
            self.words.append(data)


def resolved(figures: Any, place: str) -> Any:
    """The value at a JSON Pointer, found as RFC 6901 says."""
    for key in place.split("/")[1:]:
        key = key.replace("~1", "/").replace("~0", "~")
        figures = figures[int(key) if isinstance(figures, list) else key]
    return figures


def assert_figures_are_those_of(text: str, figures: dict[str, Any]) -> int:
    """Every figure of a page is the value at its place, shown as its style says, and there is no other. Counts them."""
    reader = Reader(text)
    for attributes, shown in reader.figures:
        value = resolved(figures, str(attributes["data-of"]))
        assert json.loads(str(attributes["value"])) == value, attributes
        assert STYLES[str(attributes["data-as"])](value) == shown, attributes
    about = " ".join(str(value) for value in figures["about"].values())
    others = [word for words in reader.words for word in re.findall(r"\d+\.\d+", words) if word not in about]
    assert not others  # a figure that is not metrics.json's
    return len(reader.figures)


@pytest.fixture(scope="module")
def figures() -> dict[str, Any]:
    return json.loads(whole_report())


@pytest.fixture(scope="module")
def html(figures: dict[str, Any]) -> str:
    return page(figures)


# ------------------------------------------------------------------ figures


def test_every_figure_of_the_page_is_that_of_metrics_json(figures: dict[str, Any], html: str) -> None:
    assert assert_figures_are_those_of(html, figures) > 400
    places = {attributes["data-of"] for attributes, _ in Reader(html).figures}
    micro = {f"/entities/micro/{key}" for key in ("precision", "recall", "f1", "f1_interval/0", "f1_interval/1")}
    assert micro <= places
    for part in (
        "calibration",
        "precision_recall",
        "slices",
        "links",
        "normalized",
        "nervaluate",
        "confusion",
        "summary",
    ):
        assert any(str(place).startswith(f"/{part}/") for place in places), part
    assert "/comparison/others/0/differences/micro/p" in places


def test_a_figure_that_is_another_is_noticed(figures: dict[str, Any], html: str) -> None:
    changed = json.loads(json.dumps(figures))
    changed["entities"]["AGENCY"]["f1"] += 0.001
    with pytest.raises(AssertionError):
        assert_figures_are_those_of(html, changed)
    with pytest.raises(AssertionError):
        assert_figures_are_those_of(html.replace("<main>", "<main><p>F1 0.993</p>"), figures)


def test_bars_are_as_long_and_dots_as_far_as_the_figures_say(figures: dict[str, Any]) -> None:
    rows = ["micro", *LABELS]
    svg = label_bars("x", "F1", figures["entities"], colours_of(figures))
    lengths = []
    for number in range(len(rows)):
        path = re.search(rf'id="x-bar-{number}">\s*<path d="([^"]+)"', svg)
        assert path is not None
        across = [float(x) for x, _ in re.findall(r"(-?[\d.]+) (-?[\d.]+)", path[1])]
        lengths.append(max(across) - min(across))
    values = [figures["entities"][row]["f1"] for row in rows]
    assert [length / lengths[0] for length in lengths] == pytest.approx([v / values[0] for v in values], abs=1e-4)
    groups = figures["slices"]["mention_length"]
    svg = dots("y", "F1", groups)
    found = [float(x) for x in re.findall(r'id="y-dot-\d+">.*?<use href="[^"]+" x="([\d.]+)"', svg, re.DOTALL)]
    f1 = [row["f1"] for row in groups]
    (a, b), (x, y) = (f1[0], f1[1]), (found[0], found[1])
    assert found == pytest.approx([x + (value - a) * (y - x) / (b - a) for value in f1], abs=1e-3)


def test_pictures_are_text_in_the_pages_colours_with_ids_of_their_own(html: str) -> None:
    pictures = re.findall(r"<svg.*?</svg>", html, re.DOTALL)
    assert len(pictures) >= 6
    ids = re.findall(r'<svg|\bid="([^"]+)"', html)
    assert len([one for one in ids if one]) == len({one for one in ids if one})
    for picture in pictures:
        assert "<text" in picture
        assert 'role="img" aria-label="' in picture
        assert not re.findall(r"#[0-9a-f]{6}", picture)
        assert not re.search(r"https?:|<style|<metadata|font:", picture)
        assert set(re.findall(r'(?:href="#|url\(#)([^")]+)', picture)) <= set(re.findall(r'\bid="([^"]+)"', picture))


def test_the_same_figures_make_the_same_page(figures: dict[str, Any], html: str) -> None:
    assert page(figures) == html


# ------------------------------------------------------------------ words


def test_the_summary_names_the_weakest_label_and_why(figures: dict[str, Any], html: str) -> None:
    weakest = min(LABELS, key=lambda label: figures["entities"][label]["f1"])
    said = [plain(one, figures) for one in sentences(figures)]
    assert said[1].startswith(f"{weakest} fails most: F1 {figures['entities'][weakest]['f1']:.3f}")
    kinds = {kind: n for kind, n in figures["mistakes"]["kinds"][weakest].items() if kind != "all"}
    assert kinds[figures["summary"]["kind"]] == max(kinds.values())
    assert any(one.startswith("Why: ") for one in said)
    assert f"<strong>{weakest} fails most:</strong>" in html
    assert all(line.startswith("- ") for line in markdown(figures).split("\n\n")[2].splitlines())


def test_without_a_mistake_the_summary_says_so() -> None:
    gold = read_articles(FEW / "test")[:2]
    found = {"about": ABOUT} | compute(gold, gold, LABELS, records=False)
    assert found["summary"] == {}
    assert plain(sentences(found)[1], found) == "It makes no mistake in mentions."
    text = page(found)
    assert_figures_are_those_of(text, found)
    assert text.count('<p class="none">None.</p>') == 2  # of mentions and of values
    assert 'id="in-records"' not in text
    assert "It makes no mistake" in markdown(found)


def test_boundaries_are_explained_by_their_edges() -> None:
    article = {"id": "a", "text": "Sở Y tế tỉnh họp. Sở Nội vụ tỉnh họp."}
    spans = [(0, 12), (18, 32)]

    def tagged(*ends: tuple[int, int]) -> Article:
        entities = [
            {"id": f"e{number}", "label": "AGENCY", "start": a, "end": b, "text": article["text"][a:b]}
            for number, (a, b) in enumerate(ends)
        ]
        return parse_article(article | {"entities": entities})

    found = compute([tagged(*spans)], [tagged((0, 7), (18, 27))], LABELS, records=False)
    assert found["mistakes"]["edges"]["AGENCY"]["ends early"] == 2
    assert (found["summary"]["weakest"], found["summary"]["edge"]) == ("AGENCY", "ends early")
    said = " ".join(plain(one, found) for one in sentences(found))
    assert "100.0% of its 2 mistakes are boundaries" in said
    assert "because it ends too early (2 times)" in said
    assert "the annotators marked “Sở Nội vụ tỉnh”; the model “Sở Nội vụ”" in said
    assert "every other label" not in said  # there is none
    assert summarize(found | {"mistakes": {"kinds": {}}}) == {}


# ------------------------------------------------------------------ from outside


EVIL = "Sở </script><script>alert(1)</script>"


def test_texts_labels_and_names_are_escaped() -> None:
    entity = {"id": "e", "label": "<b>&", "start": 0, "end": len(EVIL), "text": EVIL}
    gold = parse_article({"id": "<i>x", "text": f"{EVIL} họp", "entities": [entity], "meta": {"topic": "<u>"}})
    found = compute([gold], [gold.model_copy(update={"entities": []})], ["<b>&"], records=False, trained=[gold])
    about = ABOUT | {"model": "<img src=x>", "articles": EVIL}
    text = page(json.loads(json.dumps({"about": about} | found)))
    assert text.count("<script>") == 1
    for piece in ("<b>&", "<i>x", "<img", "<u>"):
        assert piece not in text
    assert (
        f'<mark class="gold c0" data-note="annotators">{EVIL.replace("<", "&lt;").replace(">", "&gt;")}</mark>' in text
    )
    assert "<script>" not in markdown({"about": about} | found)


def test_spans_that_overlap_are_marked_piece_by_piece() -> None:
    context = {"start": 10, "text": "Sở Y tế & tỉnh họp", "cut": [False, True]}
    found = marked(context, [(10, 17, "gold", "annotators"), (13, 24, "model", "model")])
    assert re.sub(r"<[^>]*>", "", found) == "Sở Y tế &amp; tỉnh họp …"
    assert re.findall(r'class="([^"]*)" data-note="([^"]*)">([^<]*)', found) == [
        ("gold", "annotators", "Sở "),
        ("gold model", "annotators · model", "Y tế"),
        ("model", "model", " &amp; tỉnh"),
    ]


def test_places_are_json_pointers() -> None:
    assert pointer(("a/b", "c~d", 0)) == "/a~1b/c~0d/0"
    assert lookup({"a": [{"b": 3}]}, ("a", 0, "b")) == 3
    assert resolved({"a/b": {"c~d": [5]}}, "/a~1b/c~0d/0") == 5


def test_nothing_is_fetched_and_no_markup_is_made_of_text(html: str) -> None:
    for name in ("report.css", "report.js", "reading.html"):
        text = asset(name, "train")
        assert not re.search(r"https?:|url\(|@import|innerHTML|insertAdjacent|document\.write|eval\(", text), name
        assert "</script" not in text
    assert not re.search(r'(?:src|href)="(?!#|data:,")', html)
