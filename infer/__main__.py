"""`python -m infer ARTICLES…`: directive records from raw articles.

    python -m infer article.txt                                   # a table on the terminal
    python -m infer articles/ news.jsonl -o records.jsonl          # JSON lines, one article each
    python -m infer 'news/**/*.txt' -o records.csv --model runs/mini
    python -m infer articles/ --html site                          # pages to look at: open site/index.html

In: text files, folders, globs, JSON lines ({"text": …, "id"?, "date"?, "meta"?}), `-` for standard input. Out: see
outputs.py and site.py. A bad article is reported and left out, the rest goes on, and the exit status is 1.
"""

from __future__ import annotations

import logging
import sys
from contextlib import ExitStack
from pathlib import Path

from data.command import make_parser
from data.errors import InputError
from infer.batch import extract_all
from infer.extractor import Extractor
from infer.inputs import Source, find_sources
from infer.outputs import ErrorLog, Sink, open_sink, output_files
from infer.site import INDEX, open_site


def main(argv: list[str] | None = None) -> int:
    """Run the command; gives the exit status: 0, or 1 when an article or the command failed."""
    parser = make_parser("python -m infer", __doc__)
    parser.add_argument(
        "articles", nargs="+", metavar="ARTICLES", help="files, folders, globs, or - for standard input"
    )
    parser.add_argument("-o", "--output", metavar="FILE", help=".jsonl or .csv; - for JSON lines; without it a table")
    parser.add_argument("--html", metavar="DIR", help="also, or instead of the table: an index and a page an article")
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
        return run(extractor, sources, args.output, args.html)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        sys.stderr.close()  # whoever read our output has gone; nothing more to say
        return 1


def run(extractor: Extractor, sources: list[Source], output: str | None, html: str | None = None) -> int:
    """Extract from all sources into `output` and pages in the folder `html`; gives the exit status."""
    count = 0
    with ExitStack() as stack:
        sinks: list[Sink] = [] if html is None else [stack.enter_context(open_site(html))]
        if output is not None or html is None:
            sinks.append(stack.enter_context(open_sink(output)))
        errors = ErrorLog(output, stack)
        for article in extract_all(extractor, sources, errors, "extracting"):
            for sink in sinks:
                sink.write(article)
            count += 1
    if html is not None:
        print(f"{Path(html, INDEX)}: {count} articles", file=sys.stderr)
    if errors.count:
        print(f"{count} articles done, {errors.count} failed", file=sys.stderr)
    return 1 if errors.count else 0


if __name__ == "__main__":
    sys.exit(main())
