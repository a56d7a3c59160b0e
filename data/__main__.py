"""`python -m data check|schema`: see each command's --help."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from data.bpe import PhobertBPE
from data.check import check, rows
from data.encode import Encoder
from data.errors import InputError
from data.schema import LABELS, json_schema
from data.segment import load_segmenter

VOCABULARY = Path(__file__).parent.parent / "models" / "mini-vocabulary"


def main(argv: list[str] | None = None) -> int:
    """Run one command; gives the exit status."""
    parser = argparse.ArgumentParser(prog="python -m data", description="Annotated articles: validate and describe.")
    commands = parser.add_subparsers(dest="command", required=True)
    checker = commands.add_parser("check", help="validate and describe annotated articles; exit status 1 on an error")
    checker.add_argument("sources", nargs="+", metavar="ARTICLES", help="files, or folders (with or without splits)")
    checker.add_argument("--labels", default=",".join(LABELS), help="the label set, by commas (%(default)s)")
    checker.add_argument("--segmenter", default="pyvi", help="pyvi, underthesea, none, vncorenlp:FOLDER (%(default)s)")
    checker.add_argument("--tokenizer", default=str(VOCABULARY), help="folder of vocab.txt and bpe.codes")
    checker.add_argument("--max-length", type=int, default=256, help="subwords in a window (%(default)s)")
    checker.add_argument("--stride", type=int, default=64, help="subwords that windows share (%(default)s)")
    commands.add_parser("schema", help="print the JSON Schema of the public form")
    args = parser.parse_args(argv)
    try:
        if args.command == "schema":
            print(json.dumps(json_schema(), ensure_ascii=False, indent=2))
            return 0
        return _check(args)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _check(args: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.table import Table

    labels = [label for label in args.labels.split(",") if label]
    encoder = Encoder(load_segmenter(args.segmenter), PhobertBPE.load(args.tokenizer), args.max_length, args.stride)
    report = check(args.sources, encoder, labels)
    header, *lines = rows(report, labels)
    table = Table(box=None, pad_edge=False)
    for number, name in enumerate(header):
        table.add_column(name, justify="right" if number else "left", no_wrap=True)
    for line in lines:
        table.add_row(*line)
    Console().print(table)
    for one, other, share in report.duplicates:
        print(f"near-duplicate: {one} and {other} share {share:.0%} of their five-word sequences")
    for error in report.errors:
        print(f"error: {error}", file=sys.stderr)
    if report.errors:
        print(f"{len(report.errors)} errors", file=sys.stderr)
    return 1 if report.errors else 0


if __name__ == "__main__":
    sys.exit(main())
