"""One page and the folder of pages: nothing lost, nothing unescaped, nothing overwritten; colours measured."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import InputError
from data.formats import read_articles
from data.schema import LINE_BREAK, Article, Directive, Entity, parse_article
from infer.__main__ import main
from infer.pages import Link, article_page, asset, title_of
from infer.site import index_row, open_site, script_json
from tests.conftest import FEW

TEXT = "Họp <b>giao ban</b>\n\nChủ tịch tỉnh giao Sở Y tế & Sở Nội vụ báo cáo trước 30/11.\r\nGửi HĐND."


def mention(id_: str, label: str, phrase: str, **more: Any) -> dict[str, Any]:
    start = TEXT.index(phrase)
    return {"id": id_, "label": label, "start": start, "end": start + len(phrase), "text": phrase} | more


def article(**more: Any) -> Article:
    passage = TEXT.index("Chủ tịch"), TEXT.index("\r")
    value = {
        "id": "tỉnh/họp:1",
        "date": "2020-11-05",
        "text": TEXT,
        "entities": [
            mention("o", "OFFICIAL", "Chủ tịch tỉnh", score=0.876, normalized={"name": None, "body": "ubnd-tinh"}),
            mention("a", "AGENCY", "Sở Y tế"),
            mention("b", "AGENCY", "Sở Nội vụ", normalized={"body": "so-noi-vu"}),
            mention("d", "DEADLINE", "trước 30/11", normalized={"from": None, "until": "2020-11-30"}),
            mention("h", "AGENCY", "HĐND"),
        ],
        "directives": [
            {"issuer": "o", "assignees": ["a"], "deadlines": ["d"], "start": passage[0], "end": passage[1]},
            {"issuer": "o", "assignees": ["a", "b"], "recipients": ["h"], "score": 0.5},
        ],
    }
    return parse_article(value | more)


class Reader(HTMLParser):
    """What a browser would make of a page: its elements, and the text of the lines of the article."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.lines: list[str] = []
        self.marks: list[str] = []
        self._open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "link", "input"):
            self._open.append(tag)
        if "article" in self._open and tag in ("h1", "p"):
            self.lines.append("")
        if tag == "mark":
            self.marks.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "article" in self._open and {"h1", "p"} & set(self._open):
            self.lines[-1] += data
            if "mark" in self._open:
                self.marks[-1] += data

    def all(self, tag: str, **having: str) -> list[dict[str, str | None]]:
        return [a for name, a in self.elements if name == tag and having.items() <= a.items()]


# ------------------------------------------------------------------ a page


def test_the_text_is_there_line_for_line_and_stays_text() -> None:
    page = Reader(article_page(article()))
    assert page.lines == [line for line in LINE_BREAK.split(TEXT) if line]
    assert page.marks == ["Chủ tịch tỉnh", "Sở Y tế", "Sở Nội vụ", "trước 30/11", "HĐND"]
    assert not page.all("b")


def test_a_text_without_a_headline_has_none() -> None:
    text = "UBND họp. " * 30
    assert Reader(article_page(Article(id="x", text=f"{text}\nHết"))).lines == [text, "Hết"]
    assert not Reader(article_page(Article(id="x", text=text))).all("h1")
    assert len(title_of(Article(id="x", text=text))) == 160


def test_a_mention_has_its_label_score_value_and_place_in_records() -> None:
    official, agency, _, deadline, _ = Reader(article_page(article())).all("mark")
    assert official["data-label"] == "OFFICIAL"
    assert official["data-notes"] == "score 0.88\nbody: ubnd-tinh\nrecord 1: who\nrecord 2: who"
    assert official["tabindex"] == "0"
    assert agency["data-records"] == "1 2"
    assert agency["data-notes"] == "record 1: whom\nrecord 2: whom"  # no score, no line for it
    assert deadline["data-notes"] == "until: 2020-11-30\nrecord 1: by when"


def test_a_record_names_its_mentions_and_a_passage_its_record() -> None:
    page = Reader(article_page(article()))
    first, second = page.all("button", **{"class": "record"})
    assert (first["id"], first["data-mentions"]) == ("r1", "0 1 3")
    assert (second["id"], second["data-mentions"]) == ("r2", "0 1 2 4")
    covered = [a for _, a in page.elements if "data-passage" in a]
    assert {a["data-passage"] for a in covered} == {"1"}
    assert [a.get("id") for a in covered if "id" in a] == ["m0", "m1", "m2", "m3"]
    assert "score 0.50" in article_page(article())


