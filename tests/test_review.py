"""The questions of `data check`, and the runs of words that two articles share."""

from __future__ import annotations

import datetime as dt

from data.check import collect
from data.review import Question, overlaps, questions, read_formulas
from data.schema import LABELS, Article, Directive, Entity
from tests.conftest import ARTICLES


def article(id_: str, text: str, *mentions: tuple[str, str], **more: object) -> Article:
    """An article whose mentions are the first occurrences of the given phrases."""
    entities = []
    for number, (label, phrase) in enumerate(mentions, 1):
        start = text.index(phrase)
        end = start + len(phrase)
        entities.append(Entity(id=f"e{number}", label=label, start=start, end=end, text=phrase))
    return Article(id=id_, text=text, entities=entities, **more)  # type: ignore[arg-type]


def test_one_form_with_two_labels_is_asked_about_where_it_is_rarer() -> None:
    usual = [article(str(n), "Lãnh đạo  Sở họp", ("OFFICIAL", "Lãnh đạo  Sở")) for n in range(2)]
    odd = article("odd", "Tin vắn\nlãnh đạo Sở nói", ("AGENCY", "lãnh đạo Sở"))
    assert questions([*usual, odd]) == [Question("odd", 2, "'lãnh đạo Sở' is AGENCY here, OFFICIAL 2 times elsewhere")]
    assert questions(usual) == []


def test_generic_body_in_a_place_is_asked_about() -> None:
    text = "Trên địa bàn tỉnh có mưa. Các huyện báo cáo. Giá tại các xã tăng. Ở Sở Y tế, tỉnh yêu cầu."
    asked = questions(
        [article("a", text, ("AGENCY", "tỉnh"), ("AGENCY", "Các huyện"), ("AGENCY", "các xã"), ("AGENCY", "Sở Y tế"))]
    )
    assert [q.text.split(":")[0] for q in asked] == ["'Trên địa bàn tỉnh'", "'tại các xã'"]


def test_dates_that_cannot_be_are_asked_about() -> None:
    text = "Xong trước 31/2, trước ngày 29/02/2021, trước 30/6 và trước 15-13."
    deadlines = [("DEADLINE", "trước 31/2"), ("DEADLINE", "trước ngày 29/02/2021"), ("DEADLINE", "trước 30/6")]
    asked = questions([article("a", text, *deadlines, ("DEADLINE", "trước 15-13"))])
    assert len(asked) == 3
    assert not any("30/6" in question.text for question in asked)
    late = article("b", text, ("DEADLINE", "trước 30/6"), date=dt.date(2021, 7, 1))
    late.entities[0].normalized = {"from": None, "until": "2021-06-30"}
    assert "before the article's date" in questions([late])[0].text
    late.entities[0].normalized = {"from": "2021-08-02", "until": "2021-08-01"}
    assert "before it begins" in questions([late])[0].text


def test_record_said_twice_is_asked_about() -> None:
    text = "Sở A giao Sở B."
    twice = article("a", text, ("AGENCY", "Sở A"), ("AGENCY", "Sở B"))
    twice.directives += [Directive(issuer="e1", assignees=["e2"]) for _ in range(2)]
    assert [q.text for q in questions([twice])] == ["a record that says the same as one before"]


def test_shared_run_is_found_whatever_its_case_and_punctuation() -> None:
    one = article("x", "Mưa lớn làm ngập hai trăm hộ dân ven sông Hồng đêm qua.")
    two = article("y", "Theo báo, MƯA LỚN làm ngập hai trăm hộ, dân ven sông (Hồng) sáng nay.")
    runs, _ = overlaps({"train": [one], "test": [two]}, [])
    assert [(r.first, r.second, r.words) for r in runs] == [
        ("train/x", "test/y", "mưa lớn làm ngập hai trăm hộ dân ven sông hồng")
    ]
    assert overlaps({"train": [one]}, [])[0] == []


def test_names_and_formulas_explain_a_run() -> None:
    text = "{} giao Sở Tài nguyên và Môi trường chủ trì, phối hợp với Sở Y tế {}"
    bodies = [("AGENCY", "Sở Tài nguyên và Môi trường"), ("AGENCY", "Sở Y tế")]
    pair = {"train": [article("x", text.format("Ông", "làm"), *bodies), article("y", text.format("Bà", "lo"), *bodies)]}
    assert len(overlaps(pair, [])[0]) == 1
    runs, used = overlaps(pair, ["giao", "chủ trì, phối hợp với"])
    assert runs == []
    assert used == {"giao": 1, "chủ trì, phối hợp với": 8}


def test_no_sentence_stands_in_two_shipped_articles() -> None:
    articles, errors = collect([str(ARTICLES)], LABELS)
    assert not errors
    runs, _ = overlaps(articles, read_formulas())
    assert runs == []
