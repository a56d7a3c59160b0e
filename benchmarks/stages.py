"""What each stage from raw text to records costs beside the model: `python -m benchmarks.stages [ARTICLES]`.

In: articles (data/articles/train) and a checkpoint, whose model tags them once, outside the clock. Out: milliseconds of
processor time an article for each stage, in one thread, and syllables (tokens between spaces) a second. Every other
article is done before the clock starts, so that tables are loaded and what is remembered from article to article is
what a long run remembers; the least of several rounds counts.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from data.command import make_parser
from data.formats import read_articles
from data.schema import Article
from infer.dateline import find_dateline
from infer.extractor import CHUNK, Extractor

ROUNDS = 3


class Clock:
    """Seconds of processor time by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        started = time.process_time()
        yield
        self.seconds[stage] = self.seconds.get(stage, 0.0) + time.process_time() - started


def stages(extractor: Extractor, articles: Sequence[Article]) -> dict[str, float]:
    """Seconds by stage for all articles, in chunks as `Extractor.extract_many` makes them."""
    clock = Clock()
    for start in range(0, len(articles), CHUNK):
        chunk = articles[start : start + CHUNK]
        with clock("words, subwords, windows"):
            encoded = [extractor.prepare(article.text) for article in chunk]
        scores = extractor.run(encoded)
        with clock("decoding"):
            spans = extractor.decode(encoded, scores)
        for article, words, found in zip(chunk, encoded, spans, strict=True):
            with clock("dateline"):
                date = article.date or find_dateline(article.text)
            with clock("mentions and their values"):
                entities = extractor.mentions(article.text, words, found, date, article.meta.get("place"))
            with clock("records"):
                directives = extractor.records(article.text, words, entities)
            with clock("JSON"):
                article.model_copy(update={"date": date, "entities": entities, "directives": directives}).to_line()
    return clock.seconds


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = make_parser("python -m benchmarks.stages", __doc__)
    parser.add_argument("articles", nargs="?", default="data/articles/train", metavar="ARTICLES")
    parser.add_argument("--model", metavar="FOLDER", help="a checkpoint (models/mini)")
    args = parser.parse_args(argv)
    extractor = Extractor.load(args.model, threads=1)
    every = [article.model_copy(update={"entities": [], "directives": []}) for article in read_articles(args.articles)]
    warm, articles = every[1::2], every[::2]
    rounds = []
    for _ in range(ROUNDS):
        stages(extractor, warm)
        gc.collect()
        rounds.append(stages(extractor, articles))
    best = min(rounds, key=lambda seconds: sum(seconds.values()))
    total = sum(best.values())
    for stage, seconds in best.items():
        print(f"{stage:26} {1000 * seconds / len(articles):6.2f} ms an article")
    syllables = sum(len(article.text.split()) for article in articles)
    print(f"{'all':26} {1000 * total / len(articles):6.2f} ms an article of {syllables / len(articles):.0f} syllables")
    print(f"{syllables / total:,.0f} syllables a second in one thread, the model left out")
    return 0


if __name__ == "__main__":
    sys.exit(main())
