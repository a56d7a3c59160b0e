"""Normal forms: as Python's on any text that has no long runs of combining marks, and linear on all."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.segment import load_segmenter, segment
from data.unicode import MOST_MARKS, nfc, nfd
from infer.extractor import with_values
from infer.folding import fold
from infer.triggers import word_key

MARKS = "\u0301\u0323\u0327\u05b0\u0f73\u0344\u3099"
any_text = st.text() | st.text(alphabet="aếǖ- 4\u200b각" + MARKS)
SETTINGS = settings(derandomize=True, deadline=None, max_examples=300)


@SETTINGS
@given(any_text)
def test_text_without_long_runs_has_the_usual_normal_forms(text: str) -> None:
    short = text[:8]
    assert nfc(short) == unicodedata.normalize("NFC", short)
    assert nfd(short) == unicodedata.normalize("NFD", short)


@SETTINGS
@given(st.text(alphabet="aếǖ-", max_size=2), st.text(alphabet=MARKS, min_size=20, max_size=60), any_text)
def test_of_a_long_run_the_first_marks_count(before: str, run: str, after: str) -> None:
    once = nfc(before + run + after)
    assert nfc(once) == once == unicodedata.normalize("NFC", once)
    longest = marks = 0
    for char in unicodedata.normalize("NFD", once):
        marks = marks + 1 if unicodedata.combining(char) else 0
        longest = max(longest, marks)
    assert longest <= MOST_MARKS
    assert fold(fold(before + run + after)) == fold(before + run + after)


@pytest.mark.parametrize("run", ["\u0301\u0323" * 500_000, "\u0301" * 500_000 + "\u0323" * 500_000])
@pytest.mark.parametrize("joint", ["", "\u200b"])
def test_a_million_marks_cost_no_time_and_keep_their_place(run: str, joint: str) -> None:
    text = f"Sở A{joint}{run} báo cáo."
    started = time.monotonic()
    words = segment(text, load_segmenter("rdr"))
    assert with_values(text, None, None, []) == []
    assert fold(text).startswith("Sở ") and word_key(text)
    assert time.monotonic() - started < 20  # sorted by insertion they would take half an hour
    spans = list(zip(words.starts, words.ends, strict=True))
    assert [text[a:b] for a, b in spans[-2:]] == ["báo cáo", "."]
    assert spans[0][0] == 0 and spans[-3][1] == len(text) - len(" báo cáo.")
