"""How often mentions and directives of each score are right: reliability bins and the expected calibration error.

In: pairs of gold and predicted articles. Out: plain values for `metrics.json`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from data.compare import Pair, links, mention, partner

BINS = 10


def right_mentions(pair: Pair) -> list[bool]:
    """Of each predicted mention: start, end and label are right."""
    gold, predicted = pair
    truth = {mention(entity) for entity in gold.entities}
    return [mention(entity) in truth for entity in predicted.entities]


def right_directives(pair: Pair) -> list[bool]:
    """Of each predicted directive: every link of it is a gold one, mentions taken for those they overlap most."""
    gold, predicted = pair
    truth = links(gold, {e.id: mention(e) for e in gold.entities})
    mapped = {e.id: mention(partner(e, gold.entities) or e) for e in predicted.entities}
    one_each = (predicted.model_copy(update={"directives": [directive]}) for directive in predicted.directives)
    return [links(alone, mapped) <= truth for alone in one_each]


def calibration(pairs: Iterable[Pair], *, directives: bool = True) -> dict[str, Any]:
    """`mentions` and, if asked for, `directives`: `reliability` of their scores."""
    pairs = list(pairs)
    figures = {"mentions": _reliability((p.entities, right_mentions((g, p))) for g, p in pairs)}
    if directives:
        figures["directives"] = _reliability((p.directives, right_directives((g, p))) for g, p in pairs)
    return figures


def _reliability(rows: Iterable[tuple[Sequence[Any], Sequence[bool]]]) -> dict[str, Any]:
    pairs = [(one.score, good) for found, right in rows for one, good in zip(found, right, strict=True)]
    scored = [(score, good) for score, good in pairs if score is not None]
    return reliability([score for score, _ in scored], [good for _, good in scored])


def reliability(scores: Sequence[float], right: Sequence[bool]) -> dict[str, Any]:
    """`bins` of equal width that are not empty, each with `low`, `high`, `mean` score, how many were `right` and the
    `count`; and the expected calibration error `ece`: the mean distance of a bin's share of right ones from its mean
    score, weighted by count (Naeini et al. 2015)."""
    values, truth = np.array(scores, dtype=np.float64), np.array(right, dtype=bool)
    number = np.minimum((values * BINS).astype(int), BINS - 1)
    bins = [
        {
            "low": n / BINS,
            "high": (n + 1) / BINS,
            "mean": float(values[number == n].mean()),
            "right": int(truth[number == n].sum()),
            "count": int((number == n).sum()),
        }
        for n in sorted(set(number.tolist()))
    ]
    missed = sum(abs(one["right"] - one["mean"] * one["count"]) for one in bins)
    return {"bins": bins, "ece": missed / len(values) if len(values) else 0.0}
