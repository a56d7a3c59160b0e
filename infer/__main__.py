"""`python -m infer ARTICLES…`: directive records from raw articles.

    python -m infer article.txt                                   # a table on the terminal
    python -m infer articles/ news.jsonl -o records.jsonl          # JSON lines, one article each
    python -m infer 'news/**/*.txt' -o records.csv --model runs/mini
    python -m infer news/ --due 2020-12-31 --assignee "Sở Tài chính" -o to-do.ics
    python -m infer articles/ --html site                          # pages to look at: open site/index.html
    python -m infer articles/ -o records/ --format parquet --ray auto   # by all nodes of a Ray cluster

In: text files, folders, globs, JSON lines ({"text": …, "id"?, "date"?, "meta"?}), `-` for standard input. A bad article
is reported and left out, the rest goes on, and the exit status is 1.

Out: jsonl, one article a line with its text and mentions; csv, xlsx or parquet, one record a row; ics, one all-day
event for each record and day on which a deadline of it ends; or a table. `due` in a row is the earliest such day.
--html writes pages to look at, beside that or instead of the table.

--ray runs the same on Ray (docs/scale.md): by itself with a worker for each core of this machine, with an ADDRESS
(auto, HOST:PORT, ray://HOST:PORT) on a running cluster. What comes out is the same, in the same order. An output that
ends with a slash is a folder of parts, which the workers write.

Filters keep the records that fit all of them, and leave out the articles that have none left. A record fits --due when
one of its deadlines ends on that day or before; without a date it does not fit. It fits --assignee (--issuer) when an
assignee (the issuer) has all the words of NAME, side by side: "Sở Tài chính" also finds "Sở Tài chính tỉnh" and "Giám
đốc Sở Tài chính". Case, tone placement (hòa, hoà) and Unicode form make no difference, and a NAME typed without accents
finds accented ones. So does a NAME that is the `body` or `person` key of the mention, or written out the beginning of
its body's: "UBND tỉnh" finds "Ủy ban nhân dân tỉnh Lai Châu", and `so-tai-chinh-tinh-lai-chau` that one body alone.
"""

from __future__ import annotations

import logging
import sys
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from data.command import make_parser
from data.errors import InputError
from infer.batch import extract_all
from infer.cluster import LOCAL, Crew, connect
from infer.extractor import Extractor
from infer.filters import Filter
from infer.inputs import Source, find_sources
from infer.outputs import FORMATS, SUFFIXES, ErrorLog, Sink, format_name, open_sink, output_files
from infer.site import INDEX, open_site


def main(argv: list[str] | None = None) -> int:
    """Run the command; gives the exit status: 0, or 1 when an article or the command failed."""
    parser = make_parser("python -m infer", __doc__)
    parser.add_argument(
        "articles", nargs="+", metavar="ARTICLES", help="files, folders, globs, or - for standard input"
    )
    parser.add_argument(
        "-o", "--output", metavar="FILE", help=f"{', '.join(SUFFIXES)}; - for standard output; without it a table"
    )
    parser.add_argument(
        "--format", metavar="NAME", help=f"{', '.join(FORMATS)} (that of the file's suffix; jsonl for -, else table)"
    )
    parser.add_argument("--html", metavar="DIR", help="also, or instead of the table: an index and a page an article")
    parser.add_argument("--due", metavar="DAY", help="only what is due by DAY, such as 2020-12-31; see below")
    parser.add_argument("--assignee", metavar="NAME", help="only what NAME has to do; see below")
    parser.add_argument("--issuer", metavar="NAME", help="only what NAME has ordered; see below")
    parser.add_argument("--model", metavar="FOLDER", help="a checkpoint (models/mini, else runs/mini)")
    parser.add_argument(
        "--segmenter", metavar="NAME", help="instead of the checkpoint's; vncorenlp:FOLDER names its folder"
    )
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1 … (%(default)s)")
    parser.add_argument(
        "--ray", nargs="?", const=LOCAL, metavar="ADDRESS", help="on Ray, here or on the cluster at ADDRESS; see below"
    )
    args = parser.parse_args(argv)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s")
    try:
        wanted = Filter.parse(due=args.due, assignee=args.assignee, issuer=args.issuer)
        format_name(args.output, args.format)  # said before the model is loaded
        # a folder that the records go to holds those of the run before, which are no articles
        sources = find_sources(args.articles, without=output_files(args.output))
        if args.ray is None:
            extractor = Extractor.load(args.model, segmenter=args.segmenter, device=args.device)
            return run(extractor, sources, args.output, args.format, wanted, args.html)
        with connect(args.ray):
            crew = Crew.gather(args.model, segmenter=args.segmenter, device=args.device)
            if args.output is not None and (args.output.endswith("/") or Path(args.output).is_dir()):
                return run_parts(crew, sources, args.output, args.format, wanted)
            return run(crew, sources, args.output, args.format, wanted, args.html)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        sys.stderr.close()  # whoever read our output has gone; nothing more to say
        return 1


def run(
    extractor: Extractor | Crew,
    sources: list[Source],
    output: str | None,
    format: str | None,
    wanted: Filter,
    html: str | None = None,
) -> int:
    """Extract from all sources what is wanted into `output` and pages in the folder `html`; gives the exit status."""
    count = written = 0
    with ExitStack() as stack:
        sinks: list[Sink] = [] if html is None else [stack.enter_context(open_site(html))]
        if output is not None or format is not None or html is None:
            sinks.append(stack.enter_context(open_sink(output, format)))
        errors = ErrorLog(output, stack)
        extract = extractor.extract_all if isinstance(extractor, Crew) else partial(extract_all, extractor)
        for article in extract(sources, errors, "extracting"):
            count += 1
            if (fitting := wanted(article)) is not None:
                for sink in sinks:
                    sink.write(fitting)
                written += 1
    if html is not None:
        print(f"{Path(html, INDEX)}: {written} articles", file=sys.stderr)
    return tell(count, written, errors)


def run_parts(crew: Crew, sources: list[Source], folder: str, format: str | None, wanted: Filter) -> int:
    """Extract on Ray into files of a folder, which the workers write; gives the exit status."""
    with ExitStack() as stack:
        errors = ErrorLog(folder.rstrip("/"), stack)
        count, written = crew.write_parts(sources, errors, "extracting", folder, format_name(folder, format), wanted)
    return tell(count, written, errors)


def tell(count: int, written: int, errors: ErrorLog) -> int:
    """Say how it went, where that is not plain from the output; gives the exit status."""
    if count and not written:
        print("no record fits", file=sys.stderr)  # an empty screen would not say so
    if errors.count:
        print(f"{count} articles done, {errors.count} failed", file=sys.stderr)
    return 1 if errors.count else 0


if __name__ == "__main__":
    sys.exit(main())