def test_the_timeline_runs_from_the_article_to_the_last_deadline() -> None:
    text = "\n".join(f"trước ngày {day}/11" for day in (10, 20, 20))
    entities = [
        Entity(id=str(n), label="DEADLINE", start=s, end=s + 16, text=text[s : s + 16], normalized={"until": until})
        for n, (s, until) in enumerate([(0, "2020-11-10"), (17, "2020-11-20"), (34, "2020-11-20")])
    ]
    directives = [Directive(deadlines=[str(n)]) for n in range(3)]
    page = article_page(
        article(text=text, entities=[e.model_dump() for e in entities], directives=[d.model_dump() for d in directives])
    )
    places = re.findall(r'left:([\d.]+)%;bottom:([\d.]+)rem"><button type="button" data-record="(\d)"', page)
    assert places == [("33.33", "0.00", "1"), ("100.00", "0.00", "2"), ("100.00", "1.75", "3")]  # none hides another
    assert "2020-11-05 (article)" in page
    assert "timeline" not in article_page(article(directives=[])).split("</style>")[1]


@pytest.mark.parametrize("until", [7, "soon", "2021-02-29", ["2020-11-30"], None])
def test_a_deadline_whose_value_is_no_day_has_none(until: object) -> None:
    entities = [mention("d", "DEADLINE", "trước 30/11", normalized={"until": until})]
    one = article(entities=entities, directives=[{"deadlines": ["d"]}])
    assert "<time" not in article_page(one)
    assert index_row(one, Link("x.html", "x"))["records"][0][-1] == []


def test_labels_of_ones_own_have_colours_too() -> None:
    entities = [mention("x", "Việc <gấp>", "giao ban"), mention("y", "AGENCY", "Sở Y tế")]
    page = Reader(article_page(article(entities=entities, directives=[])))
    assert [(a["class"], a["data-label"]) for a in page.all("mark")] == [("c0", "Việc <gấp>"), ("c1", "AGENCY")]
    assert [a["data-label"] for a in page.all("button", type="button") if "data-label" in a] == ["AGENCY", "Việc <gấp>"]


def test_links_to_the_articles_before_and_after() -> None:
    page = Reader(article_page(article(), before=Link("1.html", 'a "b"'), after=Link("3.html", "c")))
    (before,), (after,) = page.all("a", rel="prev"), page.all("a", rel="next")
    assert (before["href"], before["title"], after["href"]) == ("1.html", 'a "b"', "3.html")
    assert not Reader(article_page(article())).all("a", rel="prev")


NASTY = st.text(
    st.one_of(
        st.sampled_from("<>&\"'/\\\n\r\u2028 \tế\u0323\u202e\u200b=-!"), st.characters(exclude_categories=["Cs"])
    ),
    min_size=1,
    max_size=60,
).filter(str.strip)


@settings(max_examples=150)
@given(text=NASTY, data=st.data())
def test_whatever_the_text_holds_the_page_says_it_and_nothing_of_it_becomes_an_element(
    text: str, data: st.DataObject
) -> None:
    text = text.replace("\0", "0")  # a browser takes NUL for a broken character, as any page must
    plain = Reader(article_page(Article(id="x", text="x")))
    spans = [m.span() for m in re.finditer(r"\S+", text) if not LINE_BREAK.search(m[0])]
    entities = [
        Entity(id=f"e{n}", label="AGENCY", start=a, end=b, text=text[a:b], normalized={"body": text})
        for n, (a, b) in enumerate(spans)
    ]
    start = data.draw(st.integers(0, len(text) - 1))
    passage = {"start": start, "end": data.draw(st.integers(start + 1, len(text)))}
    directives = [Directive(assignees=[e.id for e in entities], **passage)] if entities else []
    one = Article(id=text, text=text, entities=entities, directives=directives, meta={"place": text})
    page = Reader(article_page(one))
    assert page.lines == [line for line in LINE_BREAK.split(text) if line.strip()]
    assert page.marks == [entity.text for entity in entities]
    assert {tag for tag, _ in page.elements} <= {tag for tag, _ in plain.elements} | {"mark", "button", "ol", "li"}
    row = script_json(index_row(one, Link("x.html", title_of(one))))
    assert not set("<>&") & set(row)
    assert json.loads(row)["id"] == text


# ------------------------------------------------------------------ a folder


def write(folder: Path, articles: list[Article]) -> Path:
    with open_site(folder) as site:
        for one in articles:
            site.write(one)
    return folder


def test_a_folder_of_pages_that_lead_to_one_another(tmp_path: Path) -> None:
    articles = [*read_articles(FEW / "dev"), article()]
    site = write(tmp_path / "site", articles)
    pages = sorted((site / "articles").iterdir())
    assert len(pages) == len(articles)
    assert pages[-1].name == "00006-tinh-hop-1.html"
    rows = json.loads(re.search(r'id="data">(.*?)</script>', (site / "index.html").read_text("utf-8"), re.DOTALL)[1])
    assert [site / row["file"] for row in rows] == pages
    assert [(row["id"], len(row["records"])) for row in rows] == [(a.id, len(a.directives)) for a in articles]
    forward = [Reader(page.read_text("utf-8")).all("a", rel="next") for page in pages]
    assert [link["href"] for links in forward for link in links] == [page.name for page in pages[1:]]


