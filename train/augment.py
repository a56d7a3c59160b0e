"""Varied copies of training articles: mentions of other articles in their places, other casing, other spelling.

In: annotated articles. Out: as many copies as wanted, with mentions at their new offsets and without records (a tagger
reads none). A copy depends on the seed, its number and the article alone.

A tagger that has seen a body or a phrase in one place alone learns the place, not the sentence around it; headings in
capitals and the two ways to set the tone mark (uỷ, ủy) are half of what real pages differ in.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from data.schema import LINE_BREAK, Article, Entity

_SWAPPED = 0.4  # share of mentions
_CAPITALS, _LOWERED = 0.04, 0.02  # share of lines
_RESPELLED = 0.5  # share of copies whose tone marks are set the other way

# where the tone mark stands in oa, oe, uy: on the second letter, or on the first; not after q, whose u is no vowel
_SECOND = "oà oá oả oã oạ oè oé oẻ oẽ oẹ uỳ uý uỷ uỹ uỵ".split()
_FIRST = "òa óa ỏa õa ọa òe óe ỏe õe ọe ùy úy ủy ũy ụy".split()


def augment(articles: Sequence[Article], copies: int, seed: int) -> list[Article]:
    """`copies` varied copies of each article."""
    pool: dict[tuple[str, bool], list[str]] = {}
    for article in articles:
        for entity in article.entities:
            pool.setdefault(_kind(entity), []).append(entity.text)
    return [
        _vary(article, pool, np.random.default_rng((seed, copy, number)), f"{article.id}~{copy + 1}")
        for copy in range(copies)
        for number, article in enumerate(articles)
    ]


def _kind(entity: Entity) -> tuple[str, bool]:
    """Mentions that can stand for each other: of one label, and beginning alike with a capital or not."""
    return entity.label, entity.text[0].isupper()


def _vary(article: Article, pool: dict[tuple[str, bool], list[str]], random: np.random.Generator, id_: str) -> Article:
    parts: list[str] = []
    spans: list[tuple[Entity, int, int]] = []
    done = length = 0
    for entity in sorted(article.entities, key=lambda entity: entity.start):
        between = article.text[done : entity.start]
        mention = entity.text
        if random.random() < _SWAPPED:
            candidates = pool[_kind(entity)]
            mention = candidates[int(random.integers(len(candidates)))]
        length += len(between)
        spans.append((entity, length, length + len(mention)))
        parts += [between, mention]
        length += len(mention)
        done = entity.end
    text = _recase("".join([*parts, article.text[done:]]), random)
    if random.random() < _RESPELLED:
        text = respell(text, to_first=bool(random.random() < 0.5))
    entities = [
        Entity(id=entity.id, label=entity.label, start=start, end=end, text=text[start:end])
        for entity, start, end in spans
    ]
    return article.model_copy(update={"id": id_, "text": text, "entities": entities, "directives": []})


def _recase(text: str, random: np.random.Generator) -> str:
    """Some lines in capitals, some without any; only where that keeps every offset."""
    bounds = [0, *(match.end() for match in LINE_BREAK.finditer(text)), len(text)]
    lines = []
    for start, end in itertools.pairwise(bounds):
        line = text[start:end]
        draw = random.random()
        other = line.upper() if draw < _CAPITALS else line.lower() if draw < _CAPITALS + _LOWERED else line
        lines.append(other if len(other) == len(line) else line)
    return "".join(lines)


def respell(text: str, *, to_first: bool) -> str:
    """Tone marks of oa, oe, uy set on the first letter or on the second; as long as before."""
    pairs = zip(_SECOND, _FIRST, strict=True) if to_first else zip(_FIRST, _SECOND, strict=True)
    for old, new in pairs:
        for a, b in ((old, new), (old.capitalize(), new.capitalize()), (old.upper(), new.upper())):
            if a not in text:
                continue
            # only where the syllable ends there: hoàn and thuyền have but one spelling
            pieces = text.split(a)
            out = [pieces[0]]
            for piece in pieces[1:]:
                before = out[-1][-1:]
                alone = not (piece[:1].isalpha() or (before in "qQ" and a[0] in "uU") or not before.isalpha())
                starts = not before.isalpha() and not piece[:1].isalpha()  # uỷ, Uỷ ban
                out += [b if alone or starts else a, piece]
            text = "".join(out)
    return text
