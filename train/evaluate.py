"""`python -m train.evaluate MODEL ARTICLES… -o report/`: the whole inference path against annotated articles.

In: a checkpoint folder and annotated articles (files or folders). Out: `metrics.json` and `report.md`.
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
from infer.checkpoint import Settings, read_settings
from infer.extractor import Extractor, link, normalize
from train.metrics import evaluate, normalized_scores

SHOWN_ERRORS = 30


def predict(extractor: Extractor, gold: Sequence[Article]) -> list[Article]:
    """What the extractor makes of the texts of annotated articles."""
    predicted = []
    with Meter("evaluating", len(gold)) as meter:
        for article in extractor.extract_many(gold):
            predicted.append(article)
            meter.update(len(predicted), f"{len(predicted)} articles")
    return predicted


def with_gold_mentions(extractor: Extractor, gold: Sequence[Article]) -> list[Article]:
    """The record layer alone: gold mentions, normalised and linked by our rules."""
    made = []
    for article in gold:
        sentences = extractor.prepare(article.text).words.sentence_spans()
        entities = [
            entity.model_copy(update={"normalized": normalize(entity.label, entity.text, article.date)})
            for entity in article.entities
        ]
        directives = link(article.text, entities, sentences)
        made.append(article.model_copy(update={"entities": entities, "directives": directives}))
    return made


def compute(extractor: Extractor, gold: Sequence[Article]) -> dict[str, Any]:
    """All figures of `metrics.json` about one model on one set of articles."""
    figures = evaluate(gold, predict(extractor, gold), extractor.labels)
    if extractor.makes_records:
        pairs = list(zip(gold, with_gold_mentions(extractor, gold), strict=True))
        figures["given_gold_mentions"] = {"links": link_scores(pairs), "normalized": normalized_scores(pairs)}
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
    parser.add_argument("model", help="a checkpoint folder")
    parser.add_argument("articles", nargs="+", metavar="ARTICLES", help="annotated articles: files or folders")
    parser.add_argument("-o", "--output", required=True, metavar="FOLDER")
    parser.add_argument("--segmenter", help="instead of the checkpoint's; vncorenlp:FOLDER names its folder")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1 … (%(default)s)")
    args = parser.parse_args(argv)
    try:
        settings = read_settings(args.model)
        segmented = settings.segmenter == "none"
        gold = [a for source in args.articles for a in read_articles(source, settings.labels, segmented=segmented)]
        extractor = Extractor.load(args.model, segmenter=args.segmenter, device=args.device)
        figures = compute(extractor, gold)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    about = {
        "model": str(args.model),
        "articles": " ".join(args.articles),
        "date": dt.date.today().isoformat(),
        "machine": f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}",
    }
    _write(Path(args.output), {"about": about} | figures, settings)
    _summary(figures, args.output)
    return 0


def _write(folder: Path, figures: dict[str, Any], settings: Settings) -> None:
    with atomic_file(folder / "metrics.json") as out:
        out.write(json.dumps(figures, ensure_ascii=False, indent=1) + "\n")
    with atomic_file(folder / "report.md") as out:
        out.write(markdown(figures, settings))


def _summary(figures: dict[str, Any], output: str) -> None:
    for name, score in figures["entities"].items():
        values = "  ".join(
            f"{key} {score[value]:.3f}" for key, value in (("P", "precision"), ("R", "recall"), ("F1", "f1"))
        )
        print(f"{name:10} {values} ({' – '.join(f'{edge:.3f}' for edge in score['f1_interval'])})")
    print(f"overlap F1 {figures['entities_overlap']['f1']:.3f}")
    if "given_gold_mentions" in figures:
        strict = figures["given_gold_mentions"]["links"]["strict"]["f1"]
        print(f"links F1 {figures['links']['strict']['f1']:.3f}; given gold mentions {strict:.3f}")
    print(f"written: {output}/metrics.json, {output}/report.md")


if __name__ == "__main__":
    sys.exit(main())
