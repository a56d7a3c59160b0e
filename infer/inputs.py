"""Raw articles from files, folders, globs and standard input, one at a time; the kinds of files are in infer.readers.

In: what a user named on the command line. Out: a stream of `Item`s: an article, or the `InputError` it is, where it
stands, and the bytes read so far. Nothing is kept, so memory does not grow with the number of articles; reading can
begin at any `Place`.
"""

from __future__ import annotations

import glob
import io
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, NamedTuple

from data.errors import InputError, unforeseen
from data.files import decompress, reading, split_compression
from data.schema import Article
from infer.readers import Raw, Stream, read_csv, read_html, read_jsonl, read_parquet, read_text

READERS: dict[str, Callable[[Stream], Iterator[Raw]]] = {
    ".txt": read_text,
    ".jsonl": read_jsonl,
    ".csv": read_csv,
    ".parquet": read_parquet,
    ".html": read_html,
    ".htm": read_html,
}
SUFFIXES = tuple(READERS)
STDIN = "-"
# how compressed files begin, for standard input, which has no suffix
_MAGIC = {b"\x1f\x8b": ".gz", b"BZh": ".bz2", b"\xfd7zXZ": ".xz", b"\x28\xb5\x2f\xfd": ".zst"}
_HEAD = 512  # bytes at which the kind of standard input is seen


class Place(NamedTuple):
    """How far the input was read: the number of the source, and of articles taken from it."""

    source: int = 0
    row: int = 0


@dataclass(frozen=True, slots=True)
class Item:
    """One article of the input, or what is wrong with it.

    done: bytes of input read so far. place: where reading goes on behind it. path, line: where it stands.
    """

    result: Article | InputError
    done: int
    place: Place
    path: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A file (or `-`), what its articles are called by, its size in bytes and when it was changed (nanoseconds)."""

    path: str
    name: str
    size: int
    changed: int = 0


# ------------------------------------------------------------------ which files


def find_sources(names: Sequence[str], without: Sequence[Path] = ()) -> list[Source]:
    """Files behind names: a file, a folder (searched whole, but for `without`: files and folders), a glob, `-`.

    Raises: InputError for a name of nothing.
    """
    left_out = {path.resolve() for path in without}
    sources: list[Source] = []
    for name in names:
        path = Path(name)
        if name == STDIN:
            sources.append(Source(STDIN, "stdin", 0))
        elif path.is_dir():
            found = (file for file in path.rglob("*") if _kind(file) in READERS and file.is_file())
            files = sorted(file for file in found if not _is_under(file.resolve(), left_out))
            if not files:
                raise InputError(
                    "no article",
                    expected=f"a folder that holds {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]} files",
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


def _kind(path: Path) -> str:
    return split_compression(path)[0].suffix


def _is_under(path: Path, places: set[Path]) -> bool:
    return path in places or not places.isdisjoint(path.parents)


def _source(path: Path, name: Path) -> Source:
    stat = path.stat()
    plain = split_compression(name)[0].with_suffix("").as_posix()
    return Source(str(path), plain, stat.st_size, stat.st_mtime_ns)


# ------------------------------------------------------------------ articles


def read_items(sources: Sequence[Source], start: Place = Place()) -> Iterator[Item]:  # noqa: B008  # immutable
    """Every article of the sources, in order, from `start` on; a bad one is an Item with its InputError."""
    before = sum(source.size for source in sources[: start.source])
    for number, source in enumerate(sources[start.source :], start.source):
        skipped = start.row if number == start.source else 0
        path = "<stdin>" if source.path == STDIN else source.path
        try:
            for row, raw in enumerate(islice(_read(source, path), skipped, None), skipped + 1):
                yield Item(_make(raw, path), before + raw.read, Place(number, row), path, raw.line)
        except InputError as error:
            yield Item(error.at(path), before + source.size, Place(number + 1), path)
        before += source.size


def _make(raw: Raw, path: str) -> Article | InputError:
    try:
        return raw.make()
    except Exception as error:  # of whatever a library finds in it: one article must not end a run of a million
        return unforeseen(error).at(path, raw.line)


def _read(source: Source, path: str) -> Iterator[Raw]:
    if source.path == STDIN:
        yield from _read_stdin(sys.stdin.buffer, Stream(sys.stdin.buffer, path, source.name, lambda: 0))
        return
    kind, compression = _kind(Path(path)), split_compression(path)[1]
    reader = READERS.get(kind, read_text)
    if compression and reader is read_parquet:
        raise InputError(
            f"a Parquet file inside {compression}",
            expected="one as it is: it is compressed within, and is not read from its beginning",
            mend="decompress it",
        )
    with reading(path), open(path, "rb") as raw, decompress(raw, compression) as plain:
        yield from reader(Stream(plain, path, source.name, raw.tell))


class _Peeked(io.RawIOBase):
    """Bytes whose `head` was read beforehand."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = raw
        self.head = self._left = raw.read(_HEAD)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # any writable buffer is one
        part = self._left[: len(buffer)] or self._raw.read1(len(buffer))  # type: ignore[attr-defined]
        self._left = self._left[len(part) :]
        buffer[: len(part)] = part
        return len(part)


def _read_stdin(raw: IO[bytes], stream: Stream) -> Iterator[Raw]:
    """Standard input: JSON lines where it begins with a brace, as no article does; else one article."""
    packed = _Peeked(raw)
    compression = next((suffix for magic, suffix in _MAGIC.items() if packed.head.startswith(magic)), "")
    with reading(stream.path):
        plain = _Peeked(decompress(io.BufferedReader(packed), compression))
        reader = read_jsonl if plain.head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{") else read_text
        yield from reader(Stream(io.BufferedReader(plain), stream.path, stream.name, stream.read))
