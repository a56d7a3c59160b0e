"""The table on a terminal: its columns, at a hundred columns and at few, whatever the texts hold."""

from __future__ import annotations

import io
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from data.schema import Article, parse_article
from infer.table import LONGEST_TASK, TableSink
from tests.records import RECORD, article, mention, odd


def drawn(*articles: Article, width: int = 100) -> str:
    out = io.StringIO()
    sink = TableSink(Console(file=out, width=width, color_system=None))
    for one in articles:
        sink.write(one)
    return out.getvalue()


def columns(text: str) -> list[list[str]]:
    """The cells of the table's lines."""
    return [[cell.strip() for cell in re.split("[│┃]", line)[1:-1]] for line in text.splitlines() if line[0] in "│┃"]


def test_the_table_says_who_whom_what_by_when_and_where() -> None:
    text = drawn(article())
    assert text.splitlines()[0].strip() == "x · 2020-11-05"
    assert max(len(line) for line in text.splitlines()) == 100
    cells = columns(text)
    assert cells[0] == ["who", "whom", "what", "by when", "where"]
    assert [" ".join(row[number] for row in cells[1:]).split() for number in range(5)] == [
        "Chủ tịch tỉnh".split(),
        "Sở Y tế Sở Nội vụ with Công an → HĐND".split(),
        "giảm 5% nợ".split(),
        "trước 30/11 (2020-11-30) đến hết năm (2020-12-31)".split(),
        "line 1".split(),
    ]


def test_no_word_of_usual_length_and_no_day_is_broken_at_a_hundred_columns() -> None:
    for row in columns(drawn(article())):
        for cell in row:
            assert not re.search(r"-$|^-", cell)
    assert "(2020-11-30)" in drawn(article())


def test_a_row_for_each_record_and_a_table_for_each_article() -> None:
    text = drawn(article(directives=[RECORD, {"assignees": ["b"]}]), article(id="y"))
    assert text.count("by when") == 2
    assert [row for row in columns(text) if row[1] == "Sở Nội vụ" and not row[0]]


def test_a_record_without_indicators_says_the_task_in_words() -> None:
    task = "rà soát " * 30
    text = f"Họp.\nGiao Sở Y tế {task}."
    entities = [mention("a", "AGENCY", "Sở Y tế", text)]
    one = parse_article({"id": "x", "text": text, "entities": entities, "directives": [{"assignees": ["a"]}]})
    rows = columns(drawn(one))[1:]
    what = " ".join(row[2] for row in rows).strip()
    assert what.startswith("rà soát rà soát")
    assert what.endswith("…")
    assert len(what) <= LONGEST_TASK
    assert rows[0][4] == "line 2"


def test_a_record_of_nothing_is_an_empty_row() -> None:
    assert columns(drawn(article(directives=[{}])))[1:] == [[""] * 5]


def test_an_article_without_a_record_is_a_line() -> None:
    text = drawn(article(directives=[], date=None), article(id="y" * 200, directives=[]))
    first, second = text.splitlines()
    assert first == "x · no date: 8 mentions, no directive"
    assert second == f"{'y' * 200} · 2020-11-05: 8 mentions, no directive"


@pytest.mark.parametrize("phrase", ["[red]Sở[/red]", "[/]", "[bold", "a]b[", "[link=x]y", ":smile:", "\\[x]", "{0} %s"])
@pytest.mark.parametrize("width", [100, 60])
def test_the_table_shows_odd_text_as_it_stands(phrase: str, width: int) -> None:
    text = drawn(odd(phrase, id=f"id {phrase}"), width=width)
    who, whom, _, when, _ = ("".join(row[number] for row in columns(text)[1:]).replace(" ", "") for number in range(5))
    assert who == whom == phrase.replace(" ", "")
    assert when == f"{who}(2020-11-30)"
    assert f"id {phrase} · no date" in text
    assert phrase in drawn(article(id=phrase, directives=[]), width=width)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60), st.sampled_from([100, 20, 3]))
def test_the_table_takes_any_text_and_any_width(text: str, width: int) -> None:
    phrase = " ".join(text.split()) or "x"
    assert drawn(odd(phrase, id=text), article(id=text, directives=[]), width=width)


def test_the_terminal_gets_no_control_characters_and_no_break_spaces_are_spaces() -> None:
    text = drawn(Article(id="a\x1b[2Jb", text="x"), odd("Sở\u00a0Y\x1b[2J\u202etế"))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "Sở Y\ufffd[2Jtế" in text
