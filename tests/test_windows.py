"""Windows: every word is read once, with the most context there is, and nothing is lost; all by brute force."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from data.errors import InputError
from data.windows import MIN_LENGTH, Window, Windows, check_limits, make_windows

PROPERTY = settings(derandomize=True, deadline=None, max_examples=400)


@dataclass(frozen=True)
class Case:
    """An article as `make_windows` sees it, and the limits."""

    lengths: list[int]
    sentences: list[int]
    max_length: int
    stride: int

    @property
    def room(self) -> int:
        return self.max_length - 2

    @property
    def bounds(self) -> list[int]:
        """Where words begin, and the end, in subwords."""
        return [0, *itertools.accumulate(self.lengths)]

    @property
    def words(self) -> list[tuple[int, int]]:
        return list(itertools.pairwise(self.bounds))

    @property
    def sentence_ends(self) -> list[int]:
        return [self.bounds[index] for index in self.sentences[1:]]

    def windows(self) -> Windows:
        firsts = np.array(self.bounds[:-1], dtype=np.int32)
        sentences = np.array(self.sentences, dtype=np.int32)
        return make_windows(firsts, self.bounds[-1], sentences, self.max_length, self.stride)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    max_length = draw(st.integers(8, 64))
    stride = draw(st.integers(0, (max_length - 2) // 2))
    usual = st.integers(1, draw(st.sampled_from([1, 2, 4, 12])))
    length = st.one_of(usual, usual, usual, st.integers(1, 3 * max_length)) if draw(st.booleans()) else usual
    lengths = draw(st.lists(length, max_size=80))
    inner = draw(st.sets(st.integers(1, len(lengths) - 1), max_size=30)) if len(lengths) > 1 else set()
    return Case(lengths, sorted({0, len(lengths), *inner}), max_length, stride)


def _spans(windows: Windows) -> list[tuple[int, int]]:
    return [(window.start, window.end) for window in windows.windows]


@PROPERTY
@given(cases())
@example(Case([], [0], 8, 0))
@example(Case([1], [0, 1], 8, 3))
@example(Case([100], [0, 1], 8, 3))
def test_every_word_is_read_once_in_order_where_its_first_subword_stands(case: Case) -> None:
    windows = case.windows().windows
    read = [word for window in windows for word in range(window.first_word, window.last_word)]
    assert read == list(range(len(case.lengths)))
    for window in windows:
        for word in range(window.first_word, window.last_word):
            assert window.start <= case.bounds[word] < window.end


@PROPERTY
@given(cases())
def test_every_subword_is_in_a_window_and_no_window_is_too_long(case: Case) -> None:
    spans = _spans(case.windows())
    assert {index for start, end in spans for index in range(start, end)} == set(range(case.bounds[-1]))
    assert all(0 < end - start <= case.room for start, end in spans)


@PROPERTY
@given(cases())
def test_windows_rise(case: Case) -> None:
    for (start, end), (next_start, next_end) in itertools.pairwise(_spans(case.windows())):
        assert start < next_start <= end < next_end


@PROPERTY
@given(cases())
def test_a_word_is_read_where_it_has_most_context(case: Case) -> None:
    result = case.windows()
    spans = _spans(result)
    for window in result.windows:
        for word in range(window.first_word, window.last_word):
            first = case.bounds[word]
            contexts = {span: min(first - span[0], span[1] - 1 - first) for span in spans if span[0] <= first < span[1]}
            assert contexts[window.start, window.end] == max(contexts.values())


@PROPERTY
@given(cases())
def test_windows_end_with_the_last_sentence_that_ends_in_their_later_half(case: Case) -> None:
    spans = _spans(case.windows())
    for index, (start, end) in enumerate(spans[:-1]):
        reached = spans[index - 1][1] if index else 0
        fitting = [at for at in case.sentence_ends if max(start + case.room // 2, reached) < at <= start + case.room]
        assert not fitting or end == fitting[-1]


@PROPERTY
@given(cases())
def test_a_word_that_fits_is_whole_in_some_window(case: Case) -> None:
    spans = _spans(case.windows())
    for start, end in case.words:
        if end - start <= case.room:
            assert any(a <= start and end <= b for a, b in spans)


@PROPERTY
@given(cases())
def test_a_window_repeats_at_least_the_stride_where_there_is_room(case: Case) -> None:
    for (start, end), (next_start, _) in itertools.pairwise(_spans(case.windows())):
        if end not in case.bounds:
            continue  # inside a word longer than a window
        next_word_end = min(at for at in case.bounds if at > end)
        if next_word_end - end > case.room:
            continue  # a word longer than a window begins one of its own
        # a word's begin that lies far enough back, moves the window on, and leaves room for the next word
        fitting = [at for at in case.bounds if max(start + 1, next_word_end - case.room) <= at <= end - case.stride]
        assert not fitting or next_start <= end - case.stride


@PROPERTY
@given(cases())
@example(Case([6], [0, 1], 8, 0))
@example(Case([7], [0, 1], 8, 0))
def test_what_does_not_fit_is_counted(case: Case) -> None:
    result = case.windows()
    spans = _spans(result)
    assert result.split_words == sum(length > case.room for length in case.lengths)
    sentences = itertools.pairwise([0, *case.sentence_ends])
    whole = [any(a <= start and end <= b for a, b in spans) for start, end in sentences]
    assert result.split_sentences == whole.count(False)


def test_a_text_that_fits_is_one_window() -> None:
    assert Case([2, 1, 3], [0, 2, 3], 8, 3).windows() == Windows([Window(0, 6, 0, 3)], 0, 0)


def test_no_text_has_no_window() -> None:
    assert Case([], [0], 8, 0).windows() == Windows([], 0, 0)


def test_sentences_that_fit_are_never_cut() -> None:
    case = Case([1] * 60, list(range(0, 61, 5)), 22, 0)
    result = case.windows()
    assert _spans(result) == [(0, 20), (20, 40), (40, 60)]
    assert result.split_sentences == 0


@pytest.mark.parametrize("max_length", [-1, 0, 2, MIN_LENGTH - 1])
def test_a_window_too_short_is_refused(max_length: int) -> None:
    with pytest.raises(InputError, match=f"found max_length = {max_length}; expected at least 8 subwords"):
        Case([1], [0, 1], max_length, 0).windows()


@pytest.mark.parametrize(("max_length", "stride"), [(8, -1), (8, 4), (9, 4), (64, 32), (256, 256)])
def test_a_stride_out_of_range_is_refused(max_length: int, stride: int) -> None:
    with pytest.raises(InputError, match=f"stride = {stride} with max_length = {max_length}; expected 0 to") as caught:
        Case([], [0], max_length, stride).windows()
    assert f"0 to {(max_length - 2) // 2}," in caught.value.expected


@pytest.mark.parametrize(("max_length", "stride"), [(8, 0), (8, 3), (9, 3), (64, 31), (256, 127)])
def test_limits_at_their_edge_are_taken(max_length: int, stride: int) -> None:
    check_limits(max_length, stride)
