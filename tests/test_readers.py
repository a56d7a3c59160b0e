"""Kinds of files: CSV, Parquet, HTML, compressed ones; and what is too long, too deep or half a file."""

from __future__ import annotations

import bz2
import csv
import datetime as dt
import gzip
import io
import json
import lzma
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest
from backports import zstd
from hypothesis import given, settings
from hypothesis import strategies as st

import data.files
import infer.readers
from data.errors import InputError
from data.schema import Article
from infer.inputs import Item, Place, find_sources, read_items
from tests.test_inputs import articles, pipe, put, read

COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": zstd.compress,
}


def items(*names: str | Path) -> list[Item]:
    return list(read_items(find_sources([str(name) for name in names])))


def error(*names: str | Path) -> str:
    """The message of what is one bad article."""
    (found,) = read(*names)
    assert isinstance(found, InputError)
    return str(found)


def one(*names: str | Path) -> Article:
    (found,) = read(*names)
    assert isinstance(found, Article), str(found)
    return found


# ------------------------------------------------------------------ compressed


@pytest.mark.parametrize("suffix", COMPRESS)
def test_compressed_files_are_read_as_what_is_in_them(tmp_path: Path, suffix: str) -> None:
    pack = COMPRESS[suffix]
    put(tmp_path / f"a.jsonl{suffix}", pack(b'{"text": "m\xe1\xbb\x99t"}\n') + pack(b'{"text": "hai"}\n'))
    put(tmp_path / f"b.tin.txt{suffix}", pack(b"ba"))
    put(tmp_path / f"c.csv{suffix}", pack(b"text\nnam\n"))
    assert articles(tmp_path) == [("a:1", "một"), ("a:2", "hai"), ("b.tin", "ba"), ("c:2", "nam")]


