"""What tests of reports share: predictions made of gold articles by known harm, and the figures of both."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from functools import cache
from typing import Any

from data.formats import read_articles
from data.schema import LABELS, Article, Directive, Entity
from tests.conftest import FEW
from train.comparison import compare
from train.evaluate import compute

ABOUT: dict[str, Any] = {
    "model": "runs/mine",
    "articles": "data/articles/dev",
    "date": "2026-11-22",
    "machine": "x86_64, Linux",
    "segmenter": "rdr",
    "max_length": 128,
    "trained": {"from": "data/articles/train", "articles": 2, "all": False},
}


def harmed(article: Article, seed: int) -> Article:
    """An article whose mentions are lost, cut, called something else or made up, each with a score; flat as before."""
    chance = random.Random(f"{seed} {article.id}")
    kept = []
    for entity in article.entities:
        drawn, words = chance.random(), entity.text.split(" ")
        new: dict[str, Any] = {"score": round(chance.random() ** 0.3, 4)}
        if drawn < 0.1:
            continue
        if drawn < 0.2 and len(words) > 1:  # ends early, or starts late
            text = entity.text[: -len(words[-1]) - 1].rstrip() if drawn < 0.16 else " ".join(words[1:]).lstrip()
            start = entity.start if drawn < 0.16 else entity.end - len(text)
            new |= {"text": text, "start": start, "end": start + len(text)}
        elif drawn < 0.25:
            new["label"] = chance.choice(["OFFICIAL", "AGENCY"]) if entity.label in LABELS[:2] else entity.label
        kept.append(entity.model_copy(update=new))
    taken = [(entity.start, entity.end) for entity in [*article.entities, *kept]]
    start = next((at for at in range(len(article.text) - 9, 0, -1) if _free(article.text, at, at + 8, taken)), None)
    if start is not None:
        text = article.text[start : start + 8]
        kept.append(Entity(id="made-up", label="DEADLINE", start=start, end=start + 8, text=text, score=0.5))
    ids = {entity.id: entity.label for entity in kept}
    kinds = {entity.id: entity.label for entity in article.entities}
    directives = [_left(one, {id_ for id_ in ids if ids[id_] == kinds.get(id_)}) for one in article.directives]
    return article.model_copy(update={"entities": kept, "directives": [one for one in directives if one.roles()]})


def _free(text: str, start: int, end: int, taken: Sequence[tuple[int, int]]) -> bool:
    piece = text[start:end]
    return piece == piece.strip() and "\n" not in piece and all(end <= a or b <= start for a, b in taken)


def _left(directive: Directive, ids: set[str]) -> Directive:
    """A directive without the mentions that are gone."""
    fields = {name: value for name, value in directive.__dict__.items() if isinstance(value, list)}
    left = {name: [id_ for id_ in value if id_ in ids] for name, value in fields.items()}
    return Directive(issuer=directive.issuer if directive.issuer in ids else None, **left)


def figures_of(
    gold: Sequence[Article], *seeds: int, records: bool = True, trained: Sequence[Article] | None = None
) -> dict[str, Any]:
    """All that `metrics.json` holds of one harmed prediction, or of several compared."""
    predicted = [[harmed(article, seed) for article in gold] for seed in seeds]
    found = [compute(gold, one, LABELS, records=records, trained=trained) for one in predicted]
    figures = {"about": ABOUT} | found[0]
    if len(seeds) > 1:
        pairs = [list(zip(gold, one, strict=True)) for one in predicted]
        figures["comparison"] = compare([f"runs/{seed}" for seed in seeds], pairs, found)
    return figures


@cache
def whole_report() -> str:
    """`metrics.json` of a report in which all sections are: two models, records, training articles."""
    gold = read_articles(FEW / "test")
    return json.dumps(figures_of(gold, 3, 4, trained=read_articles(FEW / "dev")))
