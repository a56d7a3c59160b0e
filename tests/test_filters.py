"""--due, --assignee, --issuer: which records they keep."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import InputError
from data.schema import Article, Entity, parse_article
from infer.filters import Filter, Wanted, parse_day
from infer.keys import body_key
from infer.localities import find_home
from tests.records import RECORD, article, mention


def agency(phrase: str, **keys: str) -> Entity:
    return Entity(id="a", label="AGENCY", start=0, end=len(phrase), text=phrase, normalized=dict(keys))


def asked(due: str | None = None, assignee: str | None = None, issuer: str | None = None) -> Filter:
    return Filter.parse(due=due, assignee=assignee, issuer=issuer)


@pytest.mark.parametrize(
    ("name", "phrase"),
    [
        ("Sở Tài chính", "Sở Tài chính"),
        ("Sở Tài chính", "Sở Tài chính tỉnh"),
        ("Sở Tài chính", "Giám đốc Sở Tài chính Lò Văn An"),
        ("SỞ TÀI CHÍNH", "sở tài chính"),
        ("so tai chinh", "Sở Tài chính"),
        ("dak lak", "tỉnh Đắk Lắk"),
        ("Hòa Bình", "tỉnh Hoà Bình"),
        ("Thành uỷ", "Thành ủy Huế"),
        ("So\u031b\u0309 Y te\u0302\u0301", "Sở Y tế"),
        ("Sở  Y\u00a0tế", "Sở Y tế"),
        ("Tài chính, Y tế", "các Sở Tài chính; Y tế"),
        ("Совет", "Совет"),
    ],
)
def test_a_name_finds_a_mention_that_has_its_words(name: str, phrase: str) -> None:
    assert Wanted.parse(name).fits(agency(phrase))


@pytest.mark.parametrize(
    ("name", "phrase"),
    [
        ("Sở Tài chính", "Sở Y tế"),
        ("Sở Tài chính tỉnh", "Sở Tài chính"),
        ("Sở Tài", "Sở Tàichính"),
        ("Sở chính", "Sở Tài chính"),
        ("Sở Tái chính", "Sở Tài chính"),
        ("xã 1", "xã 12"),
    ],
)
def test_a_name_does_not_find_other_words(name: str, phrase: str) -> None:
    assert not Wanted.parse(name).fits(agency(phrase))


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("so-tai-chinh-tinh-a", "so-tai-chinh-tinh-a"),
        ("UBND tỉnh", "uy-ban-nhan-dan-tinh-lai-chau"),
        ("Ủy ban nhân dân tỉnh Lai Châu", "uy-ban-nhan-dan-tinh-lai-chau"),
        ("UBND tỉnh", "uy-ban-nhan-dan-tinh~3f2a91bc"),
        ("Sở TN&MT", "so-tai-nguyen-moi-truong-tinh-lai-chau"),
        ("Sở Tài chính Lai Châu", "so-tai-chinh-tinh-lai-chau"),
    ],
)
def test_a_name_finds_a_mention_by_the_key_of_its_body(name: str, key: str) -> None:
    assert Wanted.parse(name).fits(agency("Bên nhận", body=key))


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("UBND tỉnh", "uy-ban-nhan-dan-huyen-than-uyen-lai-chau"),
        ("UBND tỉnh", "van-phong-uy-ban-nhan-dan-tinh-lai-chau"),
        ("UBND tỉnh Lai Châu", "uy-ban-nhan-dan-tinh-lao-cai"),
        ("phường 1", "phuong-10-quan-3-ho-chi-minh"),
        ("các sở, ngành", "cac-so-nganh"),
        ("so-tai-chinh-tinh-lai", "so-tai-chinh-tinh-laichau"),
    ],
)
def test_a_name_does_not_find_the_key_of_another_body(name: str, key: str) -> None:
    assert not Wanted.parse(name).fits(agency("Bên nhận", body=key))


def test_a_full_name_finds_the_person_under_every_mention() -> None:
    khiem = agency("Khiêm", person="lo-van-khiem@uy-ban-nhan-dan-tinh-lai-chau", body="uy-ban-nhan-dan-tinh-lai-chau")
    assert Wanted.parse("Lò Văn Khiêm").fits(khiem)
    assert Wanted.parse("lo-van-khiem@uy-ban-nhan-dan-tinh-lai-chau").fits(khiem)
    assert not Wanted.parse("Lò Văn").fits(khiem)
    assert not Wanted.parse("Văn Khiêm").fits(khiem)


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), st.text(min_size=1, max_size=20))
def test_any_name_is_looked_for_in_any_text(name: str, text: str) -> None:
    try:
        wanted = Wanted.parse(name)
    except InputError:
        return
    assert wanted.fits(agency(f"giao {name} làm"))
    assert wanted.fits(agency("bên nhận", body=name))
    wanted.fits(agency(text, body=text))


@pytest.mark.parametrize("phrase", ["Sở Y tế", "UBND xã Tà Mung", "Công an tỉnh Lai Châu", "Bộ Y tế", "Tỉnh ủy"])
def test_a_body_is_found_by_its_own_name_and_key(phrase: str) -> None:
    home = find_home("Tỉnh Lai Châu họp", dt.date(2020, 11, 5), None, [])
    key = body_key(phrase, home)
    assert key is not None
    assert Wanted.parse(phrase).fits(agency("Bên nhận", body=key))
    assert Wanted.parse(key).fits(agency("Bên nhận", body=key))


@pytest.mark.parametrize("name", ["", " ", "!!", "–"])
def test_a_name_without_a_word_is_refused(name: str) -> None:
    with pytest.raises(InputError) as caught:
        Wanted.parse(name)
    assert str(caught.value) == (
        f'found the name {name!r}; expected a body or person to look for. To mend it: write for instance "Sở Y tế".'
    )


# ------------------------------------------------------------------ by when


@pytest.mark.parametrize("text", ["31/12/2020", "2020-13-01", "2020-02-30", "20201231", "", "soon"])
def test_a_day_that_is_no_iso_date_is_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_day(text)
    assert str(caught.value) == (
        f"found the day {text!r}; expected an ISO date such as 2020-12-31. To mend it: write year, month and day."
    )


@pytest.mark.parametrize(
    ("due", "kept"),
    [("2020-11-29", 0), ("2020-11-30", 1), ("2020-12-30", 1), ("2020-12-31", 2), ("2021-01-01", 2)],
)
def test_a_record_is_due_when_its_earliest_deadline_ends_by_the_day(due: str, kept: int) -> None:
    directives: list[dict[str, Any]] = [RECORD, {"assignees": ["b"], "deadlines": ["f"]}, {"assignees": ["c"]}]
    fitting = asked(due=due)(article(directives=directives))
    assert (fitting is None) == (kept == 0)
    if fitting is not None:
        assert fitting.directives == article(directives=directives[:kept]).directives


def test_a_deadline_without_a_day_is_not_due() -> None:
    entities = [mention("d", "DEADLINE", "trước Tết", "Xong trước Tết", normalized={"from": None, "until": None})]
    directives = [{"deadlines": ["d"]}]
    one = parse_article({"id": "x", "text": "Xong trước Tết", "entities": entities, "directives": directives})
    assert asked(due="9999-12-31")(one) is None


# ------------------------------------------------------------------ together


def test_nothing_asked_leaves_every_article_as_it_is() -> None:
    for one in (article(), article(directives=[])):
        assert asked()(one) is one


def test_an_article_without_a_fitting_record_is_left_out_and_the_rest_keeps_text_and_mentions() -> None:
    both = article(directives=[RECORD, {"issuer": "r", "assignees": ["c"]}])
    fitting = asked(assignee="công an")(both)
    assert isinstance(fitting, Article)
    assert fitting == both.model_copy(update={"directives": both.directives[1:]})
    assert len(both.directives) == 2
    assert asked(assignee="Sở Xây dựng")(both) is None
    assert asked(assignee="Sở Y tế")(article(directives=[])) is None


@pytest.mark.parametrize(
    ("options", "fits"),
    [
        ({"assignee": "Sở Y tế", "issuer": "Chủ tịch tỉnh", "due": "2020-11-30"}, True),
        ({"assignee": "Sở Y tế", "issuer": "Chủ tịch tỉnh", "due": "2020-11-29"}, False),
        ({"assignee": "Sở Y tế", "issuer": "HĐND"}, False),
        ({"assignee": "Công an"}, False),  # only a coordinator
        ({"assignee": "HĐND"}, False),  # only a recipient
        ({"issuer": "UBND tỉnh A"}, True),  # by the key of the chair's body
        ({"issuer": "UBND tỉnh B"}, False),
        ({"issuer": "Sở Y tế"}, False),
    ],
)
def test_a_record_fits_all_that_is_asked(options: dict[str, str], fits: bool) -> None:
    assert (asked(**options)(article()) is not None) == fits


def test_a_record_without_an_issuer_has_no_issuer_to_find() -> None:
    assert asked(issuer="Chủ tịch tỉnh")(article(directives=[{"assignees": ["a"]}])) is None
