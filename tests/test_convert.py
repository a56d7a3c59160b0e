"""Formats of annotation tools: what is written comes back, what tools export is read, and every error has its place."""

from __future__ import annotations

import io
import json
import random
import tempfile
import unicodedata
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from data import brat, labelstudio
from data.__main__ import main
from data.conll import write_conll
from data.convert import kind_of
from data.doccano import parse_doccano, write_doccano
from data.errors import InputError
from data.exchange import Offsets
from data.formats import read_articles
from data.links import Arrow, arrows, directives, join_records, records
from data.load import load
from data.schema import FIELD_LABELS, LABELS, LINE_BREAK, LIST_FIELDS, Article, parse_article
from data.segment import TokenSegmenter, load_segmenter
from tests.conftest import ARTICLES, ROOT

EXPORTS = ROOT / "tests" / "exports"
SPLITS = ("train", "dev", "test")
SHIPPED = [article for split in SPLITS for article in read_articles(ARTICLES / split, LABELS)]


def silent(line: str) -> None:
    """Takes what is said, and keeps it to itself."""


def run(*args: object) -> int:
    return main(["convert", *map(str, args)])


def put(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode())
    return path


def said(article: Article) -> dict[str, Any]:
    """All that a tool must give back: an article in which a mention is its span and label, whatever its id."""
    spans = {entity.id: (entity.start, entity.end, entity.label) for entity in article.entities}
    return {
        "id": article.id,
        "date": article.date,
        "text": article.text,
        "meta": article.meta,
        "entities": list(spans.values()),
        "directives": [
            [(field, spans[id_]) for field, id_ in directive.roles()]
            + [directive.start, directive.end, directive.score]
            for directive in article.directives
        ],
    }


def values(article: Article) -> list[Any]:
    return [(entity.normalized, entity.score) for entity in article.entities]


def tuples(article: Article) -> list[tuple[str | None, ...]]:
    """Directives with the texts of their mentions: issuer, assignees, coordinators, …, joined by `; `."""
    texts = {entity.id: entity.text for entity in article.entities} | {None: None}
    return [
        (texts[d.issuer], *("; ".join(str(texts[id_]) for id_ in getattr(d, field)) for field in LIST_FIELDS))
        for d in article.directives
    ]


# ------------------------------------------------------------------ there and back

TOOLS = ("doccano", "labelstudio", "brat")


def doccano_and_back(article: Article) -> Article:
    out = io.StringIO()
    write_doccano([article], out)
    (line,) = out.getvalue().splitlines()
    return parse_doccano(json.loads(line), LABELS, "none")


def labelstudio_and_back(article: Article) -> Article:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.json"
        with path.open("w", encoding="utf-8", newline="") as out:
            labelstudio.write_labelstudio([article], out)
        (found,) = labelstudio.scan_labelstudio(path, LABELS, silent)
    assert isinstance(found, Article), found
    return found


def brat_and_back(article: Article) -> Article:
    with tempfile.TemporaryDirectory() as folder:
        brat.write_brat([article], Path(folder))
        ((_, found),) = brat.scan_brat(Path(folder), LABELS, silent)
    assert isinstance(found, Article), found
    return found


BACK = {"doccano": doccano_and_back, "labelstudio": labelstudio_and_back, "brat": brat_and_back}

# gaps between mentions, and mentions; LINE_BREAK and spaces at the edges are filtered below
PIECES = st.sampled_from(
    [
        *(
            "🎉",
            "👩‍👩‍👧",
            "𝔸",
            "Sở Y tế",
            unicodedata.normalize("NFD", "Sở Y tế"),
            "e\u0302",
            "a",
            "_",
            "<b>",
            '"',
            "\\n",
        ),
        *("\r\n", "\n", "\u200b", "\ufeff", " ", "\t", "\u00a0", "\u2028", "\x85", "\x00", "-DOCSTART-", "T1\t", "#1"),
    ]
)
GAPS = st.lists(PIECES, max_size=3).map("".join)
PHRASES = st.lists(PIECES, min_size=1, max_size=3).map("".join).map(lambda text: LINE_BREAK.sub("", text).strip())
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=5)
META = st.dictionaries(st.sampled_from(["place", "date", "meta", "article_id", "records", "text", "id"]) | NAMES, NAMES)


