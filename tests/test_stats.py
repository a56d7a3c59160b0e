"""`data stats` and `data agree`: the counts they print, and the picture."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from data.__main__ import main
from data.formats import read_articles
from data.schema import LABELS, Article, Entity
from data.stats import tables
from tests.conftest import ARTICLES, FEW, ROOT


def write_jsonl(articles: list[Article], path: Path) -> None:
    path.write_text("".join(article.to_line() + "\n" for article in articles), encoding="utf-8")


TEXT = "Sở Y tế giao Sở Nội vụ báo cáo trước 30/6."
ENTITIES = [
    Entity(id="a", label="AGENCY", start=0, end=7, text="Sở Y tế"),
    Entity(id="b", label="AGENCY", start=13, end=22, text="Sở Nội vụ"),
    Entity(id="d", label="DEADLINE", start=31, end=41, text="trước 30/6"),
]


def test_tables_count_what_is_there() -> None:
    one = Article(id="x", date=dt.date(2020, 1, 1), text=TEXT, entities=ENTITIES, meta={"level": "province"})
    two = Article(id="y", text="Không có gì.", meta={"topic": "land", "level": "district"})
    made = tables({"train": [one, one], "dev": [two]}, LABELS)
    counts = {row[0]: row[1:] for row in made["Counts"]}
    assert counts["articles"] == ["2", "1", "3"]
    assert counts["without a directive"] == ["2", "1", "3"]
    assert counts["syllables"] == ["22", "3", "25"]
    assert counts["AGENCY"] == ["4", "0", "4"]
    assert counts["mentions"] == ["6", "0", "6"]
    assert made["Topics by level"] == [
        ["topic", "district", "province", "all"],
        ["none", "", "2", "2"],
        ["land", "1", "", "1"],
    ]
    assert ["2020", "2"] in made["Years"]
    assert ["AGENCY", "Sở Y tế", "2"] in made["Most frequent surface forms"]


def test_command_prints_the_shipped_counts_and_draws_a_picture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    picture = tmp_path / "sheet.png"
    assert main(["stats", str(ARTICLES), "-o", str(picture)]) == 0
    printed = capsys.readouterr().out
    articles = [article for split in ("train", "dev", "test") for article in read_articles(ARTICLES / split)]
    labels = Counter(entity.label for article in articles for entity in article.entities)
    line = next(line for line in printed.splitlines() if line.startswith("DEADLINE "))
    assert line.split()[-1] == f"{labels['DEADLINE']:,}"
    assert picture.read_bytes().startswith(b"\x89PNG\r\n")


def test_errors_end_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.jsonl").write_text('{"id": "a"}\n', encoding="utf-8")
    assert main(["stats", str(tmp_path)]) == 1
    assert "a.jsonl:1: found no field text" in capsys.readouterr().err


def test_agreement_of_two_annotations(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    first = Article(id="x", text=TEXT, entities=ENTITIES)
    second = first.model_copy(update={"entities": [*ENTITIES[:1], ENTITIES[2]]})
    write_jsonl([first, Article(id="only first", text="a")], tmp_path / "first.jsonl")
    write_jsonl([second], tmp_path / "second.jsonl")
    assert main(["agree", str(tmp_path / "first.jsonl"), str(tmp_path / "second.jsonl")]) == 0
    printed = capsys.readouterr().out
    rows = {line.split()[0]: line.split()[1:] for line in printed.splitlines() if line.split()}
    assert "1 articles" in printed
    assert rows["micro"] == ["0.8000", "3", "2"]
    assert rows["AGENCY"] == ["0.6667", "2", "1"]


@pytest.mark.parametrize("change", [{"text": TEXT + " "}, {"id": "z"}])
def test_other_texts_do_not_compare(tmp_path: Path, capsys: pytest.CaptureFixture[str], change: dict[str, str]) -> None:
    first = Article(id="x", text=TEXT)
    write_jsonl([first], tmp_path / "first.jsonl")
    write_jsonl([first.model_copy(update=change)], tmp_path / "second.jsonl")
    assert main(["agree", str(tmp_path / "first.jsonl"), str(tmp_path / "second.jsonl")]) == 1
    assert "their texts unchanged" in capsys.readouterr().err


def test_kept_first_annotations_agree(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """data/README.md says how well; here is what must hold of it."""
    monkeypatch.setenv("COLUMNS", "120")
    folder = ARTICLES.parent / "agreement"
    assert main(["agree", str(folder / "first"), str(folder / "second")]) == 0
    rows = {line.rsplit(maxsplit=3)[0]: line.split()[-3] for line in capsys.readouterr().out.splitlines()[2:]}
    assert float(rows["micro"]) >= 0.95
    assert float(rows["links, strict"]) >= 0.90


def test_a_reader_that_has_gone_ends_the_command_quietly() -> None:
    command = [sys.executable, "-m", "data", "stats", str(FEW / "dev")]
    read, write = os.pipe()
    os.close(read)  # nobody reads any more
    done = subprocess.run(command, cwd=ROOT, stdout=write, stderr=subprocess.PIPE, text=True, check=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (1, "")
