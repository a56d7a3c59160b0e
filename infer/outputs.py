"""Annotated articles out, in the format of a name or of a file's suffix; a file appears whole or not at all.

    jsonl     one article a line, in the public form        parquet, csv, xlsx   one record a row (infer.sheets)
    table     for a terminal (infer.table)                  ics                  deadlines for a calendar (infer.ics)

jsonl and csv may be compressed (jsonl.gz, csv.zst …). In: articles with directives. Out: a file, or lines on standard
output. Articles are written as they come. What is written in parts is in infer.parts.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Any, NamedTuple, Protocol

from data.errors import InputError, nearest
from data.files import COMPRESSIONS, atomic_file, split_compression
from data.schema import Article
from infer.ics import open_ics
from infer.sheets import join_parquet, open_csv, open_parquet, open_xlsx
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


def join_bytes(parts: Sequence[Path], handle: IO[bytes]) -> None:
    """Parts one after the other; compressed ones make a compressed file that way, too."""
    for part in parts:
        with open(part, "rb") as source:
            shutil.copyfileobj(source, handle)


Opener = Callable[[IO[Any]], AbstractContextManager[Sink]]


class Format(NamedTuple):
    """A kind of output.

    open: turns a handle into a sink. mode: whether the handle takes text ("w") or bytes ("wb"). later: `open` for the
    parts of a file behind its first. join: makes one file of parts; None where there cannot be parts.
    """

    open: Opener
    mode: str = "w"
    later: Opener | None = None
    join: Callable[[Sequence[Path], IO[bytes]], None] | None = None


FORMATS = {
    "jsonl": Format(open_json, join=join_bytes),
    "csv": Format(open_csv, later=partial(open_csv, heading=False), join=join_bytes),
    "parquet": Format(open_parquet, "wb", join=join_parquet),
    "xlsx": Format(open_xlsx, "wb"),
    "ics": Format(open_ics),
    "table": Format(open_table),
}
COMPRESSED = tuple(f"{name}{suffix}" for name in ("jsonl", "csv") for suffix in COMPRESSIONS)
SUFFIXES = {f".{name}": name for name in FORMATS if name != "table"}


def is_folder(output: str | None) -> bool:
    """Whether `-o OUTPUT` asks for a folder of parts: a name that ends with a slash."""
    return output is not None and output.endswith(("/", os.sep))


def format_name(output: str | None, asked: str | None) -> str:
    """The format of `-o OUTPUT` and `--format ASKED`: the one asked for, else by the suffix; a table without either.

    Raises: InputError for an unknown format or suffix, and for bytes on standard output.
    """
    known = [*FORMATS, *COMPRESSED]
    if asked is not None and asked not in known:
        raise InputError(f"the format {asked!r}", expected=f"one of {', '.join(FORMATS)}", mend=nearest(asked, known))
    if output is None or output == STDOUT:
        name = asked or ("table" if output is None else "jsonl")
        if name in COMPRESSED or FORMATS[name].mode == "wb":
            raise InputError(f"no file for {name}", expected="a file to write it to", mend=f"add -o records.{name}")
        return name
    if is_folder(output):
        if FORMATS[(asked or "jsonl").partition(".")[0]].join is None:
            raise InputError(f"parts of {asked}", expected="jsonl, csv or parquet in parts", mend="name a file with -o")
        return asked or "jsonl"
    plain, compression = split_compression(output)
    name = SUFFIXES.get(plain.suffix, "") + compression
    if asked is None and name not in known:
        raise InputError(
            f"the output {output!r}",
            expected=f"a file of the kind {', '.join(SUFFIXES)}",
            mend="give it one of these suffixes, or name its --format",
        )
    return asked or name


@contextmanager
def open_sink(output: str | None, asked: str | None = None) -> Iterator[Sink]:
    """A sink for `-o OUTPUT` and `--format ASKED`; without OUTPUT, and for `-`, on standard output.

    Raises: InputError as `format_name` does, and for a place that cannot be written to.
    """
    name, _, compression = format_name(output, asked).partition(".")
    with ExitStack() as stack:
        if output is None or output == STDOUT:
            yield stack.enter_context(FORMATS[name].open(sys.stdout))
        else:
            stack.enter_context(writing(output))
            yield stack.enter_context(open_file(Path(output), name, compression))


@contextmanager
def open_file(path: Path, name: str, compression: str = "", later: bool = False) -> Iterator[Sink]:
    """A sink that makes a file of the format `name` whole or not at all; `later`: a part behind the first."""
    kind = FORMATS[name]
    opener = (later and kind.later) or kind.open
    with atomic_file(path, kind.mode, compression and f".{compression}") as handle, opener(handle) as sink:
        yield sink


@contextmanager
def writing(path: str | os.PathLike[str], keeps: str = "") -> Iterator[None]:
    """A block that writes `path`: what the system refuses (no room, no right) is an InputError.

    keeps: how the work that is done can be taken up, for the message.
    """
    try:
        yield
    except BrokenPipeError:
        raise  # standard output's
    except OSError as error:
        raise InputError(
            error.strerror or str(error),
            expected="a place to write to",
            mend="name another" + (f", or make room: {keeps}" if keeps else ""),
            path=path,
        ) from None


# ------------------------------------------------------------------ errors


def errors_file(output: str) -> Path:
    """Where the bad articles of a run with `-o OUTPUT` are told."""
    return Path(f"{Path(output)}.errors.jsonl")


class ErrorLog:
    """Bad articles: a line each on standard error, and in a file of JSON lines, if there is to be one.

    A file of an earlier run goes away with the first article of this one.
    """

    def __init__(self, path: Path | None, stack: ExitStack) -> None:
        self.count = 0
        self._path = path
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
