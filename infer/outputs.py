"""Annotated articles out, in the format of a name or of a file's suffix; a file appears whole or not at all.

    jsonl     one article a line, in the public form        parquet, csv, xlsx   one record a row (infer.sheets)
    table     for a terminal (infer.table)                  ics                  deadlines for a calendar (infer.ics)

In: articles with directives. Out: a file, or lines on standard output. Articles are written as they come.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple, Protocol

from data.errors import InputError, nearest
from data.files import atomic_file
from data.schema import Article
from infer.ics import open_ics
from infer.sheets import open_csv, open_parquet, open_xlsx
from infer.table import open_table

STDOUT = "-"


class Sink(Protocol):
    """Takes articles one by one."""

    def write(self, article: Article) -> None: ...


class JsonSink:
    """One article a line, in the public form."""

    def __init__(self, handle: IO[str]) -> None:
        self._handle = handle

    def write(self, article: Article) -> None:
        self._handle.write(article.to_line() + "\n")


@contextmanager
def open_json(handle: IO[str]) -> Iterator[JsonSink]:
    """JSON lines."""
    yield JsonSink(handle)


class Format(NamedTuple):
    """A kind of output: what turns a handle into a sink, and whether the handle takes text ("w") or bytes ("wb")."""

    open: Callable[[IO[Any]], AbstractContextManager[Sink]]
    mode: str = "w"


FORMATS = {
    "jsonl": Format(open_json),
    "csv": Format(open_csv),
    "parquet": Format(open_parquet, "wb"),
    "xlsx": Format(open_xlsx, "wb"),
    "ics": Format(open_ics),
    "table": Format(open_table),
}
SUFFIXES = {f".{name}": name for name in FORMATS if name != "table"}


def format_name(output: str | None, asked: str | None) -> str:
    """The format of `-o OUTPUT` and `--format ASKED`: the one asked for, else by the suffix; a table without either.

    Raises: InputError for an unknown format or suffix, and for bytes on standard output.
    """
    if asked is not None and asked not in FORMATS:
        raise InputError(f"the format {asked!r}", expected=f"one of {', '.join(FORMATS)}", mend=nearest(asked, FORMATS))
    if output is None or output == STDOUT:
        name = asked or ("table" if output is None else "jsonl")
        if FORMATS[name].mode == "wb":
            raise InputError(f"no file for {name}", expected="a file to write it to", mend=f"add -o records.{name}")
        return name
    suffix = Path(output).suffix
    if asked is None and suffix not in SUFFIXES:
        raise InputError(
            f"the output {output!r}",
            expected=f"a file of the kind {', '.join(SUFFIXES)}",
            mend="give it one of these suffixes, or name its --format",
        )
    return asked or SUFFIXES[suffix]


@contextmanager
def open_sink(output: str | None, asked: str | None = None) -> Iterator[Sink]:
    """A sink for `-o OUTPUT` and `--format ASKED`; without OUTPUT, and for `-`, on standard output.

    Raises: InputError as `format_name` does, and for a place that cannot be written to.
    """
    kind = FORMATS[format_name(output, asked)]
    with ExitStack() as stack:
        handle: IO[Any] = sys.stdout
        if output is not None and output != STDOUT:
            try:
                handle = stack.enter_context(atomic_file(output, kind.mode))
            except OSError as error:
                raise InputError(
                    error.strerror or str(error), expected="a place to write to", mend="name another", path=output
                ) from None
        yield stack.enter_context(kind.open(handle))


def output_files(output: str | None) -> list[Path]:
    """The files that a run with `-o OUTPUT` writes: the records, and the errors beside them."""
    return [] if output in (None, STDOUT) else [Path(str(output)), Path(f"{output}.errors.jsonl")]


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
