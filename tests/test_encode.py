"""Mentions → word labels → windows → mentions: the way back gives what went in, in any text and any window."""

from __future__ import annotations

import itertools
import random
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from data.bpe import PhobertBPE
from data.encode import (
    IGNORED,
    Encoded,
    Encoder,
    bio_tags,
    raw_span,
    tag_spans,
    tag_words,
    window_labels,
)
from data.schema import LABELS, Article, Entity, check_article
from data.segment import Segmentation, load_segmenter, segment
from data.windows import MIN_LENGTH

PROPERTY = settings(derandomize=True, deadline=None, max_examples=250)
BPE = PhobertBPE.load(Path(__file__).parent.parent / "models" / "mini-encoder")
SEGMENTERS = {name: load_segmenter(name) for name in ("rdr", "pyvi", "none")}

PIECES = [
    *["Chủ tịch UBND tỉnh", "Sở Tài chính", "báo cáo", "trước ngày 30/11", "98,74%", "TP. Hà Nội", "ông Toại", "(IOC)"],
    *[", ", ". ", " ", " ", " ", "\u00a0", "\n", "\r\n", "\n\n", "\u2028", "; "],
    *["👩‍👩‍👧‍👦", "🇻🇳", "\u200b", "\ufeff", "\u0301", "ﷺ", "a-" * 70, "Ủy ban nhân dân xã, phường, thị trấn " * 8],
]


@dataclass(frozen=True)
class Case:
    """A text, mentions on its words' boundaries (as words [first, last) and a label), and an encoder."""

    text: str
    mentions: list[tuple[int, int, int]]
    encoder: Encoder

    def entities(self, words: Segmentation) -> list[Entity]:
        spans = [(*raw_span(words, first, last), LABELS[label]) for label, first, last in self.mentions]
        return [_entity(self.text, start, end, label) for start, end, label in spans]


def _entity(text: str, start: int, end: int, label: str = "AGENCY") -> Entity:
    return Entity(id=f"e{start}", label=label, start=start, end=end, text=text[start:end])


