"""Where a model is good and where not: F1 by length, topic, level and surface form; precision and recall by score.

In: pairs of gold and predicted articles; for surface forms the articles that the model learned from. Out: plain values
for `metrics.json`: lists of rows, in the order they are shown in.

A mention is counted in the group that it is in itself: a right one is in the same group on both sides.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from data.compare import Pair, mention, prf
from data.schema import Article, Entity
from train.significance import score

Key = Callable[[Article, Entity], str]  # (gold article, mention of either side) → the group it is counted in

# syllables (words between spaces), the first of each group
MENTION_LENGTHS = (1, 3, 5, 8, 12)
ARTICLE_LENGTHS = (1, 300, 400, 500, 600, 800, 1200)
FEWEST_FOR_INTERVAL = 5  # articles; resampling fewer says nothing
THRESHOLDS = (*(step / 20 for step in range(19)), *(step / 100 for step in range(95, 100)), 0.995)


def tally(pairs: Sequence[Pair], names: Sequence[str], key: Key) -> np.ndarray:
    """Mentions that are right, predicted and gold by article and group: int64 [articles, groups, 3]."""
    place = {name: number for number, name in enumerate(names)}
    counts = np.zeros((len(pairs), len(names), 3), dtype=np.int64)
    for row, (gold, predicted) in enumerate(pairs):
        truth = {mention(entity) for entity in gold.entities}
        for entity in gold.entities:
            counts[row, place[key(gold, entity)], 2] += 1
        for entity in predicted.entities:
            counts[row, place[key(gold, entity)]] += (mention(entity) in truth, 1, 0)
    return counts


def slices(pairs: Sequence[Pair], labels: Sequence[str], trained: Iterable[Article] | None) -> dict[str, Any]:
    """All breakdowns; `surface_forms` only where the articles that the model learned from are known."""
    found: dict[str, Any] = {
        "mention_length": _rows(pairs, _ranges(MENTION_LENGTHS), lambda _, e: _range(e.text, MENTION_LENGTHS)),
        "article_length": _rows(pairs, _ranges(ARTICLE_LENGTHS), lambda a, _: _range(a.text, ARTICLE_LENGTHS)),
        "level": _by_meta(pairs, "level"),
        "topic": _by_meta(pairs, "topic"),
    }
    if trained is not None:
        forms = {(entity.label, entity.text) for article in trained for entity in article.entities}
        found["surface_forms"] = {
            name: _rows(_only(pairs, of), ["seen", "unseen"], lambda _, e: _seen(e, forms))
            for name, of in [("micro", labels), *((label, [label]) for label in labels)]
        }
    return found


def _seen(entity: Entity, forms: set[tuple[str, str]]) -> str:
    return "seen" if (entity.label, entity.text) in forms else "unseen"


def _only(pairs: Sequence[Pair], labels: Sequence[str]) -> list[Pair]:
    """The same articles with the mentions of some labels; records would lack theirs and are left out."""

    def kept(article: Article) -> Article:
        entities = [entity for entity in article.entities if entity.label in labels]
        return article.model_copy(update={"entities": entities, "directives": []})

    return [(kept(gold), kept(predicted)) for gold, predicted in pairs]


def _rows(pairs: Sequence[Pair], names: Sequence[str], key: Key) -> list[dict[str, Any]]:
    """A row for each group that has mentions; its interval only where enough articles have some."""
    counts = tally(pairs, names, key)
    rows = []
    for number, name in enumerate(names):
        group = counts[:, number]
        articles = int((group[:, 1:].sum(axis=1) > 0).sum())
        if articles >= FEWEST_FOR_INTERVAL:
            rows.append({"name": name, "articles": articles} | score(group))
        elif articles:
            rows.append({"name": name, "articles": articles} | prf(*group.sum(axis=0).tolist()))
    return rows


def _by_meta(pairs: Sequence[Pair], field: str) -> list[dict[str, Any]]:
    """Groups by a field of the articles' metadata, the lowest F1 first; nothing where no article has it."""
    names = sorted({gold.meta.get(field, "none") for gold, _ in pairs})
    rows = _rows(pairs, names, lambda article, _: article.meta.get(field, "none"))
    return [] if names == ["none"] else sorted(rows, key=lambda row: (row["f1"], row["name"]))


def _ranges(starts: Sequence[int]) -> list[str]:
    """Names of groups of lengths: 1–2, 3–4, … 12+."""
    ends = [following - 1 for following in starts[1:]]
    return [*(f"{a}–{b}" if a < b else str(a) for a, b in zip(starts, ends, strict=False)), f"{starts[-1]}+"]


def _range(text: str, starts: Sequence[int]) -> str:
    return _ranges(starts)[max(0, bisect_right(starts, len(text.split())) - 1)]


# ------------------------------------------------------------------ by score


def precision_recall(pairs: Sequence[Pair], labels: Sequence[str]) -> dict[str, list[dict[str, float | int]]]:
    """For `micro` and each label: what is left, and how good it is, of mentions that score at least a threshold.

    Thresholds that leave nothing have no row. Mentions without a score are kept at every threshold.
    """
    found = {}
    for name, of in [("micro", labels), *((label, [label]) for label in labels)]:
        scored: list[tuple[float, bool]] = []
        total = 0
        for gold, predicted in pairs:
            truth = {mention(entity) for entity in gold.entities if entity.label in of}
            total += len(truth)
            scored += [
                (1.0 if entity.score is None else entity.score, mention(entity) in truth)
                for entity in predicted.entities
                if entity.label in of
            ]
        kept = [[right for value, right in scored if value >= threshold] for threshold in THRESHOLDS]
        found[name] = [
            {"threshold": threshold} | prf(sum(rights), len(rights), total)
            for threshold, rights in zip(THRESHOLDS, kept, strict=True)
            if rights
        ]
    return found
