"""Directives as arrows between two mentions, which is all that annotation tools can draw; and back, losing nothing.

In: an article. Out: `Arrow`s (from, to, type), and `records`, the rest that no arrow can say. Back from both to
directives (`directives`, `join_records`), in their order, with the order of ids in each field.

What an annotator draws: from the mention of whom the directive is given to (its *anchor*, the first assignee) an arrow
to every other mention of the directive, of the type `issuer`, `assignee`, `coordinator`, `recipient`, `indicator` or
`deadline`, in any case, singular or plural. The arrows that leave one mention are one directive. Three rules make of
this an encoding of any directive:

- An anchor that is not just the first assignee says so itself, by arrows to itself: a directive without assignee is
  anchored at its first mention (`issuer` → itself `issuer`), one of a single mention is that arrow alone.
- Mentions of a field stand in the order of the text. Where they do not, the type has their rank: `deadline.1`.
- Directives stand in the order of their anchors in the text. One that does not, or whose anchor has another directive
  before it, has its place among them in the type of every arrow: `issuer#3`. Two directives given to the same mention
  are drawn by this, too; any number that the others do not have will do.

So nothing depends on the order in which a tool keeps its arrows, and hardly any directive needs one of the rules.

`records` holds directives without any mention, and passages (`start`, `end`) and scores, each found again by its place
and its anchor's span: {"at": 3, "anchor": [120, 131], "start": 98, "end": 180, "score": 0.9}.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from data.errors import InputError, nearest
from data.schema import FIELD_LABELS, LIST_FIELDS, Article, Directive

TYPES = {field: field.removesuffix("s") for field in FIELD_LABELS}  # field → type
_FIELDS = {kind: field for field, kind in TYPES.items()}
_TYPE = re.compile(r"(\w+?)(?:\.(\d{1,9}))?(?:#(\d{1,9}))?")
_PASSAGE = ("start", "end", "score")


class Arrow(NamedTuple):
    """From one mention to another (their ids), or to itself."""

    source: str
    target: str
    type: str


# ------------------------------------------------------------------ to arrows


def arrows(article: Article) -> list[Arrow]:
    """The directives of an article, as arrows."""
    starts = {entity.id: entity.start for entity in article.entities}
    drawn: list[Arrow] = []
    last = -1
    for number, directive in enumerate([d for d in article.directives if d.roles()], 1):
        anchor = anchor_of(directive)
        place = "" if starts[anchor] > last else f"#{number}"
        last = max(last, starts[anchor])
        roles = directive.roles()
        if _is_plain(directive, anchor):
            roles.remove(("assignees", anchor))
        drawn += [
            Arrow(anchor, id_, TYPES[field] + _rank(directive, field, id_, starts) + place) for field, id_ in roles
        ]
    return drawn


def anchor_of(directive: Directive) -> str:
    """The mention that a directive's arrows leave from."""
    return directive.assignees[0] if directive.assignees else directive.roles()[0][1]


def _is_plain(directive: Directive, anchor: str) -> bool:
    """Whether the anchor is the first assignee, and nothing else, and has another mention to point to."""
    ids = [id_ for _, id_ in directive.roles()]
    return bool(directive.assignees) and ids.count(anchor) == 1 and len(ids) > 1


def _rank(directive: Directive, field: str, id_: str, starts: Mapping[str, int]) -> str:
    ids = [id_] if field == "issuer" else getattr(directive, field)
    return "" if ids == sorted(ids, key=starts.__getitem__) else f".{ids.index(id_) + 1}"


def records(article: Article) -> list[dict[str, Any]]:
    """What no arrow can say of the directives of an article; mostly nothing."""
    spans = {entity.id: [entity.start, entity.end] for entity in article.entities}
    rest = []
    for place, directive in enumerate(article.directives, 1):
        passage = {name: value for name in _PASSAGE if (value := getattr(directive, name)) is not None}
        if passage or not directive.roles():
            anchor = spans[anchor_of(directive)] if directive.roles() else None
            rest.append({"at": place, "anchor": anchor} | passage)
    return rest


# ------------------------------------------------------------------ and back


class _Target(NamedTuple):
    """What one arrow says; `number` is its index among all, -1 for what no arrow says."""

    field: str
    id: str
    rank: int | None
    number: int


