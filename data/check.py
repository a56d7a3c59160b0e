"""`python -m data check`: are these annotated articles right, and what will the model see of them?

In: files or folders of annotated articles. Out: every error with its place; per split what there is and what words,
windows and the vocabulary make of it; articles that stand twice. Exit status 1 on an error.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from data.encode import Encoder, raw_span, tag_spans, tag_words
from data.errors import InputError
from data.formats import NO_SPLIT, find_splits, scan
from data.review import Overlap, Question, overlaps, questions, read_formulas
from data.schema import Article

SHINGLE = 5  # words; two articles that share half of their five-word sequences tell the same story in the same words
NEAR = 0.5


@dataclass(slots=True)
class SplitReport:
    """Counts of one split; `f1` is the strict F1 that a perfect tagger of words would reach."""

    articles: int = 0
    words: int = 0
    mentions: Counter[str] = field(default_factory=Counter)
    directives: int = 0
    straddling: int = 0
    lost: int = 0
    f1: float = 1.0
    windows: int = 0
    split_words: int = 0
    split_sentences: int = 0
    subwords: int = 0
    unknown: int = 0


@dataclass(slots=True)
class CheckReport:
    """What `check` found.

    errors: with their places. splits: counts. duplicates: pairs of articles that are (nearly) the same. questions: what
    somebody should look at. overlaps: runs of words that two articles share; formulas: fixed ones that were let pass.
    """

    errors: list[InputError]
    splits: dict[str, SplitReport]
    duplicates: list[tuple[str, str, float]]
    questions: list[Question]
    overlaps: list[Overlap]
    formulas: Counter[str]


def collect(sources: Sequence[str], labels: Sequence[str]) -> tuple[dict[str, list[Article]], list[InputError]]:
    """Articles by split, and every error. A single folder with splits is taken apart; all else is one split."""
    errors: list[InputError] = []
    splits: dict[str, Path | None] = {"articles": None}
    if len(sources) == 1 and Path(sources[0]).is_dir():
        try:
            splits = dict(find_splits(sources[0]))
        except InputError as error:
            if error.found != NO_SPLIT:  # a folder of articles without splits is one split
                errors.append(error)
    articles: dict[str, list[Article]] = {}
    seen: set[str] = set()
    for split, place in splits.items():
        articles[split] = []
        for source in [place] if place else sources:
            for path, result in _scan(source, labels):
                if isinstance(result, InputError):
                    errors.append(result)
                elif result.id in seen:
                    errors.append(
                        InputError(
                            f"the article id {result.id!r} a second time",
                            expected="ids used once in all splits",
                            mend="rename one",
                            path=path,
                        )
                    )
                else:
                    seen.add(result.id)
                    articles[split].append(result)
        if not articles[split]:
            errors.append(
                InputError(
                    f"no article in the split {split!r}",
                    expected="at least one",
                    mend="put articles there or take the split away",
                    path=place or sources[0],
                )
            )
    return articles, errors


def _scan(source: str | Path, labels: Sequence[str]) -> Iterable[tuple[Path, Article | InputError]]:
    try:
        yield from scan(source, labels)
    except InputError as error:
        yield Path(source), error


def describe(articles: Iterable[Article], encoder: Encoder, labels: Sequence[str]) -> SplitReport:
    """Counts of one split; see SplitReport."""
    report = SplitReport()
    kept = predicted = 0
    for article in articles:
        encoded = encoder.encode(article.text)
        words = encoded.words
        tagged = tag_words(words, article.entities, labels)
        spans = {(labels[number], *raw_span(words, a, b)) for number, a, b in tag_spans(tagged.tags)}
        kept += len(spans & {(entity.label, entity.start, entity.end) for entity in article.entities})
        predicted += len(spans)
        report.articles += 1
        report.words += len(words)
        report.mentions.update(entity.label for entity in article.entities)
        report.directives += len(article.directives)
        report.straddling += tagged.straddling
        report.lost += tagged.lost
        report.windows += len(encoded.windows.windows)
        report.split_words += encoded.windows.split_words
        report.split_sentences += encoded.windows.split_sentences
        report.subwords += len(encoded.ids)
        report.unknown += int((encoded.ids == encoder.bpe.unk).sum())
    gold = report.mentions.total()
    report.f1 = 2 * kept / (gold + predicted) if gold + predicted else 1.0
    return report


def near_duplicates(articles: dict[str, list[Article]]) -> list[tuple[str, str, float]]:
    """Pairs `split/id` that share at least half of the five-word sequences of the shorter one, and the share."""
    places: dict[int, list[int]] = defaultdict(list)
    names: list[str] = []
    sizes: list[int] = []
    for split, group in articles.items():
        for article in group:
            tokens = article.text.casefold().split()
            shingles = {hash(tuple(tokens[i : i + SHINGLE])) for i in range(max(1, len(tokens) - SHINGLE + 1))}
            for shingle in shingles:
                places[shingle].append(len(names))
            names.append(f"{split}/{article.id}")
            sizes.append(len(shingles))
    shared: Counter[tuple[int, int]] = Counter()
    for holders in places.values():
        if len(holders) <= 50:  # a sequence in more articles than that is a formula, not a copy
            shared.update((a, b) for n, a in enumerate(holders) for b in holders[n + 1 :])
    found = [(names[a], names[b], count / min(sizes[a], sizes[b])) for (a, b), count in shared.items()]
    return sorted((pair for pair in found if pair[2] >= NEAR), key=lambda pair: (-pair[2], pair))


def check(sources: Sequence[str], encoder: Encoder, labels: Sequence[str]) -> CheckReport:
    """Validate and describe; a pair of (near-)duplicates in two splits is an error: the test would be known."""
    articles, errors = collect(sources, labels)
    duplicates = near_duplicates(articles)
    for one, other, share in duplicates:
        if one.partition("/")[0] != other.partition("/")[0]:
            errors.append(
                InputError(
                    f"{one} and {other}, which share {share:.0%} of their five-word sequences",
                    expected="splits that have no article in common",
                    mend="move both into one split or delete one",
                )
            )
    errors += [error for group in articles.values() for article in group for error in _empty_records(article)]
    runs, formulas = overlaps(articles, read_formulas())
    return CheckReport(
        errors,
        {name: describe(group, encoder, labels) for name, group in articles.items()},
        duplicates,
        questions([article for group in articles.values() for article in group]),
        runs,
        formulas,
    )


def _empty_records(article: Article) -> Iterable[InputError]:
    for number, directive in enumerate(article.directives, 1):
        if not directive.assignees and not (directive.issuer and (directive.indicators or directive.deadlines)):
            yield InputError(
                f"directive {number} of {article.id} without assignee, and without indicator or deadline of an issuer",
                expected="a record that says whom, or what or by when",
                mend="complete the record, or leave it out",
            )


def rows(report: CheckReport, labels: Sequence[str]) -> list[list[str]]:
    """The report as a table: a header row, then a row for each fact, a column for each split."""
    splits = list(report.splits.values())

    def row(name: str, values: Iterable[object]) -> list[str]:
        return [name, *(f"{value:,}" if isinstance(value, int) else str(value) for value in values)]

    return [
        ["", *report.splits],
        row("articles", [s.articles for s in splits]),
        row("words", [s.words for s in splits]),
        *(row(label, [s.mentions[label] for s in splits]) for label in labels),
        row("directives", [s.directives for s in splits]),
        row("mentions that end inside a word", [s.straddling for s in splits]),
        row("mentions without a word of their own", [s.lost for s in splits]),
        row("strict F1 of perfect word tags", [f"{s.f1:.4f}" for s in splits]),
        row("windows", [s.windows for s in splits]),
        row("words longer than a window", [s.split_words for s in splits]),
        row("sentences in no single window", [s.split_sentences for s in splits]),
        row("subwords per word", [f"{s.subwords / max(1, s.words):.3f}" for s in splits]),
        row("unknown subwords", [s.unknown for s in splits]),
    ]