@pytest.mark.parametrize("suffix", COMPRESS)
def test_a_compressed_file_that_ends_too_early_costs_what_it_lacks(tmp_path: Path, suffix: str) -> None:
    """What was read before is there; what is missing is never taken for the end."""
    lines = "".join(f'{{"text": "{number * 7919}"}}\n' for number in range(20_000)).encode()
    whole = COMPRESS[suffix](lines)
    path = put(tmp_path / f"a.jsonl{suffix}", whole[: len(whole) * 3 // 4])
    put(tmp_path / "b.txt", "sau")
    *good, bad, last = read(tmp_path)
    assert all(isinstance(result, Article) for result in good)
    assert isinstance(bad, InputError)
    assert str(bad).startswith(f"{path}: found Compressed file ended before the end-of-stream marker was reached; ")
    assert isinstance(last, Article)


@pytest.mark.parametrize("suffix", COMPRESS)
def test_a_file_that_is_not_compressed_as_its_name_says(tmp_path: Path, suffix: str) -> None:
    path = put(tmp_path / f"a.txt{suffix}", "họp")
    assert error(path).startswith(f"{path}: found ")
    assert error(path).endswith("; expected a readable file. To mend it: check it.")


def test_a_missing_package_for_zstandard_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data.files, "_ZSTD", "no_such_package")
    assert "To mend it: pip install 'giaoban[zstd]'." in error(put(tmp_path / "a.txt.zst", zstd.compress(b"a")))


@pytest.mark.parametrize("suffix", ["", *COMPRESS])
@pytest.mark.parametrize("content", ['{"id": "x", "text": "họp"}\n', "họp"])
def test_standard_input_may_be_compressed(monkeypatch: pytest.MonkeyPatch, suffix: str, content: str) -> None:
    pipe(monkeypatch, COMPRESS.get(suffix, bytes)(content.encode()))
    assert articles("-") == [("x" if "{" in content else "stdin", "họp")]


def test_progress_counts_bytes_of_the_compressed_file(tmp_path: Path) -> None:
    lines = "".join(f'{{"text": "{number * 7919}"}}\n' for number in range(20_000)).encode()
    path = put(tmp_path / "a.jsonl.gz", gzip.compress(lines))
    done = [item.done for item in items(path)]
    assert done == sorted(done)
    assert 0 < done[0] < done[-1] == path.stat().st_size


# ------------------------------------------------------------------ CSV


def test_csv_with_all_there_may_be(tmp_path: Path) -> None:
    rows = [
        {"id": "x", "text": 'Sở "Y tế"\nhọp, nghỉ', "date": "2020-11-05", "place": "Huế", "empty": ""},
        {"id": "", "text": "hai", "date": "", "place": "", "empty": ""},
    ]
    handle = io.StringIO()
    writer = csv.DictWriter(handle, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    first, second = read(put(tmp_path / "a.csv", "\ufeff" + handle.getvalue()))
    assert isinstance(first, Article)
    assert isinstance(second, Article)
    assert (first.id, first.text, first.date, first.meta) == (
        *("x", 'Sở "Y tế"\nhọp, nghỉ', dt.date(2020, 11, 5)),
        {"place": "Huế"},
    )
    assert (second.id, second.date, second.meta) == ("a:4", None, {})


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_may_be_delimited_as_excel_does(tmp_path: Path, delimiter: str) -> None:
    assert articles(put(tmp_path / "a.csv", f"id{delimiter}text\r\nx{delimiter}họp\r\n")) == [("x", "họp")]


def test_csv_without_a_text_column_names_those_it_has(tmp_path: Path) -> None:
    path = put(tmp_path / "a.csv", "id,body\n1,họp\n")
    assert error(path) == (
        f"{path}:1: found the columns id, body; expected a column named text; id and date are read as well, and others "
        "as metadata. To mend it: name the column of the articles' texts so."
    )
    assert "found the columns (none); " in error(put(tmp_path / "b.csv", ""))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (b'1,2,"a"', "found a row of 3 fields; expected 2, as in the first line. To mend it: quote fields"),
        (b'1,"a"b', "found a row that is not CSV (',' expected after '\"'); expected quoted fields"),
        (b"1,caf\xe9", "found byte 0xe9, which is not UTF-8; "),
        (b"1,", "found no field text; "),
        (b"1", "found no field text; "),
        (b'1," "', "found an empty text; expected an article. To mend it: leave the row out."),
    ],
)
def test_a_bad_row_has_its_line_and_the_rest_goes_on(tmp_path: Path, row: bytes, message: str) -> None:
    path = put(tmp_path / "a.csv", b'id,text\nx,"a\nb"\n' + row + b"\ny,c\n")
    first, bad, last = read(path)
    assert isinstance(bad, InputError)
    assert bad.line == 4
    assert message in str(bad)
    assert isinstance(first, Article)
    assert isinstance(last, Article)
    assert (first.id, last.id) == ("x", "y")


@settings(max_examples=60)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip), min_size=1))
def test_whatever_a_csv_library_writes_is_read_back(texts: list[str]) -> None:
    handle = io.StringIO()
    csv.writer(handle).writerows([["text"], *([text] for text in texts)])
    stream = infer.readers.Stream(io.BytesIO(handle.getvalue().encode()), "a.csv", "a", lambda: 0)
    assert [raw.make().text for raw in infer.readers.read_csv(stream)] == texts


# ------------------------------------------------------------------ Parquet


def table(path: Path, columns: dict[str, Any], **rest: Any) -> Path:
    pyarrow.parquet.write_table(pyarrow.table(columns), path, **rest)
    return path


def test_parquet_with_all_there_may_be(tmp_path: Path) -> None:
    columns = {
        "id": [7, None],
        "text": ["Sở họp", "hai"],
        "date": [dt.date(2020, 11, 5), None],
        "views": [12, None],
        "place": ["Huế", None],
        "vector": [[0.5, 1.0], None],
        "raw": [b"\xff", None],
        "meta": [{"topic": "y tế"}, None],
    }
    first, second = read(table(tmp_path / "a.parquet", columns))
    assert isinstance(first, Article)
    assert isinstance(second, Article)
    assert (first.id, first.text, first.date) == ("7", "Sở họp", dt.date(2020, 11, 5))
    assert first.meta == {"views": "12", "place": "Huế", "topic": "y tế"}
    assert (second.id, second.date, second.meta) == ("a:2", None, {})


