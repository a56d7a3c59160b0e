"""Annotated articles out: JSON lines, CSV, a table; whole or not at all, whatever the texts hold."""

from __future__ import annotations

import csv
import io
import json
import re
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from data.errors import InputError
from data.formats import read_articles
from data.schema import Article, parse_article
from infer.outputs import CSV_COLUMNS, CsvSink, ErrorLog, TableSink, open_sink, texts

TEXT = "Chủ tịch tỉnh giao Sở Y tế, Sở Nội vụ cùng Công an giảm 5% nợ trước 30/11 và đến hết năm, gửi HĐND."


def mention(id_: str, label: str, phrase: str, text: str = TEXT, **more: Any) -> dict[str, Any]:
    start = text.index(phrase)
    return {"id": id_, "label": label, "start": start, "end": start + len(phrase), "text": phrase} | more


MENTIONS = [
    mention("o", "OFFICIAL", "Chủ tịch tỉnh"),
    mention("a", "AGENCY", "Sở Y tế"),
    mention("b", "AGENCY", "Sở Nội vụ"),
    mention("c", "AGENCY", "Công an"),
    mention("i", "INDICATOR", "giảm 5% nợ"),
    mention("d", "DEADLINE", "trước 30/11", normalized={"from": None, "until": "2020-11-30"}),
    mention("f", "DEADLINE", "đến hết năm", normalized={"from": "2020-11-05", "until": "2020-12-31"}),
    mention("r", "AGENCY", "HĐND"),
]
RECORD = {
    "issuer": "o",
    "assignees": ["a", "b"],
    "coordinators": ["c"],
    "recipients": ["r"],
    "indicators": ["i"],
    "deadlines": ["d", "f"],
    "start": 0,
    "end": len(TEXT),
}


def article(**more: Any) -> Article:
    value = {"id": "x", "date": "2020-11-05", "text": TEXT, "entities": MENTIONS, "directives": [RECORD]}
    return parse_article(value | more)


def odd(phrase: str, **more: Any) -> Article:
    """An article of one line whose one mention is everything: who, whom, and by when."""
    entities = [
        {"id": "o", "label": "OFFICIAL", "start": 0, "end": len(phrase), "text": phrase},
        mention("d", "DEADLINE", phrase, f"\n{phrase}"),
    ]
    directives = [{"issuer": "o", "assignees": ["o"], "deadlines": ["d"], "start": 0, "end": len(phrase)}]
    text = f"{phrase}\n{phrase}"
    entities[1] |= {"start": len(phrase) + 1, "end": len(text)}
    return parse_article({"id": "x", "text": text, "entities": entities, "directives": directives} | more)


# ------------------------------------------------------------------ which sink


def test_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "out.jsonl"
    written = [article(), article(id="y", directives=[]), Article(id="z", text="một\u2028hai\u0085\n")]
    with open_sink(str(path)) as sink:
        for one in written:
            sink.write(one)
        assert not path.exists()
    assert read_articles(path) == written
    assert path.read_bytes().count(b"\n") == 3


def test_json_lines_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    with open_sink("-") as sink:
        sink.write(article())
    printed = capsys.readouterr()
    assert parse_article(json.loads(printed.out)) == article()
    assert (printed.out.count("\n"), printed.err) == (1, "")


def test_a_table_when_there_is_no_output(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    with open_sink(None) as sink:
        sink.write(article())
    assert "Chủ tịch tỉnh" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["out.txt", "out", "out.json", "out.jsonl.gz", "out.CSV"])
def test_an_unknown_suffix(tmp_path: Path, name: str) -> None:
    path = str(tmp_path / name)
    with pytest.raises(InputError) as caught, open_sink(path):
        pass
    assert str(caught.value) == (
        f"found the output {path!r}; expected a file of the kind .jsonl or .csv. "
        "To mend it: give it one of these suffixes."
    )
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / "out.csv"
    with pytest.raises(InputError) as caught, open_sink(str(path)):
        pass
    assert str(caught.value).startswith(f"{path}: found ")
    assert str(caught.value).endswith("; expected a place to write to. To mend it: name another.")


