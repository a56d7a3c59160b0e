"""Records on a terminal: who, whom, what, by when, and where in the text; made to be read at 100 columns.

In: articles with directives. Out: a table an article, under its id and date. `what` is the indicators, and where there
are none the words of the task; `where` is the line of the article that the sentence begins on.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from data.schema import Article, Entity
from infer.rows import Record, iso_day, read_records, shown

# (heading, share of the width); `where` takes what it needs
COLUMNS = (("who", 4), ("whom", 5), ("what", 5), ("by when", 4))
WIDTH = 100  # of a table in a file
LONGEST_TASK = 90


@contextmanager
def open_table(handle: IO[str]) -> Iterator[TableSink]:
    """Tables as wide as the terminal; in a file, of 100 columns."""
    yield TableSink(Console(file=handle, width=None if handle is sys.stdout else WIDTH))


class TableSink:
    """A table an article, or a line where it has no record."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def write(self, article: Article) -> None:
        title = f"{article.id} · {article.date.isoformat() if article.date else 'no date'}"
        if not article.directives:
            counts = f"{len(article.entities)} mentions, no directive"
            self._console.print(_visible(f"{title}: {counts}"), soft_wrap=True)
            return
        table = Table(title=_visible(title), title_justify="left", show_lines=True, expand=True)
        for name, ratio in COLUMNS:
            table.add_column(name, ratio=ratio, overflow="fold")
        table.add_column("where", overflow="fold")
        for record in read_records(article):
            table.add_row(*(_visible(cell) for cell in _cells(record)))
        self._console.print(table)


def _visible(text: str) -> Text:
    """Text without markup, and without what could move the terminal's cursor."""
    return Text(shown(text))


def _cells(record: Record) -> tuple[str, ...]:
    whom = record.texts("assignees") + [f"with {text}" for text in record.texts("coordinators")]
    whom += [f"→ {text}" for text in record.texts("recipients")]
    what = record.texts("indicators") or [textwrap.shorten(record.task, LONGEST_TASK, placeholder="…")]
    when = [_until(entity) for entity in record.mentions["deadlines"]]
    where = "" if record.line is None else f"line {record.line}"
    return "\n".join(record.texts("issuer")), "\n".join(whom), "\n".join(what), "\n".join(when), where


def _until(entity: Entity) -> str:
    """A deadline with the day that it ends on; a whole interval would be too wide for the column."""
    day = iso_day(entity, "until")
    return f"{entity.text} ({day})" if day else entity.text