@st.composite
def articles(draw: st.DrawFn) -> Article:
    """Articles of odd characters whose directives share mentions, in any order, some without any."""
    text, entities = draw(GAPS), []
    for phrase in draw(st.lists(PHRASES.filter(bool), max_size=6)):
        label, id_ = draw(st.sampled_from(LABELS)), draw(st.sampled_from(["e", "x#", "#", "1 "])) + str(len(entities))
        entities.append({"id": id_, "label": label, "start": len(text), "end": len(text) + len(phrase), "text": phrase})
        text += phrase + draw(GAPS)
    text = text or "."
    made = []
    for _ in range(draw(st.integers(0, 4))):
        value: dict[str, Any] = {}
        for field, labels in FIELD_LABELS.items():
            ids = [entity["id"] for entity in entities if entity["label"] in labels]
            chosen = draw(st.lists(st.sampled_from(ids), unique=True, max_size=3)) if ids else []
            value[field] = (chosen or [None])[0] if field == "issuer" else chosen
        if draw(st.booleans()):
            value |= {"start": 0, "end": draw(st.integers(1, len(text))), "score": draw(st.none() | st.just(0.25))}
        made.append(value)
    if entities and draw(st.booleans()):
        entities[0] |= {"normalized": {"a\u2028": [None, 1.5, "ế"]}, "score": 0.5}
    draw(st.randoms(use_true_random=False)).shuffle(entities)
    date = draw(st.sampled_from([None, "2020-11-05"]))
    value = {
        "id": draw(NAMES),
        "date": date,
        "text": text,
        "entities": entities,
        "directives": made,
        "meta": draw(META),
    }
    return parse_article(value, LABELS)


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("article", SHIPPED, ids=lambda article: article.id)
def test_shipped_articles_come_back(article: Article, tool: str) -> None:
    back = BACK[tool](article)
    assert said(back) == said(article)
    assert tool == "doccano" or values(back) == values(article)


@pytest.mark.parametrize("tool", TOOLS)
@settings(max_examples=120, database=None)
@given(articles())
def test_odd_articles_come_back(tool: str, article: Article) -> None:
    back = BACK[tool](article)
    assert said(back) == said(article)
    assert tool == "doccano" or values(back) == values(article)


@settings(max_examples=150, database=None)
@given(articles(), st.randoms(use_true_random=False))
@example(
    parse_article(
        {
            "id": "a",
            "text": "a b c d",
            "entities": [
                {"id": id_, "label": label, "start": 2 * n, "end": 2 * n + 1, "text": id_}
                for n, (id_, label) in enumerate(zip("abcd", ("AGENCY", "AGENCY", "OFFICIAL", "DEADLINE"), strict=True))
            ],
            "directives": [
                {"issuer": "c", "assignees": ["b", "a"], "coordinators": ["c", "a"], "deadlines": ["d"]},
                {"deadlines": ["d"]},
                {},
                {"issuer": "a", "assignees": ["a"]},
                {"issuer": "c", "assignees": ["b"], "recipients": ["c", "b"]},
            ],
        }
    ),
    random.Random(0),
)
def test_the_order_of_arrows_says_nothing(article: Article, chance: random.Random) -> None:
    entities = [entity.model_dump() for entity in article.entities]
    drawn = arrows(article)
    chance.shuffle(drawn)
    assert len(set(drawn)) == len(drawn)
    back = join_records(directives(drawn, entities), entities, records(article))
    assert said(parse_article(article.to_json() | {"directives": back})) == said(article)


def test_what_an_annotator_draws() -> None:
    entities = [{"id": id_, "start": start, "end": start + 1} for start, id_ in enumerate("abcde")]
    drawn = [("d", "e", "Deadlines"), ("b", "c", "coordinator"), ("b", "d", "ASSIGNEE"), ("b", "a", "issuer")]
    found = directives([Arrow(*arrow) for arrow in drawn], entities)
    first = {"issuer": "a", "assignees": ["b", "d"], "coordinators": ["c"]}
    nothing: dict[str, Any] = {"issuer": None} | {field: [] for field in LIST_FIELDS}
    assert found == [("b", nothing | first), ("d", nothing | {"assignees": ["d"], "deadlines": ["e"]})]


def test_a_second_directive_to_the_same_mention_is_numbered() -> None:
    text = "A giao B xong c; D làm; B xong e"
    entities = [
        {"id": id_, "label": "DEADLINE" if id_ in "ce" else "AGENCY", "start": text.index(id_), "text": id_}
        for id_ in "ABcDe"
    ]
    value = {
        "id": "x",
        "text": text,
        "entities": [entity | {"end": int(str(entity["start"])) + 1} for entity in entities],
        "directives": [
            {"issuer": "A", "assignees": ["B"], "deadlines": ["c"]},
            {"assignees": ["D"]},
            {"issuer": "A", "assignees": ["B"], "deadlines": ["e"]},
        ],
    }
    assert arrows(parse_article(value)) == [
        *(Arrow("B", "A", "issuer"), Arrow("B", "c", "deadline"), Arrow("D", "D", "assignee")),
        *(Arrow("B", "A", "issuer#3"), Arrow("B", "e", "deadline#3")),
    ]


