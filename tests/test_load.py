"""`data.load`: splits as a DatasetDict, one row an article, and rows back to articles."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import datasets
import pytest

import data
from data.errors import InputError
from data.formats import read_articles
from data.load import article_of, load, split_sources
from data.schema import LABELS
from tests.conftest import ARTICLES

COLUMNS = ["id", "date", "text", "entities", "directives"]


def put(path: Path, *ids: str, **more: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps({"id": id_, "text": "Sở Y tế"} | more, ensure_ascii=False) for id_ in ids]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def message(source: Any, *labels: str) -> str:
    with pytest.raises(InputError) as caught:
        load(source, labels or LABELS)
    return str(caught.value)


@pytest.fixture(scope="module")
def shipped() -> datasets.DatasetDict:
    return load(ARTICLES)


def test_the_shipped_articles(shipped: datasets.DatasetDict) -> None:
    assert isinstance(shipped, datasets.DatasetDict)
    assert list(shipped) == ["train", "dev", "test"]
    assert {name: len(split) for name, split in shipped.items()} == {
        name: len(list((ARTICLES / name).glob("*.article"))) for name in shipped
    }
    for split in shipped.values():
        assert split.column_names == COLUMNS
        assert split.features == shipped["train"].features
    first = next(row for row in shipped["train"] if row["directives"])
    assert set(first["entities"][0]) == {"id", "label", "start", "end", "text"}
    assert set(first["directives"][0]) == {
        *("issuer", "assignees", "coordinators", "recipients", "indicators", "deadlines")
    }


def test_rows_are_articles(shipped: datasets.DatasetDict) -> None:
    for name, split in shipped.items():
        articles = read_articles(ARTICLES / name, LABELS)
        assert [row["id"] for row in split] == [article.id for article in articles]
        for row, article in zip(split, articles, strict=True):
            again = article_of(row)
            assert (again.id, again.date, again.text) == (article.id, article.date, article.text)
            plain = [entity.model_copy(update={"normalized": None}) for entity in article.entities]
            assert again.entities == plain
            assert [d.roles() for d in again.directives] == [d.roles() for d in article.directives]


def test_a_row_is_checked_again(shipped: datasets.DatasetDict) -> None:
    row = dict(shipped["dev"][0])
    row["text"] = "x" + row["text"]
    with pytest.raises(InputError, match="expected `text` to be the article's text between `start` and `end`"):
        article_of(row)


def test_articles_without_date_mention_or_directive(tmp_path: Path) -> None:
    put(tmp_path / "train.jsonl", "a", "b")
    row = load(tmp_path)["train"][0]
    assert row == {"id": "a", "date": None, "text": "Sở Y tế", "entities": [], "directives": []}
    assert article_of(row).to_json() == row


def test_a_directive_without_issuer_survives(tmp_path: Path) -> None:
    mention = {"id": "a", "label": "AGENCY", "start": 0, "end": 7, "text": "Sở Y tế"}
    put(tmp_path / "dev.jsonl", "x", entities=[mention], directives=[{"assignees": ["a"]}, {}], date="2020-11-05")
    article = article_of(load(tmp_path)["dev"][0])
    assert [directive.issuer for directive in article.directives] == [None, None]
    assert article.directives[0].assignees == ["a"]
    assert str(article.date) == "2020-11-05"


def test_splits_named_one_by_one(tmp_path: Path) -> None:
    one, other = put(tmp_path / "mine.jsonl", "a"), put(tmp_path / "folder" / "b.jsonl", "b", "c")
    loaded = load({"dev": other.parent, "extra": str(one)})
    assert {name: split["id"][:] for name, split in loaded.items()} == {"dev": ["b", "c"], "extra": ["a"]}


@pytest.mark.parametrize("second", ["dev", "test"])
def test_an_id_in_two_splits(tmp_path: Path, second: str) -> None:
    put(tmp_path / "train.jsonl", "a", "x")
    place = put(tmp_path / second / "other.jsonl", "b", "x").parent
    assert message(tmp_path) == (
        f"{place}: found the article id 'x' in the splits 'train' and '{second}'; expected ids used once in all "
        "splits. To mend it: take the article out of one split, or rename it."
    )


def test_an_empty_split(tmp_path: Path) -> None:
    put(tmp_path / "train.jsonl", "a")
    (tmp_path / "dev").mkdir()
    assert message(tmp_path) == (
        f"{tmp_path / 'dev'}: found no article; expected at least one (.article, .jsonl, .conll, .bio, .iob2). "
        "To mend it: put articles there, or name another place."
    )


def test_no_split_and_two_sources_for_one(tmp_path: Path) -> None:
    assert message(tmp_path).startswith(f"{tmp_path}: found no split; expected folders or files named train, dev, test")
    put(tmp_path / "train.jsonl", "a")
    put(tmp_path / "train" / "b.jsonl", "b")
    assert message(tmp_path).startswith(f"{tmp_path}: found train and train.jsonl; expected one source a split.")


def test_an_own_label_set(tmp_path: Path) -> None:
    mention = {"id": "a", "label": "ORG", "start": 0, "end": 7, "text": "Sở Y tế"}
    path = put(tmp_path / "train.jsonl", "a", "b", entities=[mention])
    assert message(tmp_path) == (
        f"{path}:1: found entity 'a' (0–7) with the label 'ORG'; expected one of the configured labels (OFFICIAL, "
        "AGENCY, INDICATOR, DEADLINE). To mend it: correct it, or name it under `labels:`; "
        "known: OFFICIAL, AGENCY, INDICATOR, DEADLINE."
    )
    for labels in (["ORG", "PER"], None):
        rows = load(tmp_path, labels)["train"]
        assert [entity["label"] for row in rows for entity in row["entities"]] == ["ORG", "ORG"]
        assert article_of(rows[0]).entities[0].label == "ORG"


def test_segmented_columns_keep_their_joints(tmp_path: Path) -> None:
    (tmp_path / "train.conll").write_text("Sở_Y_tế B-AGENCY\n", encoding="utf-8")
    assert load(tmp_path)["train"][0]["text"] == "Sở Y tế"
    assert load(tmp_path, segmented=True)["train"][0]["text"] == "Sở_Y_tế"


def test_the_package_names_it() -> None:
    assert data.load is load


def test_splits_of_a_folder_are_replaced_and_completed(tmp_path: Path) -> None:
    put(tmp_path / "train.jsonl", "a")
    put(tmp_path / "test.jsonl", "b")
    found = split_sources(str(tmp_path), {"dev": "mine", "train": None, "test": "other"})
    assert list(found.items()) == [
        ("train", tmp_path / "train.jsonl"),
        ("dev", Path("mine")),
        ("test", Path("other")),
    ]
    assert split_sources(None, {"train": "t", "dev": None}) == {"train": Path("t")}
