"""`python -m data check|stats|agree|convert|prelabel|schema`: see each command's --help."""

from __future__ import annotations

import argparse
import json
import os
import runpy
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from data.bpe import PhobertBPE
from data.check import check, collect, rows
from data.compare import link_scores, mention_scores
from data.convert import KINDS, Options, convert
from data.encode import Encoder
from data.errors import InputError
from data.files import atomic_file
from data.formats import read_articles
from data.schema import LABELS, json_schema
from data.segment import DEFAULT, load_segmenter
from data.stats import draw, tables

VOCABULARY = Path(__file__).parent.parent / "models" / "mini-encoder"


def main(argv: list[str] | None = None) -> int:
    """Run one command; gives the exit status."""
    argv = sys.argv[1:] if argv is None else argv
    if argv[:1] == ["prelabel"]:
        return _prelabel(argv[1:])
    args = _parser().parse_args(argv)
    try:
        status = int(args.run(args))
        sys.stdout.flush()
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # whoever read the output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m data", description="Annotated articles: validate and describe.")
    commands = parser.add_subparsers(required=True)

    checker = commands.add_parser("check", help="validate and describe annotated articles; exit status 1 on an error")
    _add_sources(checker)
    checker.add_argument(
        "--segmenter", default=DEFAULT, help="rdr, pyvi, underthesea, none, vncorenlp:FOLDER (%(default)s)"
    )
    checker.add_argument("--tokenizer", default=str(VOCABULARY), help="folder of vocab.txt and bpe.codes")
    checker.add_argument("--max-length", type=int, default=256, help="subwords in a window (%(default)s)")
    checker.add_argument("--stride", type=int, default=64, help="subwords that windows share (%(default)s)")
    checker.set_defaults(run=_check)

    stats = commands.add_parser("stats", help="what a data sheet shows: counts, lengths, spread, surface forms")
    _add_sources(stats)
    stats.add_argument("-o", "--output", metavar="FILE.png", help="draw a picture of it, too")
    stats.set_defaults(run=_stats)

    agree = commands.add_parser("agree", help="strict F1 and link F1 between two annotations of the same articles")
    agree.add_argument("first", help="a file or folder")
    agree.add_argument("second", help="another annotation of articles of the first, by their ids")
    agree.add_argument("--labels", default=",".join(LABELS), help="the label set, by commas (%(default)s)")
    agree.set_defaults(run=_agree)

    converter = commands.add_parser("convert", help="from one format to another, to and from annotation tools")
    converter.add_argument("source", metavar="IN", help="a file or folder (with or without splits)")
    converter.add_argument("output", metavar="OUT", help="a file, or a folder for splits, markup and brat")
    converter.add_argument("--to", required=True, choices=KINDS, help="the format to write")
    converter.add_argument("--from", dest="kind", choices=KINDS, help="the format to read, where it cannot be told")
    converter.add_argument("--labels", help="take these labels alone, by commas (any)")
    converter.add_argument("--segmenter", default=DEFAULT, help="words for CoNLL (%(default)s)")
    converter.add_argument(
        "--offsets",
        choices=("points", "utf16"),
        help="how the tool counts characters: doccano in UTF-16 code units, Label Studio in code points, if not said",
    )
    converter.add_argument("--overwrite", action="store_true", help="replace an output folder that is there")
    converter.set_defaults(run=_convert)

    commands.add_parser("prelabel", help="a model's tags as a start for annotators; see prelabel --help")

    schema = commands.add_parser("schema", help="print the JSON Schema of the public form")
    schema.set_defaults(run=_schema)
    return parser


def _add_sources(command: argparse.ArgumentParser) -> None:
    command.add_argument("sources", nargs="+", metavar="ARTICLES", help="files, or folders (with or without splits)")
    command.add_argument("--labels", default=",".join(LABELS), help="the label set, by commas (%(default)s)")


def _labels(args: argparse.Namespace) -> list[str]:
    return [label for label in args.labels.split(",") if label]


