"""Which records are asked for: by when (--due), of whom (--assignee), from whom (--issuer).

In: an annotated article. Out: the same article with the records that fit, or None where none does. A record fits when
it fits all that is asked:

- `due`: one of its deadlines ends on that day or before; a record without a date does not fit.
- `assignee`, `issuer`: one such mention has the words asked for, side by side and whole, whatever their case, tone
  placement ("hòa", "hoà") and Unicode form; words typed without any accent find accented ones too. "Sở Tài chính" finds
  "Sở Tài chính tỉnh" and "Giám đốc Sở Tài chính". Or its `body` or `person` key (infer.keys) is the one asked for, or
  begins with what is asked for written out: "UBND tỉnh" finds "Ủy ban nhân dân tỉnh Lai Châu" and its chair.

    python -c "from infer.filters import Wanted; print(Wanted.parse('UBND tỉnh'))"
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass

from data.errors import InputError
from data.schema import Article, Entity
from infer.folding import fold, match_key
from infer.keys import body_key
from infer.localities import find_home, slug
from infer.rows import Record, read_records

_NOWHERE = find_home("", None, None, ())
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A body or person that is asked for. Make one with `Wanted.parse`."""

    asked: str  # as it was asked for, which may be a key
    words: str  # match keys of its words, a space at either end
    plain: bool  # typed without accents
    body: str | None  # its body key without a place that it does not name; None where any body goes by it

    @classmethod
    def parse(cls, asked: str) -> Wanted:
        """Raises: InputError for a name without a letter or digit."""
        words = _words(asked)
        if not words.strip():
            raise InputError(
                f"the name {asked!r}", expected="a body or person to look for", mend='write for instance "Sở Y tế"'
            )
        key = body_key(asked, _NOWHERE)
        return cls(asked, words, words == _plain(asked), key and key.partition("~")[0])

    def fits(self, entity: Entity) -> bool:
        """Whether a mention is of the body or person."""
        known = entity.normalized or {}
        body, person = (str(known.get(kind) or "") for kind in ("body", "person"))
        return (
            self.words in (_plain(entity.text) if self.plain else _words(entity.text))
            or self.asked in (body, person)
            or (self.body is not None and re.match(rf"{self.body}(?:[-~]|$)", body) is not None)
            or (self.body is not None and re.match(rf"{self.body}[@~]", person) is not None)
        )


def _words(text: str) -> str:
    return f" {' '.join(_WORD.findall(match_key(fold(text))))} "


def _plain(text: str) -> str:
    return f" {slug(fold(text)).replace('-', ' ')} "


def parse_day(text: str) -> dt.date:
    """An ISO date. Raises: InputError for anything else."""
    try:
        return dt.datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        raise InputError(
            f"the day {text!r}", expected="an ISO date such as 2020-12-31", mend="write year, month and day"
        ) from None


@dataclass(frozen=True, slots=True)
class Filter:
    """All that is asked for; what is None is not asked."""

    due: dt.date | None = None
    assignee: Wanted | None = None
    issuer: Wanted | None = None

    @classmethod
    def parse(cls, *, due: str | None, assignee: str | None, issuer: str | None) -> Filter:
        """From the options of the command line. Raises: InputError for a day or a name that is none."""
        return cls(
            None if due is None else parse_day(due),
            None if assignee is None else Wanted.parse(assignee),
            None if issuer is None else Wanted.parse(issuer),
        )

    def __call__(self, article: Article) -> Article | None:
        """The article with the records that fit, None where none does; as it is where nothing is asked for."""
        if self == Filter():
            return article
        kept = [record.directive for record in read_records(article) if self._fits(record)]
        return article.model_copy(update={"directives": kept}) if kept else None

    def _fits(self, record: Record) -> bool:
        return (
            (self.due is None or any(day <= self.due for day in record.dues))
            and _any(self.assignee, record.mentions["assignees"])
            and _any(self.issuer, record.mentions["issuer"])
        )


def _any(wanted: Wanted | None, mentions: Iterable[Entity]) -> bool:
    return wanted is None or any(wanted.fits(entity) for entity in mentions)