def test_the_index_has_every_party_once_and_records_point_to_them() -> None:
    row = index_row(article(), Link("1.html", "title"))
    assert row["parties"] == [
        ["Chủ tịch tỉnh", "ubnd-tinh", "", "", 0],
        ["Sở Y tế", "sở y tế", "", "", 1],
        ["Sở Nội vụ", "so-noi-vu", "", "", 1],
        ["HĐND", "hđnd", "", "", 1],
    ]
    assert row["records"] == [
        [[0], [1], [], [], [], ["trước 30/11"], ["2020-11-30"]],
        [[0], [1, 2], [], [3], [], [], []],
    ]


def test_pages_of_an_earlier_run_are_replaced_and_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    write(tmp_path / "site", [article(), article()])
    write(tmp_path / "site", [article()])
    assert len(list((tmp_path / "site" / "articles").iterdir())) == 1


@pytest.mark.parametrize("name", ["notes.txt", "index.html"])
def test_a_folder_with_other_things_is_left_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(InputError, match="other things") as caught, open_site(tmp_path):
        pass
    assert caught.value.path == str(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_the_folder_that_one_is_in_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="the folder that you are in"), open_site("."):
        pass


def test_a_place_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for place, found in ((tmp_path / "file", "a file"), (tmp_path / "file" / "site", "[Nn]ot a directory|exists")):
        with pytest.raises(InputError, match=found), open_site(place):
            pass


def test_a_run_that_fails_leaves_the_pages_of_the_run_before(tmp_path: Path) -> None:
    site = write(tmp_path / "site", [article()])
    before = (site / "index.html").read_bytes()
    with pytest.raises(RuntimeError), open_site(site) as sink:
        sink.write(article())
        raise RuntimeError
    assert (site / "index.html").read_bytes() == before
    assert list(tmp_path.iterdir()) == [site]


class Echo:
    """What `run` needs of an Extractor; finds nothing."""

    def extract_chunks(self, chunks: Iterable[Sequence[Article]]) -> Iterator[list[Article]]:
        return map(list, chunks)


def test_the_command_writes_pages_beside_records_or_instead_of_the_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infer.__main__.Extractor.load", lambda *args, **rest: Echo())
    (tmp_path / "bài.txt").write_text("UBND họp", encoding="utf-8")
    source, site, records = (str(tmp_path / name) for name in ("bài.txt", "site", "records.jsonl"))
    for extra in ([], ["-o", records]):
        assert main([source, "--html", site, *extra]) == 0
        printed = capsys.readouterr()
        assert printed.out == ""
        assert printed.err == f"{site}/index.html: 1 articles\n"
        assert (tmp_path / "site" / "articles" / "00001-bai.html").is_file()
    assert [one.id for one in read_articles(records)] == ["bài"]
    assert main([source, "--html", source]) == 1
    assert "found a file; expected a new folder" in capsys.readouterr().err


# ------------------------------------------------------------------ style and script


def test_nothing_is_fetched_and_no_markup_is_made_of_text() -> None:
    for name in ("style.css", "page.js", "index.js", "index.html"):
        assert not re.search(r"https?:|url\(|@import|innerHTML|insertAdjacent|document\.write|eval\(", asset(name)), (
            name
        )
        assert "</script" not in asset(name)


# Machado, Oliveira and Fernandes 2009, severity 1.0, for linear RGB
SIGHT = {
    "all cones": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "no red": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "no green": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "no blue": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def linear(colour: str) -> list[float]:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]


def lab(rgb: list[float]) -> tuple[float, float, float]:
    """CIE L*a*b* of linear sRGB, D65."""
    r, g, b = rgb
    xyz = (
        (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047,
        luminance(rgb),
        (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883,
    )
    x, y, z = (t ** (1 / 3) if t > 216 / 24389 else (24389 / 27 * t + 16) / 116 for t in xyz)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def luminance(rgb: list[float]) -> float:
    return 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted(luminance(linear(colour)) + 0.05 for colour in (one, other))
    return high / low


@pytest.mark.parametrize("scheme", [0, 1])
def test_colours_can_be_told_apart_without_red_green_or_blue_cones(scheme: int) -> None:
    block = re.findall(r":root \{(.*?)\}", asset("style.css"), re.DOTALL)[scheme]
    named = dict(re.findall(r"--([a-z0-9]+): (#[0-9a-f]{6})", block))
    colours = [named[f"c{number}"] for number in range(4)]
    for sight, matrix in SIGHT.items():
        seen = [
            lab([min(1, max(0, sum(a * b for a, b in zip(row, linear(c), strict=True)))) for row in matrix])
            for c in colours
        ]
        for one, other in itertools.combinations(seen, 2):
            distance = sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5
            assert distance > 30, (sight, distance)  # 2.3 is what an eye just tells apart
    assert min(contrast(colour, named["paper"]) for colour in colours) >= 3  # WCAG 1.4.11
    for ink, ground in itertools.product(("ink", "soft", "link"), ("paper", "panel")):
        assert contrast(named[ink], named[ground]) >= 4.5, (ink, ground)  # WCAG 1.4.3
