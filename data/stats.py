"""`python -m data stats`: what a data sheet shows of annotated articles.

In: files or folders of annotated articles. Out: tables of counts, lengths, spread (level, genre, topic, place, year)
and the most frequent surface forms; with `-o FILE.png` a picture of them.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import IO

from data.extras import need
from data.schema import Article

Table = list[list[str]]  # a header row, then rows

SHOWN_FORMS = 12
SHOWN_PLACES = 20


def tables(splits: Mapping[str, Sequence[Article]], labels: Sequence[str]) -> dict[str, Table]:
    """Title → table, in the order they are shown in."""
    articles = [article for group in splits.values() for article in group]
    return {
        "Counts": _counts(splits, labels),
        "Length": _lengths(splits),
        "Topics by level": _crossed(articles, "topic", "level"),
        "Genres by level": _crossed(articles, "genre", "level"),
        "Years": _ranked(Counter(str(article.date.year) if article.date else "none" for article in articles), "year"),
        "Places": _ranked(Counter(article.meta.get("place", "none") for article in articles), "place", SHOWN_PLACES),
        "Most frequent surface forms": _forms(articles, labels),
    }


def _counts(splits: Mapping[str, Sequence[Article]], labels: Sequence[str]) -> Table:
    def row(name: str, values: Iterable[int]) -> list[str]:
        numbers = list(values)
        return [name, *(f"{value:,}" for value in [*numbers, sum(numbers)])]

    groups = list(splits.values())
    mentions = [Counter(entity.label for article in group for entity in article.entities) for group in groups]
    return [
        ["", *splits, "all"],
        row("articles", (len(group) for group in groups)),
        row("without a directive", (sum(not article.directives for article in group) for group in groups)),
        row("syllables", (sum(map(_syllables, group)) for group in groups)),
        *(row(label, (count[label] for count in mentions)) for label in labels),
        row("mentions", (count.total() for count in mentions)),
        row("directives", (sum(len(article.directives) for article in group) for group in groups)),
    ]


def _syllables(article: Article) -> int:
    return len(article.text.split())


def _lengths(splits: Mapping[str, Sequence[Article]]) -> Table:
    header = ["syllables an article", *splits]
    measures: dict[str, Callable[[list[int]], float]] = {"shortest": min, "median": statistics.median, "longest": max}
    return [
        header,
        *(
            [name, *(f"{measure(list(map(_syllables, group))):,.0f}" if group else "" for group in splits.values())]
            for name, measure in measures.items()
        ),
    ]


def _crossed(articles: Sequence[Article], rows: str, columns: str) -> Table:
    """Articles by two fields of their metadata; `none` where it is missing."""
    pairs = Counter((article.meta.get(rows, "none"), article.meta.get(columns, "none")) for article in articles)
    across = sorted({column for _, column in pairs})
    down = Counter({row: sum(n for (name, _), n in pairs.items() if name == row) for row, _ in pairs})
    return [
        [rows, *across, "all"],
        *(
            [row, *(str(pairs[row, column] or "") for column in across), str(total)]
            for row, total in down.most_common()
        ),
    ]


def _ranked(counts: Counter[str], name: str, shown: int | None = None) -> Table:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]) if shown else item[0])
    rest = len(ordered) - shown if shown else 0
    lines = [[key, str(count)] for key, count in ordered[:shown]]
    return [[name, "articles"], *lines, *([[f"… {rest} more", ""]] if rest > 0 else [])]


def _forms(articles: Sequence[Article], labels: Sequence[str]) -> Table:
    lines = [["label", "surface form", "times"]]
    for label in labels:
        forms = Counter(e.text for article in articles for e in article.entities if e.label == label)
        lines += [[label, form, str(count)] for form, count in forms.most_common(SHOWN_FORMS)]
    return lines


def draw(splits: Mapping[str, Sequence[Article]], labels: Sequence[str], out: IO[bytes]) -> None:
    """Draw counts, lengths, topics and years as one PNG picture."""
    need("train", "pictures", "matplotlib")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    articles = [article for group in splits.values() for article in group]
    figure = Figure(figsize=(12, 9), layout="constrained")
    FigureCanvasAgg(figure)
    (counts, lengths), (topics, years) = figure.subplots(2, 2)

    bottom = [0] * len(labels)
    for name, group in splits.items():
        heights = [sum(e.label == label for article in group for e in article.entities) for label in labels]
        counts.bar(labels, heights, bottom=bottom, label=name)
        bottom = [low + height for low, height in zip(bottom, heights, strict=True)]
    counts.set_title("mentions")
    counts.legend()

    lengths.hist([_syllables(article) for article in articles], bins=20)
    lengths.set_title("syllables an article")

    by_topic = Counter(article.meta.get("topic", "none") for article in articles).most_common(30)[::-1]
    topics.barh([name for name, _ in by_topic], [count for _, count in by_topic])
    topics.tick_params(axis="y", labelsize=7)
    topics.set_title("topics")

    by_year = sorted(Counter(article.date.year for article in articles if article.date).items())
    years.bar([str(year) for year, _ in by_year], [count for _, count in by_year])
    years.tick_params(axis="x", labelrotation=60)
    years.set_title("years")
    figure.savefig(out, format="png", dpi=120)