def directives(drawn: Iterable[Arrow], entities: Iterable[Mapping[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    """Arrows and mentions (JSON values) to directives in their order, each with its anchor, for `join_records`.

    Raises: InputError for an arrow from or to no mention, of an unknown type, or to a second issuer; its subject is
        `("arrows", index)`.
    """
    starts = {entity["id"]: entity["start"] for entity in entities}
    groups: dict[tuple[str, int | None], list[_Target]] = {}
    for number, arrow in enumerate(drawn):
        target, place = _target(arrow, number, starts)
        groups.setdefault((arrow.source, place), []).append(target)
    return [(anchor, _directive(anchor, targets, starts)) for anchor, targets in _in_order(groups, starts)]


def _target(arrow: Arrow, number: int, starts: Mapping[str, int]) -> tuple[_Target, int | None]:
    for id_ in (arrow.source, arrow.target):
        if id_ not in starts:
            raise InputError(
                f"a relation of {id_!r}, which is no mention",
                expected="relations between mentions of the article",
                mend="draw it anew, or delete it",
                subject=("arrows", number),
            )
    match = _TYPE.fullmatch(arrow.type)
    kind = match[1].lower() if match else ""
    field = _FIELDS.get(kind) or _FIELDS.get(kind.removesuffix("s"))
    if match is None or field is None:
        raise InputError(
            f"a relation of the type {arrow.type!r}",
            expected=f"one of {', '.join(_FIELDS)} (with `#2` for a second directive to the same mention)",
            mend=f"correct the type; {nearest(arrow.type, _FIELDS)}",
            subject=("arrows", number),
        )
    rank, place = (int(part) if part else None for part in match.group(2, 3))
    return _Target(field, arrow.target, rank, number), place


def _in_order(
    groups: Mapping[tuple[str, int | None], list[_Target]], starts: Mapping[str, int]
) -> list[tuple[str, list[_Target]]]:
    """Anchors with their arrows, numbered ones at their places, the others in the order of the text between them."""
    free = sorted((key for key in groups if key[1] is None), key=lambda key: starts[key[0]], reverse=True)
    placed = sorted((key for key in groups if key[1] is not None), key=lambda key: (key[1] or 0, starts[key[0]]))
    placed.reverse()
    order: list[tuple[str, int | None]] = []
    while free or placed:
        # `free` first, until a numbered one is due
        due = placed and (not free or (placed[-1][1] or 0) <= len(order) + 1)
        order.append(placed.pop() if due else free.pop())
    return [(key[0], groups[key]) for key in order]


def _directive(anchor: str, targets: list[_Target], starts: Mapping[str, int]) -> dict[str, Any]:
    if all(target.id != anchor for target in targets):
        ranked = any(target.field == "assignees" and target.rank for target in targets)
        targets = [_Target("assignees", anchor, 1 if ranked else None, -1), *targets]
    issuers = [target for target in targets if target.field == "issuer"]
    if len(issuers) > 1:
        raise InputError(
            f"two issuers, {issuers[0].id!r} and {issuers[1].id!r}, of the directive drawn from {anchor!r}",
            expected="one issuer of a directive",
            mend="delete one, or draw the second directive with numbered types: `issuer#2`, `deadline#2`",
            subject=("arrows", issuers[1].number),
        )
    value: dict[str, Any] = {"issuer": issuers[0].id if issuers else None}
    for field in LIST_FIELDS:
        own = [target for target in targets if target.field == field]
        own.sort(key=lambda target: (target.rank is None, target.rank or 0, starts[target.id]))
        value[field] = [target.id for target in own]
    return value


def join_records(
    found: Iterable[tuple[str, dict[str, Any]]], entities: Iterable[Mapping[str, Any]], records: Iterable[Any]
) -> list[dict[str, Any]]:
    """Directives with their anchors, mentions and `records` to directives as JSON values, for `parse_article` to check.

    A record that an annotator's changes have left without its directive is dropped.
    """
    spans = {entity["id"]: [entity["start"], entity["end"]] for entity in entities}
    out: list[tuple[list[int] | None, dict[str, Any]]] = [(spans.get(anchor), value) for anchor, value in found]
    known = [record for record in records if isinstance(record, Mapping) and isinstance(record.get("at"), int)]
    for record in sorted(known, key=lambda record: record["at"]):
        passage = {name: record[name] for name in _PASSAGE if name in record}
        index = min(max(record["at"] - 1, 0), len(out))
        if record.get("anchor") is None:
            out.insert(index, (None, passage))
            continue
        same = [number for number, (span, _) in enumerate(out) if span == record["anchor"]]
        if index in same or len(same) == 1:
            out[index if index in same else same[0]][1].update(passage)
    return [directive for _, directive in out]
