"""One article as a page to look at: its text with the mentions marked, its records and their deadlines beside it.

In: an article in the public form. Out: HTML that needs nothing else: style and script are inlined, and a content
security policy lets that one script run and nothing be fetched. Everything of the article goes through `html.escape`.

    from infer.pages import article_page

The script (`assets/page.js`) knows mentions and records by number: `data-mentions` of a record, `data-records` of a
mention and of a passage. Without it the page can still be read: labels stand beside the mentions, records under them.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import itertools
import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from html import escape
from importlib.resources import files
from typing import NamedTuple

from data.schema import LABELS, LINE_BREAK, Article, Directive, Entity

# a directive's fields in the order in which they are read, and what a page calls them
ROLES = {
    "issuer": "who",
    "assignees": "whom",
    "coordinators": "with",
    "recipients": "to",
    "indicators": "what",
    "deadlines": "by when",
}
# by which a folder of ours is known again
GENERATOR = '<meta name="generator" content="giaoban">'
_COLOURS = len(LABELS)  # that many in style.css; labels of one's own take them in turn
_LONGEST_TITLE = 160
_LONGEST_HEADLINE = 250  # a longer first line is a paragraph
_PILL = 9.0  # the room that a record's number takes on the timeline, in percent of its width


class Link(NamedTuple):
    """Another article's page."""

    file: str
    title: str


# ------------------------------------------------------------------ any page


@cache
def asset(name: str, package: str = "infer") -> str:
    """A file of `infer/assets`, or of another package's."""
    return (files(package) / "assets" / name).read_text(encoding="utf-8")


def head(title: str, script: str, style: str = "") -> str:
    """All of a page before its body; `script` is what `foot` ends it with, `style` adds to every page's."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
        f"script-src 'sha256-{digest}'; require-trusted-types-for 'script'"
    )
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n{GENERATOR}\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<link rel="icon" href="data:,">\n'
        f"<title>{escape(title)}</title>\n<style>\n{asset('style.css')}{style}</style>\n</head>\n"
    )


def foot(script: str) -> str:
    """The end of a page: its script, exactly as the policy in its head knows it."""
    return f"<script>{script}</script>\n</body>\n</html>\n"


# ------------------------------------------------------------------ facts of an article


def title_of(article: Article) -> str:
    """The first line that says something, cut to a title's length."""
    for line in LINE_BREAK.split(article.text):
        if words := " ".join(line.split()):
            return words if len(words) <= _LONGEST_TITLE else words[: _LONGEST_TITLE - 1] + "…"
    return article.id


def until(entity: Entity) -> dt.date | None:
    """The last day of a deadline, None where it has none; articles may come with any value there."""
    value = (entity.normalized or {}).get("until")
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        try:
            return dt.date.fromisoformat(value)
        except ValueError:  # 2021-02-29
            return None
    return None


def due_dates(directive: Directive, by_id: dict[str, Entity]) -> list[dt.date]:
    """The different last days of a record's deadlines, in order."""
    return sorted({day for id_ in directive.deadlines if (day := until(by_id[id_]))})


def _label_colours(entities: Iterable[Entity]) -> dict[str, int]:
    """Label → number of its colour: the four labels have theirs, others follow in alphabetical order."""
    others = sorted({entity.label for entity in entities} - set(LABELS))
    return {label: number % _COLOURS for number, label in enumerate([*LABELS, *others])}


def _notes(entity: Entity, roles: Sequence[str]) -> str:
    """What a mention tells on hover and focus: a line each for its score, its values and its place in records."""
    lines = [] if entity.score is None else [f"score {entity.score:.2f}"]
    for name, value in (entity.normalized or {}).items():
        values = [str(one) for one in (value if isinstance(value, list) else [value]) if one is not None]
        if values:
            lines.append(f"{name}: {', '.join(values)}")
    return "\n".join([*lines, *roles])


# ------------------------------------------------------------------ the page


def article_page(
    article: Article, *, index: str = "../index.html", before: Link | None = None, after: Link | None = None
) -> str:
    """The whole page of an article, with links to the index and to the articles before and after it."""
    colours = _label_colours(article.entities)
    title = title_of(article)
    facts = [article.date.isoformat() if article.date else "no date", article.id, *article.meta.values()]
    text = (
        f'<main>\n<article id="text" lang="vi" aria-label="Article">\n{_Text(article, colours).html()}</article>\n'
        f'<aside id="records" aria-label="Records">\n{_timeline(article)}{_records(article, colours)}</aside>\n'
        "</main>\n"
    )
    return (
        head(f"{title} · giaoban", asset("page.js"))
        + '<body class="page">\n<a class="skip" href="#records">Skip to the records</a>\n<header>\n'
        + f'<nav aria-label="Articles"><a href="{escape(index)}">All articles</a>{_step(before, "prev")}'
        + f"{_step(after, 'next')}</nav>\n"
        + f'<p class="facts">{" · ".join(f"<span>{escape(fact)}</span>" for fact in facts)}</p>\n'
        + f"{_legend(article, colours)}</header>\n{text}{_BAR}"
        + '<div id="tip" role="tooltip" hidden></div>\n'
        + foot(asset("page.js"))
    )


