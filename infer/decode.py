"""Tag scores of words → the best legal BIO sequence, and how probable each mention in it is.

In: float scores (logits) for each word and tag, scores of tag after tag, and where lines begin. Out: tag numbers, and
for each mention the probability of exactly this span with this label.

The tagger is a linear-chain conditional random field (Lafferty, McCallum and Pereira, 2001) over the words of a line:
P(tags) ∝ exp(Σ score(word, tag) + Σ transition(tag, next tag)) for legal BIO tags, else 0. The best sequence is found
by Viterbi's algorithm, the probability of a mention by summing over all sequences that hold it (forward–backward;
Rabiner 1989, "A tutorial on hidden Markov models", III.A–B).

No mention crosses a line, so the lines of any number of articles go through it side by side, the longest first: the
lines that still go on at a step are then the first ones (`Steps`), and nothing is padded. That BIO lets an I follow its
own B and I alone keeps the sums exact: an I has two ways in, and all others are summed under one exponential.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

FORBIDDEN = -1e9  # not -inf: differences of two must not be NaN


class Span(NamedTuple):
    """Words [first, last) carry label number `label`; score is the probability of exactly that."""

    label: int
    first: int
    last: int
    score: float


class Chain(NamedTuple):
    """Scores of tag after tag, float [tags, tags], and of the first tag of a line, float [tags]."""

    transitions: np.ndarray
    start: np.ndarray


def legal_chain(tags: int) -> Chain:
    """A chain that knows legal BIO alone: 0 if legal, else FORBIDDEN."""
    transitions = np.zeros((tags, tags))
    inside = np.arange(2, tags, 2)
    transitions[:, inside] = FORBIDDEN
    transitions[inside, inside] = 0.0
    transitions[inside - 1, inside] = 0.0
    start = np.zeros(tags)
    start[inside] = FORBIDDEN
    return Chain(transitions, start)


def decode(scores: np.ndarray, lines: np.ndarray, chain: Chain) -> list[Span]:
    """The mentions of one text.

    Args:
        scores: float [words, tags]; tag 0 is O, 1 + 2k and 2 + 2k are B and I of label k.
        chain: learned scores, FORBIDDEN where BIO forbids.
        lines: int [n + 1], the word index at which each line begins, and the number of words at the end.
    """
    return decode_all([scores], [lines], chain)[0]


def decode_all(scores: Sequence[np.ndarray], lines: Sequence[np.ndarray], chain: Chain) -> list[list[Span]]:
    """The mentions of several texts at once, each as `decode` gives them."""
    if not scores:
        return []
    ends = np.cumsum([len(text) for text in scores])
    bounds = [begins[:-1] + end - len(text) for text, begins, end in zip(scores, lines, ends, strict=True)]
    words = np.concatenate(scores).astype(np.float64)
    spans = _decode(words, np.append(np.concatenate(bounds), len(words)), chain) if len(words) else []
    edges = [0, *np.searchsorted([span.first for span in spans], ends).tolist()]
    offsets = [0, *ends.tolist()]
    return [
        [Span(label, first - offset, last - offset, score) for label, first, last, score in spans[a:b]]
        for (a, b), offset in zip(pairwise(edges), offsets, strict=False)
    ]


def _decode(scores: np.ndarray, lines: np.ndarray, chain: Chain) -> list[Span]:
    best = viterbi(scores, lines, chain)
    first = np.flatnonzero(best % 2)
    if not len(first):
        return []
    alpha, beta = forward_backward(scores, lines, chain)
    label, begin = best[first] // 2, best[first]
    stop = np.flatnonzero((best == 0) | (best % 2 == 1))  # a mention ends before the first word that is no I
    last = np.append(stop, len(best))[np.searchsorted(stop, first, side="right")]
    line_end = lines[np.searchsorted(lines, first, side="right")]
    log = alpha[first, begin] - _logsumexp(alpha[line_end - 1])
    log += _inner_scores(scores, chain.transitions, first, last, begin)
    log += _leave(scores, beta, chain.transitions, last, line_end, begin + (last - first > 1), begin + 1)
    chances = np.minimum(1.0, np.exp(log))
    return [Span(*span) for span in zip(*(row.tolist() for row in (label, first, last, chances)), strict=True)]


def _inner_scores(
    scores: np.ndarray, transitions: np.ndarray, first: np.ndarray, last: np.ndarray, begin: np.ndarray
) -> np.ndarray:
    """The scores of a mention's words behind its first, and of going on to them: float [mentions]."""
    gone = np.array([scores[a + 1 : b, tag + 1].sum() for a, b, tag in zip(first, last, begin, strict=True)])
    steps = np.maximum(last - first - 2, 0)
    return np.where(
        last - first > 1,
        gone + transitions[begin, begin + 1] + steps * transitions[begin + 1, begin + 1],
        0.0,
    )


