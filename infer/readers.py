"""What each kind of file holds: text, JSON lines, CSV, Parquet, HTML, as articles not yet made.

In: an open, decompressed file. Out: a stream of `Raw`: where an article stands and a function that makes it, so that
those which a resumed run has done already are passed over unread. Nothing is kept, and what is read at one go (a line,
a row, a whole text or page) is bounded, so that one huge article costs itself alone.
"""

from __future__ import annotations

import csv
import datetime as dt
import decimal
import importlib
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import IO, Any, NamedTuple

from data.errors import InputError
from data.files import decode
from data.formats import parse_json_line
from data.schema import Article, parse_article
from infer.sheets import import_arrow

# Characters of an article: three hundred times one of news, twice a long novel. What becomes of it takes time and
# memory in proportion.
MOST_CHARACTERS = 1_000_000
# Bytes of a line, row, text or page: the longest article with every character escaped, and what stands beside it.
MOST_BYTES = 16_000_000
ROWS = 64  # of a Parquet file, decoded at once

FIELDS = ("id", "date", "text", "meta")


@dataclass(frozen=True, slots=True)
class Stream:
    """An open file: its bytes, its path as messages name it, what its articles are called by.

    read: gives the bytes of the file itself (compressed, if it is) that were read so far.
    """

    plain: IO[bytes]
    path: str
    name: str
    read: Callable[[], int]


class Raw(NamedTuple):
    """An article that is not made yet: its line (or row), bytes read so far; `make` raises InputError for a bad one."""

    line: int | None
    read: int
    make: Callable[[], Article]


def as_article(value: object, name: str, mend: str) -> Article:
    """The fields that inference reads: `text`, and if there are any `id`, `date` and `meta`. Others do no harm."""
    if not isinstance(value, dict):
        raise InputError(f"a JSON {type(value).__name__}", expected="a JSON object", mend='write {"text": …}')
    known = {key: value[key] for key in FIELDS if value.get(key) is not None}
    article = parse_article({"id": name, **known})
    return _checked(article, mend)


def _checked(article: Article, mend: str) -> Article:
    if not article.text.strip():
        raise InputError("an empty text", expected="an article", mend=mend)
    if len(article.text) > MOST_CHARACTERS:
        raise too_long(f"a text of {len(article.text):,} characters")
    return article


def too_long(found: str) -> InputError:
    """The refusal of what is no article, whatever else it is."""
    return InputError(
        found,
        expected=f"an article of at most {MOST_CHARACTERS:,} characters",
        mend="cut it into the articles that it is made of",
    )


# ------------------------------------------------------------------ text


def read_text(stream: Stream) -> Iterator[Raw]:
    """A whole file as one article."""
    raw = stream.plain.read(MOST_BYTES + 1)
    yield Raw(None, stream.read(), partial(_from_text, raw, stream))


def _from_text(raw: bytes, stream: Stream) -> Article:
    if len(raw) > MOST_BYTES:
        raise too_long(f"a text of more than {MOST_BYTES:,} bytes")
    text = decode(raw, stream.path)
    if not text.strip():
        raise InputError("an empty file", expected="an article", mend="delete it or fill it")
    return _checked(Article.model_construct(id=stream.name, date=None, text=text, meta={}), "delete it or fill it")


# ------------------------------------------------------------------ JSON lines


def read_jsonl(stream: Stream) -> Iterator[Raw]:
    """An article a line; blank lines are none."""
    for number, raw in enumerate(bounded_lines(stream.plain), 1):
        if raw.strip():
            yield Raw(number, stream.read(), partial(_from_json, raw, stream, number))


def bounded_lines(plain: IO[bytes]) -> Iterator[bytes]:
    """Lines with their ends; of one beyond MOST_BYTES the first MOST_BYTES + 1 bytes, the rest passed over."""
    while line := plain.readline(MOST_BYTES + 1):
        yield line
        while len(line) > MOST_BYTES and not line.endswith(b"\n"):
            line = plain.readline(MOST_BYTES + 1) or b"\n"


def _from_json(raw: bytes, stream: Stream, number: int) -> Article:
    if len(raw) > MOST_BYTES:
        raise too_long(f"a line of more than {MOST_BYTES:,} bytes")
    value = parse_json_line(raw, stream.path, number)
    return as_article(value, f"{stream.name}:{number}", "leave the line out")


# ------------------------------------------------------------------ CSV

DELIMITERS = ",;\t"  # Excel writes the second where the decimal point is a comma, as in Vietnam


def read_csv(stream: Stream) -> Iterator[Raw]:
    """An article a row, in the columns `text`, and if there are any `id` and `date`; others are its metadata.

    Raises: InputError where the first line names no column `text`.
    """
    lines = _CsvLines(stream.plain)
    first = next(lines, "").removeprefix("\ufeff")
    headings = {mark: next(csv.reader([first], delimiter=mark), []) for mark in DELIMITERS}
    delimiter = next((mark for mark in DELIMITERS if "text" in headings[mark]), DELIMITERS[0])
    columns = headings[delimiter]
    _check_columns(columns)
    rows = csv.reader(lines, delimiter=delimiter, strict=True)
    before = csv.field_size_limit(MOST_BYTES)
    try:
        while True:
            line = lines.count + 1
            try:
                row: list[str] | InputError = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                row = InputError(
                    f"a row that is not CSV ({error})",
                    expected='quoted fields ("…", a quote in them doubled) of one article a row',
                    mend="write the file with a CSV library",
                )
            if row:
                yield Raw(line, stream.read(), partial(_from_csv, row, columns, stream, line))
    finally:
        csv.field_size_limit(before)