def _show(lines: Sequence[Sequence[str]], title: str | None = None) -> None:
    header, *body = lines
    table = Table(box=None, pad_edge=False, title=title, title_justify="left")
    for number, name in enumerate(header):
        table.add_column(Text(name), justify="right" if number else "left", no_wrap=True)
    for line in body:
        table.add_row(*map(Text, line))
    console = Console()
    console.print(table, width=max(console.width, 100), soft_wrap=True)


def _check(args: argparse.Namespace) -> int:
    encoder = Encoder(load_segmenter(args.segmenter), PhobertBPE.load(args.tokenizer), args.max_length, args.stride)
    report = check(args.sources, encoder, _labels(args))
    _show(rows(report, _labels(args)))
    for one, other, share in report.duplicates:
        print(f"near-duplicate: {one} and {other} share {share:.0%} of their five-word sequences")
    for run in report.overlaps:
        print(f"shared words: {run.first} and {run.second}: {run.words!r}")
    for question in report.questions:
        print(f"question: {question.article}, line {question.line}: {question.text}")
    if report.formulas:
        listed = ", ".join(f"{formula!r} ({count})" for formula, count in report.formulas.most_common())
        print(f"fixed formulas in shared runs of words: {listed}")
    return _report_errors(report.errors)


def _report_errors(errors: Sequence[InputError]) -> int:
    for error in errors:
        print(f"error: {error}", file=sys.stderr)
    if errors:
        print(f"{len(errors)} errors", file=sys.stderr)
    return 1 if errors else 0


def _stats(args: argparse.Namespace) -> int:
    splits, errors = collect(args.sources, _labels(args))
    if not errors:
        for title, lines in tables(splits, _labels(args)).items():
            _show(lines, title)
            print()
        if args.output:
            with atomic_file(args.output, "wb") as out:
                draw(splits, _labels(args), out)
    return _report_errors(errors)


def _agree(args: argparse.Namespace) -> int:
    labels = _labels(args)
    first = {article.id: article for article in read_articles(args.first, labels)}
    second = read_articles(args.second, labels)
    for article in second:
        if article.id not in first or first[article.id].text != article.text:
            raise InputError(
                f"the article {article.id!r}, {'whose text differs' if article.id in first else 'which is not'} there",
                expected=f"articles of {args.first} with their texts unchanged",
                mend="annotate the same text again",
                path=args.second,
            )
    pairs = [(first[article.id], article) for article in second]
    scores = mention_scores(pairs, labels) | {
        f"links, {name}": score for name, score in link_scores(pairs).items() if name in ("strict", "overlap")
    }
    lines = [["", "F1", "first", "second"]]
    lines += [[name, f"{s['f1']:.4f}", str(s["gold"]), str(s["predicted"])] for name, s in scores.items()]
    _show(lines, f"{len(pairs)} articles")
    return 0


def _convert(args: argparse.Namespace) -> int:
    options = Options(
        labels=None if args.labels is None else tuple(_labels(args)),
        utf16=None if args.offsets is None else args.offsets == "utf16",
        segmenter=load_segmenter(args.segmenter) if args.to == "conll" else None,
        overwrite=args.overwrite,
    )
    errors = convert(Path(args.source), Path(args.output), args.to, args.kind, options, _say)
    return _report_errors(errors)


def _say(line: str) -> None:
    print(line, file=sys.stderr)


def _prelabel(argv: list[str]) -> int:
    # It needs a model, and with it infer/, which stands above data/ and imports from here: so the command lives there,
    # and is run from here as another command is run, by its name. Importing data imports nothing of infer.
    before, sys.argv = sys.argv, ["python -m data prelabel", *argv]
    try:
        runpy.run_module("infer.prelabel", run_name="__main__")
    except SystemExit as end:
        return int(end.code or 0)
    finally:
        sys.argv = before
    return 0


def _schema(args: argparse.Namespace) -> int:
    print(json.dumps(json_schema(), ensure_ascii=False, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
