"""What the formats of annotation tools have in common: fields, offsets, and what else is known of an article.

In: JSON values as a tool exports them. Out: checked fields, offsets in code points, `Columns`; and back.

Tools written in JavaScript count UTF-16 code units: a character beyond U+FFFF (an emoji) is two of them. `Offsets` goes
from one count to the other.

Our id, date, meta, and the little that no arrow between mentions can say (see `data.links`) travel as extra columns
(`article_id`, `date`, `meta`, `records`). Tools give columns back where they found them, or in an object `meta`: both
are read, the outermost column of a name first. Columns of other names come in as the article's meta, as text.
"""

from __future__ import annotations

import datetime as dt
import json
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from data.errors import InputError, quote
from data.schema import LABELS, LINE_BREAK, Article

Say = Callable[[str], None]  # takes what a user should know and no error stops for

_AGAIN = "export it again, or correct it"
_KINDS: dict[type, str] = {str: "text", int: "a whole number", list: "a list", dict: "an object"}


# ------------------------------------------------------------------ fields


def as_object(value: object) -> Mapping[str, Any]:
    """A JSON object. Raises InputError for anything else."""
    if isinstance(value, Mapping):
        return value
    raise InputError(f"the value {quote(dump(value))}", expected="a JSON object", mend=_AGAIN)


def take(value: object, name: str, *kinds: type) -> Any:
    """The field `name` of an object, which must be of one of these types. Raises InputError which names it."""
    fields = as_object(value)
    if name not in fields:
        raise InputError(f"no field {name!r} in {quote(dump(value))}", expected="it to be there", mend=_AGAIN)
    found = fields[name]
    if not isinstance(found, kinds) or (isinstance(found, bool) and bool not in kinds):
        names = " or ".join(_KINDS[kind] for kind in kinds)
        raise InputError(f"{name} = {quote(dump(found))}", expected=f"{name} to be {names}", mend=_AGAIN)
    return found


def take_list(value: object, name: str) -> list[Any]:
    """The list `name` of an object; none, if there is no such field or it is null."""
    found = as_object(value).get(name)
    return [] if found is None else list(take(value, name, list))


def dump(value: object) -> str:
    """JSON on one line, whatever is taken for a line break by those who read it again."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return LINE_BREAK.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def label_set(articles: Sequence[Article]) -> list[str]:
    """The labels a tool must offer for these articles: ours, or what else stands in them."""
    found = {entity.label for article in articles for entity in article.entities}
    return list(LABELS) if found <= set(LABELS) else sorted(found)


def check_names(articles: Sequence[Article], allowed: Callable[[str], bool], expected: str) -> None:
    """Raise InputError for the first label that a format has no way to write."""
    for article in articles:
        for entity in article.entities:
            if not allowed(entity.label):
                raise InputError(
                    f"the label {entity.label!r} in article {article.id!r}", expected=expected, mend="rename the label"
                )


# ------------------------------------------------------------------ offsets


class Offsets:
    """Offsets of one text, in code points here and in a tool's own count there (`utf16`, or code points as well)."""

    def __init__(self, text: str, *, utf16: bool) -> None:
        self._length = len(text)
        self._astral = [index for index, char in enumerate(text) if char > "\uffff"] if utf16 else []
        self._units = [index + number for number, index in enumerate(self._astral)]

    def there(self, point: int) -> int:
        """Code points to the tool's count."""
        return point + bisect_left(self._astral, point)

    def here(self, offset: int) -> int:
        """The tool's count to code points. Raises InputError for the middle of a character, or a place outside."""
        before = bisect_left(self._units, offset)
        inside = before and self._units[before - 1] + 1 == offset
        if inside or not 0 <= offset - before <= self._length:
            raise InputError(
                f"the offset {offset} {'in the middle of a character' if inside else 'outside the text'}",
                expected="offsets of whole characters of the text",
                mend="export again, or say with --offsets how the tool counts (points or utf16)",
            )
        return offset - before


def has_astral(text: str) -> bool:
    """Whether the two ways of counting differ on this text."""
    return any(char > "\uffff" for char in text)


# ------------------------------------------------------------------ columns


@dataclass(slots=True)
class Columns:
    """What else is known of an article; `id` is None where a file does not say."""

    id: str | None = None
    date: str | None = None
    meta: dict[str, str] = field(default_factory=dict)
    records: list[Any] = field(default_factory=list)


def columns_of(article: Article, records: list[dict[str, Any]]) -> dict[str, Any]:
    """The columns to write; all of them always, because doccano fills what is missing in one line with NaN."""
    return {
        "article_id": article.id,
        "date": article.date and article.date.isoformat(),
        "meta": article.meta,
        "records": records,
    }


def read_columns(value: Mapping[str, Any], *, apart: Sequence[str] = ()) -> Columns:
    """Columns from an object, without its fields `apart`."""
    columns = Columns()
    seen: set[str] = set()
    level = {name: part for name, part in value.items() if name not in apart}
    while level:
        inner: dict[str, Any] = {}
        for name, part in level.items():
            if name == "meta" and isinstance(part, Mapping):
                inner.update(part)
            elif name in seen or not _own(columns, name, part):
                _other(columns, name, part)
            else:
                seen.add(name)
        level = inner
    return columns


def _own(columns: Columns, name: str, part: Any) -> bool:
    """Take one of our own columns; False for anything else, or for a value that cannot be ours."""
    if name == "article_id" and isinstance(part, str) and part:
        columns.id = part
    elif name == "date" and (part is None or _is_date(part)):
        columns.date = part
    elif name == "records" and isinstance(part, list):
        columns.records = part
    else:
        return False
    return True


def _is_date(part: Any) -> bool:
    try:
        return bool(dt.date.fromisoformat(part).isoformat() == part)
    except (TypeError, ValueError):
        return False


def _other(columns: Columns, name: str, part: Any) -> None:
    if part is not None:
        columns.meta.setdefault(name, part if isinstance(part, str) else dump(part))
