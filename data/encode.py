"""Mentions ↔ word labels ↔ model inputs.

In: an article's text and mentions. Out: word labels (BIO tags as numbers), windows of subword ids with the labels on
first subwords; and back from word labels to mentions with raw offsets.

Tag numbers: 0 is O; label k of the label set has 1 + 2k for B and 2 + 2k for I.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from data.bpe import PhobertBPE
from data.schema import Entity
from data.segment import Segmentation, Segmenter, segment
from data.windows import Windows, make_windows

IGNORED = -100  # torch's ignore_index: positions that carry no label


def bio_tags(labels: Sequence[str]) -> list[str]:
    """Tag names by number: `O`, then `B-X`, `I-X` for each label."""
    return ["O"] + [f"{prefix}-{label}" for label in labels for prefix in "BI"]


# ------------------------------------------------------------------ mentions and words


@dataclass(frozen=True, slots=True)
class WordTags:
    """Tag numbers, int64 [words]; how many mentions end inside a word, and how many found no word of their own."""

    tags: np.ndarray
    straddling: int
    lost: int


def tag_words(words: Segmentation, entities: Sequence[Entity], labels: Sequence[str]) -> WordTags:
    """BIO tags of words. A word that a mention touches belongs to it; one that two touch, to the earlier."""
    tags = np.zeros(len(words), dtype=np.int64)
    number = {label: index for index, label in enumerate(labels)}
    straddling = lost = free = 0
    for entity in sorted(entities, key=lambda entity: entity.start):
        first = int(np.searchsorted(words.ends, entity.start, side="right"))
        last = int(np.searchsorted(words.starts, entity.end))
        if last > first and (words.starts[first] < entity.start or words.ends[last - 1] > entity.end):
            straddling += 1
        first = max(first, free)
        if first >= last:
            lost += 1
            continue
        base = 1 + 2 * number[entity.label]
        tags[first] = base
        tags[first + 1 : last] = base + 1
        free = last
    return WordTags(tags, straddling, lost)


def tag_spans(tags: Sequence[int] | np.ndarray) -> list[tuple[int, int, int]]:
    """(label number, first word, last word + 1) of every mention that a legal BIO sequence spells."""
    spans: list[tuple[int, int, int]] = []
    start = -1
    values = [int(tag) for tag in tags]
    for index, tag in enumerate([*values, 0]):
        if start >= 0 and (tag == 0 or tag % 2 == 1):
            spans.append(((values[start] - 1) // 2, start, index))
            start = -1
        if tag % 2 == 1:
            start = index
    return spans


def raw_span(words: Segmentation, first: int, last: int) -> tuple[int, int]:
    """Raw offsets of words [first, last)."""
    return int(words.starts[first]), int(words.ends[last - 1])


# ------------------------------------------------------------------ model inputs


@dataclass(frozen=True, slots=True)
class Encoded:
    """One article as a model takes it.

    ids: int32 [subwords] without special tokens. firsts: int32 [words], each word's first subword.
    """

    words: Segmentation
    ids: np.ndarray
    firsts: np.ndarray
    windows: Windows


@dataclass(frozen=True, slots=True)
class Encoder:
    """Text to model inputs: a segmenter, PhoBERT's BPE and the window settings, as a checkpoint keeps them."""

    segmenter: Segmenter
    bpe: PhobertBPE
    max_length: int
    stride: int

    def encode(self, text: str) -> Encoded:
        """Segment, encode and window one text of any length."""
        words = segment(text, self.segmenter)
        ids, lengths = self.bpe.encode(words.forms)
        firsts = np.cumsum(lengths, dtype=np.int32) - lengths
        windows = make_windows(firsts, len(ids), words.sentences, self.max_length, self.stride)
        return Encoded(words, ids, firsts, windows)

    def model_inputs(self, encoded: Encoded) -> list[np.ndarray]:
        """For each window its ids with `<s>` and `</s>`, int32 [at most max_length]."""
        bos, eos = [np.array([token], dtype=np.int32) for token in (self.bpe.bos, self.bpe.eos)]
        return [np.concatenate((bos, encoded.ids[w.start : w.end], eos)) for w in encoded.windows.windows]


def window_begins(encoded: Encoded) -> list[np.ndarray]:
    """For each window which positions are first subwords of words that begin a line: bool [ids with specials]."""
    begins = np.zeros(len(encoded.ids), dtype=bool)
    begins[encoded.firsts[encoded.words.lines[:-1]]] = True
    return [np.concatenate(([False], begins[w.start : w.end], [False])) for w in encoded.windows.windows]


def window_labels(encoded: Encoded, tags: np.ndarray) -> list[np.ndarray]:
    """For each window the tag number at the first subword of each word that is read there, IGNORED elsewhere.

    A word that stands in two windows has its label in one alone, so each counts once in loss and scores.
    """
    out = []
    for window in encoded.windows.windows:
        labels = np.full(window.end - window.start + 2, IGNORED, dtype=np.int64)
        owned = slice(window.first_word, window.last_word)
        labels[encoded.firsts[owned] - window.start + 1] = tags[owned]
        out.append(labels)
    return out
