"""`python -m infer ARTICLES…`: directive records from raw articles.

    python -m infer article.txt                                   # a table on the terminal
    python -m infer articles/ news.jsonl -o records.jsonl          # JSON lines, one article each
    python -m infer 'news/**/*.txt' -o records.csv --model runs/mini

In: text files, folders, globs, JSON lines ({"text": …, "id"?, "date"?, "meta"?}), `-` for standard input. Out: see
outputs.py. A bad article is reported and left out, the rest goes on, and the exit status is 1.
"""

from __future__ import annotations

import logging
import sys
from contextlib import ExitStack

from data.command import make_parser
from data.errors import InputError
from infer.batch import extract_all
from infer.extractor import Extractor
from infer.inputs import Source, find_sources
from infer.outputs import ErrorLog, open_sink, output_files


def main(argv: list[str] | None = None) -> int:
    """Run the command; gives the exit status: 0, or 1 when an article or the command failed."""
    parser = make_parser("python -m infer", __doc__)
    parser.add_argument(
        "articles", nargs="+", metavar="ARTICLES", help="files, folders, globs, or - for standard input"
    )
    parser.add_argument("-o", "--output", metavar="FILE", help=".jsonl or .csv; - for JSON lines; without it a table")
    parser.add_argument("--model", metavar="FOLDER", help="a checkpoint (models/mini, else runs/mini)")
    parser.add_argument(
        "--segmenter", metavar="NAME", help="instead of the checkpoint's; vncorenlp:FOLDER names its folder"
    )
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1 … (%(default)s)")
    args = parser.parse_args(argv)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s")
    try:
        # a folder that the records go to holds those of the run before, which are no articles
        sources = find_sources(args.articles, without=output_files(args.output))
        extractor = Extractor.load(args.model, segmenter=args.segmenter, device=args.device)
        return run(extractor, sources, args.output)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        sys.stderr.close()  # whoever read our output has gone; nothing more to say
        return 1


def run(extractor: Extractor, sources: list[Source], output: str | None) -> int:
    """Extract from all sources into `output`; gives the exit status."""
    count = 0
    with ExitStack() as stack:
        sink = stack.enter_context(open_sink(output))
        errors = ErrorLog(output, stack)
        for article in extract_all(extractor, sources, errors, "extracting"):
            sink.write(article)
            count += 1
    if errors.count:
        print(f"{count} articles done, {errors.count} failed", file=sys.stderr)
    return 1 if errors.count else 0


if __name__ == "__main__":
    sys.exit(main())
