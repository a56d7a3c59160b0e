"""An article's directives in, records as a person reads them out: mentions by field, dates, the sentence and its line.

`read_records` gives one `Record` for each directive; `Record.row` is what a spreadsheet holds of it, in the columns of
`Row`. Sinks and filters ask nothing else of an article.

    python -c "from infer.rows import Row; print(*Row._fields, sep=', ')"
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from data.schema import LIST_FIELDS, Article, Directive, Entity
from infer.triggers import split_sentences, usable

JOINT = "; "


class Row(NamedTuple):
    """One record in a spreadsheet. Several mentions or keys of one cell are joined by `; `; None is an empty cell."""

    article: str
    date: dt.date | None  # the article's
    issuer: str | None
    assignees: str | None
    coordinators: str | None
    recipients: str | None
    indicators: str | None  # "giảm 5% nợ (giảm 5 %)": comparison, value and unit as far as they are known
    deadlines: str | None  # "trong quý IV (2020-10-01/2020-12-31)", "trước 30/11 (2020-11-30)"
    due: dt.date | None  # the earliest day on which one of the deadlines ends
    sentence: str | None
    start: int | None  # of the passage in the article, in code points, as in the public form
    end: int | None
    score: float | None
    issuer_person: str | None  # keys of infer.keys, to count by
    issuer_body: str | None
    assignee_persons: str | None
    assignee_bodies: str | None


@dataclass(frozen=True, slots=True)
class Record:
    """A directive with its mentions, by field and in the directive's order, and the span of the sentence it is in.

    The sentence is the one of all mentions but the issuer, who may have spoken long before; several where they need
    several. It is empty for a directive that points to nothing.
    """

    article: Article
    directive: Directive
    mentions: Mapping[str, Sequence[Entity]]
    span: tuple[int, int]

    def texts(self, field: str) -> list[str]:
        """The mentions of a field as they stand in the article."""
        return [entity.text for entity in self.mentions[field]]

    @property
    def dues(self) -> list[dt.date]:
        """The days on which its deadlines end, as far as they are known, each once and in order."""
        days = (iso_day(entity, "until") for entity in self.mentions["deadlines"])
        return sorted({day for day in days if day})

    @property
    def sentence(self) -> str:
        """The text of the sentence, exactly as it stands."""
        return self.article.text[slice(*self.span)]

    @property
    def line(self) -> int | None:
        """The line of the article that the sentence begins on, from 1; None without a sentence."""
        return self.article.text.count("\n", 0, self.span[0]) + 1 if self.sentence else None

    @property
    def task(self) -> str:
        """What is to be done, in the sentence's words: those after the assignees, or before where none follow."""
        start, end = self.span
        inside = [entity for entity in self.mentions["assignees"] if start <= entity.start < end]
        if inside:
            after = self.article.text[max(entity.end for entity in inside) : end]
            if any(char.isalnum() for char in after):
                return " ".join(after.split()).lstrip(',;:.)”" ')
            end = min(entity.start for entity in inside)
        return " ".join(self.article.text[start:end].split())

    def row(self) -> Row:
        """The record as a row."""
        return Row(
            article=self.article.id,
            date=self.article.date,
            **{field: _joined(self.texts(field)) for field in ("issuer", "assignees", "coordinators", "recipients")},
            indicators=_joined(map(valued, self.mentions["indicators"])),
            deadlines=_joined(map(dated, self.mentions["deadlines"])),
            due=self.dues[0] if self.dues else None,
            sentence=self.sentence or None,
            start=self.directive.start,
            end=self.directive.end,
            score=self.directive.score,
            issuer_person=_keys(self.mentions["issuer"], "person"),
            issuer_body=_keys(self.mentions["issuer"], "body"),
            assignee_persons=_keys(self.mentions["assignees"], "person"),
            assignee_bodies=_keys(self.mentions["assignees"], "body"),
        )


def read_records(article: Article) -> Iterator[Record]:
    """The records of an article, in its order."""
    if not article.directives:
        return
    by_id = {entity.id: entity for entity in article.entities}
    sentences = split_sentences(article.text, usable(article.text, article.entities))
    for directive in article.directives:
        mentions: dict[str, list[Entity]] = {field: [] for field in ("issuer", *LIST_FIELDS)}
        for field, id_ in directive.roles():
            mentions[field].append(by_id[id_])
        yield Record(article, directive, mentions, _span(article.text, mentions, sentences))


def _span(text: str, mentions: Mapping[str, Sequence[Entity]], sentences: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """From the beginning of the first sentence that has one of the mentions to the end of the last, without space."""
    told = [entity for field in LIST_FIELDS for entity in mentions[field]] or mentions["issuer"]
    if not told:
        return 0, 0
    first, last = min(entity.start for entity in told), max(entity.end for entity in told)
    touched = [(start, end) for start, end in sentences if start < last and first < end] or [(first, last)]
    start, end = min(touched[0][0], first), max(touched[-1][1], last)
    passage = text[start:end]
    return start + len(passage) - len(passage.lstrip()), start + len(passage.rstrip())


def iso_day(entity: Entity, field: str) -> dt.date | None:
    """A day of a mention's normalised value (`from`, `until`); None where it has none, or one that is no ISO date."""
    value = (entity.normalized or {}).get(field)
    try:
        return dt.date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def dated(entity: Entity) -> str:
    """A DEADLINE with its days: "trước 30/11 (2020-11-30)", a period as an ISO interval; bare where they are open."""
    days = [day.isoformat() for field in ("from", "until") if (day := iso_day(entity, field))]
    return f"{entity.text} ({'/'.join(days)})" if iso_day(entity, "until") else entity.text


def valued(entity: Entity) -> str:
    """An INDICATOR with its figure: "giải ngân 95% vốn (95 %)"; bare where it has none."""
    value = entity.normalized or {}
    if value.get("value") is None:
        return entity.text
    figure = str(value["value"]).removesuffix(".0")
    words = [str(word) for word in (value.get("comparison"), figure, value.get("unit")) if word]
    return f"{entity.text} ({' '.join(words)})"


def shown(text: str) -> str:
    """Text for a terminal or a calendar: every space a plain one, nothing invisible, no control character but line
    breaks."""
    visible = (char for char in text if unicodedata.category(char) != "Cf")
    return "".join(
        char if char == "\n" or char.isprintable() else " " if char.isspace() else "\ufffd" for char in visible
    )


def _joined(texts: Iterable[str]) -> str | None:
    return JOINT.join(texts) or None


def _keys(entities: Iterable[Entity], kind: str) -> str | None:
    """The keys of mentions, each once; None where none has one."""
    return _joined(dict.fromkeys(str(key) for entity in entities if (key := (entity.normalized or {}).get(kind))))
