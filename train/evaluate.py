"""`python -m train.evaluate MODEL ARTICLES… -o report/`: the whole inference path against annotated articles.

In: a checkpoint folder and annotated articles (files or folders). Out: `metrics.json` and `report.md`.

    python -m train.evaluate --gold-mentions data/articles/dev   # records and values alone, no model, on the terminal
"""

from __future__ import annotations

import datetime as dt
import json
import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from data.command import make_parser
from data.compare import link_scores
from data.errors import InputError
from data.files import atomic_file
from data.formats import read_articles
from data.progress import Meter
from data.schema import Article
from data.segment import load_segmenter, segment
from infer.backends import add_runtime
from infer.checkpoint import Settings, read_settings
from infer.extractor import Extractor, link, with_values
from train.metrics import evaluate, normalized_scores

SHOWN_ERRORS = 30
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


def compute(extractor: Extractor, gold: Sequence[Article]) -> dict[str, Any]:
    """All figures of `metrics.json` about one model on one set of articles."""
    figures = evaluate(gold, predict(extractor, gold), extractor.labels)
    if extractor.makes_records:
        figures["given_gold_mentions"] = given_gold_mentions(gold)
    return figures


# ------------------------------------------------------------------ the report


def markdown(figures: dict[str, Any], settings: Settings) -> str:
    """The figures as a report for people; texts of articles are escaped."""
    about = figures["about"]
    about_data = (
        f"{figures['articles']} articles of {_cell(about['articles'])}; {about['date']}, {_cell(about['machine'])}."
    )
    parts = [
        f"# Evaluation of {_cell(about['model'])}",
        f"{about_data} Segmenter `{settings.segmenter}`, windows of {settings.max_length} subwords.",
        "## Mentions\nStrict: start, end and label are right. Intervals: 95%, 1,000 bootstrap samples over articles.",
        _entity_table(figures),
        "## Confusion of labels\nRows: gold, columns: predicted, by greatest overlap.",
        _table(
            ["gold", *figures["confusion"]],
            [[name, *map(str, row.values())] for name, row in figures["confusion"].items()],
        ),
    ]
    if "given_gold_mentions" in figures:
        parts += ["## Directive links", _link_table(figures)]
    if figures["normalized"]:
        parts += ["## Normalised values", _normalized_table(figures)]
    rows = [
        [str(e["count"]), e["kind"], e["label"], e["text"], e["predicted_label"], e["predicted_text"], e["article"]]
        for e in figures["errors"][:SHOWN_ERRORS]
    ]
    shown = f"The {len(rows)} most frequent of {len(figures['errors'])} kinds."
    parts += [
        f"## Errors\n{shown}",
        _table(["count", "kind", "gold", "text", "predicted", "text", "in"], rows),
    ]
    return "\n\n".join(parts) + "\n"


def _entity_table(figures: dict[str, Any]) -> str:
    rows = []
    for name, score in [*figures["entities"].items(), ("overlap", figures["entities_overlap"])]:
        low, high = score.get("f1_interval", (None, None))
        interval = f"{low:.3f} – {high:.3f}" if low is not None else ""
        figures_ = [f"{score[key]:.3f}" for key in ("precision", "recall", "f1")]
        rows.append([name, *figures_, interval, str(score.get("gold", "")), str(score.get("predicted", ""))])
    return _table(["", "P", "R", "F1", "interval", "gold", "predicted"], rows)


def _link_table(figures: dict[str, Any]) -> str:
    rows = []
    given = figures["given_gold_mentions"]["links"]
    for name, score in figures["links"].items():
        values = [f"{score[key]:.3f}" for key in ("precision", "recall", "f1")]
        rows.append([name, *values, str(score["gold"]), f"{given[name]['f1']:.3f}"])
    return _table(["", "P", "R", "F1", "gold", "F1 given gold mentions"], rows)


