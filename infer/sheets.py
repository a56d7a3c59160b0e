"""Records as the rows of a spreadsheet: CSV, Excel, Parquet; one record a row, in the columns of `infer.rows.Row`.

In: articles with directives. Out: a file of the kind, written as the articles come, complete when the block ends.

No cell becomes a formula, whatever the article says: in CSV a text that begins as one gets an apostrophe in front, in
Excel it is stored as text and marked as such. Parquet holds texts as they are.
"""

from __future__ import annotations

import csv
import datetime as dt
import importlib
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, get_type_hints

from data.errors import InputError
from data.schema import Article
from infer.rows import Row, read_records

FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # OWASP, CSV injection
SHEET_ROWS, SHEET_CELL = 1_048_576, 32_767  # Excel's limits: rows of a sheet, characters of a cell
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_WIDE = {"sentence": 80, "assignees": 40, "indicators": 40, "deadlines": 40, "issuer": 40}  # columns, in characters
ROW_GROUP = 10_000  # rows that are held before Parquet writes them


class RowSink:
    """Gives every record of an article to `put`."""

    def __init__(self, put: Callable[[Row], None]) -> None:
        self._put = put

    def write(self, article: Article) -> None:
        for row in [record.row() for record in read_records(article)]:  # all, or none where one of them fails
            self._put(row)


@contextmanager
def open_csv(handle: IO[str], heading: bool = True) -> Iterator[RowSink]:
    """CSV as RFC 4180 has it, with a line of headings or, where it goes on behind another part, without."""
    writer = csv.writer(handle, lineterminator="\r\n")
    if heading:
        writer.writerow(Row._fields)
    yield RowSink(lambda row: writer.writerow(map(_no_formula, row)))


def _no_formula(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


@contextmanager
def open_xlsx(handle: IO[bytes]) -> Iterator[RowSink]:
    """A workbook of one sheet with headings that stay in view. Raises: InputError past the rows that Excel can hold."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    sheet = book.create_sheet("records")
    sheet.freeze_panes = "A2"
    for number, name in enumerate(Row._fields, 1):
        sheet.column_dimensions[get_column_letter(number)].width = _WIDE.get(name, 16)
    rows = 1

    def cell(value: Any) -> Any:
        if isinstance(value, dt.date) and value.year <= 1900:
            value = value.isoformat()  # Excel's calendar begins there, with a day that never was
        if not isinstance(value, str):
            return WriteOnlyCell(sheet, value)
        made = WriteOnlyCell(sheet, _sheet_text(value))
        made.data_type = "s"  # or openpyxl takes "=…" for a formula
        made.quotePrefix = value.startswith(FORMULA)  # or Excel does, once somebody edits the cell
        return made

    def put(row: Row) -> None:
        nonlocal rows
        rows += 1
        if rows > SHEET_ROWS:
            raise InputError(
                f"more than {SHEET_ROWS - 1:,} records",
                expected="no more than a sheet of Excel holds",
                mend="write .csv or .parquet, or filter",
            )
        sheet.append([cell(value) for value in row])

    sheet.append(Row._fields)
    try:
        yield RowSink(put)
        book.save(handle)
    finally:
        if not sheet.closed:
            sheet.close()  # a run that broke off


def _sheet_text(text: str) -> str:
    """Text that a cell can hold: no control characters, one kind of line break, a mark where it had to be cut."""
    clean = _NO_XML.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))
    return clean if len(clean) <= SHEET_CELL else clean[: SHEET_CELL - 1] + "…"


@contextmanager
def open_parquet(handle: IO[bytes]) -> Iterator[RowSink]:
    """A Parquet file: texts, days (date32), offsets (int64), scores (float64); nothing known is null.

    Raises: InputError where pyarrow is not installed.
    """
    arrow, parquet = import_arrow()
    kinds = {str: arrow.string(), dt.date: arrow.date32(), int: arrow.int64(), float: arrow.float64()}
    types = get_type_hints(Row)
    schema = arrow.schema([(name, kinds[_kind(types[name])]) for name in Row._fields])
    held: list[Row] = []

    with parquet.ParquetWriter(handle, schema) as writer:

        def flush() -> None:
            writer.write_table(arrow.table([list(column) for column in zip(*held, strict=True)], schema=schema))
            held.clear()

        def put(row: Row) -> None:
            held.append(row)
            if len(held) == ROW_GROUP:
                flush()

        yield RowSink(put)
        if held:
            flush()


def join_parquet(parts: Sequence[Path], handle: IO[bytes]) -> None:
    """One Parquet file with the row groups of several that have the same columns."""
    _, parquet = import_arrow()
    with parquet.ParquetWriter(handle, parquet.read_schema(parts[0])) as writer:
        for part in parts:
            with parquet.ParquetFile(part) as file:
                for number in range(file.num_row_groups):
                    writer.write_table(file.read_row_group(number))


def import_arrow() -> tuple[Any, Any]:
    """pyarrow and pyarrow.parquet, which few need. Raises: InputError where it is not installed."""
    try:
        return importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
    except ImportError:
        raise InputError(
            "no package pyarrow", expected="it to be installed for Parquet", mend="pip install 'giaoban[parquet]'"
        ) from None


def _kind(hint: Any) -> type:
    """`str` of `str | None`."""
    kinds = [kind for kind in getattr(hint, "__args__", (hint,)) if kind is not type(None)]
    (kind,) = kinds
    return kind  # type: ignore[no-any-return]  # annotations are classes here
