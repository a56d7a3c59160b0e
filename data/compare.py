"""Two annotations of the same articles, compared: strict mentions, and what their records say.

In: pairs of articles over the same texts, the truth (or the first annotator) first. Out: precision, recall and F1.

A mention is right only if start, end and label are. A link is what a record says as (assignee, field, mention); it is
right only if both of its mentions are ("strict"), or after each mention of the second annotation has been taken for
the one of the first that has its label and overlaps it most ("overlap").
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from data.schema import LIST_FIELDS, Article, Entity

Pair = tuple[Article, Article]


class Mention(NamedTuple):
    """Where a mention stands and what it is tagged."""

    start: int
    end: int
    label: str


Link = tuple[Mention | None, str, Mention | None]


def mention(entity: Entity) -> Mention:
    """An entity without its id."""
    return Mention(entity.start, entity.end, entity.label)


def prf(right: int, predicted: int, gold: int) -> dict[str, float | int]:
    """Precision, recall and F1 of counts; 0 where there is nothing to divide by."""
    p = right / predicted if predicted else 0.0
    r = right / gold if gold else 0.0
    f1 = 2 * p * r / (p + r) if p + r else 0.0
    return {"precision": p, "recall": r, "f1": f1, "predicted": predicted, "gold": gold}


def partner(entity: Entity, others: Iterable[Entity], *, any_label: bool = False) -> Entity | None:
    """The mention of the same label (or any) that overlaps `entity` most; the first of equals."""
    best, most = None, 0
    for other in others:
        shared = min(entity.end, other.end) - max(entity.start, other.start)
        if shared > most and (any_label or other.label == entity.label):
            best, most = other, shared
    return best


def mention_scores(pairs: Iterable[Pair], labels: Iterable[str]) -> dict[str, dict[str, float | int]]:
    """Strict scores, `micro` and for each label."""
    counts = Counter[tuple[str, str]]()
    labels = list(labels)
    for first, second in pairs:
        a, b = ({mention(entity) for entity in article.entities} for article in (first, second))
        for name, group in (("right", a & b), ("predicted", b), ("gold", a)):
            for found in group:
                counts["micro", name] += 1
                counts[found.label, name] += 1
    names = ("right", "predicted", "gold")
    return {label: prf(*(counts[label, name] for name in names)) for label in ["micro", *labels]}


def links(article: Article, mentions: dict[str, Mention]) -> set[Link]:
    """What the article's records say; `mentions` maps its entity ids. No assignee: None stands for it."""
    said: set[Link] = set()
    for directive in article.directives:
        who: list[Mention | None] = [mentions[id_] for id_ in directive.assignees]
        said.update((assignee, "assignee", assignee) for assignee in who)
        for assignee in who or [None]:
            if directive.issuer is not None:
                said.add((assignee, "issuer", mentions[directive.issuer]))
            for field in LIST_FIELDS[1:]:
                said.update((assignee, field, mentions[id_]) for id_ in getattr(directive, field))
    return said


def link_scores(pairs: Iterable[Pair]) -> dict[str, dict[str, float | int]]:
    """`strict` and `overlap`, all fields together; and strict for each field."""
    counts = {"strict": Counter[str](), "overlap": Counter[str]()}
    for gold, predicted in pairs:
        truth = links(gold, {e.id: mention(e) for e in gold.entities})
        own = {e.id: mention(e) for e in predicted.entities}
        mapped = {e.id: mention(partner(e, gold.entities) or e) for e in predicted.entities}
        for kind, mentions in (("strict", own), ("overlap", mapped)):
            said = links(predicted, mentions)
            for name, part in (("right", truth & said), ("predicted", said), ("gold", truth)):
                counts[kind].update(f"{field} {name}" for _, field, _ in part)
                counts[kind][name] += len(part)
    names = ("right", "predicted", "gold")
    result = {kind: prf(*(count[name] for name in names)) for kind, count in counts.items()}
    fields = ("issuer", "assignee", *LIST_FIELDS[1:])
    return result | {field: prf(*(counts["strict"][f"{field} {name}"] for name in names)) for field in fields}
