"""`python -m train.evaluate MODEL [MODEL…] ARTICLES… -o report/`: the whole inference path against annotated articles.

In: checkpoint folders and annotated articles (files or folders). Out: `report.html` to look at, `report.md`, and
`metrics.json`, which holds every figure of the two.

    python -m train.evaluate runs/mine data/articles/test -o report --train data/articles/train
    python -m train.evaluate runs/mine models/mini data/articles/test -o report   # the second compared with the first
    python -m train.evaluate --gold-mentions data/articles/dev   # records and values alone, no model, on the terminal

With several models the report is about the first, and says how the others differ from it and whether that is chance.
With --train it says how well wordings are found that stand in those articles, and how well others.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from data.command import make_parser
from data.compare import Pair, link_scores
from data.errors import InputError
from data.files import atomic_file
from data.formats import read_articles
from data.progress import Meter
from data.schema import Article
from data.segment import load_segmenter, segment
from infer.backends import add_runtime
from infer.checkpoint import SETTINGS_FILE, Settings, read_settings
from infer.extractor import Extractor, link, with_values
from train.calibration import calibration
from train.checkpoint import fingerprint
from train.comparison import compare
from train.directive_calibration import scored_directives
from train.metrics import evaluate, normalized_scores
from train.mistakes import count_edges, count_kinds, link_mistakes, span_mistakes, value_mistakes
from train.partial import partial_matches
from train.report_html import page
from train.report_markdown import markdown
from train.slices import precision_recall, slices
from train.summary import summarize

_SCORES = (("P", "precision"), ("R", "recall"), ("F1", "f1"))


def predict(extractor: Extractor, gold: Sequence[Article]) -> list[Article]:
    """What the extractor makes of the texts of annotated articles."""
    predicted = []
    with Meter("evaluating", len(gold)) as meter:
        for article in extractor.extract_many(gold):
            predicted.append(article)
            meter.update(len(predicted), f"{len(predicted)} articles")
    return predicted


def with_gold_mentions(gold: Sequence[Article]) -> list[Article]:
    """The record layer alone: gold mentions, normalised and linked by our own means. It needs no model."""
    made = []
    for article in gold:
        # every segmenter is given the same sentences
        sentences = segment(article.text, load_segmenter("none")).sentence_spans()
        entities = with_values(article.text, article.date, article.meta.get("place"), article.entities)
        directives = link(article.text, entities, sentences)
        made.append(article.model_copy(update={"entities": entities, "directives": directives}))
    return made


def given_gold_mentions(gold: Sequence[Article]) -> dict[str, Any]:
    """The figures of the record layer alone: `links` and `normalized`, as in `evaluate`."""
    pairs = list(zip(gold, with_gold_mentions(gold), strict=True))
    return {"links": link_scores(pairs), "normalized": normalized_scores(pairs)}


def compute(
    gold: Sequence[Article],
    predicted: Sequence[Article],
    labels: Sequence[str],
    *,
    records: bool = True,
    trained: Sequence[Article] | None = None,
) -> dict[str, Any]:
    """All figures of `metrics.json` about one model on one set of articles.

    records: whether the model's labels are those that records are made of. trained: articles that it learned from.
    """
    pairs: list[Pair] = list(zip(gold, predicted, strict=True))
    figures = evaluate(gold, predicted, labels)
    if records:
        figures["given_gold_mentions"] = given_gold_mentions(gold)
        figures["calibration"]["directives"] = calibration(scored_directives(pairs))
    mistakes = span_mistakes(pairs)
    figures |= {
        "nervaluate": partial_matches(pairs, labels),
        "precision_recall": precision_recall(pairs, labels),
        "slices": slices(pairs, labels, trained),
        "mistakes": {
            "kinds": count_kinds(mistakes, labels),
            "edges": count_edges(mistakes, labels),
            "spans": mistakes,
            "links": link_mistakes(pairs),
            "values": value_mistakes(pairs),
        },
    }
    return figures | {"summary": summarize(figures)}


# ------------------------------------------------------------------ the command


def main(argv: list[str] | None = None) -> int:
    """Run the command; gives the exit status."""
    parser = make_parser("python -m train.evaluate", __doc__)
    parser.add_argument(
        "sources", nargs="+", metavar="SOURCE", help="a checkpoint folder or several, then files or folders of ARTICLES"
    )
    parser.add_argument("-o", "--output", metavar="FOLDER", help="for report.html, report.md and metrics.json")
    parser.add_argument(
        "--train",
        action="append",
        metavar="ARTICLES",
        help="what the model learned from, for scores of seen and unseen wordings; may be given more than once",
    )
    parser.add_argument(
        "--gold-mentions",
        action="store_true",
        help="no checkpoint, only ARTICLES: print how good records and values are for their own mentions",
    )
    parser.add_argument("--segmenter", help="instead of the checkpoint's; vncorenlp:FOLDER names its folder")
    add_runtime(parser)
    args = parser.parse_args(argv)
    models, articles = _sorted_out(args.sources)
    if args.gold_mentions and (args.output or args.segmenter or args.train):
        parser.error("--gold-mentions needs no model and writes no files: leave out --segmenter, --train and --output")
    if not args.gold_mentions and (not articles or not args.output):
        parser.error("give a checkpoint folder, articles and --output FOLDER; or --gold-mentions and articles alone")
    try:
        if args.gold_mentions:
            _print_given(given_gold_mentions([a for source in args.sources for a in read_articles(source)]))
            return 0
        figures = _report(models, articles, args)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    _write(Path(args.output), figures)
    _summary(figures, args.output)
    return 0


def _sorted_out(sources: Sequence[str]) -> tuple[list[str], list[str]]:
    """Checkpoint folders, the first of them by its place, and articles."""
    count = 1
    while count < len(sources) and (Path(sources[count]) / SETTINGS_FILE).is_file():
        count += 1
    return list(sources[:count]), list(sources[count:])


def _report(models: Sequence[str], sources: Sequence[str], args: argparse.Namespace) -> dict[str, Any]:
    """All of `metrics.json`. Raises InputError for what is no checkpoint, or cannot be compared."""
    train: Sequence[str] | None = args.train
    settings = [read_settings(model) for model in models]
    first = settings[0]
    for model, other in zip(models, settings, strict=True):
        if other.labels != first.labels:
            raise InputError(
                f"the labels {', '.join(other.labels)}",
                expected=f"those of {models[0]} ({', '.join(first.labels)}): scores of others cannot be compared",
                mend="evaluate it on its own",
                path=model,
            )
    segmented = first.segmenter == "none"
    gold = _read(sources, first, segmented)
    trained = _read(train, first, segmented) if train else None
    found, pairs = [], []
    for model in models:
        extractor = Extractor.load(
            model, segmenter=args.segmenter, device=args.device, backend=args.backend, threads=args.threads
        )
        predicted = predict(extractor, gold)
        found.append(compute(gold, predicted, first.labels, records=extractor.makes_records, trained=trained))
        pairs.append(list(zip(gold, predicted, strict=True)))
    about: dict[str, Any] = {
        "model": models[0],
        "articles": " ".join(sources),
        "date": dt.date.today().isoformat(),
        "machine": f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}",
        "segmenter": args.segmenter or first.segmenter,
        "max_length": first.max_length,
    }
    if train and trained is not None:
        whole = fingerprint(trained) == first.fingerprints.get("train")
        about["trained"] = {"from": " ".join(train), "articles": len(trained), "all": whole}
    figures = {"about": about} | found[0]
    return figures | ({"comparison": compare(models, pairs, found)} if len(models) > 1 else {})


def _read(sources: Sequence[str], settings: Settings, segmented: bool) -> list[Article]:
    return [a for source in sources for a in read_articles(source, settings.labels, segmented=segmented)]


def _write(folder: Path, figures: dict[str, Any]) -> None:
    files = {
        "metrics.json": json.dumps(figures, ensure_ascii=False, indent=1) + "\n",
        "report.md": markdown(figures),
        "report.html": page(figures),
    }
    for name, content in files.items():
        with atomic_file(folder / name) as out:
            out.write(content)


def _print_given(figures: dict[str, Any]) -> None:
    for name, score in figures["links"].items():
        values = "  ".join(f"{key} {score[value]:.3f}" for key, value in _SCORES)
        print(f"{f'links {name}':20} {values} (gold {score['gold']})")
    for name, score in figures["normalized"].items():
        given = f"{score['given_right']}/{score['given']} of those given"
        print(f"{name:20} {score['right']}/{score['gold']} right ({score['share']:.3f}), {given}")


def _summary(figures: dict[str, Any], output: str) -> None:
    for name, score in figures["entities"].items():
        values = "  ".join(f"{key} {score[value]:.3f}" for key, value in _SCORES)
        print(f"{name:10} {values} ({' – '.join(f'{edge:.3f}' for edge in score['f1_interval'])})")
    print(f"overlap F1 {figures['entities_overlap']['f1']:.3f}")
    if "given_gold_mentions" in figures:
        strict = figures["given_gold_mentions"]["links"]["strict"]["f1"]
        print(f"links F1 {figures['links']['strict']['f1']:.3f}; given gold mentions {strict:.3f}")
    for other in figures.get("comparison", {}).get("others", []):
        one = other["differences"]["micro"]
        low, high = one["interval"]
        print(f"F1 less that of {other['name']}: {one['difference']:+.3f} ({low:+.3f} – {high:+.3f}), p {one['p']:.3f}")
    print(f"written: {output}/report.html, {output}/report.md, {output}/metrics.json")


if __name__ == "__main__":
    sys.exit(main())
