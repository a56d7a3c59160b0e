"""Strict entity F1 of word tags, as seqeval counts it: what training chooses its best epoch by.

In: gold and predicted tag numbers of articles. Out: precision, recall and F1, micro and per label.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np

from data.encode import bio_tags
from infer.decode import Chain, Span, decode


def spans_to_tags(spans: Sequence[Span], words: int) -> np.ndarray:
    """Tag numbers, int64 [words], of decoded mentions."""
    tags = np.zeros(words, dtype=np.int64)
    for span in spans:
        tags[span.first : span.last] = 2 + 2 * span.label
        tags[span.first] = 1 + 2 * span.label
    return tags


def decode_tags(scores: np.ndarray, lines: np.ndarray, chain: Chain) -> np.ndarray:
    """The best legal tags of one article: int64 [words]."""
    return spans_to_tags(decode(scores, lines, chain), len(scores))


def seqeval_scores(
    gold: Sequence[np.ndarray], predicted: Sequence[np.ndarray], labels: Sequence[str]
) -> dict[str, float]:
    """`f1`, `precision`, `recall`, and `f1_LABEL` for each label: seqeval, strict, IOB2, micro-averaged."""
    from seqeval.metrics import classification_report
    from seqeval.scheme import IOB2

    tags = bio_tags(labels)
    as_names = [[[tags[tag] for tag in article.tolist()] for article in side] for side in (gold, predicted)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a label that nobody predicted yet is no news in the first epochs
        report = classification_report(*as_names, mode="strict", scheme=IOB2, output_dict=True, zero_division=0)
    micro = report.get("micro avg", {"f1-score": 0.0, "precision": 0.0, "recall": 0.0})
    scores = {"f1": micro["f1-score"], "precision": micro["precision"], "recall": micro["recall"]}
    scores |= {f"f1_{label}": report.get(label, {"f1-score": 0.0})["f1-score"] for label in labels}
    return {name: float(value) for name, value in scores.items()}