# for phones, where the records are far from the text
_BAR = (
    '<div id="bar" role="toolbar" aria-label="Selected record" hidden><button type="button" data-go="-1">'
    '<span aria-hidden="true">‹</span><span class="unseen">Record before</span></button><span id="which"></span>'
    '<button type="button" data-go="1"><span aria-hidden="true">›</span><span class="unseen">Record after</span>'
    '</button><button type="button" data-go="list">Records</button><button type="button" data-go="0">Clear</button>'
    "</div>\n"
)


def _step(link: Link | None, rel: str) -> str:
    if link is None:
        return ""
    word = {"prev": "← Previous", "next": "Next →"}[rel]
    return f'<a rel="{rel}" href="{escape(link.file)}" title="{escape(link.title)}">{word}</a>'


def _legend(article: Article, colours: dict[str, int]) -> str:
    counts = Counter(entity.label for entity in article.entities)
    buttons = "".join(
        f'<button type="button" class="c{colours[label]}" aria-pressed="true" data-label="{escape(label)}">'
        f"<span>{escape(label)}</span> {counts[label]}</button>"
        for label in colours
        if counts[label]
    )
    return f'<div class="legend" role="group" aria-label="Labels shown">{buttons}</div>\n' if buttons else ""


# ------------------------------------------------------------------ text


class _Span(NamedTuple):
    start: int
    end: int
    number: int


class _Text:
    """The lines of an article: a short first one is a heading, others are paragraphs; blank ones are left out."""

    def __init__(self, article: Article, colours: dict[str, int]) -> None:
        self._article, self._colours = article, colours
        self._roles: dict[str, list[tuple[int, str]]] = defaultdict(list)  # entity id → records, and what it is there
        for number, directive in enumerate(article.directives, 1):
            for field, id_ in directive.roles():
                self._roles[id_].append((number, ROLES[field]))

    def html(self) -> str:
        text = self._article.text
        breaks = [match.start() for match in LINE_BREAK.finditer(text)]
        starts, ends = [0, *(at + 1 for at in breaks)], [*breaks, len(text)]
        marks: dict[int, list[_Span]] = defaultdict(list)  # by line, as each is within one
        for number, entity in enumerate(self._article.entities):
            marks[bisect_right(starts, entity.start) - 1].append(_Span(entity.start, entity.end, number))
        passages: dict[int, list[_Span]] = defaultdict(list)
        for number, directive in enumerate(self._article.directives, 1):
            if directive.start is not None and directive.end is not None:
                first = bisect_right(starts, directive.start) - 1
                for line in range(first, bisect_left(starts, directive.end)):
                    passages[line].append(_Span(directive.start, directive.end, number))
        out: list[str] = []
        for line, (start, end) in enumerate(zip(starts, ends, strict=True)):
            if text[start:end].strip():
                tag = "p" if out or end - start > _LONGEST_HEADLINE else "h1"
                out.append(f"<{tag}>{self._line(start, end, sorted(marks[line]), passages[line])}</{tag}>\n")
        return "".join(out)

    def _line(self, start: int, end: int, marks: Sequence[_Span], passages: Sequence[_Span]) -> str:
        out = []
        for mark in marks:
            out += [*self._plain(start, mark.start, passages), self._mark(mark, passages)]
            start = mark.end
        return "".join([*out, *self._plain(start, end, passages)])

    def _plain(self, start: int, end: int, passages: Sequence[_Span]) -> Iterator[str]:
        """Text between mentions, cut where passages of records begin and end."""
        inner = (edge for passage in passages for edge in (passage.start, passage.end) if start < edge < end)
        for first, last in itertools.pairwise(sorted({start, end, *inner})):
            inside = _covering(first, last, passages)
            piece = escape(self._article.text[first:last])
            yield f"<span{inside}>{piece}</span>" if inside else piece

    def _mark(self, mark: _Span, passages: Sequence[_Span]) -> str:
        entity = self._article.entities[mark.number]
        roles = self._roles.get(entity.id, [])
        records = " ".join(dict.fromkeys(str(record) for record, _ in roles))
        notes = _notes(entity, [f"record {record}: {role}" for record, role in roles])
        return (
            f'<mark class="c{self._colours[entity.label]}" id="m{mark.number}" tabindex="0"'
            f' data-label="{escape(entity.label)}"{_covering(mark.start, mark.end, passages)}'
            + (f' data-records="{records}"' if records else "")
            + f' data-notes="{escape(notes)}">{escape(entity.text)}</mark>'
        )