def test_a_folder_that_has_the_outputs_name_is_refused_before_any_work(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    path.mkdir()
    entered = False
    with pytest.raises(InputError) as caught, open_sink(str(path)):
        entered = True
    assert not entered
    assert str(caught.value).startswith(f"{path}: found ")


@pytest.mark.parametrize("name", ["out.jsonl", "out.csv"])
def test_an_exception_leaves_the_old_output(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("old")
    with pytest.raises(RuntimeError), open_sink(str(path)) as sink:
        sink.write(article())
        raise RuntimeError
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [(name, "old")]


# ------------------------------------------------------------------ CSV


def table(*articles: Article) -> list[dict[str, str]]:
    out = io.StringIO(newline="")
    sink = CsvSink(out)
    for one in articles:
        sink.write(one)
    return list(csv.DictReader(io.StringIO(out.getvalue(), newline=""), strict=True))


def test_csv_has_a_row_for_each_record_and_several_mentions_joined() -> None:
    (row,) = table(article())
    assert (
        list(row)
        == list(CSV_COLUMNS)
        == [
            *("article", "date", "issuer", "assignees", "coordinators", "recipients", "indicators", "deadlines"),
            *("from", "until", "start", "end", "text"),
        ]
    )
    assert row == {
        "article": "x",
        "date": "2020-11-05",
        "issuer": "Chủ tịch tỉnh",
        "assignees": "Sở Y tế; Sở Nội vụ",
        "coordinators": "Công an",
        "recipients": "HĐND",
        "indicators": "giảm 5% nợ",
        "deadlines": "trước 30/11; đến hết năm",
        "from": "2020-11-05",
        "until": "2020-12-31",
        "start": "0",
        "end": str(len(TEXT)),
        "text": TEXT,
    }


def test_csv_of_what_is_not_known() -> None:
    rows = table(article(date=None, directives=[{}, {"deadlines": ["d"]}, {"assignees": ["a"]}]))
    assert set(rows[0].values()) == {"x", ""}
    assert (rows[1]["from"], rows[1]["until"], rows[1]["text"]) == ("", "2020-11-30", "")
    assert (rows[2]["from"], rows[2]["until"], rows[2]["deadlines"]) == ("", "", "")
    assert table(article(directives=[])) == []


def test_csv_takes_the_earliest_start_and_the_latest_end() -> None:
    days = [("2020-03-01", "2020-04-01"), ("2020-01-01", None), (None, "2020-12-31"), (None, None)]
    text = "a b c d"
    entities = [
        mention(char, "DEADLINE", char, text, normalized={"from": start, "until": end})
        for char, (start, end) in zip("abcd", days, strict=True)
    ]
    record = {"deadlines": list("abcd")}
    (row,) = table(parse_article({"id": "x", "text": text, "entities": entities, "directives": [record]}))
    assert (row["from"], row["until"]) == ("2020-01-01", "2020-12-31")


def test_csv_quotes_as_rfc_4180_wants(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    phrase = 'Sở "Y tế", phòng; ban'
    with open_sink(str(path)) as sink:
        sink.write(odd(phrase, id='a,"b"'))
    raw = path.read_bytes().decode()
    assert raw.startswith("article,date,issuer,")
    assert raw.split("\r\n")[1].startswith('"a,""b""",,"Sở ""Y tế"", phòng; ban",')
    assert raw.endswith("\r\n")
    assert raw.replace("\r\n", "").count("\n") == 0
    (row,) = table(odd(phrase, id='a,"b"'))
    assert (row["article"], row["issuer"], row["text"]) == ('a,"b"', phrase, phrase)


def test_csv_keeps_line_breaks_of_a_passage() -> None:
    text = "một\r\nhai,\nba"
    (row,) = table(parse_article({"id": "x", "text": text, "directives": [{"start": 0, "end": len(text)}]}))
    assert row["text"] == text


@settings(max_examples=100, database=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_csv_of_any_text(text: str) -> None:
    (row,) = table(parse_article({"id": text, "text": text, "directives": [{"start": 0, "end": len(text)}]}))
    assert (row["article"], row["text"]) == (text, text)


# ------------------------------------------------------------------ the table


def drawn(*articles: Article, width: int = 100) -> str:
    out = io.StringIO()
    sink = TableSink(Console(file=out, width=width, color_system=None))
    for one in articles:
        sink.write(one)
    return out.getvalue()


def columns(text: str) -> list[list[str]]:
    """The cells of the table's lines."""
    return [[cell.strip() for cell in re.split("[│┃]", line)[1:-1]] for line in text.splitlines() if line[0] in "│┃"]


def test_the_table_says_who_whom_what_and_by_when() -> None:
    text = drawn(article())
    assert text.splitlines()[0].strip() == "x · 2020-11-05"
    assert max(len(line) for line in text.splitlines()) <= 100
    cells = columns(text)
    assert cells[0] == ["who", "whom", "what", "by when"]
    assert [" ".join(row[number] for row in cells).split() for number in range(4)] == [
        "who Chủ tịch tỉnh".split(),
        "whom Sở Y tế Sở Nội vụ with Công an → HĐND".split(),
        "what giảm 5% nợ".split(),
        "by when trước 30/11 (2020-11-30) đến hết năm (2020-12-31)".split(),
    ]


def test_a_row_for_each_record_and_a_table_for_each_article() -> None:
    text = drawn(article(directives=[RECORD, {"assignees": ["b"]}]), article(id="y"))
    assert text.count("by when") == 2
    assert ["", "Sở Nội vụ", "", ""] in columns(text)


def test_an_article_without_a_record_is_a_line() -> None:
    text = drawn(article(directives=[], date=None), article(id="y" * 200, directives=[]))
    first, second = text.splitlines()
    assert first == "x · no date: 8 mentions, no directive"
    assert second == f"{'y' * 200} · 2020-11-05: 8 mentions, no directive"


@pytest.mark.parametrize("phrase", ["[red]Sở[/red]", "[/]", "[bold", "a]b[", "[link=x]y", ":smile:", "\\[x]", "{0} %s"])
@pytest.mark.parametrize("width", [100, 40])
def test_the_table_shows_odd_text_as_it_stands(phrase: str, width: int) -> None:
    text = drawn(odd(phrase, id=f"id {phrase}"), width=width)
    who, whom, what, when = ("".join(row[number] for row in columns(text)[1:]) for number in range(4))
    assert (who.replace(" ", ""), what) == (phrase.replace(" ", ""), "")
    assert who == whom == when
    assert f"id {phrase} · no date" in text
    assert phrase in drawn(article(id=phrase, directives=[]), width=width)


@settings(max_examples=60, database=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60), st.sampled_from([100, 20, 3]))
def test_the_table_takes_any_text_and_any_width(text: str, width: int) -> None:
    phrase = " ".join(text.split()) or "x"
    assert drawn(odd(phrase, id=text), article(id=text, directives=[]), width=width)


def test_fields_to_texts() -> None:
    one = article()
    found = texts(one.directives[0], {entity.id: entity for entity in one.entities})
    assert found["issuer"] == ["Chủ tịch tỉnh"]
    assert found["assignees"] == ["Sở Y tế", "Sở Nội vụ"]
    assert list(found) == ["issuer", "assignees", "coordinators", "recipients", "indicators", "deadlines"]


# ------------------------------------------------------------------ errors

BAD = InputError("a thing", expected="another", mend="change it", path="news.jsonl", line=3, column=7)


def test_errors_are_told_and_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "out.csv"
    with ExitStack() as stack:
        log = ErrorLog(str(output), stack)
        log.add(BAD)
        log.add(InputError("Sở", expected="c", mend="d"))
        assert log.count == 2
    assert capsys.readouterr().err.splitlines() == [
        "error: news.jsonl:3:7: found a thing; expected another. To mend it: change it.",
        "error: found Sở; expected c. To mend it: d.",
    ]
    kept = (tmp_path / "out.csv.errors.jsonl").read_text(encoding="utf-8")
    first, second = [json.loads(line) for line in kept.splitlines()]
    assert "Sở" in kept
    assert first == {
        "path": "news.jsonl",
        "line": 3,
        "column": 7,
        "found": "a thing",
        "expected": "another",
        "mend": "change it",
    }
    assert (second["path"], second["line"], second["found"]) == (None, None, "Sở")


@pytest.mark.parametrize("output", [None, "-"])
def test_errors_without_an_output_file_are_told_only(
    output: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with ExitStack() as stack:
        ErrorLog(output, stack).add(BAD)
    assert "news.jsonl:3:7" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_an_old_error_file_goes_away_when_all_is_well(tmp_path: Path) -> None:
    old = tmp_path / "out.csv.errors.jsonl"
    old.write_text("{}\n")
    with ExitStack() as stack:
        ErrorLog(str(tmp_path / "out.csv"), stack)
    assert list(tmp_path.iterdir()) == []


def test_the_terminal_gets_no_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    with open_sink(None) as sink:
        sink.write(Article(id="a\x1b[2Jb", text="Sở\x1b[2J họp"))
    assert "\x1b" not in capsys.readouterr().out