def test_passages_without_their_directive_are_dropped() -> None:
    entities = [{"id": "a", "start": 0, "end": 1}, {"id": "b", "start": 2, "end": 3}]
    kept = [
        {"at": 1, "anchor": [0, 1], "start": 0, "end": 3},
        {"at": 2, "anchor": [2, 3], "score": 0.5},
        {"at": "x"},
        5,
    ]
    found = join_records(directives([Arrow("b", "a", "issuer")], entities), entities, kept)
    assert [(value["issuer"], value.get("start"), value.get("score")) for value in found] == [("a", None, 0.5)]


@given(st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("🎉𝔸")))
def test_offsets_are_those_of_javascript(text: str) -> None:
    offsets = Offsets(text, utf16=True)
    for point in range(len(text) + 1):
        units = len(text[:point].encode("utf-16-le")) // 2
        assert (offsets.there(point), offsets.here(units)) == (units, point)
    assert [Offsets(text, utf16=False).here(point) for point in range(len(text) + 1)] == list(range(len(text) + 1))


@pytest.mark.parametrize(
    ("offset", "place"), [(1, "in the middle of a character"), (4, "outside the text"), (-1, "outside")]
)
def test_an_offset_that_is_none(offset: int, place: str) -> None:
    with pytest.raises(InputError, match=f"the offset {offset} {place}.*--offsets"):
        Offsets("🎉a", utf16=True).here(offset)


# ------------------------------------------------------------------ what tools export

FIRST = [
    ("Chủ tịch UBND huyện Tân Lộc", "Phòng Nông nghiệp", "Hội Nông dân huyện", "UBND huyện", "", "trước ngày 20/11"),
    (None, "Phòng Nông nghiệp", "", "", "cấp 12 tấn giống", "trong tuần này"),
]
SECOND = [
    ("Sở Y tế", "Trung tâm Kiểm soát bệnh tật", "", "", "tiêm 5.000 liều vắc xin", ""),
    ("Sở Y tế", "Trung tâm Kiểm soát bệnh tật", "", "", "", "trước ngày 10/4"),
]


def converted(source: Path, out: Path, *options: str) -> list[Article]:
    assert run(source, out, "--to", "jsonl", *options) == 0
    return read_articles(out, LABELS)


def test_what_doccano_exports(tmp_path: Path) -> None:
    source = EXPORTS / "doccano.jsonl"
    first, second, third = read_articles(source, LABELS)  # read as it is, and not only by convert
    assert converted(source, tmp_path / "a.jsonl") == [first, second, third]
    assert (first.id, str(first.date), first.meta) == (
        "tan-loc-tuan-46",
        "2024-11-14",
        {"source": "tin-huyen", "place": "Tân Lộc"},
    )
    assert tuples(first) == FIRST
    assert (second.id, str(second.date), second.meta) == ("1202", "2024-04-03", {"page": "2"})
    assert tuples(second) == SECOND
    assert (third.id, third.entities, third.directives) == ("1203", [], [])
    (plain, other) = read_articles(EXPORTS / "doccano-spans.jsonl", LABELS)
    assert [(e.label, e.start, e.end) for e in plain.entities] == [(e.label, e.start, e.end) for e in first.entities]
    assert (plain.id, plain.directives, other.entities) == ("7", [], [])


def test_doccano_lines_are_checked_and_loaded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(tmp_path / "train.jsonl", (EXPORTS / "doccano.jsonl").read_text(encoding="utf-8"))
    assert [len(row["entities"]) for row in load(tmp_path)["train"]] == [8, 5, 0]
    assert main(["check", str(tmp_path), "--segmenter", "none"]) == 0
    assert capsys.readouterr().err == ""


def test_what_label_studio_exports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = EXPORTS / "labelstudio.json"
    first, second, third = converted(source, tmp_path / "a.jsonl")
    assert (first.id, str(first.date), first.meta) == (
        "tan-loc-tuan-46",
        "2024-11-14",
        {"source": "tin-huyen", "place": "Tân Lộc"},
    )
    assert tuples(first) == FIRST
    assert (second.id, tuples(second)) == ("502", SECOND)
    assert values(second)[2:4] == [(None, 0.75), ({"from": None, "until": "2024-04-10"}, None)]
    assert [(entity.id, entity.text) for entity in third.entities] == [("z1", "Sở Y tế")]
    assert capsys.readouterr().err.splitlines() == [
        f"{source}: 2 annotations of task 502: the ground truth is taken (id 903)",
        f"{source}: 2 annotations of task 504: the newest is taken (id 904)",
        f"{source}: 1 results of the kind textarea left out",
        f"{source}: 1 tasks without an annotation left out",
        f"3 articles written to {tmp_path / 'a.jsonl'}",
    ]