def _leave(
    scores: np.ndarray,
    beta: np.ndarray,
    transitions: np.ndarray,
    last: np.ndarray,
    line_end: np.ndarray,
    tag: np.ndarray,
    own: np.ndarray,
) -> np.ndarray:
    """Log sums over all that may follow mentions that end with `tag` before words `last`: anything but their own I."""
    after = np.minimum(last, len(scores) - 1)
    following = transitions[tag] + scores[after] + beta[after]
    following[np.arange(len(own)), own] = FORBIDDEN
    return np.where(last == line_end, 0.0, _logsumexp(following))


# ------------------------------------------------------------------ lines side by side


class Steps:
    """Words of lines in the order of their place in the line; lines with the longest first, so that at each place
    those that have one are the first ones.

    places: int [words], where in that order each word stands. spans: for each step its words [begin, end).
    """

    def __init__(self, lines: np.ndarray) -> None:
        lengths = np.diff(lines)
        order = np.argsort(-lengths, kind="stable")
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order))
        rising = lengths[order[::-1]]
        longest = int(rising[-1])
        active = len(order) - np.searchsorted(rising, np.arange(longest), side="right")
        begins = np.concatenate(([0], np.cumsum(active)))
        within = np.arange(lines[-1]) - np.repeat(lines[:-1], lengths)
        self.places = begins[within] + np.repeat(rank, lengths)
        self.begins = begins.tolist()

    def pack(self, values: np.ndarray) -> np.ndarray:
        """[words, tags] → [tags, words in the order of steps], so that numpy runs along the lines of a step."""
        packed = np.empty(values.shape[::-1])
        packed[:, self.places] = values.T
        return packed

    def unpack(self, packed: np.ndarray) -> np.ndarray:
        """The way back, also of one value a word."""
        return packed[..., self.places].T

    def onwards(self) -> Iterator[tuple[slice, slice]]:
        """For each step but the first: the words before those of the step, and these."""
        for (a, _), (b, c) in pairwise(pairwise(self.begins)):
            yield slice(a, a + c - b), slice(b, c)


def viterbi(scores: np.ndarray, lines: np.ndarray, chain: Chain) -> np.ndarray:
    """The best tag sequence of each line: int64 [words].

    scores: float64 [words, tags]. lines: as for `decode`, each line with a word. chain: FORBIDDEN where BIO forbids.
    """
    steps = Steps(lines)
    transitions, start = chain
    own, on, outer = _inner(transitions)
    delta = steps.pack(scores)
    delta[:, : steps.begins[1]] += start[:, None]
    for before, here in steps.onwards():
        reach = delta[:, before]
        best = (reach[:, None] + transitions[:, outer, None]).max(axis=0)
        delta[0, here] += best[0]
        delta[1::2, here] += best[1:]
        delta[2::2, here] += np.maximum(reach[1::2] + own, reach[2::2] + on)
    tags = np.empty(delta.shape[1], dtype=np.int64)
    after = np.empty(0, dtype=np.int64)  # the tags one step further on
    for a, b in pairwise(steps.begins[::-1]):
        reach = delta[:, b:a]
        reach[:, : len(after)] += transitions[:, after]
        after = tags[b:a] = reach.argmax(axis=0)
    return steps.unpack(tags)


def forward_backward(scores: np.ndarray, lines: np.ndarray, chain: Chain) -> tuple[np.ndarray, np.ndarray]:
    """Log sums over the sequences of a line up to a word (its own score included) and from it on (its own left out).

    Both float64 [words, tags]; arguments as for `viterbi`.
    """
    steps = Steps(lines)
    transitions, start = chain
    own, on, outer = _inner(transitions)
    powers = np.exp(transitions[:, outer])
    alpha = steps.pack(scores)
    beta = np.zeros_like(alpha)
    packed = alpha.copy()
    alpha[:, : steps.begins[1]] += start[:, None]
    onwards = list(steps.onwards())
    for before, here in onwards:
        reach = alpha[:, before]
        top = reach.max(axis=0)
        to_outer = np.log(powers.T @ np.exp(reach - top)) + top
        alpha[0, here] += to_outer[0]
        alpha[1::2, here] += to_outer[1:]
        alpha[2::2, here] += np.logaddexp(reach[1::2] + own, reach[2::2] + on)
    for before, here in reversed(onwards):
        after = packed[:, here] + beta[:, here]
        top = after[outer].max(axis=0)
        reached = np.log(powers @ np.exp(after[outer] - top)) + top
        beta[0, before] = reached[0]
        beta[1::2, before] = np.logaddexp(reached[1::2], after[2::2] + own)
        beta[2::2, before] = np.logaddexp(reached[2::2], after[2::2] + on)
    return steps.unpack(alpha), steps.unpack(beta)


def _inner(transitions: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[int]]:
    """B to its own I and I to itself, float [labels, 1]; and the tags that may follow any: O and the Bs."""
    begin = np.arange(1, len(transitions), 2)
    return (
        transitions[begin, begin + 1][:, None],
        transitions[begin + 1, begin + 1][:, None],
        [0, *begin.tolist()],
    )


def _logsumexp(values: np.ndarray) -> np.ndarray:
    """Over the last axis."""
    top = values.max(axis=-1, keepdims=True)
    return np.asarray(np.log(np.exp(values - top).sum(axis=-1)) + top[..., 0])
