"""Tag scores of words → the best legal BIO sequence, and how probable each mention in it is.

In: float scores (logits) for each word and tag, scores of tag after tag, and where lines begin. Out: tag numbers, and
for each mention the probability of exactly this span with this label.

The tagger is a linear-chain conditional random field (Lafferty, McCallum and Pereira, 2001) over the words of a line:
P(tags) ∝ exp(Σ score(word, tag) + Σ transition(tag, next tag)) for legal BIO tags, else 0. The best sequence is found
by Viterbi's algorithm, the probability of a mention by summing over all sequences that hold it (forward–backward;
Rabiner 1989, "A tutorial on hidden Markov models", III.A–B). No mention crosses a line, so lines are decoded as one
batch.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from data.encode import tag_spans

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
    if not len(scores):
        return []
    batch, lengths = _pad(scores.astype(np.float64), lines)
    transitions, start = chain
    best = viterbi(batch, lengths, transitions, start)
    alpha, beta = forward_backward(batch, lengths, transitions, start)
    total = _logsumexp(alpha[np.arange(len(lengths)), lengths - 1], axis=-1)
    spans = []
    for row, length in enumerate(lengths.tolist()):
        offset = int(lines[row])
        for label, first, last in tag_spans(best[row, :length]):
            inside = batch[row, first + 1 : last, 2 + 2 * label].sum()
            inside += _inner_transitions(transitions, label, last - first)
            rest = _leave(batch[row], beta[row], transitions, label, first, last, length)
            log = alpha[row, first, 1 + 2 * label] + inside + rest - total[row]
            spans.append(Span(label, offset + first, offset + last, float(min(1.0, np.exp(log)))))
    return spans


def _inner_transitions(transitions: np.ndarray, label: int, words: int) -> float:
    begin, inside = 1 + 2 * label, 2 + 2 * label
    return float(transitions[begin, inside] + (words - 2) * transitions[inside, inside]) if words > 1 else 0.0


def _leave(
    scores: np.ndarray, beta: np.ndarray, transitions: np.ndarray, label: int, first: int, last: int, length: int
) -> float:
    """Log sum over all that may follow a mention of words [first, last): anything but its own I."""
    if last == length:
        return 0.0
    tag = 1 + 2 * label if last - first == 1 else 2 + 2 * label
    following = transitions[tag] + scores[last] + beta[last]
    following[2 + 2 * label] = FORBIDDEN
    return float(_logsumexp(following, axis=-1))


def viterbi(batch: np.ndarray, lengths: np.ndarray, transitions: np.ndarray, start: np.ndarray) -> np.ndarray:
    """The best tag sequence of each row: int64 [rows, longest], arbitrary beyond a row's length.

    batch: float [rows, longest, tags]; lengths: int [rows], each at least 1.
    """
    rows, longest, tags = batch.shape
    back = np.zeros((longest, rows, tags), dtype=np.int64)
    delta = batch[:, 0] + start
    ends = [delta]
    for step in range(1, longest):
        reach = delta[:, :, None] + transitions
        back[step] = reach.argmax(axis=1)
        delta = np.take_along_axis(reach, back[step][:, None, :], axis=1)[:, 0] + batch[:, step]
        ends.append(delta)
    final = np.stack(ends, axis=1)[np.arange(rows), lengths - 1]  # scores where each row ends
    best = np.zeros((rows, longest), dtype=np.int64)
    tag = final.argmax(axis=1)
    row = np.arange(rows)
    for step in range(longest - 1, -1, -1):
        best[:, step] = tag
        if step:
            tag = np.where(step < lengths, back[step, row, tag], tag)
    return best


def forward_backward(
    batch: np.ndarray, lengths: np.ndarray, transitions: np.ndarray, start: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Log sums over the sequences up to a word (its own score included) and from it on (its own left out).

    Both float [rows, longest, tags]; alpha is arbitrary beyond a row's length.
    """
    longest = batch.shape[1]
    alpha = np.empty_like(batch)
    beta = np.zeros_like(batch)
    alpha[:, 0] = batch[:, 0] + start
    for step in range(1, longest):
        alpha[:, step] = _logsumexp(alpha[:, step - 1][:, :, None] + transitions, axis=1) + batch[:, step]
    for step in range(longest - 2, -1, -1):
        after = batch[:, step + 1] + beta[:, step + 1]
        reached = _logsumexp(transitions + after[:, None, :], axis=2)
        beta[:, step] = np.where((step + 1 < lengths)[:, None], reached, 0.0)
    return alpha, beta


def _pad(scores: np.ndarray, lines: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    lengths = np.diff(lines)
    batch = np.zeros((len(lengths), int(lengths.max()), scores.shape[1]))
    batch[np.arange(batch.shape[1]) < lengths[:, None]] = scores  # rows are filled in the order of words
    return batch, lengths


def _logsumexp(values: np.ndarray, axis: int) -> np.ndarray:
    top = values.max(axis=axis, keepdims=True)
    return np.asarray(np.log(np.exp(values - top).sum(axis=axis)) + top.squeeze(axis))