def _covering(start: int, end: int, passages: Sequence[_Span]) -> str:
    """The attribute with the records whose passages a piece of text touches; empty where there is none."""
    numbers = " ".join(str(passage.number) for passage in passages if passage.start < end and start < passage.end)
    return f' data-passage="{numbers}"' if numbers else ""


# ------------------------------------------------------------------ records


def _records(article: Article, colours: dict[str, int]) -> str:
    count = len(article.directives)
    if not count:
        return '<h2>Records</h2>\n<p class="none">No record in this article.</p>\n'
    numbers = {entity.id: number for number, entity in enumerate(article.entities)}
    cards = "".join(
        _card(directive, number, article.entities, numbers, colours)
        for number, directive in enumerate(article.directives, 1)
    )
    return f'<h2>Records <span class="count">{count}</span></h2>\n<ol class="records">\n{cards}</ol>\n'


def _card(
    directive: Directive, number: int, entities: Sequence[Entity], numbers: dict[str, int], colours: dict[str, int]
) -> str:
    fields: dict[str, list[Entity]] = defaultdict(list)
    for field, id_ in directive.roles():
        fields[field].append(entities[numbers[id_]])
    rows = "".join(
        f'<span class="key">{name}</span><span class="values">'
        + " ".join(_value(entity, colours) for entity in fields[field])
        + "</span>"
        for field, name in ROLES.items()
        if fields[field]
    )
    score = "" if directive.score is None else f'<span class="score">score {directive.score:.2f}</span>'
    mine = sorted({numbers[id_] for _, id_ in directive.roles()})
    return (
        f'<li><button type="button" class="record" id="r{number}" aria-pressed="false"'
        f' data-mentions="{" ".join(map(str, mine))}"><span class="number">{number}</span>'
        f'<span class="fields">{rows}{score}</span></button></li>\n'
    )


def _value(entity: Entity, colours: dict[str, int]) -> str:
    day = until(entity)
    date = f' <time datetime="{day}">{day}</time>' if day else ""
    return f'<span class="value c{colours[entity.label]}"><span lang="vi">{escape(entity.text)}</span>{date}</span>'


def _timeline(article: Article) -> str:
    """The records that have a date, by number, on a line from the article's own date to the last deadline."""
    by_id = {entity.id: entity for entity in article.entities}
    dated = sorted(
        (day, number) for number, directive in enumerate(article.directives, 1) for day in due_dates(directive, by_id)
    )
    if not dated:
        return ""
    days = [day for day, _ in dated] + ([article.date] if article.date else [])
    low, high = min(days), max(days)
    free: list[float] = []  # where each lane has room again
    pills = []
    for day, number in dated:
        left = _share(day, low, high)
        lane = next((n for n, room in enumerate(free) if room <= left), len(free))
        free[lane : lane + 1] = [left + _PILL]
        whom = ", ".join(by_id[id_].text for id_ in article.directives[number - 1].assignees)
        name = escape(f"Record {number}, due {day}" + (f": {whom}" if whom else ""))
        pills.append(
            f'<li style="left:{left:.2f}%;bottom:{lane * 1.75:.2f}rem"><button type="button" data-record="{number}"'
            f' aria-label="{name}" title="{name}">{number}</button></li>\n'
        )
    own = ""
    if article.date:
        own = f'<span class="own" style="left:{_share(article.date, low, high):.2f}%" title="article"></span>'
    note = " (article)"
    ends = [f"{day}{note if day == article.date else ''}" for day in dict.fromkeys((low, high))]
    return (
        "<h2>Deadlines</h2>\n"
        f'<div class="timeline"><ol style="height:{len(free) * 1.75:.2f}rem">\n{"".join(pills)}</ol>'
        f'<div class="axis">{own}</div><p class="ends">{"".join(f"<span>{end}</span>" for end in ends)}</p></div>\n'
    )


def _share(day: dt.date, low: dt.date, high: dt.date) -> float:
    """Where a day stands between two, in percent."""
    return 100 * (day - low).days / max(1, (high - low).days)