def _normalized_table(figures: dict[str, Any]) -> str:
    given = figures.get("given_gold_mentions", {}).get("normalized", {})
    rows = []
    for name, score in figures["normalized"].items():
        row = [name, f"{score['right']}/{score['gold']}", f"{score['share']:.3f}"]
        if name in given:
            row += [f"{given[name]['share']:.3f}", f"{given[name]['given_right']}/{given[name]['given']}"]
        rows.append(row)
    return _table(["", "right", "share", "share given gold mentions", "right of those given a value"], rows)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(text: str) -> str:
    for char, escaped in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\\", "\\\\"), ("|", "\\|"), ("`", "\\`")):
        text = text.replace(char, escaped)
    return " ".join(text.split())


# ------------------------------------------------------------------ the command


def main(argv: list[str] | None = None) -> int:
    """Run the command; gives the exit status."""
    parser = make_parser("python -m train.evaluate", __doc__)
    parser.add_argument(
        "sources", nargs="+", metavar="SOURCE", help="a checkpoint folder, then files or folders of ARTICLES"
    )
    parser.add_argument("-o", "--output", metavar="FOLDER", help="for metrics.json and report.md")
    parser.add_argument(
        "--gold-mentions",
        action="store_true",
        help="no checkpoint, only ARTICLES: print how good records and values are for their own mentions",
    )
    parser.add_argument("--segmenter", help="instead of the checkpoint's; vncorenlp:FOLDER names its folder")
    add_runtime(parser)
    args = parser.parse_args(argv)
    if args.gold_mentions and (args.output or args.segmenter):
        parser.error("--gold-mentions needs no segmenter and writes no files: leave out --segmenter and --output")
    if not args.gold_mentions and (len(args.sources) < 2 or not args.output):
        parser.error("give a checkpoint folder, articles and --output FOLDER; or --gold-mentions and articles alone")
    try:
        if args.gold_mentions:
            _print_given(given_gold_mentions([a for source in args.sources for a in read_articles(source)]))
            return 0
        model, *articles = args.sources
        settings = read_settings(model)
        segmented = settings.segmenter == "none"
        gold = [a for source in articles for a in read_articles(source, settings.labels, segmented=segmented)]
        extractor = Extractor.load(
            model, segmenter=args.segmenter, device=args.device, backend=args.backend, threads=args.threads
        )
        figures = compute(extractor, gold)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    about = {
        "model": model,
        "articles": " ".join(articles),
        "date": dt.date.today().isoformat(),
        "machine": f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}",
    }
    _write(Path(args.output), {"about": about} | figures, settings)
    _summary(figures, args.output)
    return 0


def _print_given(figures: dict[str, Any]) -> None:
    for name, score in figures["links"].items():
        values = "  ".join(f"{key} {score[value]:.3f}" for key, value in _SCORES)
        print(f"{f'links {name}':20} {values} (gold {score['gold']})")
    for name, score in figures["normalized"].items():
        given = f"{score['given_right']}/{score['given']} of those given"
        print(f"{name:20} {score['right']}/{score['gold']} right ({score['share']:.3f}), {given}")


def _write(folder: Path, figures: dict[str, Any], settings: Settings) -> None:
    with atomic_file(folder / "metrics.json") as out:
        out.write(json.dumps(figures, ensure_ascii=False, indent=1) + "\n")
    with atomic_file(folder / "report.md") as out:
        out.write(markdown(figures, settings))


def _summary(figures: dict[str, Any], output: str) -> None:
    for name, score in figures["entities"].items():
        values = "  ".join(f"{key} {score[value]:.3f}" for key, value in _SCORES)
        print(f"{name:10} {values} ({' – '.join(f'{edge:.3f}' for edge in score['f1_interval'])})")
    print(f"overlap F1 {figures['entities_overlap']['f1']:.3f}")
    if "given_gold_mentions" in figures:
        strict = figures["given_gold_mentions"]["links"]["strict"]["f1"]
        print(f"links F1 {figures['links']['strict']['f1']:.3f}; given gold mentions {strict:.3f}")
    print(f"written: {output}/metrics.json, {output}/report.md")


if __name__ == "__main__":
    sys.exit(main())
