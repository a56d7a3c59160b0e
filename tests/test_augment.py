"""Varied copies: mentions stay where they are said to be, one seed gives one set of copies, spelling goes both ways."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.formats import read_articles
from data.schema import Article
from tests.conftest import FEW
from train.augment import augment, respell

PROPERTY = settings(derandomize=True, deadline=None, max_examples=30)
ARTICLES = list(read_articles(Path(FEW) / "dev"))


def _gaps(article: Article) -> list[str]:
    """The text between mentions, without what copies may change."""
    bounds = [0, *(edge for e in article.entities for edge in (e.start, e.end)), len(article.text)]
    parts = [article.text[a:b] for a, b in zip(bounds[::2], bounds[1::2], strict=True)]
    return [respell(part.lower(), to_first=True) for part in parts]


@PROPERTY
@given(seed=st.integers(0, 2**32))
def test_copies_keep_the_text_between_mentions_and_the_order_of_labels(seed: int) -> None:
    for number, copy in enumerate(augment(ARTICLES, 2, seed)):
        original = ARTICLES[number % len(ARTICLES)]
        assert copy.id == f"{original.id}~{number // len(ARTICLES) + 1}"
        assert [e.label for e in copy.entities] == [e.label for e in original.entities]
        assert all(copy.text[e.start : e.end] == e.text for e in copy.entities)
        assert _gaps(copy) == _gaps(original)
        assert copy.directives == []


def test_mentions_of_other_articles_come_in() -> None:
    known = {e.text for e in ARTICLES[0].entities}
    others = {e.text for article in ARTICLES[1:] for e in article.entities} - known
    copy = augment(ARTICLES, 1, 7)[0]
    assert {e.text for e in copy.entities} & others


def test_the_seed_decides_and_no_copies_are_none() -> None:
    assert augment(ARTICLES, 2, 7) == augment(ARTICLES, 2, 7)
    assert augment(ARTICLES, 1, 7) != augment(ARTICLES, 1, 8)
    assert augment(ARTICLES, 0, 7) == []


@pytest.mark.parametrize(
    ("second", "first"),
    [
        ("Uỷ ban, hoà bình, thuỷ lợi, KHOÁ, hoá", "Ủy ban, hòa bình, thủy lợi, KHÓA, hóa"),
        ("hoàn thành, quý, quỹ, loại, thuyền, toàn", "hoàn thành, quý, quỹ, loại, thuyền, toàn"),
    ],
)
def test_tone_marks_go_both_ways_where_there_are_two(second: str, first: str) -> None:
    assert respell(second, to_first=True) == first
    assert respell(first, to_first=False) == second
