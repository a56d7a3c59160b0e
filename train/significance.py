"""How sure a score is, and a difference of two: the bootstrap over articles.

In: counts of what was right, predicted and gold in each article. Out: 95% intervals (Efron's percentile bootstrap), and
for two systems on the same articles the difference of their F1 with its interval and how likely it is chance.

Articles are drawn, not mentions, because mentions of one article are right or wrong together.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from data.compare import prf

SAMPLES = 1000  # bootstrap samples; the interval's edges move by less than half a point beyond it
SEED = 13


@cache
def _weights(articles: int) -> np.ndarray:
    """How often each article is in each sample: int64 [samples, articles]."""
    drawn = np.random.default_rng(SEED).integers(articles, size=(SAMPLES, articles))
    weights = np.zeros((SAMPLES, articles), dtype=np.int64)
    np.add.at(weights, (np.arange(SAMPLES)[:, None], drawn), 1)
    return weights


def resampled(counts: np.ndarray) -> np.ndarray:
    """Sums over each sample's articles: int [articles, …] → int [samples, …]. Every call draws the same articles."""
    return np.tensordot(_weights(len(counts)), counts, axes=1)


def f1_of(counts: np.ndarray) -> np.ndarray:
    """F1 of (right, predicted, gold) in the last axis: 2 right / (predicted + gold), 0 where there is neither."""
    both = counts[..., 1] + counts[..., 2]
    return np.where(both > 0, 2 * counts[..., 0] / np.maximum(both, 1), 0.0)


def interval(values: np.ndarray) -> list[float]:
    """The middle 95% of a sampled value."""
    return [float(edge) for edge in np.percentile(values, [2.5, 97.5])]


def score(counts: np.ndarray) -> dict[str, Any]:
    """Precision, recall and F1 with its interval; counts: int [articles, 3], right, predicted and gold."""
    return prf(*counts.sum(axis=0).tolist()) | {"f1_interval": interval(f1_of(resampled(counts)))}


def difference(first: np.ndarray, second: np.ndarray) -> dict[str, Any]:
    """Two systems on the same articles; counts as in `score`.

    difference: F1 of the first less that of the second, with its `interval`. better: the share of samples in which the
    first is better (Koehn 2004, "Statistical significance tests for machine translation evaluation"). p: the share in
    which the difference exceeds twice the one found, that is, how often chance alone would bring so much if both were
    equally good; one-sided (Berg-Kirkpatrick, Burkett and Klein 2012, "An empirical investigation of statistical
    significance in NLP", figure 1).
    """
    found = float(f1_of(first.sum(axis=0)) - f1_of(second.sum(axis=0)))
    sampled = f1_of(resampled(first)) - f1_of(resampled(second))
    beyond = float(np.mean(sampled > 2 * found if found > 0 else sampled < 2 * found)) if found else 1.0
    return {"difference": found, "interval": interval(sampled), "better": float(np.mean(sampled > 0)), "p": beyond}