def test_a_point_in_time_is_a_day(tmp_path: Path) -> None:
    assert one(table(tmp_path / "a.parquet", {"text": ["họp"], "date": [dt.datetime(2020, 11, 5, 9)]})).date == dt.date(
        2020, 11, 5
    )


def test_parquet_is_read_in_order_with_bad_rows_in_their_places(tmp_path: Path) -> None:
    texts = [None if number == 70 else f"họp {number}" for number in range(200)]
    found = items(table(tmp_path / "a.parquet", {"text": texts}, row_group_size=50))
    assert [item.line for item in found if isinstance(item.result, InputError)] == [71]
    assert [item.result.text for item in found if isinstance(item.result, Article)] == [text for text in texts if text]
    assert [item.done for item in found] == sorted(item.done for item in found)
    assert found[-1].done == (tmp_path / "a.parquet").stat().st_size


def test_what_is_no_parquet_is_said(tmp_path: Path) -> None:
    assert "found no whole Parquet file (" in error(put(tmp_path / "a.parquet", "họp" * 99))
    assert "found the columns body; expected a column named text" in error(table(tmp_path / "b.parquet", {"body": [1]}))
    assert "found a Parquet file inside .gz; " in error(put(tmp_path / "c.parquet.gz", "x"))


# ------------------------------------------------------------------ HTML

PAGE = """<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>Giao ban | Báo</title>
<meta property="article:published_time" content="2020-11-05T08:00:00+07:00"></head><body>
<nav><a href="/">Trang chủ</a> <a href="/x">Tin khác</a></nav><article><h1>Giao ban tháng 11</h1>
<p>Sáng 5/11, Chủ tịch UBND tỉnh yêu cầu Sở Tài chính rà soát các nguồn thu, báo cáo trước ngày 30/11/2020.</p>
<p>Giao UBND các huyện hoàn thành giải ngân 100% kế hoạch vốn trước ngày 31/12/2020.</p></article>
<footer>Bản quyền 2019</footer></body></html>"""


@pytest.mark.parametrize("name", ["a.html", "a.htm", "a.html.gz"])
def test_a_page_is_its_main_text_and_the_date_it_states(tmp_path: Path, name: str) -> None:
    raw = PAGE.encode()
    article = one(put(tmp_path / name, gzip.compress(raw) if name.endswith(".gz") else raw))
    assert (article.id, article.date, article.meta) == ("a", dt.date(2020, 11, 5), {"title": "Giao ban tháng 11"})
    assert "Sở Tài chính rà soát các nguồn thu" in article.text
    assert "Trang chủ" not in article.text
    assert "Bản quyền" not in article.text


def test_a_page_without_a_stated_date_has_none(tmp_path: Path) -> None:
    page = "\n".join(line for line in PAGE.splitlines() if "published_time" not in line)
    assert one(put(tmp_path / "a.html", page.replace("<head>", "<head></head>"))).date is None


@pytest.mark.parametrize("page", ["", "<html><body></body></html>", "\x00\x01", "<div>" * 50_000])
def test_a_page_without_an_article(tmp_path: Path, page: str) -> None:
    path = put(tmp_path / "a.html", page)
    assert error(path).startswith(f"{path}: found no article in the page; ")


@pytest.mark.parametrize(("name", "extra"), [("a.html", "html"), ("a.parquet", "parquet")])
def test_a_missing_package_is_named_with_its_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, extra: str
) -> None:
    for module in ("trafilatura", "pyarrow"):
        monkeypatch.setitem(sys.modules, module, None)
    assert f"To mend it: pip install 'giaoban[{extra}]'." in error(put(tmp_path / name, "x"))