class _CsvLines:
    """Lines as text, counted; bytes that are not UTF-8 are kept in it until their row is known."""

    def __init__(self, plain: IO[bytes]) -> None:
        self._lines = bounded_lines(plain)
        self.count = 0

    def __iter__(self) -> _CsvLines:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.count += 1
        if len(line) > MOST_BYTES:
            raise csv.Error(f"a line of more than {MOST_BYTES:,} bytes")
        return line.decode("utf-8", "surrogateescape")


def _check_columns(columns: list[str]) -> None:
    if "text" not in columns:
        raise InputError(
            f"the columns {', '.join(columns) or '(none)'}",
            expected="a column named text; id and date are read as well, and others as metadata",
            mend="name the column of the articles' texts so",
            line=1,
        )


def _from_csv(row: list[str] | InputError, columns: list[str], stream: Stream, line: int) -> Article:
    if isinstance(row, InputError):
        raise row
    decode(" ".join(row).encode("utf-8", "surrogateescape"), stream.path, line)
    if len(row) > len(columns):
        raise InputError(
            f"a row of {len(row)} fields",
            expected=f"{len(columns)}, as in the first line",
            mend="quote fields that hold the delimiter",
        )
    return _from_columns(dict(zip(columns, row, strict=False)), f"{stream.name}:{line}")


def _from_columns(values: Mapping[str, Any], name: str) -> Article:
    """A row of a table; empty cells are no values. A day may come as one, or as a point in time."""
    cells = {key: value for key, value in values.items() if value is not None and value != ""}
    date = cells.get("date")
    known: dict[str, Any] = {"text": cells.get("text"), "date": date.date() if isinstance(date, dt.datetime) else date}
    if "id" in cells:
        known["id"] = str(cells["id"])
    inner = cells.get("meta")
    more = {key: value for key, value in cells.items() if key not in FIELDS}
    more |= dict(inner) if isinstance(inner, Mapping | list) else {} if inner is None else {"meta": inner}
    known["meta"] = {key: str(value) for key, value in more.items() if value is not None}
    return as_article(known, name, "leave the row out")


# ------------------------------------------------------------------ Parquet

_PLAIN = (str, int, float, bool, dt.date, decimal.Decimal)


def read_parquet(stream: Stream) -> Iterator[Raw]:
    """An article a row, in the columns that CSV has; of others those of texts, numbers and days are its metadata, and
    so are the values of a column `meta`.

    Raises: InputError where there is no column `text`, or no pyarrow.
    """
    arrow, parquet = import_arrow()
    try:
        # a buffer: pages of a column as they are needed, not a whole row group of it
        file = parquet.ParquetFile(stream.plain, buffer_size=1 << 20, pre_buffer=False)
        schema = file.schema_arrow
        _check_columns(schema.names)
        kept = [field.name for field in schema if field.name in FIELDS or not arrow.types.is_nested(field.type)]
        size, number = stream.plain.seek(0, 2), 0
        for batch in file.iter_batches(batch_size=ROWS, columns=kept, use_threads=False):
            for row in batch.to_pylist():
                number += 1
                read = size * number // file.metadata.num_rows
                yield Raw(number, read, partial(_from_parquet, row, f"{stream.name}:{number}"))
    except arrow.ArrowException as error:
        raise InputError(
            f"no whole Parquet file ({' '.join(str(error).split())})",
            expected="a file as Parquet libraries write it",
            mend="write it anew",
        ) from None


def _from_parquet(row: Mapping[str, Any], name: str) -> Article:
    kept = {key: value for key, value in row.items() if key in FIELDS or isinstance(value, _PLAIN)}
    return _from_columns(kept, name)


# ------------------------------------------------------------------ HTML


def read_html(stream: Stream) -> Iterator[Raw]:
    """A page of a news site as one article: its main text, and its date where the page states one."""
    raw = stream.plain.read(MOST_BYTES + 1)
    yield Raw(None, stream.read(), partial(_from_html, raw, stream))


def _from_html(raw: bytes, stream: Stream) -> Article:
    try:
        extract = importlib.import_module("trafilatura").bare_extraction
        logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # what it finds wrong is said below, once
    except ImportError:
        raise InputError(
            "no package trafilatura", expected="it to be installed for HTML pages", mend="pip install 'giaoban[html]'"
        ) from None
    if len(raw) > MOST_BYTES:
        raise too_long(f"a page of more than {MOST_BYTES:,} bytes")
    # a date that is not stated would be a guess at one of those in the text
    stated = {"extensive_search": False, "original_date": True}
    page = extract(raw, include_comments=False, with_metadata=True, date_extraction_params=stated)
    if page is None or not (page.text or "").strip():
        raise InputError("no article in the page", expected="a page with a main text", mend="leave it out")
    known = {"id": stream.name, "text": page.text, "date": page.date, "meta": {"title": page.title or ""}}
    return as_article({key: value for key, value in known.items() if value}, stream.name, "leave it out")
