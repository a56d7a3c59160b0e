"""CSV, Excel and Parquet, each read back with a library: the same rows, no formula, any text."""

from __future__ import annotations

import csv
import datetime as dt
import importlib
import io
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import infer.sheets
from data.errors import InputError
from data.schema import Article, parse_article
from infer.outputs import open_sink
from infer.rows import Row, read_records
from infer.sheets import open_csv, open_parquet, open_xlsx
from tests.records import RECORD, article, odd

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "＝1", '=HYPERLINK("http://x")', "- Sở Y tế"]


def rows(*articles: Article) -> list[Row]:
    return [record.row() for one in articles for record in read_records(one)]


def as_csv(*articles: Article) -> str:
    out = io.StringIO(newline="")
    with open_csv(out) as sink:
        for one in articles:
            sink.write(one)
    return out.getvalue()


def read_csv(*articles: Article) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(as_csv(*articles), newline=""), strict=True))


def as_xlsx(*articles: Article) -> Any:
    out = io.BytesIO()
    with open_xlsx(out) as sink:
        for one in articles:
            sink.write(one)
    return openpyxl.load_workbook(out)["records"]


def read_xlsx(*articles: Article) -> list[dict[str, Any]]:
    head, *body = as_xlsx(*articles).iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in body]


def read_parquet(*articles: Article) -> list[dict[str, Any]]:
    out = io.BytesIO()
    with open_parquet(out) as sink:
        for one in articles:
            sink.write(one)
    out.seek(0)
    found: list[dict[str, Any]] = pyarrow.parquet.read_table(out).to_pylist()
    return found


def text_article(text: str, id: str = "x") -> Article:
    """An article whose one record has the whole text, a single mention of it, as its sentence."""
    value = article().model_copy(update={"id": id, "text": text})
    mention = value.entities[1].model_copy(update={"start": 0, "end": len(text), "text": text, "normalized": None})
    return value.model_copy(
        update={"entities": [mention], "directives": article(directives=[{"assignees": ["a"]}]).directives}
    )


# ------------------------------------------------------------------ CSV


def test_csv_has_a_row_for_each_record() -> None:
    (row,) = read_csv(article())
    assert tuple(row) == Row._fields
    assert row == {name: "" if value is None else str(value) for name, value in rows(article())[0]._asdict().items()}
    assert (row["date"], row["due"], row["score"]) == ("2020-11-05", "2020-11-30", "0.75")
    assert read_csv(article(directives=[])) == []


def test_csv_of_what_is_not_known_is_empty() -> None:
    (row,) = read_csv(article(date=None, directives=[{}]))
    assert set(row.values()) == {"x", ""}


def test_csv_quotes_as_rfc_4180_wants(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    phrase = 'Sở "Y tế", phòng; ban'
    with open_sink(str(path)) as sink:
        sink.write(odd(phrase, id='a,"b"'))
    raw = path.read_bytes().decode()
    assert raw.startswith("article,date,issuer,")
    assert raw.split("\r\n")[1].startswith('"a,""b""",,"Sở ""Y tế"", phòng; ban",')
    assert raw.endswith("\r\n")
    assert raw.count("\r\n") == 2


@pytest.mark.parametrize("text", FORMULAS)
def test_csv_holds_no_formula(text: str) -> None:
    (row,) = read_csv(odd(text, id=text))
    assert [row[name] for name in ("article", "issuer", "assignees")] == [f"'{text}"] * 3
    assert row["sentence"].startswith(f"'{text}")


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_csv_of_any_text(text: str) -> None:
    (row,) = read_csv(text_article(text, id=text))
    assert row["assignees"].removeprefix("'") == text.removeprefix("'")
    assert row["article"] == row["assignees"]
    assert not row["article"].startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


def test_csv_is_written_as_the_articles_come() -> None:
    out = io.StringIO(newline="")
    with open_csv(out) as sink:
        sink.write(article(id="first"))
        assert "first" in out.getvalue()


# ------------------------------------------------------------------ Excel


def test_excel_has_a_row_for_each_record_with_real_dates_and_numbers() -> None:
    read = read_xlsx(article(), article(id="y", date=None, directives=[{}, RECORD]), article(id="z", directives=[]))
    written = rows(article(), article(id="y", date=None, directives=[{}, RECORD]))
    assert len(read) == 3
    for row, expected in zip(read, written, strict=True):
        days = {name: value.date() for name, value in row.items() if isinstance(value, dt.datetime)}
        assert row | days == expected._asdict()
    assert isinstance(read[0]["due"], dt.datetime)
    assert isinstance(read[0]["start"], int)


def test_excel_shows_the_headings_of_an_empty_sheet_and_keeps_them_in_view() -> None:
    sheet = as_xlsx()
    assert [cell.value for cell in sheet[1]] == list(Row._fields)
    assert sheet.freeze_panes == "A2"


@pytest.mark.parametrize("text", FORMULAS)
def test_excel_holds_no_formula(text: str) -> None:
    sheet = as_xlsx(odd(text, id=text))
    cells = [sheet.cell(2, Row._fields.index(name) + 1) for name in ("article", "issuer", "assignees", "sentence")]
    assert [cell.data_type for cell in cells] == ["s"] * 4
    assert [bool(cell.quotePrefix) for cell in cells] == [True] * 4
    assert cells[0].value == text


def test_excel_holds_no_formula_in_its_own_xml(tmp_path: Path) -> None:
    path = tmp_path / "out.xlsx"
    with open_sink(str(path)) as sink:
        sink.write(odd("=1+1"))
    with zipfile.ZipFile(path) as book:
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")
        assert b"=1+1" in book.read("xl/worksheets/sheet1.xml")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("một\r\nhai\rba\nbốn", "một\nhai\nba\nbốn"),
        ("a\x00b\x0bc\x1fd\ufffee", "a\ufffdb\ufffdc\ufffdd\ufffde"),
        ("x" * 32_767, "x" * 32_767),
        ("x" * 32_768, "x" * 32_766 + "…"),
    ],
)
def test_excel_cells_hold_what_excel_can(text: str, shown: str) -> None:
    (row,) = read_xlsx(text_article(text))
    assert row["assignees"] == shown


