"""The segmenter `rdr` beside pyvi and underthesea: agreement with RDRSegmenter, boundaries kept, speed.

    python -m benchmarks.segmenter TEXT [--articles data/articles/train]

In: text that RDRSegmenter segmented (plain or compressed; every hundredth document, which `train.segmenter` holds out,
is read), annotated articles. Out: a table. Agreement is word F1 over the lines that RDRSegmenter segmented throughout,
twice: given tokens set apart as RDRSegmenter had them (`tokens`), and given running text, spaces around punctuation
taken out as Vietnamese is typeset (`text`). Boundaries are the edges of annotated mentions at which a word begins or
ends. Speed is that of the articles' text in one thread, the sides run in turn, the best of three.
"""

from __future__ import annotations

import argparse
import datetime as dt
import platform
import re
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from data.errors import InputError
from data.formats import read_articles
from data.schema import Article
from data.segment import Segmenter, load_segmenter, segment
from train.corpus import text_files
from train.segmenter import held_out_lines

SIDES = ("rdr", "pyvi", "underthesea")
_CLOSES, _OPENS = frozenset(",.;:?!)”’…%]»"), frozenset("(“‘[«")


def typeset(tokens: Sequence[str]) -> str:
    """Tokens as they stood in running text, as far as that can be told."""
    out: list[str] = []
    quotes = 0
    before = ""
    for token in tokens:
        space = bool(out) and token not in _CLOSES and before not in _OPENS and "/" not in (token, before)
        space &= not re.fullmatch(r"\.{2,}", token) and not (re.match(r"-\d", token) and before[-1:].isalpha())
        if token == '"':
            space &= quotes % 2 == 0
            quotes += 1
        elif before == '"':
            space &= quotes % 2 == 0
        out += [" "] * space + [token]
        before = token
    return "".join(out)


def word_bounds(words: Sequence[str]) -> set[tuple[int, int]]:
    """(start, end) of words, counted in characters other than spaces and joints."""
    ends = np.cumsum([len(word.replace("_", "").replace(" ", "")) for word in words]).tolist()
    return set(zip([0, *ends[:-1]], ends, strict=True))


def agreement(lines: Sequence[str], segmenter: Segmenter, write: Callable[[Sequence[str]], str]) -> float:
    """Word F1 against lines of segmented text, whose tokens the segmenter gets as `write` puts them."""
    right = found = gold = 0
    for line in lines:
        true = word_bounds(line.split())
        made = word_bounds(segment(write(line.replace("_", " ").split()), segmenter).forms)
        right, found, gold = right + len(true & made), found + len(made), gold + len(true)
    return 2 * right / (found + gold)


def kept(articles: Sequence[Article], segmenter: Segmenter) -> float:
    """Share of mentions' edges that are edges of words."""
    right = total = 0
    for article in articles:
        words = segment(article.text, segmenter)
        starts, ends = set(words.starts.tolist()), set(words.ends.tolist())
        for entity in article.entities:
            right += (entity.start in starts) + (entity.end in ends)
            total += 2
    return right / total


def seconds(articles: Sequence[Article], segmenter: Segmenter) -> float:
    """Time that all articles take."""
    started = time.perf_counter()
    for article in articles:
        segment(article.text, segmenter)
    return time.perf_counter() - started


def main(argv: list[str] | None = None) -> int:
    """Print the table; gives the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.segmenter", description=__doc__.split("\n")[0])
    parser.add_argument("text", nargs="+")
    parser.add_argument("--articles", default="data/articles/train")
    parser.add_argument("--lines", type=int, default=3000, help="held-out lines to compare on (%(default)s)")
    args = parser.parse_args(argv)
    try:
        sides = {name: load_segmenter(name) for name in SIDES}
        articles = list(read_articles(Path(args.articles)))
        held_out = held_out_lines(text_files(args.text))
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    lines = held_out[:: max(1, len(held_out) // args.lines)]
    syllables = sum(len(article.text.split()) for article in articles)
    best = dict.fromkeys(SIDES, float("inf"))
    for _ in range(3):
        for name, segmenter in sides.items():
            best[name] = min(best[name], seconds(articles, segmenter))
    machine = f"{platform.machine()}, one thread, Python {platform.python_version()}"
    print(f"{dt.date.today().isoformat()}, {machine}; {len(lines):,} lines, {len(articles)} articles")
    print(f"{'':12}{'tokens':>8}{'text':>8}{'kept':>8}{'syllables/s':>13}{'time':>7}")
    for name, segmenter in sides.items():
        scores = [agreement(lines, segmenter, write) for write in (" ".join, typeset)]
        row = "".join(f"{score:8.4f}" for score in [*scores, kept(articles, segmenter)])
        print(f"{name:12}{row}{syllables / best[name]:13,.0f}{best[name] / best['rdr']:6.1f}x")
    return 0


if __name__ == "__main__":
    sys.exit(main())
