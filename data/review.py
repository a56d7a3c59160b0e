"""What a second pair of eyes would ask about annotated articles: questions, and runs of words that stand twice.

In: articles of all splits. Out: `Question`s (somebody must look; nothing is wrong for sure) and `Overlap`s: sequences
of eight words that two articles share, but for the fixed formulas of `data/formulas.txt`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from data.files import read_text
from data.schema import Article, Entity

RUN = 8  # words; shorter runs recur in any two articles of one genre
FORMULAS = Path(__file__).parent / "formulas.txt"

_WORD = re.compile(r"\w+(?:[./-]\w+)*")
_DATE = re.compile(r"(?<![\d/.-])(\d{1,2})[/.-](\d{1,2})(?:[/.-](\d{4}))?(?![\d/.-])")
# "các sở, ngành", "một số huyện", "tỉnh": bodies without a name of their own (GUIDELINES.md, AGENCY)
_GENERIC = re.compile(
    r"(?:các|những|một số|nhiều|mọi|mỗi|từng|toàn)\b.*"
    r"|(?:tỉnh|thành phố|huyện|thị xã|xã|phường|thị trấn|địa phương|đơn vị|cơ quan|ngành)",
    re.IGNORECASE,
)
# words before a generic body that make it a place or an owner, not somebody who acts
_PLACE = re.compile(r"(?:tại|trên địa bàn|trong|ở|của|khắp|về)\s*$", re.IGNORECASE)


class Question(NamedTuple):
    """Where to look (article id and line) and what at."""

    article: str
    line: int
    text: str


class Overlap(NamedTuple):
    """A run of words that two articles share."""

    first: str
    second: str
    words: str


def questions(articles: Sequence[Article]) -> list[Question]:
    """Everything worth a look, in the order of articles and lines."""
    asked = [*_tagged_differently(articles)]
    for article in articles:
        asked += [*_generic_places(article), *_odd_dates(article), *_repeated_records(article)]
    return sorted(asked)


def _ask(article: Article, entity: Entity, text: str) -> Question:
    return Question(article.id, article.text.count("\n", 0, entity.start) + 1, text)


def _tagged_differently(articles: Iterable[Article]) -> Iterable[Question]:
    """One surface form with two labels: the rarer one is asked about."""
    places: dict[str, list[tuple[Article, Entity]]] = defaultdict(list)
    for article in articles:
        for entity in article.entities:
            places[" ".join(entity.text.casefold().split())].append((article, entity))
    for found in places.values():
        labels = Counter(entity.label for _, entity in found)
        usual = labels.most_common(1)[0][0]
        for article, entity in found:
            if entity.label != usual:
                yield _ask(
                    article, entity, f"{entity.text!r} is {entity.label} here, {usual} {labels[usual]} times elsewhere"
                )


def _generic_places(article: Article) -> Iterable[Question]:
    for entity in article.entities:
        before = article.text[max(0, entity.start - 20) : entity.start]
        if entity.label == "AGENCY" and _GENERIC.fullmatch(entity.text) and (place := _PLACE.search(before)):
            phrase = f"{place.group().strip()} {entity.text}"
            yield _ask(article, entity, f"{phrase!r}: a generic body that acts, or a place?")


def _odd_dates(article: Article) -> Iterable[Question]:
    for entity in article.entities:
        if entity.label != "DEADLINE":
            continue
        for day, month, year in _DATE.findall(entity.text):
            if not _possible(int(day), int(month), int(year or 2020)):
                yield _ask(article, entity, f"{entity.text!r}: there is no such day")
        until = (entity.normalized or {}).get("until")
        start = (entity.normalized or {}).get("from")
        if isinstance(until, str) and article.date and until < article.date.isoformat():
            yield _ask(article, entity, f"{entity.text!r} ends on {until}, before the article's date")
        if isinstance(until, str) and isinstance(start, str) and until < start:
            yield _ask(article, entity, f"{entity.text!r} ends on {until}, before it begins")


def _possible(day: int, month: int, year: int) -> bool:
    try:
        dt.date(year, month, day)
    except ValueError:
        return False
    return True


def _repeated_records(article: Article) -> Iterable[Question]:
    seen: set[tuple[tuple[str, str], ...]] = set()
    by_id = {entity.id: entity for entity in article.entities}
    for directive in article.directives:
        roles = tuple(directive.roles())
        if roles in seen:
            yield _ask(article, by_id[roles[0][1]], "a record that says the same as one before")
        seen.add(roles)


# ------------------------------------------------------------------ runs of words


def read_formulas() -> list[str]:
    """Fixed formulas, one a line; `#` begins a comment."""
    lines = (line.strip() for line in read_text(FORMULAS).splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def overlaps(articles: Mapping[str, Sequence[Article]], formulas: Sequence[str]) -> tuple[list[Overlap], Counter[str]]:
    """Runs of at least eight words that two articles share, and how often each formula explained one.

    Case and punctuation do not count. A run is explained when all of its words but one lie in mentions (names of bodies
    and officials recur) or in fixed formulas. Articles are named `split/id`.
    """
    known = [_words(formula) for formula in formulas]
    first: dict[tuple[str, ...], str] = {}
    used: Counter[str] = Counter()
    found: dict[tuple[str, str], list[list[str]]] = defaultdict(list)
    for name, article in ((f"{split}/{article.id}", article) for split, group in articles.items() for article in group):
        words, inside = _words_and_mentions(article)
        explained = _explained(words, known)
        open_with = ""
        for index in range(len(words) - RUN + 1):
            run = tuple(words[index : index + RUN])
            other = first.setdefault(run, name)
            here = range(index, index + RUN)
            if other == name or sum(not inside[at] and explained[at] is None for at in here) <= 1:
                if other != name:
                    used.update({formulas[number] for at in here if (number := explained[at]) is not None})
                open_with = ""
            elif open_with == other:
                found[other, name][-1].append(run[-1])
            else:
                found[other, name].append(list(run))
                open_with = other
    runs = [Overlap(one, other, " ".join(run)) for (one, other), group in found.items() for run in group]
    return sorted(runs), used


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]


def _words_and_mentions(article: Article) -> tuple[list[str], list[bool]]:
    """Folded words, and whether each lies in a mention."""
    matches = list(_WORD.finditer(article.text))
    tagged = bytearray(len(article.text))
    for entity in article.entities:
        tagged[entity.start : entity.end] = b"\1" * (entity.end - entity.start)
    return [match.group().casefold() for match in matches], [bool(tagged[match.start()]) for match in matches]


def _explained(words: Sequence[str], formulas: Sequence[Sequence[str]]) -> list[int | None]:
    """For each word the number of a formula that it is part of here."""
    part: list[int | None] = [None] * len(words)
    for number, formula in enumerate(formulas):
        length = len(formula)
        for index in range(len(words) - length + 1):
            if words[index] == formula[0] and list(words[index : index + length]) == list(formula):
                part[index : index + length] = [number] * length
    return part