@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), min_size=1))
def test_excel_of_any_text(text: str) -> None:
    (row,) = read_xlsx(text_article(text, id=text))
    assert (row["article"], row["assignees"]) == (text, text)


@pytest.mark.parametrize("day", ["0001-01-01", "1850-06-01", "1900-02-28"])
def test_excel_has_days_before_its_calendar_as_text(day: str) -> None:
    (row,) = read_xlsx(article(date=day))
    assert row["date"] == day


def test_excel_refuses_more_rows_than_a_sheet_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(infer.sheets, "SHEET_ROWS", 2)
    with pytest.raises(InputError) as caught, open_sink(str(tmp_path / "out.xlsx")) as sink:
        sink.write(article())
        sink.write(article())
    assert str(caught.value) == (
        "found more than 1 records; expected no more than a sheet of Excel holds. "
        "To mend it: write .csv or .parquet, or filter."
    )
    assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------------ Parquet


def test_parquet_gives_the_rows_back_with_their_types(tmp_path: Path) -> None:
    written = [article(), article(id="y", date=None, directives=[{}, RECORD]), article(id="z", directives=[])]
    assert read_parquet(*written) == [row._asdict() for row in rows(*written)]
    path = tmp_path / "out.parquet"
    with open_sink(str(path)) as sink:
        sink.write(written[0])
    schema = pyarrow.parquet.read_schema(path)
    assert [(name, str(schema.field(name).type)) for name in ("article", "due", "start", "score")] == [
        ("article", "string"),
        ("due", "date32[day]"),
        ("start", "int64"),
        ("score", "double"),
    ]


def test_parquet_without_a_record_still_has_its_columns() -> None:
    out = io.BytesIO()
    with open_parquet(out):
        pass
    out.seek(0)
    table = pyarrow.parquet.read_table(out)
    assert (table.num_rows, tuple(table.column_names)) == (0, Row._fields)


@pytest.mark.parametrize(("size", "groups"), [(1, [1] * 6), (4, [4, 2]), (6, [6]), (7, [6])])
def test_parquet_is_written_in_groups_and_loses_no_row(
    size: int, groups: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(infer.sheets, "ROW_GROUP", size)
    path = tmp_path / "out.parquet"
    with open_sink(str(path)) as sink:
        for name in "012345":
            sink.write(article(id=name))
    file = pyarrow.parquet.ParquetFile(path)
    assert [file.metadata.row_group(number).num_rows for number in range(file.num_row_groups)] == groups
    assert file.read().column("article").to_pylist() == list("012345")
    file.close()


@pytest.mark.parametrize("text", [*FORMULAS, "một\r\nhai\x00", "x" * 40_000])
def test_parquet_holds_texts_as_they_are(text: str) -> None:
    (row,) = read_parquet(text_article(text, id=text))
    assert (row["article"], row["assignees"]) == (text, text)


def test_parquet_without_its_library_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(InputError) as caught, open_sink(str(tmp_path / "out.parquet")):
        pass
    assert str(caught.value) == (
        "found no package pyarrow; expected it to be installed for Parquet. To mend it: pip install 'giaoban[parquet]'."
    )
    assert list(tmp_path.iterdir()) == []


def test_all_three_hold_the_same_sentence() -> None:
    one = parse_article(article().to_json())
    assert read_csv(one)[0]["sentence"] == read_xlsx(one)[0]["sentence"] == read_parquet(one)[0]["sentence"]
