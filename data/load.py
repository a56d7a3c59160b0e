"""Annotated articles as a `datasets.DatasetDict`, one row an article; and rows back to articles.

In: a folder with splits, a single file or folder, or splits named one by one. Out: the columns of the public form:

    import data
    articles = data.load("data/articles")
    articles["train"][0]["entities"][0]  # {'id': 'o1', 'label': 'OFFICIAL', 'start': 0, …}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data.errors import InputError
from data.extras import need
from data.formats import SPLITS, find_splits, read_articles
from data.schema import LABELS, LIST_FIELDS, Article, parse_article

if TYPE_CHECKING:
    from datasets import DatasetDict


def load(
    source: str | PathLike[str] | Mapping[str, str | PathLike[str]],
    labels: Iterable[str] | None = LABELS,
    *,
    segmented: bool = False,
) -> DatasetDict:
    """Read annotated articles of any known format (`.article`, `.jsonl`, `.conll`, `.bio`, `.iob2`).

    Args:
        source: a folder that holds train, dev, test (folders or files); or `{"train": path, …}`.
        labels: the label set; None takes any.
        segmented: keep the `_` of CoNLL words (for the segmenter `none`).
    Raises: InputError at the first thing that is wrong, an empty split and an id in two splits included.
    """
    need("train", "datasets of articles", "datasets")
    import datasets

    places = source if isinstance(source, Mapping) else find_splits(source)
    splits = {name: read_articles(place, labels, segmented=segmented) for name, place in places.items()}
    seen: dict[str, str] = {}
    for name, articles in splits.items():
        for article in articles:
            if article.id in seen:
                raise InputError(
                    f"the article id {article.id!r} in the splits {seen[article.id]!r} and {name!r}",
                    expected="ids used once in all splits",
                    mend="take the article out of one split, or rename it",
                    path=places[name],
                )
            seen[article.id] = name
    features = _features()
    return datasets.DatasetDict(
        {
            name: datasets.Dataset.from_list([_row(article) for article in articles], features=features)
            for name, articles in splits.items()
        }
    )


def article_of(row: Mapping[str, Any]) -> Article:
    """A row of `load` back to an article, checked again."""
    entities = [dict(entity) for entity in row["entities"]]
    directives = [dict(directive) for directive in row["directives"]]
    return parse_article(
        {"id": row["id"], "date": row["date"], "text": row["text"], "entities": entities, "directives": directives}
    )


def _row(article: Article) -> dict[str, Any]:
    """Spans, labels and records; values that only a model or an annotator's notes add (score, normalized) stay out."""
    return {
        "id": article.id,
        "date": article.date and article.date.isoformat(),
        "text": article.text,
        "entities": [{key: getattr(entity, key) for key in _ENTITY} for entity in article.entities],
        "directives": [
            {"issuer": directive.issuer} | {field: getattr(directive, field) for field in LIST_FIELDS}
            for directive in article.directives
        ],
    }


_ENTITY = ("id", "label", "start", "end", "text")


def _features() -> Any:
    from datasets import Features, List, Value

    text, number = Value("string"), Value("int64")
    entity = {key: number if key in ("start", "end") else text for key in _ENTITY}
    directive = {"issuer": text} | {field: List(text) for field in LIST_FIELDS}
    return Features({"id": text, "date": text, "text": text, "entities": List(entity), "directives": List(directive)})


def split_sources(source: str | None, named: Mapping[str, str | None]) -> dict[str, Path]:
    """Where each split lies: `source`'s own splits, replaced or completed by those named one by one."""
    found = find_splits(source) if source else {}
    found |= {name: Path(place) for name, place in named.items() if place}
    return {name: found[name] for name in SPLITS if name in found}
