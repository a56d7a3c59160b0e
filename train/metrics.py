"""Gold and predicted articles → figures.

In: two lists of articles in the public form, in the same order, over the same texts. Out: plain values for
`metrics.json`: strict entity scores with bootstrap intervals, confusion of labels, directive links, normalised values,
and the errors themselves.

What is counted as a right mention or link stands in data/compare.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from data.compare import Pair, link_scores, links, mention, partner
from data.schema import Article
from train.calibration import calibration, scored_mentions
from train.significance import f1_of, interval, resampled, score
from train.slices import tally


def evaluate(gold: Sequence[Article], predicted: Sequence[Article], labels: Sequence[str]) -> dict[str, Any]:
    """All figures. Raises ValueError when the two lists are not over the same texts."""
    pairs = list(zip(gold, predicted, strict=True))
    if any(one.text != other.text for one, other in pairs):
        raise ValueError("gold and predicted articles differ in their texts")
    link_figures: dict[str, Any] = {**link_scores(pairs)}
    link_figures["strict"] = score(link_counts(pairs))
    return {
        "articles": len(pairs),
        "entities": _entity_scores(tally(pairs, labels, lambda _, entity: entity.label), labels),
        "entities_overlap": _overlap_scores(pairs),
        "confusion": confusion(pairs, labels),
        "calibration": {"mentions": calibration(scored_mentions(pairs))},
        "links": link_figures,
        "normalized": normalized_scores(pairs),
        "errors": errors(pairs),
    }


# ------------------------------------------------------------------ mentions


def _entity_scores(counts: np.ndarray, labels: Sequence[str]) -> dict[str, Any]:
    """Micro, macro and each label, with 95% intervals; counts: int [articles, labels, 3]."""
    by_label = {label: score(counts[:, number]) for number, label in enumerate(labels)}
    macro = {key: float(np.mean([by_label[label][key] for label in labels])) for key in ("precision", "recall", "f1")}
    return {
        "micro": score(counts.sum(axis=1)),
        "macro": macro | {"f1_interval": interval(f1_of(resampled(counts)).mean(axis=1))},
        **by_label,
    }


def link_counts(pairs: Iterable[Pair]) -> np.ndarray:
    """Strict links that are right, predicted and gold in each article: int64 [articles, 3]."""
    rows = []
    for gold, predicted in pairs:
        truth, said = (links(a, {e.id: mention(e) for e in a.entities}) for a in (gold, predicted))
        rows.append((len(truth & said), len(said), len(truth)))
    return np.array(rows)


def _overlap_scores(pairs: Iterable[tuple[Article, Article]]) -> dict[str, float | int]:
    """Same label, at least one character in common: precision over predicted mentions, recall over gold ones."""
    found = [(one, other) for g, p in pairs for one, other in ((p.entities, g.entities), (g.entities, p.entities))]
    touched = [sum(partner(e, others) is not None for e in side) for side, others in found]
    sizes = [len(side) for side, _ in found]
    predicted, gold = sum(sizes[0::2]), sum(sizes[1::2])
    p = sum(touched[0::2]) / predicted if predicted else 0.0
    r = sum(touched[1::2]) / gold if gold else 0.0
    f1 = 2 * p * r / (p + r) if p + r else 0.0
    return {"precision": p, "recall": r, "f1": f1, "predicted": predicted, "gold": gold}


def confusion(pairs: Iterable[tuple[Article, Article]], labels: Sequence[str]) -> dict[str, dict[str, int]]:
    """Gold label → predicted label → mentions, by greatest overlap; `none` is what the other side has nothing for."""
    table = {gold: dict.fromkeys([*labels, "none"], 0) for gold in [*labels, "none"]}
    for gold, predicted in pairs:
        for entity in gold.entities:
            other = partner(entity, predicted.entities, any_label=True)
            table[entity.label][other.label if other else "none"] += 1
        for entity in predicted.entities:
            if partner(entity, gold.entities, any_label=True) is None:
                table["none"][entity.label] += 1
    return table


# ------------------------------------------------------------------ normalised values


def normalized_scores(pairs: Iterable[tuple[Article, Article]]) -> dict[str, dict[str, float | int]]:
    """For each LABEL.field: of the gold values that are not null, how many a strictly found mention got right.

    `given` and `given_right` count the values that were predicted for such mentions, null ones left out.
    """
    table: dict[str, Counter[str]] = {}
    for gold, predicted in pairs:
        found = {mention(e): e.normalized or {} for e in predicted.entities}
        for entity in gold.entities:
            for field, value in (entity.normalized or {}).items():
                count = table.setdefault(f"{entity.label}.{field}", Counter())
                mine = found.get(mention(entity), {}).get(field)
                right = same_value(mine, value)
                if value not in (None, []):
                    count["gold"] += 1
                    count["right"] += right
                if mine not in (None, []):
                    count["given"] += 1
                    count["given_right"] += right
    return {
        name: {key: count[key] for key in ("right", "gold", "given_right", "given")}
        | {"share": count["right"] / count["gold"] if count["gold"] else 0.0}
        for name, count in sorted(table.items())
    }


def same_value(one: Any, other: Any) -> bool:
    """Equal numbers (to 1e-6), equal strings but for case and spacing, equal lists of such."""
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return abs(one - other) <= 1e-6 * max(1, abs(one))
    return bool(_folded(one) == _folded(other))


def _folded(value: Any) -> Any:
    if isinstance(value, str):
        return " ".join(value.split()).casefold()
    return [_folded(item) for item in value] if isinstance(value, list) else value


# ------------------------------------------------------------------ errors


def errors(pairs: Iterable[tuple[Article, Article]]) -> list[dict[str, Any]]:
    """Every wrong mention once, equal ones counted together, the most frequent first.

    kind: `missed` (gold alone), `spurious` (predicted alone), `label` (same span, other label), `boundary` (overlap).
    """
    found: Counter[tuple[str, str, str, str, str]] = Counter()
    example: dict[tuple[str, str, str, str, str], str] = {}
    for gold, predicted in pairs:
        for key in _article_errors(gold, predicted):
            found[key] += 1
            example.setdefault(key, gold.id)
    names = ("kind", "label", "text", "predicted_label", "predicted_text")
    ordered = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    return [dict(zip(names, key, strict=True)) | {"count": n, "article": example[key]} for key, n in ordered]


def _article_errors(gold: Article, predicted: Article) -> Iterable[tuple[str, str, str, str, str]]:
    right = {mention(e) for e in gold.entities} & {mention(e) for e in predicted.entities}
    for entity in gold.entities:
        if mention(entity) in right:
            continue
        other = partner(entity, predicted.entities, any_label=True)
        if other is None:
            yield "missed", entity.label, entity.text, "", ""
        else:
            same_span = (other.start, other.end) == (entity.start, entity.end)
            yield "label" if same_span else "boundary", entity.label, entity.text, other.label, other.text
    for entity in predicted.entities:
        if partner(entity, gold.entities, any_label=True) is None:
            yield "spurious", "", "", entity.label, entity.text
