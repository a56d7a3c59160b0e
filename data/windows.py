"""An article of any length → windows of at most `max_length` subwords.

In: where each word's first subword stands, where sentences begin, and the limits. Out: windows that overlap, cut at
sentence ends where possible, and for each word the one window in which its label is read: where it has most context.
Nothing is ever cut off: a word or sentence longer than a window goes on in the next, and is counted.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from data.errors import InputError

SPECIALS = 2  # <s> and </s>
MIN_LENGTH = 8


class Window(NamedTuple):
    """Subwords [start, end) of an article; the labels of words [first_word, last_word) are read here."""

    start: int
    end: int
    first_word: int
    last_word: int


@dataclass(frozen=True, slots=True)
class Windows:
    """All windows of one article, and what did not fit into one."""

    windows: list[Window]
    split_words: int
    split_sentences: int


def make_windows(firsts: np.ndarray, total: int, sentences: np.ndarray, max_length: int, stride: int) -> Windows:
    """Cut an article into windows.

    Args:
        firsts: int [words], the index of each word's first subword, rising from 0.
        total: number of subwords.
        sentences: int [m + 1], the word index at which each sentence begins, and the number of words at the end.
        max_length: most subwords in a window, `<s>` and `</s>` included; at least 8.
        stride: subwords that a window repeats from the one before, at least, where there is room for them;
            at most half of what a window holds.
    Raises: InputError when the limits make no sense.
    """
    check_limits(max_length, stride)
    if total == 0:
        return Windows([], 0, 0)
    room = max_length - SPECIALS
    words = [*firsts.tolist(), total]
    begins = [words[index] for index in sentences.tolist()]  # sentence begins as subword offsets, and the end
    spans = list(_spans(words, begins, total, room, stride))
    owners = _owners(firsts, spans)
    own = np.searchsorted(owners, np.arange(len(spans) + 1)).tolist()
    windows = [Window(start, end, a, b) for (start, end), (a, b) in zip(spans, itertools.pairwise(own), strict=True)]
    lengths = np.diff(words)
    ends = [end for _, end in spans]
    whole = sum(_within(spans, ends, a, b) for a, b in itertools.pairwise(begins))
    return Windows(windows, int((lengths > room).sum()), len(begins) - 1 - whole)


def check_limits(max_length: int, stride: int) -> None:
    """Raises InputError unless `max_length` and `stride` are limits that `make_windows` can keep."""
    if max_length < MIN_LENGTH:
        raise InputError(
            f"max_length = {max_length}", expected=f"at least {MIN_LENGTH} subwords", mend="256 is what PhoBERT takes"
        )
    if not 0 <= stride <= (max_length - SPECIALS) // 2:
        raise InputError(
            f"stride = {stride} with max_length = {max_length}",
            expected=f"0 to {(max_length - SPECIALS) // 2}, half of what a window holds beside <s> and </s>",
            mend="a quarter of max_length is a good start",
        )


def _spans(words: list[int], begins: list[int], total: int, room: int, stride: int):  # type: ignore[no-untyped-def]
    """(start, end) of each window, in order; each ends later than the one before."""
    start = reached = 0
    while total - start > room:
        end = _last(begins, max(reached, start + room // 2), start + room)  # a sentence end in the later half
        end = end or _last(words, reached, start + room) or start + room  # else a word's, else inside a word
        yield start, end
        reached = end
        start = _next_start(words, begins, start, end, room, stride)
    yield start, total


def _last(cuts: list[int], after: int, until: int) -> int:
    """The last cut in (after, until], or 0."""
    index = bisect_right(cuts, until) - 1
    return cuts[index] if index >= 0 and cuts[index] > after else 0


def _next_start(words: list[int], begins: list[int], start: int, end: int, room: int, stride: int) -> int:
    """Where the window after [start, end) begins: `stride` back, at a sentence if one begins near."""
    if words[bisect_left(words, end)] != end:  # inside a word longer than a window: nothing to repeat
        return end
    next_word_end = words[min(bisect_right(words, end), len(words) - 1)]
    # go back no further than lets the next word in whole; a word longer than a window begins one of its own
    lowest = max(next_word_end - room, 0) if next_word_end - end <= room else end
    lowest = max(lowest, start + 1)
    wanted = max(end - stride, lowest)
    sentence = _last(begins, max(end - room // 2, lowest) - 1, wanted)
    if sentence:
        return sentence
    back = words[bisect_right(words, wanted) - 1]
    return back if back >= lowest else words[bisect_left(words, wanted)]


def _owners(firsts: np.ndarray, spans: list[tuple[int, int]]) -> np.ndarray:
    """For each word the index of the window where its first subword has most context on its scantier side.

    Of two overlapping windows the earlier wins up to the middle of what they share, so owners never fall.
    """
    owners = np.zeros(len(firsts), dtype=np.int64)
    most = np.full(len(firsts), -1, dtype=np.int64)
    edges = np.searchsorted(firsts, np.array(spans)).tolist()  # all at once: each call may copy `firsts`
    for index, ((start, end), (low, high)) in enumerate(zip(spans, edges, strict=True)):
        here = firsts[low:high]
        context = np.minimum(here - start, end - 1 - here)
        better = context > most[low:high]
        owners[low:high][better] = index
        most[low:high][better] = context[better]
    return owners


def _within(spans: list[tuple[int, int]], ends: list[int], start: int, end: int) -> bool:
    """Whether some window holds all of [start, end): starts and ends rise, so the first that ends late enough tells."""
    index = bisect_left(ends, end)
    return index < len(spans) and spans[index][0] <= start
