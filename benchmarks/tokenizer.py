"""Our BPE beside transformers' `PhobertTokenizer`: are the ids the same, and how much faster are they made?

    python -m benchmarks.tokenizer

In: the words of the shipped articles and samples. Out: the share of words with equal ids, then words a second of both
sides, run in turn: steady (every word seen before, as in a long run) and cold (a new tokenizer each time).
"""

from __future__ import annotations

import datetime as dt
import platform
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from transformers import PhobertTokenizer

from data.bpe import CODES_FILE, VOCAB_FILE, PhobertBPE
from data.segment import DEFAULT, load_segmenter, segment
from train.vocabulary import texts

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "models" / "mini-encoder"
ROUNDS = 9


def theirs() -> PhobertTokenizer:
    """A new tokenizer of the reference."""
    return PhobertTokenizer(str(FOLDER / VOCAB_FILE), str(FOLDER / CODES_FILE))


def seconds(work: Callable[[], object]) -> float:
    """How long one call takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main() -> int:
    """Compare, then time; exit status 1 if any word's ids differ."""
    segmenter = load_segmenter(DEFAULT)
    articles = [
        segment(text, segmenter).forms for text in texts([ROOT / "data" / "articles", ROOT / "data" / "samples"])
    ]
    words = [word for article in articles for word in article]
    reference, ours = theirs(), PhobertBPE.load(FOLDER)

    distinct = sorted(set(words))
    wrong = [
        word
        for word in distinct
        if reference.convert_tokens_to_ids(reference.tokenize(word)) != ours.encode([word])[0].tolist()
    ]
    print(f"{len(words):,} words, {len(distinct):,} different; ids differ for {len(wrong)} {wrong[:5]}")
    if wrong:
        return 1

    def steady_theirs() -> None:
        for article in articles:
            reference.convert_tokens_to_ids(reference.tokenize(" ".join(article)))

    def steady_ours() -> None:
        for article in articles:
            ours.encode(article)

    def cold_theirs() -> float:
        fresh = theirs()
        return seconds(lambda: [fresh.convert_tokens_to_ids(fresh.tokenize(" ".join(article))) for article in articles])

    def cold_ours() -> float:
        fresh = PhobertBPE.load(FOLDER)
        return seconds(lambda: [fresh.encode(article) for article in articles])

    machine = f"{platform.machine()}, Python {platform.python_version()}"
    print(f"{dt.date.today().isoformat()}, {machine}, {ROUNDS} rounds in turn")
    pairs = {
        "steady": [(seconds(steady_theirs), seconds(steady_ours)) for _ in range(ROUNDS)],
        "cold": [(cold_theirs(), cold_ours()) for _ in range(ROUNDS)],
    }
    for name, times in pairs.items():
        a, b = (statistics.median(side) for side in zip(*times, strict=True))
        print(
            f"{name}: PhobertTokenizer {len(words) / a:,.0f} words/s, ours {len(words) / b:,.0f} words/s, "
            f"ratio {statistics.median(x / y for x, y in times):.1f}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
