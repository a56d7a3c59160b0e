"""What a model gets wrong, one by one and in its place: mentions, links of records, normalised values.

In: pairs of gold and predicted articles. Out: plain values for `metrics.json`, in the order of the text. A mistake:

    {"article": "an-giang-…", "kind": "boundary", "gold": {"label", "start", "end", "text"},
     "predicted": {"label", "start", "end", "text", "score"}, "context": {"start": 512, "text": "the sentence"}}

`gold` or `predicted` is null where that side has nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from data.compare import Link, Mention, Pair, links, mention, partner
from data.schema import LIST_FIELDS, Article, Entity
from data.segment import load_segmenter, segment
from train.metrics import same_value

KINDS = ("missed", "spurious", "boundary", "label")  # as in metrics.errors
EDGES = ("starts early", "starts late", "ends early", "ends late")
FIELDS = ("issuer", "assignee", *LIST_FIELDS[1:])
_AROUND = 160  # characters of a longer sentence that are kept on either side

Value = dict[str, Any]


def context(text: str, sentences: Sequence[tuple[int, int]], start: int, end: int) -> Value:
    """The sentence or sentences that hold a span; `start` is its offset, `cut` whether it goes on before and after."""
    touching = [(a, b) for a, b in sentences if a < end and start < b]
    low, high = min([start, *(a for a, _ in touching)]), max([end, *(b for _, b in touching)])
    first, last = max(low, start - _AROUND), min(high, end + _AROUND)
    if first > low and " " in text[first:start]:
        first = text.index(" ", first) + 1
    if last < high and " " in text[end:last]:
        last = text.rindex(" ", end, last)
    return {"start": first, "text": text[first:last], "cut": [first > low, last < high]}


def sentences_of(article: Article) -> list[tuple[int, int]]:
    """Where an article's sentences stand, whatever the model's segmenter."""
    return segment(article.text, load_segmenter("none")).sentence_spans()


def as_value(entity: Entity | None) -> Value | None:
    """A mention as plain values, with its score where it has one."""
    if entity is None:
        return None
    value: Value = {"label": entity.label, "start": entity.start, "end": entity.end, "text": entity.text}
    return value if entity.score is None else value | {"score": entity.score}


# ------------------------------------------------------------------ mentions


def span_mistakes(pairs: Iterable[Pair]) -> list[Value]:
    """Every wrong mention once. missed: gold alone; spurious: predicted alone; label: same span; boundary: overlap."""
    found = []
    for gold, predicted in pairs:
        sentences = sentences_of(gold)
        for one, other in sorted(_wrong(gold, predicted), key=lambda pair: (pair[0] or pair[1]).start):  # type: ignore[union-attr]
            both = [entity for entity in (one, other) if entity is not None]
            start, end = min(e.start for e in both), max(e.end for e in both)
            found.append(
                {"article": gold.id, "kind": kind_of(one, other), "gold": as_value(one), "predicted": as_value(other)}
                | {"context": context(gold.text, sentences, start, end)}
            )
    return found


def _wrong(gold: Article, predicted: Article) -> Iterator[tuple[Entity | None, Entity | None]]:
    right = {mention(e) for e in gold.entities} & {mention(e) for e in predicted.entities}
    for entity in gold.entities:
        if mention(entity) not in right:
            yield entity, partner(entity, predicted.entities, any_label=True)
    for entity in predicted.entities:
        if partner(entity, gold.entities, any_label=True) is None:
            yield None, entity


def kind_of(gold: Entity | None, predicted: Entity | None) -> str:
    """Which of KINDS a wrong mention is."""
    if gold is None:
        return "spurious"
    if predicted is None:
        return "missed"
    return "label" if (gold.start, gold.end) == (predicted.start, predicted.end) else "boundary"


def label_of(mistake: Value) -> str:
    """The label that a mistake counts against: the gold one, else the predicted one."""
    return str((mistake["gold"] or mistake["predicted"])["label"])


def count_kinds(mistakes: Iterable[Value], labels: Sequence[str]) -> dict[str, dict[str, int]]:
    """Label → kind → mistakes, with their sum as `all`."""
    counts = Counter((label_of(mistake), mistake["kind"]) for mistake in mistakes)
    table = {label: {kind: counts[label, kind] for kind in KINDS} for label in labels}
    return {label: row | {"all": sum(row.values())} for label, row in table.items()}


def count_edges(mistakes: Iterable[Value], labels: Sequence[str]) -> dict[str, dict[str, int]]:
    """Label → how predicted edges lie to gold ones in its boundary mistakes; two wrong edges count twice."""
    table = {label: dict.fromkeys(EDGES, 0) for label in labels}
    for mistake in mistakes:
        if mistake["kind"] == "boundary":
            gold, predicted = mistake["gold"], mistake["predicted"]
            for edge in edges(gold, predicted):
                table[gold["label"]][edge] += 1
    return table


def edges(gold: Value, predicted: Value) -> list[str]:
    """Which edges of a predicted span are wrong, and to which side: some of EDGES."""
    wrong = {
        "starts early": predicted["start"] < gold["start"],
        "starts late": predicted["start"] > gold["start"],
        "ends early": predicted["end"] < gold["end"],
        "ends late": predicted["end"] > gold["end"],
    }
    return [edge for edge in EDGES if wrong[edge]]


# ------------------------------------------------------------------ records


def link_mistakes(pairs: Iterable[Pair]) -> list[Value]:
    """Links of one side alone, strictly compared (data/compare.py).

    kind: `missed` or `spurious`. cause: `mention` where the other side lacks one of the link's two mentions, so that
    the link could not be right; else `record`. assignee, mention: texts, null for a link without assignee.
    """
    found = []
    for gold, predicted in pairs:
        truth, said = (links(a, {e.id: mention(e) for e in a.entities}) for a in (gold, predicted))
        sentences = sentences_of(gold)
        sides = (("missed", truth - said, predicted), ("spurious", said - truth, gold))
        for kind, wrong, other in sides:
            known = {mention(entity) for entity in other.entities}
            for link in sorted(wrong, key=_in_order):
                found.append(_link_mistake(gold, link, kind, known, sentences))
    return found


def _in_order(link: Link) -> tuple[int, int, int]:
    assignee, field, one = link
    return (assignee.start if assignee else -1, FIELDS.index(field), one.start if one else -1)


def _link_mistake(
    article: Article, link: Link, kind: str, known: set[Mention], sentences: Sequence[tuple[int, int]]
) -> Value:
    assignee, field, other = link
    spans = [one for one in (assignee, other) if one is not None]
    last = spans[-1]
    return {
        "article": article.id,
        "kind": kind,
        "field": field,
        "assignee": None if assignee is None else article.text[assignee.start : assignee.end],
        "mention": None if other is None else article.text[other.start : other.end],
        "cause": "record" if all(one in known for one in spans) else "mention",
        "spans": [list(one[:2]) for one in dict.fromkeys(spans)],
        "context": context(article.text, sentences, last.start, last.end),
    }


# ------------------------------------------------------------------ values


def value_mistakes(pairs: Iterable[Pair]) -> list[Value]:
    """Wrong normalised values of strictly found mentions: field (LABEL.name), text, gold and predicted value."""
    found = []
    for gold, predicted in pairs:
        sentences = sentences_of(gold)
        mine = {mention(e): e.normalized or {} for e in predicted.entities}
        for entity in gold.entities:
            values = mine.get(mention(entity))
            for field, value in (entity.normalized or {}).items() if values is not None else ():
                own = (values or {}).get(field)
                empty = value in (None, []) and own in (None, [])
                if not empty and not same_value(own, value):
                    found.append(
                        {"article": gold.id, "field": f"{entity.label}.{field}", "text": entity.text}
                        | {"start": entity.start, "end": entity.end, "gold": value, "predicted": own}
                        | {"context": context(gold.text, sentences, entity.start, entity.end)}
                    )
    return found
