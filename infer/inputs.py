"""Raw articles from files, folders, globs, JSON lines and standard input, one at a time.

In: what a user named on the command line. Out: a stream of `Item`s: an article, or the `InputError` it is, with the
bytes read so far. Nothing is kept, so memory does not grow with the number of articles.
"""

from __future__ import annotations

import glob
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from data.errors import InputError
from data.files import decode, read_bytes
from data.formats import parse_json_line
from data.schema import Article, parse_article

SUFFIXES = (".txt", ".jsonl")
STDIN = "-"


@dataclass(frozen=True, slots=True)
class Item:
    """One article of the input, or what is wrong with it; `done` counts the bytes of input read so far."""

    result: Article | InputError
    done: int


@dataclass(frozen=True, slots=True)
class Source:
    """A file (or `-`), what its articles are called by, and its size in bytes."""

    path: str
    name: str
    size: int


def find_sources(names: Sequence[str], without: Sequence[Path] = ()) -> list[Source]:
    """Files behind names: a file, a folder (searched whole, but for `without`), a glob, `-`.

    Raises: InputError for a name of nothing.
    """
    left_out = {path.resolve() for path in without}
    sources: list[Source] = []
    for name in names:
        path = Path(name)
        if name == STDIN:
            sources.append(Source(STDIN, "stdin", 0))
        elif path.is_dir():
            found = (file for file in path.rglob("*") if file.suffix in SUFFIXES and file.is_file())
            files = sorted(file for file in found if file.resolve() not in left_out)
            if not files:
                raise InputError(
                    "no article",
                    expected=f"a folder that holds {' or '.join(SUFFIXES)} files",
                    mend="check the folder, or name the files",
                    path=path,
                )
            sources += [_source(file, file.relative_to(path)) for file in files]
        elif path.is_file():
            sources.append(_source(path, Path(path.name)))
        else:
            matches = sorted(file for file in glob.glob(name, recursive=True) if os.path.isfile(file))
            if not matches:
                raise InputError("nothing", expected="a file, a folder or a glob", mend="check the path", path=name)
            sources += [_source(Path(match), Path(Path(match).name)) for match in matches]
    return sources


def _source(path: Path, name: Path) -> Source:
    return Source(str(path), name.with_suffix("").as_posix(), path.stat().st_size)


def read_items(sources: Sequence[Source]) -> Iterator[Item]:
    """Every article of the sources, in order; a bad one is an Item with its InputError."""
    done = 0
    for source in sources:
        try:
            for result, read in _read(source):
                yield Item(result, done + read)
        except InputError as error:
            yield Item(error.at(source.path), done + source.size)
        done += source.size


def _read(source: Source) -> Iterator[tuple[Article | InputError, int]]:
    if source.path == STDIN:
        stream: BinaryIO = sys.stdin.buffer
        head = []
        for line in stream:
            head.append(line)
            if line.removeprefix(b"\xef\xbb\xbf").strip():
                break
        # an article does not begin with a brace, a JSON line does
        if head and head[-1].removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
            yield from _read_lines(chain(head, stream), "<stdin>", source.name)
        else:
            yield _text(b"".join(head) + stream.read(), "<stdin>", source.name), 0
    elif source.path.endswith(".jsonl"):
        try:
            with open(source.path, "rb") as handle:
                yield from _read_lines(handle, source.path, source.name)
        except OSError as error:
            raise InputError(
                error.strerror or str(error), expected="a readable file", mend="check it", path=source.path
            ) from None
    else:
        yield _text(read_bytes(source.path), source.path, source.name), source.size


def _text(raw: bytes, path: str, name: str) -> Article | InputError:
    try:
        text = decode(raw, path)
    except InputError as error:
        return error
    if not text.strip():
        return InputError("an empty file", expected="an article", mend="delete it or fill it", path=path)
    return Article.model_construct(id=name, date=None, text=text, meta={})


def _read_lines(lines: Iterable[bytes], path: str, name: str) -> Iterator[tuple[Article | InputError, int]]:
    read = 0
    for number, raw in enumerate(lines, 1):
        read += len(raw)
        if not raw.strip():
            continue
        try:
            yield _article(parse_json_line(raw, path, number), f"{name}:{number}"), read
        except InputError as error:
            yield error.at(path, number), read


def _article(value: object, name: str) -> Article:
    """The fields that inference reads: `text`, and if there are any `id`, `date` and `meta`. Others do no harm."""
    if not isinstance(value, dict):
        raise InputError(f"a JSON {type(value).__name__}", expected="a JSON object", mend='write {"text": …}')
    known = {key: value[key] for key in ("id", "date", "text", "meta") if value.get(key) is not None}
    article = parse_article({"id": name, **known})
    if not article.text.strip():
        raise InputError("an empty text", expected="an article", mend="leave the line out")
    return article
