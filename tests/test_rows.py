"""Records as a person reads them out: the sentence, its line, the task in words, dates and figures."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from data.schema import Article, Entity, parse_article
from infer.rows import Record, Row, dated, read_records, shown, valued
from tests.records import RECORD, TEXT, article, mention


def only(one: Article) -> Record:
    (record,) = read_records(one)
    return record


def entity(label: str, normalized: dict[str, Any] | None) -> Entity:
    return Entity(id="e", label=label, start=0, end=1, text="x", normalized=normalized)


def told(text: str, assignees: list[str], issuer: str | None = None, deadlines: tuple[str, ...] = ()) -> Record:
    """A record of phrases of a text."""
    entities = [mention(phrase, "AGENCY", phrase, text) for phrase in [*assignees, *([issuer] if issuer else [])]]
    entities += [mention(phrase, "DEADLINE", phrase, text) for phrase in deadlines]
    directive = {"issuer": issuer, "assignees": assignees, "deadlines": list(deadlines)}
    return only(parse_article({"id": "x", "text": text, "entities": entities, "directives": [directive]}))


def test_a_row_holds_all_of_a_record() -> None:
    assert only(article()).row() == Row(
        article="x",
        date=dt.date(2020, 11, 5),
        issuer="Chủ tịch tỉnh",
        assignees="Sở Y tế; Sở Nội vụ",
        coordinators="Công an",
        recipients="HĐND",
        indicators="giảm 5% nợ (giảm 5 %)",
        deadlines="trước 30/11 (2020-11-30); đến hết năm (2020-11-05/2020-12-31)",
        due=dt.date(2020, 11, 30),
        sentence=TEXT,
        start=0,
        end=len(TEXT) - 1,
        score=0.75,
        issuer_person="le-an@tinh",
        issuer_body="uy-ban-nhan-dan-tinh-a",
        assignee_persons=None,
        assignee_bodies="so-y-te-tinh-a; so-noi-vu-tinh-a",
    )


def test_a_record_of_nothing_is_an_empty_row() -> None:
    record = only(article(date=None, directives=[{}]))
    assert [value for value in record.row() if value is not None] == ["x"]
    assert (record.sentence, record.line, record.task, record.dues) == ("", None, "", [])


def test_an_article_without_directives_has_no_records() -> None:
    assert list(read_records(article(directives=[]))) == []


def test_a_key_that_two_assignees_share_stands_once() -> None:
    text = "Sở Y tế, Sở"
    same = {"body": "so-y-te-tinh-a"}
    entities = [mention("a", "AGENCY", "Sở Y tế", text, normalized=same)]
    entities.append({"id": "b", "label": "AGENCY", "start": 9, "end": 11, "text": "Sở", "normalized": same})
    one = parse_article(
        {"id": "x", "text": text, "entities": entities, "directives": [{"assignees": ["a", "b"]}]},
    )
    assert only(one).row().assignee_bodies == "so-y-te-tinh-a"


# ------------------------------------------------------------------ sentence, line, task


def test_the_sentence_is_that_of_the_work_not_of_an_issuer_who_spoke_before() -> None:
    record = told("Họp giao ban.\nUBND tỉnh kết luận. Sở Y tế mua thuốc. Xong.", ["Sở Y tế"], issuer="UBND tỉnh")
    assert (record.sentence, record.line) == ("Sở Y tế mua thuốc.", 2)


def test_the_sentence_of_a_record_that_only_has_an_issuer_is_the_issuers() -> None:
    assert told("Họp.\r\nUBND tỉnh nêu rõ.\r\n", [], issuer="UBND tỉnh").sentence == "UBND tỉnh nêu rõ."


def test_a_deadline_in_the_next_sentence_takes_that_in() -> None:
    text = "Sở Y tế mua thuốc. Việc này xong trước ngày 8/3. Hết."
    assert told(text, ["Sở Y tế"], deadlines=("trước ngày 8/3",)).sentence == text.removesuffix(" Hết.")


@pytest.mark.parametrize(
    ("text", "assignees", "task"),
    [
        ("Giao Sở Y tế mua  thuốc.", ["Sở Y tế"], "mua thuốc."),
        ("Sở Y tế, Sở Nội vụ: rà soát.", ["Sở Y tế", "Sở Nội vụ"], "rà soát."),
        ("Việc này do Sở Y tế.", ["Sở Y tế"], "Việc này do"),
        ("Sở Y tế", ["Sở Y tế"], ""),
    ],
)
def test_the_task_is_what_follows_the_assignees_or_what_goes_before(text: str, assignees: list[str], task: str) -> None:
    assert told(text, assignees).task == task


def test_the_task_without_assignees_is_the_sentence() -> None:
    assert told("UBND tỉnh mua  thuốc.", [], issuer="UBND tỉnh").task == "UBND tỉnh mua thuốc."


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(st.text(st.sampled_from("aÊ .!?\n:-1\u2028\u00a0TP"), min_size=1, max_size=60), st.data())
def test_a_sentence_holds_its_mentions_and_no_space_around_them(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    assume(text[start:end] == text[start:end].strip())
    entities = [Entity.model_construct(id="a", label="AGENCY", start=start, end=end, text=text[start:end])]
    directives = article(directives=[{"assignees": ["a"]}]).directives
    one = Article.model_construct(id="x", date=None, text=text, entities=entities, directives=directives, meta={})
    record = only(one)
    first, last = record.span
    assert 0 <= first <= last <= len(text)
    assert record.sentence == record.sentence.strip()
    assert text[start:end] in record.sentence


# ------------------------------------------------------------------ dates and figures


@pytest.mark.parametrize(
    ("normalized", "text"),
    [
        (None, "x"),
        ({"from": None, "until": None}, "x"),
        ({"from": "2020-11-05", "until": None}, "x"),
        ({"from": None, "until": "2020-11-30"}, "x (2020-11-30)"),
        ({"from": "2020-10-01", "until": "2020-12-31"}, "x (2020-10-01/2020-12-31)"),
        ({"until": "soon"}, "x"),
        ({"until": 20201130}, "x"),
    ],
)
def test_a_deadline_with_its_days(normalized: dict[str, Any] | None, text: str) -> None:
    assert dated(entity("DEADLINE", normalized)) == text


@pytest.mark.parametrize(
    ("normalized", "text"),
    [
        (None, "x"),
        ({"name": "nợ", "value": None, "unit": "%"}, "x"),
        ({"value": 95.0, "unit": "%"}, "x (95 %)"),
        ({"value": 3.42, "unit": None}, "x (3.42)"),
        ({"value": 0, "unit": "hộ"}, "x (0 hộ)"),
        ({"value": "7/18", "unit": None, "comparison": "đạt"}, "x (đạt 7/18)"),
    ],
)
def test_an_indicator_with_its_figure(normalized: dict[str, Any] | None, text: str) -> None:
    assert valued(entity("INDICATOR", normalized)) == text


def test_the_days_on_which_deadlines_end_each_once_and_in_order() -> None:
    days = ["2020-12-31", None, "2020-04-01", "2020-12-31"]
    text = "a b c d"
    entities = [
        mention(char, "DEADLINE", char, text, normalized={"from": None, "until": day})
        for char, day in zip("abcd", days, strict=True)
    ]
    record = {"deadlines": list("abcd")}
    one = only(parse_article({"id": "x", "text": text, "entities": entities, "directives": [record]}))
    assert one.dues == [dt.date(2020, 4, 1), dt.date(2020, 12, 31)]
    assert one.row().due == dt.date(2020, 4, 1)


def test_fields_to_texts() -> None:
    record = only(article())
    assert list(record.mentions) == ["issuer", "assignees", "coordinators", "recipients", "indicators", "deadlines"]
    assert record.texts("assignees") == ["Sở Y tế", "Sở Nội vụ"]
    assert record.directive.roles() == only(article(directives=[RECORD])).directive.roles()


def test_what_is_shown_has_plain_spaces_and_nothing_that_moves_a_cursor() -> None:
    assert shown("Sở\u00a0Y\u200b tế\t\x1b[2J\nhết\u202e") == "Sở Y tế \ufffd[2J\nhết"
