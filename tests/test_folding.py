"""The shared helper: one form for what Vietnamese typing leaves to chance."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from infer.folding import fold, match_key


def test_fold_makes_one_form_of_spaces_and_invisible_characters() -> None:
    assert fold("\ufeff trước\u00a0ngày\r\n  30/11\u200b ") == "trước ngày 30/11"


def test_fold_composes_even_across_a_format_character() -> None:
    assert fold("a\u200d\u0301") == "á"


def test_fold_drops_lone_surrogates() -> None:
    assert fold("a\ud800b") == "ab"


def test_key_knows_one_tone_placement_one_dash_and_no_case() -> None:
    assert match_key("Ủy ban HÒA Bình – TÒA án") == "uỷ ban hoà bình - toà án"
    assert match_key(fold(unicodedata.normalize("NFD", "Hòa"))) == match_key("Hoà") == "hoà"


@given(st.text())
def test_folding_twice_changes_nothing_and_the_key_is_as_long(text: str) -> None:
    folded = fold(text)
    assert fold(folded) == folded
    assert len(match_key(folded)) == len(folded)
