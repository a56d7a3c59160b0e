"""Mentions compared by nervaluate: strict, exact, partial and type (SemEval 2013, task 9.1).

In: pairs of gold and predicted articles. Out: plain values for `metrics.json`, scheme → `micro` or label → figures.

    strict   span and label are right                 partial  the span overlaps, half a point where its edges differ
    exact    the span is right, whatever the label    type     the label is right and the span overlaps
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nervaluate import Evaluator

from data.compare import Pair
from data.schema import Article

SCHEMES = {"strict": "strict", "exact": "exact", "partial": "partial", "type": "ent_type"}  # ours → nervaluate's
_COUNTS = ("correct", "incorrect", "partial", "missed", "spurious")


def partial_matches(pairs: Sequence[Pair], labels: Sequence[str]) -> dict[str, dict[str, dict[str, float | int]]]:
    """Precision, recall, F1 and nervaluate's counts by scheme, over all mentions and for each label."""

    def spans(article: Article) -> list[dict[str, Any]]:
        # its ends are inclusive
        return [{"label": e.label, "start": e.start, "end": e.end - 1} for e in article.entities]

    evaluator = Evaluator(
        [spans(gold) for gold, _ in pairs], [spans(own) for _, own in pairs], list(labels), loader="dict"
    )
    result = evaluator.evaluate()
    found: dict[str, dict[str, dict[str, float | int]]] = {}
    for ours, theirs in SCHEMES.items():
        by_label = {label: of[theirs] for label, of in result["entities"].items()}
        groups = {"micro": result["overall"][theirs]} | {
            label: by_label[label] for label in labels if label in by_label
        }
        found[ours] = {
            name: {key: float(getattr(group, key)) for key in ("precision", "recall", "f1")}
            | {key: int(getattr(group, key)) for key in _COUNTS}
            for name, group in groups.items()
        }
    return found
