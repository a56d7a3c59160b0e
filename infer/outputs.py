"""Annotated articles out: JSON lines, CSV with one row a record, or a table on a terminal.

In: articles with directives. Out: a file that appears whole or not at all, or lines on standard output.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Protocol

from rich.console import Console
from rich.table import Table
from rich.text import Text

from data.errors import InputError
from data.files import atomic_file
from data.schema import LIST_FIELDS, Article, Directive, Entity

CSV_COLUMNS = ("article", "date", "issuer", *LIST_FIELDS, "from", "until", "start", "end", "text")
SUFFIXES = (".jsonl", ".csv")
JOINT = "; "


class Sink(Protocol):
    """Takes articles one by one."""

    def write(self, article: Article) -> None: ...


@contextmanager
def open_sink(output: str | None) -> Iterator[Sink]:
    """A sink for `-o OUTPUT`: `.jsonl` or `.csv` by suffix, `-` for JSON lines on standard output, None for a table.

    Raises: InputError for another suffix, or a place that cannot be written to.
    """
    with ExitStack() as stack:
        if output is None:
            yield TableSink(Console())
            return
        if output == "-":
            yield JsonSink(sys.stdout)
            return
        suffix = Path(output).suffix
        if suffix not in SUFFIXES:
            raise InputError(
                f"the output {output!r}",
                expected=f"a file of the kind {' or '.join(SUFFIXES)}",
                mend="give it one of these suffixes",
            )
        try:
            handle = stack.enter_context(atomic_file(output))
        except OSError as error:
            raise InputError(
                error.strerror or str(error), expected="a place to write to", mend="name another", path=output
            ) from None
        yield JsonSink(handle) if suffix == ".jsonl" else CsvSink(handle)


class JsonSink:
    """One article a line, in the public form."""

    def __init__(self, handle: IO[str]) -> None:
        self._handle = handle

    def write(self, article: Article) -> None:
        self._handle.write(article.to_line() + "\n")


class CsvSink:
    """One record a row; several mentions in a field are joined by `; `."""

    def __init__(self, handle: IO[str]) -> None:
        self._writer = csv.writer(handle, lineterminator="\r\n")  # RFC 4180
        self._writer.writerow(CSV_COLUMNS)

    def write(self, article: Article) -> None:
        by_id = {entity.id: entity for entity in article.entities}
        for directive in article.directives:
            fields = texts(directive, by_id)
            span = "" if directive.start is None else article.text[directive.start : directive.end]
            self._writer.writerow(
                [
                    article.id,
                    article.date.isoformat() if article.date else "",
                    *(JOINT.join(fields[name]) for name in ("issuer", *LIST_FIELDS)),
                    *_limits(directive, by_id),
                    directive.start,
                    directive.end,
                    span,
                ]
            )


class TableSink:
    """A table an article: who, whom, what, by when."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def write(self, article: Article) -> None:
        title = f"{article.id} · {article.date.isoformat() if article.date else 'no date'}"
        if not article.directives:
            counts = f"{len(article.entities)} mentions, no directive"
            self._console.print(_visible(f"{title}: {counts}"), soft_wrap=True)
            return
        table = Table(title=_visible(title), title_justify="left", show_lines=True)
        for name, ratio in (("who", 3), ("whom", 4), ("what", 4), ("by when", 3)):
            table.add_column(name, ratio=ratio, overflow="fold")
        by_id = {entity.id: entity for entity in article.entities}
        for directive in article.directives:
            table.add_row(*(_visible(cell) for cell in _cells(directive, by_id)))
        self._console.print(table)


def _visible(text: str) -> Text:
    """Text for a terminal: no markup, and no control character that could move its cursor."""
    return Text("".join(char if char == "\n" or char.isprintable() else "\ufffd" for char in text))


def texts(directive: Directive, by_id: dict[str, Entity]) -> dict[str, list[str]]:
    """Field → the texts of its mentions."""
    fields: dict[str, list[str]] = {name: [] for name in ("issuer", *LIST_FIELDS)}
    for field, id_ in directive.roles():
        fields[field].append(by_id[id_].text)
    return fields


def _cells(directive: Directive, by_id: dict[str, Entity]) -> tuple[str, str, str, str]:
    fields = texts(directive, by_id)
    whom = fields["assignees"] + [f"with {text}" for text in fields["coordinators"]]
    whom += [f"→ {text}" for text in fields["recipients"]]
    when = [_dated(by_id[id_]) for id_ in directive.deadlines]
    return "\n".join(fields["issuer"]), "\n".join(whom), "\n".join(fields["indicators"]), "\n".join(when)


def _dated(entity: Entity) -> str:
    until = (entity.normalized or {}).get("until")
    return f"{entity.text} ({until})" if until else entity.text


def _limits(directive: Directive, by_id: dict[str, Entity]) -> tuple[str, str]:
    """Earliest `from` and latest `until` of the record's deadlines, as far as they are known."""
    values = [by_id[id_].normalized or {} for id_ in directive.deadlines]
    starts = sorted(str(value["from"]) for value in values if value.get("from"))
    ends = sorted(str(value["until"]) for value in values if value.get("until"))
    return starts[0] if starts else "", ends[-1] if ends else ""


def output_files(output: str | None) -> list[Path]:
    """The files that a run with `-o OUTPUT` writes: the records, and the errors beside them."""
    return [] if output in (None, "-") else [Path(str(output)), Path(f"{output}.errors.jsonl")]


class ErrorLog:
    """Bad articles: a line each on standard error, and in `<output>.errors.jsonl` when there is an output file.

    A file of an earlier run goes away with the first article of this one.
    """

    def __init__(self, output: str | None, stack: ExitStack) -> None:
        self.count = 0
        self._path = output_files(output)[1] if output_files(output) else None
        self._stack = stack
        self._handle: IO[str] | None = None
        if self._path:
            self._path.unlink(missing_ok=True)

    def add(self, error: InputError) -> None:
        """Report one bad article."""
        self.count += 1
        print(f"error: {error}", file=sys.stderr)
        if self._path is None:
            return
        if self._handle is None:
            self._handle = self._stack.enter_context(atomic_file(self._path))
        fields = ("path", "line", "column", "found", "expected", "mend")
        self._handle.write(json.dumps({name: getattr(error, name) for name in fields}, ensure_ascii=False) + "\n")
