"""Several models on the same articles: how far apart they are, whether that is chance, and what each alone gets right.

In: gold articles, and the predictions of each model; the first is the one that the report is about. Out: plain values
for `metrics.json`, key `comparison`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from data.compare import Pair
from train.metrics import link_counts
from train.mistakes import Value, span_mistakes
from train.significance import difference
from train.slices import tally

_SHOWN = ("entities", "entities_overlap", "links", "calibration")


def compare(names: Sequence[str], pairs: Sequence[Sequence[Pair]], figures: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The comparison; names, pairs and figures are those of the models, in one order.

    models: name and headline figures of each. others: for each model after the first its `name`, differences to the
    first (significance.py) by what is compared, and the mistakes (mistakes.py) that one makes where the other is right.
    """
    first, *rest = zip(names, pairs, strict=True)
    labels = [name for name in figures[0]["entities"] if name not in ("micro", "macro")]
    return {
        "models": [{"name": name} | {key: of[key] for key in _SHOWN} for name, of in zip(names, figures, strict=True)],
        "others": [
            {"name": name, "differences": _differences(first[1], other, labels)} | _alone(first[1], other)
            for name, other in rest
        ],
    }


def _differences(first: Sequence[Pair], other: Sequence[Pair], labels: Sequence[str]) -> dict[str, Any]:
    one, two = (tally(pairs, labels, lambda _, entity: entity.label) for pairs in (first, other))
    by_label = {label: difference(one[:, number], two[:, number]) for number, label in enumerate(labels)}
    all_ = difference(one.sum(axis=1), two.sum(axis=1))
    return {"micro": all_, **by_label, "links": difference(link_counts(first), link_counts(other))}


def _alone(first: Sequence[Pair], other: Sequence[Pair]) -> dict[str, list[Value]]:
    """`only_first`: the other's mistakes that the first does not make; `only_other`: the reverse."""
    one, two = span_mistakes(first), span_mistakes(other)
    ours, theirs = {_place(mistake) for mistake in one}, {_place(mistake) for mistake in two}
    return {
        "only_first": [mistake for mistake in two if _place(mistake) not in ours],
        "only_other": [mistake for mistake in one if _place(mistake) not in theirs],
    }


def _place(mistake: Value) -> tuple[str, bool, int, int, str]:
    """What a mistake is about: the gold mention, or the one that should not be there."""
    gold, predicted = mistake["gold"], mistake["predicted"]
    about = gold or predicted
    return mistake["article"], gold is None, about["start"], about["end"], about["label"]
