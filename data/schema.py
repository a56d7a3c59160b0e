"""The public form of an article: its text, its mentions, its directives; what every reader and writer agrees on.

In: Python values as JSON gives them. Out: `Article`, in which every offset, id and label has been checked, or an
`InputError` that names the field. `python -m data schema` prints the JSON Schema.

Offsets count Unicode code points of the raw text exactly as it was given; `end` is exclusive.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
import re
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, ValidationError

from data.errors import InputError, nearest, quote

LABELS = ("OFFICIAL", "AGENCY", "INDICATOR", "DEADLINE")

# which labels a directive's field may point to (GUIDELINES.md, Records)
FIELD_LABELS: dict[str, tuple[str, ...]] = {
    "issuer": ("OFFICIAL", "AGENCY"),
    "assignees": ("OFFICIAL", "AGENCY"),
    "coordinators": ("OFFICIAL", "AGENCY"),
    "recipients": ("OFFICIAL", "AGENCY"),
    "indicators": ("INDICATOR",),
    "deadlines": ("DEADLINE",),
}
LIST_FIELDS = tuple(field for field in FIELD_LABELS if field != "issuer")

# every character at which str.splitlines breaks
LINE_BREAK = re.compile("[\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029]")


def _iso_date(value: object) -> object:
    """ISO 8601 days alone: no times, no seconds since 1970."""
    if isinstance(value, str):
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            raise ValueError("an ISO date such as 2020-11-30")
        return dt.date.fromisoformat(value)
    return value


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Entity(_Form):
    """One mention: `text[start:end]` of the article."""

    id: str = Field(min_length=1)
    label: str = Field(min_length=1)
    start: int = Field(ge=0)
    end: int = Field(ge=1)
    text: str = Field(min_length=1)
    score: float | None = Field(default=None, ge=0, le=1, description="probability of exactly this mention")
    normalized: dict[str, JsonValue] | None = None


class Directive(_Form):
    """One order: who told whom to deliver what, by when; every value is the id of an entity of the article."""

    issuer: str | None = None
    assignees: list[str] = []
    coordinators: list[str] = []
    recipients: list[str] = []
    indicators: list[str] = []
    deadlines: list[str] = []
    start: int | None = Field(default=None, ge=0)
    end: int | None = Field(default=None, ge=1)
    score: float | None = Field(default=None, ge=0, le=1)

    def roles(self) -> list[tuple[str, str]]:
        """(field, entity id) pairs in the order of the fields."""
        pairs = [("issuer", self.issuer)] if self.issuer is not None else []
        return pairs + [(field, id_) for field in LIST_FIELDS for id_ in getattr(self, field)]


class Article(_Form):
    """An article with its annotation. `meta` carries what else is known of it (place, topic, source …), as strings."""

    id: str = Field(min_length=1)
    date: Annotated[dt.date | None, BeforeValidator(_iso_date)] = Field(
        default=None, description="the article's own date, ISO 8601"
    )
    text: str = Field(min_length=1)
    entities: list[Entity] = []
    directives: list[Directive] = []
    meta: dict[str, str] = {}

    def to_json(self) -> dict[str, Any]:
        """The article as plain JSON values in the public order of keys; what is optional and absent is left out."""
        out: dict[str, Any] = {"id": self.id, "date": self.date and self.date.isoformat(), "text": self.text}
        out["entities"] = [_without_none(entity, ("score", "normalized")) for entity in self.entities]
        out["directives"] = [_without_none(directive, ("start", "end", "score")) for directive in self.directives]
        if self.meta:
            out["meta"] = self.meta
        return out

    def to_line(self) -> str:
        """One JSON line, without its line break."""
        return json.dumps(self.to_json(), ensure_ascii=False)


def _without_none(form: _Form, optional: Sequence[str]) -> dict[str, Any]:
    return {name: value for name, value in form.__dict__.items() if value is not None or name not in optional}


def parse_article(value: object, labels: Iterable[str] | None = None) -> Article:
    """Python values (from JSON) to a checked article.

    Args:
        value: the object of one JSON line.
        labels: the label set; None takes any label.
    Raises: InputError (without a file: the caller adds it with `.at`).
    """
    try:
        article = Article.model_validate(value)
    except ValidationError as error:
        raise _as_input_error(error) from None
    check_article(article, labels)
    return article


def _as_input_error(error: ValidationError) -> InputError:
    first = error.errors()[0]
    loc = first["loc"]
    field = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc).lstrip(".") or "the article"
    subject = (str(loc[0]), loc[1] if len(loc) > 1 else "") if loc else None
    if first["type"] == "extra_forbidden":
        forms: dict[str, type[_Form]] = {"entities": Entity, "directives": Directive}
        model = forms.get(str(loc[0]), Article) if len(loc) > 1 else Article
        hint = nearest(str(loc[-1]), model.model_fields)
        return InputError(
            f"unknown field {field}", expected="only the fields of the schema", mend=hint, subject=subject
        )
    if first["type"] == "missing":
        return InputError(
            f"no field {field}", expected="it to be there", mend="see `python -m data schema`", subject=subject
        )
    got = quote(json.dumps(first["input"], ensure_ascii=False, default=str))
    message = first["msg"][0].lower() + first["msg"][1:]
    message = message.removeprefix("value error, ")
    return InputError(f"{field} = {got}", expected=message, mend="see `python -m data schema`", subject=subject)


def check_article(article: Article, labels: Iterable[str] | None = None) -> None:
    """Everything the types cannot say: spans, overlaps, labels, ids. Raises InputError."""
    known = None if labels is None else tuple(labels)
    try:
        article.text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InputError(
            f"half a surrogate pair at character {error.start}",
            expected="text made of whole characters",
            mend="repair the text where it was exported",
        ) from None
    _check_values(article)
    by_id: dict[str, Entity] = {}
    for entity in article.entities:
        _check_entity(entity, article.text, known)
        if entity.id in by_id:
            raise InputError(
                f"two entities with the id {entity.id!r}",
                expected="ids used once",
                mend="rename one",
                subject=("entities", entity.id),
            )
        by_id[entity.id] = entity
    _check_overlaps(article.entities)
    for number, directive in enumerate(article.directives):
        _check_directive(directive, number, by_id, len(article.text))


def _check_values(article: Article) -> None:
    """What JSON in UTF-8 cannot say must not come in: halves of characters, NaN and infinity."""
    values: list[object] = [article.id, article.meta]
    values += [(e.id, e.label, e.normalized) for e in article.entities if e.normalized or not e.id.isascii()]
    try:
        json.dumps(values, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except ValueError as error:  # UnicodeEncodeError is one
        raise InputError(
            f"a value that JSON in UTF-8 cannot hold ({error})",
            expected="whole characters and finite numbers in ids, metadata and normalised values",
            mend="repair the value where it was exported",
        ) from None


def _check_entity(entity: Entity, text: str, labels: tuple[str, ...] | None) -> None:
    name = f"entity {entity.id!r} ({entity.start}–{entity.end})"
    subject = ("entities", entity.id)
    if not entity.start < entity.end <= len(text):
        raise InputError(
            f"{name} outside a text of {len(text)} characters",
            expected="0 <= start < end <= length of the text",
            mend="count offsets in code points of the raw text, end exclusive",
            subject=subject,
        )
    span = text[entity.start : entity.end]
    if span != entity.text:
        raise InputError(
            f"{name} with the text {quote(entity.text)} over {quote(span)}",
            expected="`text` to be the article's text between `start` and `end`",
            mend="count offsets in code points of the raw text exactly as given",
            subject=subject,
        )
    if span[0].isspace() or span[-1].isspace():
        raise InputError(
            f"{name} {quote(span)} with a space at its edge",
            expected="a mention to start and end on a non-space character",
            mend="move its edge inwards",
            subject=subject,
        )
    if LINE_BREAK.search(span):
        raise InputError(
            f"{name} {quote(span)} across a line break",
            expected="a mention to lie within one line",
            mend="end it before the line break or split it in two",
            subject=subject,
        )
    if labels is not None and entity.label not in labels:
        raise InputError(
            f"{name} with the label {entity.label!r}",
            expected=f"one of the configured labels ({', '.join(labels)})",
            mend=f"correct it, or name it under `labels:`; {nearest(entity.label, labels)}",
            subject=subject,
        )


def _check_overlaps(entities: Sequence[Entity]) -> None:
    ordered = sorted(entities, key=lambda entity: (entity.start, entity.end))
    for left, right in itertools.pairwise(ordered):
        if right.start < left.end:
            raise InputError(
                f"entities {left.id!r} {quote(left.text)} and {right.id!r} {quote(right.text)} that overlap",
                expected="flat mentions, none inside another",
                mend="keep the longer one (GUIDELINES.md)",
                subject=("entities", right.id),
            )


def _check_directive(directive: Directive, number: int, by_id: dict[str, Entity], length: int) -> None:
    seen: set[tuple[str, str]] = set()
    subject = ("directives", number)
    for field, id_ in directive.roles():
        name = f"directive {number + 1}, {field}: {id_!r}"
        if id_ not in by_id:
            raise InputError(
                f"{name}, an id no entity has",
                expected="the id of an entity of this article",
                mend=f"correct the id; {nearest(id_, by_id)}" if by_id else "tag the mention it means",
                subject=subject,
            )
        allowed, label = FIELD_LABELS[field], by_id[id_].label
        if label not in allowed:
            raise InputError(
                f"{name}, which is tagged {label}",
                expected=f"{' or '.join(allowed)} in {field}",
                mend="move the id to the field of its label, or correct the tag",
                subject=subject,
            )
        if (field, id_) in seen:
            raise InputError(f"{name} twice", expected="each id once in a field", mend="delete one", subject=subject)
        seen.add((field, id_))
    if (directive.start is None) != (directive.end is None):
        raise InputError(
            f"directive {number + 1} with one of start and end",
            expected="both or neither",
            mend="give the passage's whole span",
            subject=subject,
        )
    if directive.start is not None and directive.end is not None and not directive.start < directive.end <= length:
        raise InputError(
            f"directive {number + 1} at {directive.start}–{directive.end}",
            expected="0 <= start < end <= length of the text",
            mend="count offsets in code points, end exclusive",
            subject=subject,
        )


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of one line of the public form."""
    return Article.model_json_schema()
