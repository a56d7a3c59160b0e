"""Scores against how often they are right: reliability bins and the expected calibration error.

In: (score, is it right) of predictions. Out: plain values for `metrics.json`:

    {"bins": [{"low": 0.9, "high": 1.0, "mean": 0.97, "right": 812, "count": 830}, …], "ece": 0.012}

`mean` is the mean score of a bin, `right` how many of its `count` predictions are right; empty bins are left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from data.compare import Pair, mention

BINS = 10  # of equal width, as in Guo et al. 2017, "On Calibration of Modern Neural Networks"


def calibration(scored: Iterable[tuple[float, bool]]) -> dict[str, Any]:
    """Bins and the expected calibration error: the mean of |share right − mean score|, weighted by predictions.

    scored: (score between 0 and 1, whether the prediction is right). The error is 0 where there is no prediction.
    Source: Naeini, Cooper and Hauskrecht 2015, "Obtaining well calibrated probabilities using Bayesian binning".
    """
    ordered = sorted(scored)
    bins = []
    for number, group in groupby(ordered, key=lambda one: _bin(one[0])):
        members = list(group)
        bins.append(
            {
                "low": number / BINS,
                "high": (number + 1) / BINS,
                "mean": sum(score for score, _ in members) / len(members),
                "right": sum(right for _, right in members),
                "count": len(members),
            }
        )
    apart = sum(abs(one["right"] - one["mean"] * one["count"]) for one in bins)
    return {"bins": bins, "ece": apart / len(ordered) if ordered else 0.0}


def _bin(score: float) -> int:
    return min(int(score * BINS), BINS - 1)


def scored_mentions(pairs: Iterable[Pair], label: str | None = None) -> list[tuple[float, bool]]:
    """The score of each predicted mention that has one, of one label or all, and whether it is strictly right."""
    found = []
    for gold, predicted in pairs:
        truth = {mention(entity) for entity in gold.entities}
        found += [
            (entity.score, mention(entity) in truth)
            for entity in predicted.entities
            if entity.score is not None and label in (None, entity.label)
        ]
    return found