def test_label_studio_once_counted_code_units(tmp_path: Path) -> None:
    tasks = json.loads((EXPORTS / "labelstudio.json").read_text(encoding="utf-8"))[:1]
    for result in tasks[0]["annotations"][1]["result"]:
        if result["type"] == "labels":
            result["value"]["start"] += 1  # the text begins with an emoji
            result["value"]["end"] += 1
    (first,) = converted(put(tmp_path / "old.json", json.dumps(tasks)), tmp_path / "a.jsonl")
    assert tuples(first) == FIRST
    assert converted(tmp_path / "old.json", tmp_path / "b.jsonl", "--offsets", "utf16") == [first]
    assert run(tmp_path / "old.json", tmp_path / "c.jsonl", "--to", "jsonl", "--offsets", "points") == 1


def test_what_brat_saves(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = converted(EXPORTS / "brat", tmp_path / "a.jsonl")
    assert (first.id, str(first.date), first.meta) == ("tan-loc-tuan-46", "2024-11-14", {"place": "Tân Lộc"})
    assert tuples(first) == FIRST
    assert (second.id, second.date, tuples(second)) == ("tiem-vac-xin", None, SECOND[:1])
    assert values(second)[3] == ({"from": None, "until": "2024-04-10"}, None)
    assert capsys.readouterr().err.splitlines() == [
        f"{EXPORTS / 'brat' / 'tan-loc-tuan-46.ann'}: 1 attributes left out",
        f"{EXPORTS / 'brat'}: 1 texts without an .ann file left out",
        f"2 articles written to {tmp_path / 'a.jsonl'}",
    ]
    assert converted(EXPORTS / "brat" / "tiem-vac-xin.ann", tmp_path / "b.jsonl") == [second]


# ------------------------------------------------------------------ what we write for tools


@pytest.mark.parametrize("kind", ["jsonl", "markup", "doccano", "labelstudio", "brat"])
def test_splits_go_there_and_come_back(tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(ARTICLES, tmp_path / "there", "--to", kind) == 0
    assert run(tmp_path / "there", tmp_path / "back", "--to", "jsonl") == 0
    for split in SPLITS:
        back = {article.id: said(article) for article in read_articles(tmp_path / "back" / f"{split}.jsonl", LABELS)}
        assert back == {article.id: said(article) for article in read_articles(ARTICLES / split, LABELS)}
    # normalised values, which the train split has none of
    left_out = [line for line in capsys.readouterr().err.splitlines() if "written" not in line]
    assert [line.partition(":")[0] for line in left_out] == (["dev", "test"] if kind == "doccano" else [])
    assert sorted(path.name for path in (tmp_path / "there").iterdir() if path.suffix not in (".json", ".jsonl")) == {
        "labelstudio": ["labeling.xml"],
        "brat": ["annotation.conf", "dev", "test", "train"],
        "markup": ["dev", "test", "train"],
    }.get(kind, [])


def test_the_line_that_doccano_takes(tmp_path: Path) -> None:
    (first, *_) = read_articles(EXPORTS / "doccano.jsonl", LABELS)
    out = io.StringIO()
    write_doccano([first, first], out)
    one, other = map(json.loads, out.getvalue().splitlines())
    exported = json.loads((EXPORTS / "doccano.jsonl").read_text(encoding="utf-8").splitlines()[0])
    assert one["entities"][1] == {"id": 2, "label": "AGENCY", "start_offset": 57, "end_offset": 74}  # after an emoji
    assert one["relations"][0] == {"id": 1, "from_id": 2, "to_id": 1, "type": "issuer"}
    assert set(one) == set(exported) - {"source"}
    ids = [item["id"] for line in (one, other) for item in line["entities"]]
    assert len(set(ids)) == 16  # doccano looks relations up by them in the whole file


def test_the_task_and_configuration_that_label_studio_takes() -> None:
    first, second = read_articles(EXPORTS / "doccano.jsonl", LABELS)[:2]
    made = labelstudio.task(second, 2)
    exported = json.loads((EXPORTS / "labelstudio.json").read_text(encoding="utf-8"))[1]
    of_both = [one["annotations"][-1]["result"] for one in (made, exported)]
    for results in of_both:
        for result in results:
            assert set(result) - {"origin", "score", "meta"} in (
                {"id", "from_name", "to_name", "type", "value"},
                {"from_id", "to_id", "type", "direction", "labels"},
            )
    relations = [result for result in of_both[0] if result["type"] == "relation"]
    assert [relation["labels"] for relation in relations] == [["issuer", "issuer#2"], ["indicator"], ["deadline#2"]]
    mention = labelstudio.task(first, 1)["annotations"][0]["result"][1]
    assert (mention["value"]["start"], mention["value"]["end"]) == (56, 73)  # code points

    view = ET.fromstring(labelstudio.configuration(SHIPPED))
    assert [label.get("value") for label in view.iter("Label")] == list(LABELS)
    types = [relation.get("value") for relation in view.iter("Relation")]
    assert {arrow.type for article in SHIPPED for arrow in arrows(article)} <= set(types)
    assert types[:7] == ["issuer", "assignee", "coordinator", "recipient", "indicator", "deadline", "issuer#2"]
    names = {element.tag: element.get("name") for element in view}
    assert (names["Labels"], names["Text"]) == (mention["from_name"], mention["to_name"])


def test_the_lines_and_configuration_that_brat_takes(tmp_path: Path) -> None:
    (first, *_) = read_articles(EXPORTS / "doccano.jsonl", LABELS)
    brat.write_brat([first], tmp_path)
    saved = (EXPORTS / "brat" / "tan-loc-tuan-46.ann").read_text(encoding="utf-8").splitlines()[:12]
    written = (tmp_path / "tan-loc-tuan-46.ann").read_text(encoding="utf-8").splitlines()
    assert written == saved
    text = brat.configuration([first])
    assert text.splitlines()[:5] == ["[entities]", *LABELS]
    assert "Directive\tIssuer?:OFFICIAL|AGENCY, Assignee*:OFFICIAL|AGENCY" in text
    other = parse_article({"id": "../a b", "text": "x\r\ny"})
    brat.write_brat([other, other.model_copy(update={"id": "TAN"}), other.model_copy(update={"id": "tan"})], tmp_path)
    assert sorted(path.stem for path in tmp_path.glob("*.txt")) == ["TAN", "article-00001", "article-00003", first.id]
    found = {article.id for _, article in brat.scan_brat(tmp_path, LABELS, silent) if isinstance(article, Article)}
    assert found == {first.id, "../a b", "TAN", "tan"}


@pytest.mark.parametrize("label", ["A B", "ế", "directive"])
def test_labels_that_brat_does_not_take(tmp_path: Path, label: str) -> None:
    entity = {"id": "a", "label": label, "start": 0, "end": 1, "text": "x"}
    source = put(tmp_path / "a.jsonl", json.dumps({"id": "x", "text": "x", "entities": [entity]}))
    assert run(source, tmp_path / "out", "--to", "brat") == 1
    assert not (tmp_path / "out").exists()


def test_columns_of_words_and_tags() -> None:
    text = "Ban xã. Huế giao Sở Y tế.\r\n🎉 -DOCSTART- a_b UBND"
    mentions = [("AGENCY", "Ban xã. Huế"), ("OFFICIAL", "Y t"), ("DEADLINE", "ế."), ("AGENCY", "UBND")]
    entities = [
        {"id": phrase, "label": label, "start": text.index(phrase), "text": phrase} for label, phrase in mentions
    ]
    entities[2]["start"] = text.index("ế.")
    for entity in entities:
        entity["end"] = int(str(entity["start"])) + len(str(entity["text"]))
    value = {"id": "x", "text": text, "entities": entities, "directives": [{"assignees": ["UBND"]}, {}]}

    class Words(TokenSegmenter):
        name = "test"

        def tokens(self, sentence: str) -> list[str]:
            return sentence.replace("Sở Y tế", "Sở_Y_tế").replace(".", " .").split()

    out = io.StringIO()
    lost = write_conll([parse_article(value), parse_article({"id": "y", "text": " "})], Words(), out)
    assert (lost.directives, lost.widened, lost.left_out, lost.wordless) == (2, 2, 0, 1)
    assert out.getvalue() == (
        "-DOCSTART-\tO\n\n"
        "Ban\tB-AGENCY\nxã\tI-AGENCY\n.\tI-AGENCY\nHuế\tI-AGENCY\ngiao\tO\n"
        "Sở_Y_tế\tB-OFFICIAL\n.\tB-DEADLINE\n\n"
        "🎉\tO\n_-DOCSTART-\tO\na_b\tO\nUBND\tB-AGENCY\n\n"
        "-DOCSTART-\tO\n\n"
    )


def test_columns_are_read_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(ARTICLES / "dev", tmp_path / "dev.conll", "--to", "conll") == 0
    directives = sum(len(article.directives) for article in read_articles(ARTICLES / "dev"))
    told = capsys.readouterr().err.splitlines()
    assert told[0].endswith(f"no ids, dates, offsets, values, and none of {directives} directives")
    assert told[1].endswith(" mentions that end inside a word are written as whole words")
    for before, after in zip(read_articles(ARTICLES / "dev"), read_articles(tmp_path / "dev.conll"), strict=True):
        assert "".join(after.text.split()) == "".join(before.text.split())
        one, other = ([(e.label, "".join(e.text.split())) for e in article.entities] for article in (before, after))
        assert sum(a != b for a, b in zip(one, other, strict=True)) <= len(one) // 5  # those widened to whole words
    everything = [article for split in SPLITS for article in read_articles(ARTICLES / split)]
    write_conll(everything, load_segmenter("none"), out := io.StringIO())
    assert len(read_articles(put(tmp_path / "all.conll", out.getvalue()))) == len(everything)


# ------------------------------------------------------------------ errors and their places


def doccano_line(**more: Any) -> str:
    span = {"id": 1, "label": "AGENCY", "start_offset": 0, "end_offset": 2}
    other = {"id": 2, "label": "DEADLINE", "start_offset": 3, "end_offset": 5}
    return json.dumps({"id": 1, "text": "ab cd", "entities": [span, other], "relations": [], "Comments": []} | more)


def relation(source: int, target: int, kind: str) -> dict[str, Any]:
    return {"id": 1, "from_id": source, "to_id": target, "type": kind}


@pytest.mark.parametrize(
    ("bad", "found"),
    [
        ({"entities": [{"id": 1, "label": "AGENCY", "start_offset": 0}]}, "no field 'end_offset' in"),
        ({"entities": [{"label": 5, "start_offset": 0, "end_offset": 2}]}, "label = '5'; expected label to be text"),
        ({"entities": [[0, True, "X"]]}, "end_offset = 'true'; expected end_offset to be a whole number"),
        ({"entities": [{"label": "X", "start_offset": 0, "end_offset": 9}]}, "the offset 9 outside the text"),
        ({"entities": [{"label": "X", "start_offset": 0, "end_offset": 3}]}, "'ab ' with a space at its edge"),
        ({"entities": [[0, 2]]}, "the value '[0, 2]'; expected a JSON object"),
        ({"text": 5}, "text = '5'; expected text to be text"),
        ({"relations": [relation(1, 3, "issuer")]}, "a relation of '3', which is no mention"),
        ({"relations": [relation(1, 2, "boss")]}, "a relation of the type 'boss'; expected one of issuer, assignee"),
        ({"relations": [relation(1, 2, "issuer")]}, "directive 1, issuer: '2', which is tagged DEADLINE"),
        ({"relations": [relation(1, 2, "deadline")] * 2}, "directive 1, deadlines: '2' twice"),
        ({"relations": [relation(2, 1, "issuer"), relation(2, 2, "issuer")]}, "two issuers, '1' and '2'"),
    ],
)
def test_a_bad_line_of_doccano_has_its_place(tmp_path: Path, bad: dict[str, Any], found: str) -> None:
    path = put(tmp_path / "a.jsonl", f"{doccano_line()}\n\n{doccano_line(id=2, **bad)}\n")
    with pytest.raises(InputError) as caught:
        read_articles(path, LABELS if "X" not in str(bad) else None)
    assert str(caught.value).startswith(f"{path}:3: found ")
    assert found in str(caught.value)


def test_the_hint_where_characters_may_be_counted_otherwise(tmp_path: Path) -> None:
    span = {"id": 1, "label": "AGENCY", "start_offset": 2, "end_offset": 4}
    path = put(tmp_path / "a.jsonl", doccano_line(text="🎉 ab", entities=[span]))
    with pytest.raises(InputError, match=r"a\.jsonl:1: .*with a space at its edge.*convert with --offsets points"):
        read_articles(path)
    (article,) = converted(path, tmp_path / "b.jsonl", "--offsets", "points")
    assert article.entities[0].text == "ab"
    assert run(tmp_path / "b.jsonl", tmp_path / "c.jsonl", "--to", "doccano", "--offsets", "points") == 0
    assert json.loads((tmp_path / "c.jsonl").read_text(encoding="utf-8"))["entities"] == [span]


def region(**more: Any) -> dict[str, Any]:
    value = {"start": 0, "end": 2, "text": "ab", "labels": ["AGENCY"]} | more
    return {"id": "r", "from_name": "label", "to_name": "text", "type": "labels", "value": value}


def related(**more: Any) -> dict[str, Any]:
    return {"from_id": "r", "to_id": "r", "type": "relation", "direction": "right", "labels": ["issuer"]} | more


@pytest.mark.parametrize(
    ("result", "found"),
    [
        ([region(text="cd")], "the region 'r' (0–2) with the text 'cd' over 'ab'"),
        ([region(labels=[])], "the region 'r' 'ab' with 0 labels; expected one label"),
        ([region(labels=["AGENCY", "OFFICIAL"])], "the region 'r' 'ab' with 2 labels"),
        ([region(end=None)], "end = 'null'; expected end to be a whole number"),
        ([region(), related(labels=[])], "a relation between 'r' and 'r' without a label; expected one of issuer,"),
        ([region(), related(direction="bi")], "a relation between 'r' and 'r' of the direction 'bi'"),
        ([region(), related(to_id="s")], "a relation of 's', which is no mention"),
        ([region(), region()], "two entities with the id 'r'"),
        ([5], "the value '5'; expected a JSON object"),
        ({}, "result = '{}'; expected result to be a list"),
    ],
)
def test_a_bad_task_of_label_studio_has_its_place(tmp_path: Path, result: Any, found: str, capsys: Any) -> None:
    good = {"id": 1, "data": {"text": "ab cd"}, "annotations": [{"id": 1, "result": [region()]}]}
    bad = {"id": 2, "data": {"text": "ab cd"}, "annotations": [{"id": 2, "result": result}]}
    path = put(tmp_path / "a.json", json.dumps([good, bad, good | {"id": 3}], indent=2))
    line = path.read_text(encoding="utf-8").splitlines().index("  {", 2) + 1
    assert run(path, tmp_path / "b.jsonl", "--to", "jsonl") == 1
    first, count = capsys.readouterr().err.splitlines()
    assert first.startswith(f"error: {path}:{line}: found {found}")
    assert (count, (tmp_path / "b.jsonl").exists()) == ("1 errors", False)


@pytest.mark.parametrize(
    ("content", "line", "found"),
    [
        ('{"a": 1}', 1, "a file that begins with '{\"a\": 1}'"),
        ("", 1, "a file that begins with ''"),
        ("[\n{},\n{\n]", 4, "a file that is not JSON"),
        ('[\n{"data": {"text": "x"}}\n{}]', 3, "a list that is not closed"),
        ("[]\n\n[]", 3, "more text after the list"),
        ('[\n\n{"text": "a", "label": []}]', 3, "a task without `data`"),
        ('[{"data": {}}]', 1, "no field 'text' in '{}'"),
    ],
)
def test_a_file_that_is_no_export(tmp_path: Path, content: str, line: int, found: str) -> None:
    path = put(tmp_path / "a.json", content)
    errors = [error for error in labelstudio.scan_labelstudio(path, None, silent) if isinstance(error, InputError)]
    assert str(errors[-1]).startswith(f"{path}:{line}: found {found}")


GOOD = "T1\tAGENCY 0 2\tab\nT2\tDEADLINE 3 5\tcd\nT3\tDirective 0 2\tab\n"


@pytest.mark.parametrize(
    ("lines", "line", "found"),
    [
        ("T9\tAGENCY 0 2;3 5\tab cd", 4, "the mention 'T9' in pieces (0 2;3 5)"),
        ("T9\tAGENCY 6 7\tX", 4, "the mention 'T9' (6–7) with the text 'X' over 'e'"),
        ("T9\tAGENCY 6 99\tX", 4, "entity 'T9' (6–99) outside a text of 7 characters"),
        ("T9\tAGENCY 2 3\t ", 4, "entity 'T9' (2–3) ' ' with a space at its edge"),
        ("T9\tAGENCI 6 7\te", 4, "entity 'T9' (6–7) with the label 'AGENCI'"),
        ("T1\tAGENCY 6 7\te", 4, "the id 'T1' a second time"),
        ("T9 AGENCY 6 7 e", 4, "'T9 AGENCY 6 7 e'; expected a line of brat's standoff format"),
        ("E1\tOrder:T3 Assignee:T1", 4, "an event of the type 'Order'"),
        ("E1\tDirective:T8 Assignee:T1", 4, "the trigger 'T8', which is not there"),
        ("E1\tDirective:T1 Assignee:T1", 4, "the trigger 'T1', which is a mention"),
        ("\nE1\tDirective:T3 Boss:T1", 5, "the role 'Boss'; expected a mention in one of the roles Issuer, Assignee"),
        ("E1\tDirective:T3 Assignee:E1", 4, "the argument Assignee:E1, which is no mention"),
        ("E1\tDirective:T3 Issuer:T1 Issuer2:T1", 4, "two issuers of an event"),
        (
            "E1\tDirective:T3 Assignee:T1\nE2\tDirective:T3 Assignee:T2",
            5,
            "directive 2, assignees: 'T2', which is tagged",
        ),
        ("R1\tissuer Arg1:T1 Arg2:T1\nR2\tboss Arg1:T1 Arg2:T2", 5, "a relation of the type 'boss'"),
    ],
)
def test_a_bad_line_of_brat_has_its_place(tmp_path: Path, lines: str, line: int, found: str) -> None:
    put(tmp_path / "a.txt", "ab cd e")
    path = put(tmp_path / "a.ann", f"{GOOD}{lines}\n")
    ((_, error),) = brat.scan_brat(tmp_path, LABELS, silent)
    assert str(error).startswith(f"{path}:{line}: found {found}")


def test_a_text_or_a_sidecar_that_cannot_be_read(tmp_path: Path) -> None:
    put(tmp_path / "a.ann", GOOD)
    put(tmp_path / "b.ann", GOOD)
    put(tmp_path / "b.txt", "ab cd e")
    put(tmp_path / "b.json", '{\n"date" 5}')
    (_, first), (_, second) = brat.scan_brat(tmp_path, LABELS, silent)
    assert str(first).startswith(f"{tmp_path / 'a.txt'}: found No such file")
    assert str(second).startswith(f"{tmp_path / 'b.json'}:2: found a file that is not JSON (Expecting ':' delimiter)")


# ------------------------------------------------------------------ the command


def test_kinds_are_told_by_what_is_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert kind_of(EXPORTS / "brat") == "brat"
    assert kind_of(EXPORTS / "labelstudio.json") == "labelstudio"
    assert kind_of(ARTICLES) == kind_of(EXPORTS / "doccano.jsonl") == "articles"
    assert run(EXPORTS, tmp_path / "a.jsonl", "--to", "jsonl") == 1
    assert (
        f"{EXPORTS}: found files of the kinds articles and brat; expected files of one kind" in capsys.readouterr().err
    )
    assert run(EXPORTS, tmp_path / "a.jsonl", "--to", "jsonl", "--from", "labelstudio") == 1  # brat's files are there
    assert f"{EXPORTS / 'brat' / 'tan-loc-tuan-46.json'}:1: found a file that begins with" in capsys.readouterr().err
    assert run(EXPORTS, tmp_path / "a.jsonl", "--to", "jsonl", "--from", "brat") == 0
    plain = put(tmp_path / "plain.jsonl", '{"id": 3, "text": "a"}\n')
    assert run(plain, tmp_path / "b.jsonl", "--to", "jsonl") == 1  # ids are text in the public form
    assert run(plain, tmp_path / "b.jsonl", "--to", "jsonl", "--from", "doccano") == 0
    assert read_articles(tmp_path / "b.jsonl")[0].id == "3"


@pytest.mark.parametrize(
    ("source", "out", "to", "found"),
    [
        ("in", "in", "jsonl", "an output that is the input, in it, or around it"),
        ("in", "in/x", "brat", "an output that is the input, in it, or around it"),
        ("in/a.jsonl", ".", "brat", "an output that is the input, in it, or around it"),
        ("in", "full", "markup", "a folder that is not empty"),
        ("in", "full/file", "markup", "a file; expected a folder"),
        ("in", "out.json", "jsonl", "an output of the kind .json; expected a file of the kind .jsonl"),
        ("in", "out", "labelstudio", "an output of the kind (no suffix); expected a file of the kind .json"),
        ("none", "out", "brat", "nothing; expected a file or folder of articles"),
        ("empty", "out", "brat", "no article; expected files of one kind"),
        ("split", "out", "jsonl", "train.article and train.jsonl; expected one source a split"),
    ],
)
def test_outputs_and_inputs_that_do_not_do(
    tmp_path: Path, source: str, out: str, to: str, found: str, capsys: pytest.CaptureFixture[str]
) -> None:
    put(tmp_path / "in" / "a.jsonl", '{"id": "a", "text": "x"}\n')
    put(tmp_path / "full" / "file", "mine")
    put(tmp_path / "split" / "train.jsonl", "")
    put(tmp_path / "split" / "train.article", "")
    (tmp_path / "empty").mkdir()
    before = sorted(tmp_path.rglob("*"))
    assert run(tmp_path / source, tmp_path / out, "--to", to) == 1
    assert f"found {found}" in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before


def test_nothing_is_written_unless_every_article_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(tmp_path / "in" / "a.jsonl", '{"id": "a", "text": "x"}\n{"id": "a", "text": "y"}\n{}\n')
    put(tmp_path / "out" / "kept", "mine")
    assert run(tmp_path / "in", tmp_path / "out", "--to", "brat", "--overwrite") == 1
    assert [line.partition(": found ")[2][:30] for line in capsys.readouterr().err.splitlines()] == [
        "the article id 'a' a second ti",
        "no field id; expected it to be",
        "",
    ]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["kept"]
    put(tmp_path / "in" / "a.jsonl", '{"id": "a/b", "text": "x"}\n')
    assert run(tmp_path / "in", tmp_path / "out", "--to", "markup", "--overwrite") == 1
    assert "found the article id 'a/b'; expected an id that can name a file" in capsys.readouterr().err
    assert run(tmp_path / "in", tmp_path / "out", "--to", "brat", "--overwrite") == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        *("annotation.conf", "article-00001.ann", "article-00001.json", "article-00001.txt")
    ]


def test_other_labels_are_taken_unless_named(tmp_path: Path) -> None:
    entity = {"id": "a", "label": "PER", "start": 0, "end": 1, "text": "x"}
    source = put(tmp_path / "a.jsonl", json.dumps({"id": "x", "text": "x", "entities": [entity]}))
    assert run(source, tmp_path / "b.json", "--to", "labelstudio") == 0
    assert '<Label value="PER"/>' in (tmp_path / "b.xml").read_text(encoding="utf-8")
    assert run(source, tmp_path / "c.json", "--to", "labelstudio", "--labels", ",".join(LABELS)) == 1
