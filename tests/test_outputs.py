"""Annotated articles out: which format, where to, whole or not at all; JSON lines; bad articles."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from data.errors import InputError
from data.formats import read_articles
from data.schema import Article, parse_article
from infer.outputs import FORMATS, ErrorLog, errors_file, format_name, open_sink
from tests.conftest import ROOT
from tests.records import article

# ------------------------------------------------------------------ which sink


def test_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "out.jsonl"
    written = [article(), article(id="y", directives=[]), Article(id="z", text="một\u2028hai\u0085\n")]
    with open_sink(str(path)) as sink:
        for one in written:
            sink.write(one)
        assert not path.exists()
    assert read_articles(path) == written
    assert path.read_bytes().count(b"\n") == 3


def test_json_lines_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    with open_sink("-") as sink:
        sink.write(article())
    printed = capsys.readouterr()
    assert parse_article(json.loads(printed.out)) == article()
    assert (printed.out.count("\n"), printed.err) == (1, "")


def test_a_table_when_there_is_no_output(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    with open_sink(None) as sink:
        sink.write(article())
    assert "Chủ tịch tỉnh" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["out.txt", "out", "out.json", "out.ics.gz", "out.parquet.zst", "out.CSV"])
def test_an_unknown_suffix(tmp_path: Path, name: str) -> None:
    path = str(tmp_path / name)
    with pytest.raises(InputError) as caught, open_sink(path):
        pass
    assert str(caught.value) == (
        f"found the output {path!r}; expected a file of the kind .jsonl, .csv, .parquet, .xlsx, .ics. "
        "To mend it: give it one of these suffixes, or name its --format."
    )
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / "out.csv"
    with pytest.raises(InputError) as caught, open_sink(str(path)):
        pass
    assert str(caught.value).startswith(f"{path}: found ")
    assert str(caught.value).endswith("; expected a place to write to. To mend it: name another.")


def test_a_folder_that_has_the_outputs_name_is_refused_before_any_work(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    path.mkdir()
    entered = False
    with pytest.raises(InputError) as caught, open_sink(str(path)):
        entered = True
    assert not entered
    assert str(caught.value).startswith(f"{path}: found ")


@pytest.mark.parametrize("name", [f"out.{name}" for name in FORMATS])
def test_an_exception_leaves_the_old_output(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("old")
    with pytest.raises(RuntimeError), open_sink(str(path), path.suffix[1:]) as sink:
        sink.write(article())
        raise RuntimeError
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [(name, "old")]


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_appears_only_when_it_is_whole(tmp_path: Path, name: str) -> None:
    path = tmp_path / f"out.{name}"
    with open_sink(str(path), name) as sink:
        sink.write(article())
        assert not path.exists()
    assert list(tmp_path.iterdir()) == [path]
    assert path.stat().st_size > 0


@pytest.mark.parametrize(
    ("output", "asked", "name"),
    [
        (None, None, "table"),
        ("-", None, "jsonl"),
        (None, "csv", "csv"),
        ("-", "ics", "ics"),
        ("-", "table", "table"),
        ("out.jsonl", None, "jsonl"),
        ("out.csv", None, "csv"),
        ("out.parquet", None, "parquet"),
        ("out.xlsx", None, "xlsx"),
        ("out.ics", None, "ics"),
        ("out.csv", "jsonl", "jsonl"),
        ("out.txt", "table", "table"),
        ("out.jsonl.gz", None, "jsonl.gz"),
        ("out.csv.zst", None, "csv.zst"),
        ("out.gz", "csv.gz", "csv.gz"),
        ("out/", None, "jsonl"),
        ("out.csv/", "parquet", "parquet"),
        ("out/", "csv.xz", "csv.xz"),
    ],
)
def test_the_format_is_the_one_asked_for_else_that_of_the_suffix(
    output: str | None, asked: str | None, name: str
) -> None:
    assert format_name(output, asked) == name


def test_an_unknown_format() -> None:
    with pytest.raises(InputError) as caught, open_sink("out.csv", "xls"):
        pass
    assert str(caught.value) == (
        "found the format 'xls'; expected one of jsonl, csv, parquet, xlsx, ics, table. "
        "To mend it: did you mean 'xlsx'?."
    )


@pytest.mark.parametrize("name", ["xlsx", "parquet"])
@pytest.mark.parametrize("output", [None, "-"])
def test_bytes_are_not_written_to_standard_output(name: str, output: str | None) -> None:
    with pytest.raises(InputError) as caught, open_sink(output, name):
        pass
    assert str(caught.value) == (
        f"found no file for {name}; expected a file to write it to. To mend it: add -o records.{name}."
    )


def test_csv_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    with open_sink(None, "csv") as sink:
        sink.write(article())
    assert [row[0] for row in csv.reader(io.StringIO(capsys.readouterr().out, newline=""))] == ["article", "x"]


def test_a_table_in_a_file_has_a_hundred_columns(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    with open_sink(str(path), "table") as sink:
        sink.write(article())
    lines = path.read_text(encoding="utf-8").splitlines()
    assert max(map(len, lines)) == 100
    assert "\x1b" not in "".join(lines)


def test_the_library_of_a_format_is_loaded_when_it_is_asked_for() -> None:
    libraries = "{'pyarrow', 'openpyxl', 'icalendar', 'torch', 'transformers'}"
    code = f"import sys, infer.__main__; print(sorted({libraries} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


# ------------------------------------------------------------------ errors

BAD = InputError("a thing", expected="another", mend="change it", path="news.jsonl", line=3, column=7)


def test_errors_are_told_and_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "out.csv"
    with ExitStack() as stack:
        log = ErrorLog(errors_file(str(output)), stack)
        log.add(BAD)
        log.add(InputError("Sở", expected="c", mend="d"))
        assert log.count == 2
    assert capsys.readouterr().err.splitlines() == [
        "error: news.jsonl:3:7: found a thing; expected another. To mend it: change it.",
        "error: found Sở; expected c. To mend it: d.",
    ]
    kept = (tmp_path / "out.csv.errors.jsonl").read_text(encoding="utf-8")
    first, second = [json.loads(line) for line in kept.splitlines()]
    assert "Sở" in kept
    assert first == {
        "path": "news.jsonl",
        "line": 3,
        "column": 7,
        "found": "a thing",
        "expected": "another",
        "mend": "change it",
    }
    assert (second["path"], second["line"], second["found"]) == (None, None, "Sở")


def test_errors_without_an_output_file_are_told_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with ExitStack() as stack:
        ErrorLog(None, stack).add(BAD)
    assert "news.jsonl:3:7" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_an_old_error_file_goes_away_when_all_is_well(tmp_path: Path) -> None:
    old = tmp_path / "out.csv.errors.jsonl"
    old.write_text("{}\n")
    with ExitStack() as stack:
        ErrorLog(errors_file(str(tmp_path / "out.csv")), stack)
    assert list(tmp_path.iterdir()) == []


def test_the_terminal_gets_no_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    with open_sink(None) as sink:
        sink.write(Article(id="a\x1b[2Jb", text="Sở\x1b[2J họp"))
    assert "\x1b" not in capsys.readouterr().out
