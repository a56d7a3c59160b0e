"""Decoding against enumeration: the best legal tags, and each mention's probability, over every legal sequence."""

from __future__ import annotations

import functools
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.encode import tag_spans
from infer import decode as module
from infer.decode import FORBIDDEN, Chain, Span, forward_backward, legal_chain, viterbi

PROPERTY = settings(derandomize=True, deadline=None, max_examples=120)


def decode(scores: np.ndarray, lines: np.ndarray) -> list[Span]:
    """Decoding by legal BIO alone."""
    return module.decode(scores, lines, legal_chain(scores.shape[1]))


@functools.cache
def legal_sequences(words: int, labels: int) -> np.ndarray:
    """All legal BIO sequences, int [sequences, words]: an I only after a B or I of its own label."""
    return np.array(
        [
            tags
            for tags in itertools.product(range(1 + 2 * labels), repeat=words)
            if all(
                tag == 0 or tag % 2 == 1 or before in (tag - 1, tag)
                for before, tag in zip((0, *tags), tags, strict=False)
            )
        ]
    )


def enumerate_line(scores: np.ndarray, offset: int, chain: Chain) -> list[Span]:
    """What `decode` must give of one line, straight from its definition."""
    sequences = legal_sequences(len(scores), scores.shape[1] // 2)
    totals = scores.astype(np.float64)[np.arange(len(scores)), sequences].sum(axis=1)
    totals += chain.start[sequences[:, 0]] + chain.transitions[sequences[:, :-1], sequences[:, 1:]].sum(axis=1)
    weights = np.exp(totals - totals.max())
    spans = [tag_spans(tags) for tags in sequences]
    found = []
    for label, first, last in spans[int(totals.argmax())]:
        holding = [weight for weight, others in zip(weights, spans, strict=True) if (label, first, last) in others]
        found.append(Span(label, offset + first, offset + last, float(np.sum(holding) / weights.sum())))
    return found


@st.composite
def texts(draw: st.DrawFn, most_words: int, labels: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Random scores, and where lines begin."""
    words = draw(st.integers(1, most_words))
    lines = np.array(sorted({0, words, *draw(st.sets(st.integers(1, words), max_size=3))}), dtype=np.int32)
    labels = draw(st.integers(1, 4)) if labels is None else labels
    chance = np.random.default_rng(draw(st.integers(0, 2**32)))
    scale = draw(st.sampled_from([0.1, 1.0, 3.0, 10.0, 100.0]))
    scores = chance.normal(scale=scale, size=(words, 1 + 2 * labels))
    inside = draw(st.sampled_from([0.0, 0.0, 2.0 * scale]))
    scores[:, 1:] += inside  # more mentions, longer ones
    return scores.astype(draw(st.sampled_from([np.float64, np.float32]))), lines


def assert_same(found: list[Span], expected: list[Span]) -> None:
    assert [span[:3] for span in found] == [span[:3] for span in expected]
    assert [span.score for span in found] == pytest.approx([span.score for span in expected], rel=1e-9)


@PROPERTY
@given(texts(most_words=5, labels=2))
def test_decoding_is_enumeration(text: tuple[np.ndarray, np.ndarray]) -> None:
    scores, lines = text
    chain = legal_chain(scores.shape[1])
    expected = [span for a, b in itertools.pairwise(lines.tolist()) for span in enumerate_line(scores[a:b], a, chain)]
    assert_same(decode(scores, lines), expected)


@PROPERTY
@given(texts(most_words=5, labels=2), st.integers(0, 2**32))
def test_decoding_by_a_learned_chain_is_enumeration(text: tuple[np.ndarray, np.ndarray], seed: int) -> None:
    scores, lines = text
    chance, legal = np.random.default_rng(seed), legal_chain(scores.shape[1])
    chain = Chain(*(values + chance.normal(scale=2.0, size=values.shape) for values in legal))
    expected = [span for a, b in itertools.pairwise(lines.tolist()) for span in enumerate_line(scores[a:b], a, chain)]
    assert_same(module.decode(scores, lines, chain), expected)


@PROPERTY
@given(texts(most_words=60))
def test_mentions_are_in_order_within_lines_with_probabilities(text: tuple[np.ndarray, np.ndarray]) -> None:
    scores, lines = text
    before = scores.copy()
    position = 0
    for label, first, last, score in decode(scores, lines):
        assert 0 <= label < scores.shape[1] // 2
        assert position <= first < last <= len(scores)
        assert not any(first < line < last for line in lines.tolist())
        assert isinstance(score, float)
        assert 0.0 <= score <= 1.0
        position = last
    assert np.array_equal(scores, before)


@PROPERTY
@given(texts(most_words=40))
def test_lines_together_are_lines_alone(text: tuple[np.ndarray, np.ndarray]) -> None:
    scores, lines = text
    alone = [
        Span(span.label, a + span.first, a + span.last, span.score)
        for a, b in itertools.pairwise(lines.tolist())
        for span in decode(scores[a:b], np.array([0, b - a]))
    ]
    assert_same(decode(scores, lines), alone)


@PROPERTY
@given(st.lists(texts(most_words=20, labels=2), max_size=5), st.integers(0, 5))
def test_texts_together_are_texts_alone(several: list[tuple[np.ndarray, np.ndarray]], empty_at: int) -> None:
    several.insert(empty_at, (np.zeros((0, 5), dtype=np.float32), np.array([0])))
    together = module.decode_all([scores for scores, _ in several], [lines for _, lines in several], legal_chain(5))
    assert len(together) == len(several)
    for found, (scores, lines) in zip(together, several, strict=True):
        assert_same(found, decode(scores, lines))


@PROPERTY
@given(texts(most_words=40), st.integers(0, 2**32))
def test_a_softmax_over_the_scores_changes_nothing(text: tuple[np.ndarray, np.ndarray], seed: int) -> None:
    scores, lines = text[0].astype(np.float64), text[1]
    shifted = scores + np.random.default_rng(seed).normal(size=(len(scores), 1))
    assert_same(decode(shifted, lines), decode(scores, lines))


@PROPERTY
@given(texts(most_words=30))
def test_tags_are_always_legal(text: tuple[np.ndarray, np.ndarray]) -> None:
    scores, lines = text
    tags = viterbi(scores.astype(np.float64), lines, legal_chain(scores.shape[1])).tolist()
    for a, b in itertools.pairwise(lines.tolist()):
        for before, tag in itertools.pairwise([0, *tags[a:b]]):
            assert tag == 0 or tag % 2 == 1 or before in (tag - 1, tag)


@PROPERTY
@given(texts(most_words=30))
def test_the_sum_over_all_sequences_is_the_same_at_every_word(text: tuple[np.ndarray, np.ndarray]) -> None:
    scores, lines = text[0].astype(np.float64), text[1]
    alpha, beta = forward_backward(scores, lines, legal_chain(scores.shape[1]))
    for a, b in itertools.pairwise(lines.tolist()):
        totals = np.logaddexp.reduce(alpha[a:b] + beta[a:b], axis=-1)
        assert totals == pytest.approx(np.full(b - a, totals[0]), rel=1e-12, abs=1e-9)


@PROPERTY
@given(st.integers(0, 2**32), st.integers(1, 4))
def test_a_line_of_one_word_is_a_softmax_over_what_it_may_be(seed: int, labels: int) -> None:
    scores = np.random.default_rng(seed).normal(scale=2.0, size=(20, 1 + 2 * labels))
    possible = scores[:, [0, *range(1, 1 + 2 * labels, 2)]]  # O and the Bs
    shares = np.exp(possible) / np.exp(possible).sum(axis=1, keepdims=True)
    expected = [
        Span(best - 1, word, word + 1, shares[word, best]) for word, best in enumerate(shares.argmax(1)) if best
    ]
    assert_same(decode(scores, np.arange(21)), expected)


def test_legal_transitions_allow_an_inside_after_its_own_label_alone() -> None:
    transitions, start = legal_chain(5)  # O, B-X, I-X, B-Y, I-Y
    legal = {(before, tag) for before in range(5) for tag in range(5) if transitions[before, tag] == 0}
    assert legal == {(before, tag) for before in range(5) for tag in (0, 1, 3)} | {(1, 2), (2, 2), (3, 4), (4, 4)}
    assert set(transitions.ravel().tolist()) == {0.0, FORBIDDEN}
    assert start.tolist() == [0.0, 0.0, FORBIDDEN, 0.0, FORBIDDEN]


def test_a_text_without_words_has_no_mentions() -> None:
    assert decode(np.zeros((0, 9), dtype=np.float32), np.array([0], dtype=np.int32)) == []


def test_a_label_set_without_labels_has_no_mentions() -> None:
    assert decode(np.zeros((3, 1)), np.array([0, 2, 3])) == []


def test_an_inside_that_begins_a_line_is_never_chosen() -> None:
    scores = np.zeros((4, 3))
    scores[:, 1], scores[:, 2] = -4.0, 10.0  # all words want to be I
    spans = decode(scores, np.array([0, 1, 4]))
    assert [span[:3] for span in spans] == [(0, 1, 4)]  # a line's one word is O: no B is worth it there


def test_a_mention_ends_with_its_line_even_if_the_next_goes_on() -> None:
    scores = np.array([[0, 9, 0], [0, 0, 9], [0, 0, 9], [0, 9, 0], [0, 0, 9]], dtype=np.float32)
    spans = decode(scores, np.array([0, 3, 5]))
    assert [span[:3] for span in spans] == [(0, 0, 3), (0, 3, 5)]
    assert all(span.score > 0.99 for span in spans)


def test_scores_beyond_what_exponentials_bear() -> None:
    scores = np.array([[0.0, 5000.0, -5000.0], [-5000.0, 0.0, 5000.0]])
    assert decode(scores, np.array([0, 2])) == [Span(0, 0, 2, 1.0)]
    assert decode(-scores, np.array([0, 2])) == []