# ------------------------------------------------------------------ too much at once


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(infer.readers, "MOST_CHARACTERS", 50)
    monkeypatch.setattr(infer.readers, "MOST_BYTES", 200)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", "{}"),
        ("a.jsonl", '{{"text": "{}"}}\n'),
        ("a.csv", 'id,text\n1,"{}"\n'),
        ("a.txt.gz", "{}"),
        ("a.html", "{}"),
    ],
)
@pytest.mark.parametrize("length", [51, 300, 10_000])
def test_what_is_too_long_for_an_article_costs_itself_alone(
    tmp_path: Path, name: str, content: str, length: int
) -> None:
    raw = content.format("a" * length).encode()
    if name == "a.html" and length == 51:
        raw = raw * 10
    path = put(tmp_path / name, gzip.compress(raw) if name.endswith(".gz") else raw)
    put(tmp_path / "b.txt", "sau")
    bad, last = read(path, tmp_path / "b.txt")
    assert isinstance(bad, InputError)
    assert isinstance(last, Article)
    assert "characters" in str(bad) or "bytes" in str(bad)
    assert str(path) in str(bad)


@pytest.mark.usefixtures("small")
def test_a_line_without_end_is_passed_over_and_never_held(tmp_path: Path) -> None:
    """As when a file of a gigabyte is one line."""

    class Endless(io.BytesIO):
        asked = 0

        def readline(self, size: int | None = -1) -> bytes:
            assert size is not None
            assert 0 < size <= 201
            return super().readline(size)

    content = b'{"text": "a"}\n{"text": "' + b"x" * 100_000 + b'"}\n{"text": "b"}\n' + b"y" * 999
    stream = infer.readers.Stream(Endless(content), "a.jsonl", "a", lambda: 0)
    made = list(infer.readers.read_jsonl(stream))
    assert [raw.line for raw in made] == [1, 2, 3, 4]
    assert [made[0].make().text, made[2].make().text] == ["a", "b"]
    for raw in (made[1], made[3]):
        with pytest.raises(InputError, match="a line of more than 200 bytes"):
            raw.make()


@pytest.mark.usefixtures("small")
def test_standard_input_that_is_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe(monkeypatch, "a" * 1000)
    assert error("-").startswith("<stdin>: found a text of more than 200 bytes; expected an article of at most 50 ")


def test_json_nested_a_hundred_thousand_deep(tmp_path: Path) -> None:
    deep = '{"text": ' + "[" * 100_000 + "]" * 100_000 + "}"
    first, last = read(put(tmp_path / "a.jsonl", f'{deep}\n{{"text": "sau"}}\n'))
    assert isinstance(first, InputError)
    assert "RecursionError" in str(first)
    assert isinstance(last, Article)


def test_an_exception_of_a_library_costs_its_article_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def odd(raw: bytes, path: str, number: int) -> object:
        if number == 2:
            raise ZeroDivisionError("x")
        return json.loads(raw)

    monkeypatch.setattr(infer.readers, "parse_json_line", odd)
    path = put(tmp_path / "a.jsonl", '{"text": "a"}\n' * 3)
    first, bad, last = read(path)
    assert str(bad).startswith(f"{path}:2: found ZeroDivisionError over an article ('x'); expected records")
    assert isinstance(first, Article)
    assert isinstance(last, Article)


# ------------------------------------------------------------------ from a place on


def test_reading_goes_on_at_any_place_as_if_it_had_never_stopped(tmp_path: Path) -> None:
    put(tmp_path / "a.jsonl.gz", gzip.compress(b'{"text": "1"}\n\n{\n{"text": "3"}\n')[:-3])
    put(tmp_path / "b.csv", 'text\n"x\ny"\nz,1\nw\n')
    put(tmp_path / "c.txt", "c")
    put(tmp_path / "d.txt", "")
    table(tmp_path / "e.parquet", {"text": ["p", None, "q"]})
    sources = find_sources([str(tmp_path)])
    told = [(str(item.result), item.done, item.place) for item in read_items(sources)]
    assert len(told) == 12
    for number, (_, _, place) in enumerate(told, 1):
        rest = [(str(item.result), item.done, item.place) for item in read_items(sources, place)]
        assert rest == told[number:], place
    assert [place for _, _, place in told][:4] == [Place(0, 1), Place(0, 2), Place(0, 3), Place(1, 0)]
