"""Deadlines for a calendar, read back with icalendar."""

from __future__ import annotations

import datetime as dt
import io
import re
from pathlib import Path
from typing import Any

import icalendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.schema import Article, parse_article
from infer.ics import open_ics
from infer.outputs import open_sink
from tests.records import RECORD, TEXT, article, mention, odd


def written(*articles: Article) -> str:
    out = io.StringIO(newline="")
    with open_ics(out) as sink:
        for one in articles:
            sink.write(one)
    return out.getvalue()


def events(*articles: Article) -> list[Any]:
    return list(icalendar.Calendar.from_ical(written(*articles)).walk("VEVENT"))


def test_a_record_makes_an_all_day_event_for_each_day_on_which_a_deadline_ends() -> None:
    first, second = events(article())
    assert [event.decoded("dtstart") for event in (first, second)] == [dt.date(2020, 11, 30), dt.date(2020, 12, 31)]
    assert first["dtstart"].params["VALUE"] == "DATE"
    assert "dtend" not in first  # all day, one day
    assert first["transp"] == "TRANSPARENT"
    assert str(first["summary"]) == "Sở Y tế, Sở Nội vụ: giảm 5% nợ"
    assert str(first["description"]).splitlines() == [
        TEXT,
        "",
        "issuer: Chủ tịch tỉnh",
        "deadline: trước 30/11 (2020-11-30)",
        "deadline: đến hết năm (2020-11-05/2020-12-31)",
        "article: x, line 1",
    ]


def test_the_calendar_says_who_made_it_and_when() -> None:
    calendar = icalendar.Calendar.from_ical(written(article()))
    assert (calendar["version"], calendar["prodid"]) == ("2.0", "-//giaoban//records//EN")
    (event, _) = calendar.walk("VEVENT")
    stamp = event.decoded("dtstamp")
    assert stamp.tzinfo is not None
    assert abs(dt.datetime.now(dt.UTC) - stamp) < dt.timedelta(minutes=5)


def test_records_without_a_day_make_no_event() -> None:
    assert events(article(directives=[{"assignees": ["a"]}, {}]), article(directives=[])) == []


def test_a_record_without_indicators_is_summed_up_by_its_task_and_one_without_assignees_by_its_issuer() -> None:
    text = "UBND tỉnh giao Sở Y tế mua thuốc trước 30/11."
    until = {"from": None, "until": "2020-11-30"}
    entities = [
        mention("u", "AGENCY", "UBND tỉnh", text),
        mention("a", "AGENCY", "Sở Y tế", text),
        mention("d", "DEADLINE", "trước 30/11", text, normalized=until),
    ]
    directives = [{"issuer": "u", "assignees": ["a"], "deadlines": ["d"]}, {"issuer": "u", "deadlines": ["d"]}]
    one = parse_article({"id": "x", "text": text, "entities": entities, "directives": directives})
    assert [str(event["summary"]) for event in events(one)] == [
        "Sở Y tế: mua thuốc trước 30/11.",
        f"UBND tỉnh: {text}",
    ]


# ------------------------------------------------------------------ UID


def uids(*articles: Article) -> list[str]:
    return [str(event["uid"]) for event in events(*articles)]


def test_reading_an_article_again_gives_the_same_uids_whatever_its_ids_and_scores() -> None:
    renamed = parse_article(
        article().to_json()
        | {
            "entities": [entity | {"id": f"new-{entity['id']}"} for entity in json_entities()],
            "directives": [
                {"issuer": "new-o", "assignees": ["new-a", "new-b"], "deadlines": ["new-f", "new-d"], "score": 0.1}
            ],
        }
    )
    assert uids(renamed) == uids(article())


def json_entities() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [dict(entity.__dict__) for entity in article().entities]
    return found


@pytest.mark.parametrize(
    "other",
    [
        article(id="y"),
        article(directives=[RECORD | {"assignees": ["a"]}]),
        article(directives=[RECORD | {"issuer": "r"}]),
        parse_article(article().to_json() | {"text": TEXT.replace("HĐND.", "HĐND ngay.")}),
    ],
)
def test_another_record_has_other_uids(other: Article) -> None:
    assert not set(uids(other)) & set(uids(article()))


def test_an_article_that_goes_on_elsewhere_keeps_its_uids() -> None:
    assert uids(parse_article(article().to_json() | {"text": f"{TEXT}\nẢnh: Chi An"})) == uids(article())


def test_no_uid_comes_twice_in_an_article() -> None:
    found = uids(article(directives=[RECORD, RECORD, {"assignees": ["a"], "deadlines": ["d"]}]))
    assert len(found) == len(set(found)) == 3
    assert all(re.fullmatch("[0-9a-f]{32}@giaoban", uid) for uid in found)


# ------------------------------------------------------------------ text


@pytest.mark.parametrize("phrase", ["a, b; c\\d", "X:Y", '"x"', "BEGIN:VEVENT", "\\n", "Sở " * 60 + "x"])
def test_text_is_escaped_and_folded(phrase: str) -> None:
    text = written(odd(phrase, id=phrase))
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert "\n" not in text.replace("\r\n", "")
    (event,) = events(odd(phrase, id=phrase))
    assert str(event["summary"]).startswith(phrase)
    assert f"issuer: {phrase}" in str(event["description"])


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_text_makes_a_calendar(text: str) -> None:
    phrase = " ".join(text.split()) or "x"
    (event,) = events(odd(phrase, id=text))
    assert event.decoded("dtstart") == dt.date(2020, 11, 30)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", str(event["summary"]) + str(event["description"]))


def test_a_file_of_no_event_is_a_calendar(tmp_path: Path) -> None:
    path = tmp_path / "out.ics"
    with open_sink(str(path)):
        pass
    assert icalendar.Calendar.from_ical(path.read_bytes())["version"] == "2.0"
    assert path.read_bytes().endswith(b"END:VCALENDAR\r\n")