@st.composite
def cases(draw: st.DrawFn) -> Case:
    pieces = draw(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=3)), max_size=25))
    form = draw(st.sampled_from([None, None, "NFC", "NFD"]))
    text = unicodedata.normalize(form, "".join(pieces)) if form else "".join(pieces)
    segmenter = SEGMENTERS[draw(st.sampled_from(["rdr", "pyvi", "none"]))]
    max_length = draw(st.one_of(st.integers(MIN_LENGTH, 16), st.integers(MIN_LENGTH, 64)))
    stride = draw(st.integers(0, (max_length - 2) // 2))
    chance = random.Random(draw(st.integers(0, 2**32)))
    mentions = []
    for first, last in itertools.pairwise(segment(text, segmenter).lines.tolist()):
        while first < last:
            end = min(last, first + chance.choice([1, 1, 2, 4, 9]))
            if chance.random() < 0.5:
                mentions.append((chance.randrange(len(LABELS)), first, end))
            first = end
    return Case(text, mentions, Encoder(segmenter, BPE, max_length, stride))


def read_back(encoded: Encoded, labels: list[np.ndarray]) -> np.ndarray:
    """Each word's tag from the one window that reads it."""
    tags = np.full(len(encoded.words), IGNORED)
    for window, row in zip(encoded.windows.windows, labels, strict=True):
        for word in range(window.first_word, window.last_word):
            tags[word] = row[encoded.firsts[word] - window.start + 1]
    return tags


# ------------------------------------------------------------------ there and back


@PROPERTY
@given(cases())
@example(Case("", [], Encoder(SEGMENTERS["pyvi"], BPE, 8, 0)))
@example(Case("\r\n \u00a0", [], Encoder(SEGMENTERS["none"], BPE, 8, 3)))
def test_mentions_come_back_as_they_were(case: Case) -> None:
    encoded = case.encoder.encode(case.text)
    entities = case.entities(encoded.words)
    if entities:  # mentions on words' boundaries are such as the schema takes
        check_article(Article(id="a", text=case.text, entities=entities), LABELS)
    tagged = tag_words(encoded.words, entities[::-1], LABELS)
    assert (tagged.straddling, tagged.lost) == (0, 0)
    tags = read_back(encoded, window_labels(encoded, tagged.tags))
    assert tags.tolist() == tagged.tags.tolist()
    found = [(*raw_span(encoded.words, first, last), LABELS[label]) for label, first, last in tag_spans(tags)]
    assert found == [(entity.start, entity.end, entity.label) for entity in entities]


@PROPERTY
@given(cases())
def test_each_word_has_one_label_over_all_windows_at_its_first_subword(case: Case) -> None:
    encoded = case.encoder.encode(case.text)
    numbers = np.arange(len(encoded.words))  # in place of tags: which word is this?
    labels = window_labels(encoded, numbers)
    assert sorted(np.concatenate([[], *labels]).tolist()) == sorted(
        [*numbers.tolist(), *[IGNORED] * (sum(map(len, labels)) - len(numbers))]
    )
    for row, ids in zip(labels, case.encoder.model_inputs(encoded), strict=True):
        assert len(row) == len(ids)
        for position in np.flatnonzero(row != IGNORED).tolist():
            word = BPE.encode([encoded.words.forms[row[position]]])[0]
            assert ids[position] == word[0]


@PROPERTY
@given(cases())
def test_model_inputs_are_the_text_in_windows(case: Case) -> None:
    encoded = case.encoder.encode(case.text)
    inputs = case.encoder.model_inputs(encoded)
    ids, lengths = BPE.encode(encoded.words.forms)
    assert encoded.ids.tolist() == ids.tolist()
    assert encoded.firsts.tolist() == [0, *np.cumsum(lengths).tolist()][: len(lengths)]
    assert len(inputs) == len(encoded.windows.windows)
    for row, window in zip(inputs, encoded.windows.windows, strict=True):
        assert row.dtype == np.int32
        assert 3 <= len(row) <= case.encoder.max_length
        assert (row[0], row[-1]) == (BPE.bos, BPE.eos)
        assert row[1:-1].tolist() == ids[window.start : window.end].tolist()


def test_a_text_of_many_windows_repeats_words_but_not_labels() -> None:
    text = "UBND tỉnh giao Sở Tài chính báo cáo trước ngày 30/11.\n" * 20
    encoder = Encoder(SEGMENTERS["pyvi"], BPE, 32, 8)
    encoded = encoder.encode(text)
    labels = window_labels(encoded, np.ones(len(encoded.words), dtype=np.int64))
    assert len(labels) > 5
    assert sum(len(row) - 2 for row in labels) > len(encoded.ids)
    assert sum(int((row == 1).sum()) for row in labels) == len(encoded.words)
    assert all(row[0] == row[-1] == IGNORED for row in labels)


# ------------------------------------------------------------------ mentions off words' boundaries


@st.composite
def texts_with_spans(draw: st.DrawFn) -> tuple[str, list[tuple[int, int]]]:
    text = draw(st.text("ab _\n\u0301👩", min_size=1, max_size=40))
    edges = sorted(draw(st.sets(st.integers(0, len(text)), max_size=12)))
    spans = [(start, end) for start, end in itertools.pairwise(edges) if draw(st.booleans())]
    return text, [(start, end) for start, end in spans if text[start:end] == text[start:end].strip()]


@PROPERTY
@given(texts_with_spans())
@example(("ab cd", [(0, 1), (1, 5)]))
@example(("abcdef", [(0, 2), (2, 4), (4, 6)]))
def test_a_touched_word_belongs_to_the_first_mention_that_touches_it(case: tuple[str, list[tuple[int, int]]]) -> None:
    text, spans = case
    words = segment(text, SEGMENTERS["none"])
    entities = [_entity(text, start, end, LABELS[index % 4]) for index, (start, end) in enumerate(spans)]
    tagged = tag_words(words, entities[::-1], LABELS)

    where = list(zip(words.starts.tolist(), words.ends.tolist(), strict=True))
    owner: dict[int, int] = {}
    straddling = lost = 0
    for index, (start, end) in enumerate(spans):
        touched = [word for word, (a, b) in enumerate(where) if a < end and start < b]
        straddling += any(where[word][0] < start or end < where[word][1] for word in touched)
        own = [word for word in touched if word not in owner]
        lost += not own
        owner.update(dict.fromkeys(own, index))
    expected = []
    for word in range(len(words)):
        mention = owner.get(word)
        begins = mention is not None and owner.get(word - 1) != mention
        expected.append(0 if mention is None else 1 + 2 * (mention % 4) + (not begins))
    assert tagged.tags.tolist() == expected
    assert (tagged.straddling, tagged.lost) == (straddling, lost)


def test_two_mentions_in_one_word() -> None:
    text = "Sở A/Sở_B họp"
    words = segment(text, SEGMENTERS["none"])
    first, second = _entity(text, 0, 4), _entity(text, 5, 9, "OFFICIAL")
    tagged = tag_words(words, [first, second], ["AGENCY", "OFFICIAL"])
    assert tagged.tags.tolist() == [1, 2, 0]
    assert (tagged.straddling, tagged.lost) == (2, 1)


def test_mentions_are_not_changed() -> None:
    text = "a b c"
    entities = [_entity(text, 4, 5), _entity(text, 0, 1)]
    before = [entity.model_copy() for entity in entities]
    tag_words(segment(text, SEGMENTERS["none"]), entities, LABELS)
    assert entities == before


# ------------------------------------------------------------------ tags


def test_tags_are_numbered_as_the_module_says() -> None:
    assert bio_tags(["X", "Y"]) == ["O", "B-X", "I-X", "B-Y", "I-Y"]
    assert bio_tags([]) == ["O"]


@pytest.mark.parametrize(
    ("tags", "spans"),
    [
        ([], []),
        ([0, 0], []),
        ([1], [(0, 0, 1)]),
        ([0, 3, 4, 4], [(1, 1, 4)]),  # a mention that ends the text
        ([1, 1, 2, 3, 0, 1], [(0, 0, 1), (0, 1, 3), (1, 3, 4), (0, 5, 6)]),
    ],
)
def test_spans_of_tags(tags: list[int], spans: list[tuple[int, int, int]]) -> None:
    assert tag_spans(tags) == spans
    assert tag_spans(np.array(tags, dtype=np.int64)) == spans
