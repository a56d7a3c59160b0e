"""`python -m infer ARTICLES…`: directive records from raw articles.

    python -m infer article.txt                                   # a table on the terminal
    python -m infer articles/ news.jsonl -o records.jsonl          # JSON lines, one article each
    python -m infer 'news/**/*.txt' -o records.csv --model runs/mini
    python -m infer news/ --due 2020-12-31 --assignee "Sở Tài chính" -o to-do.ics
    python -m infer articles/ --html site                          # pages to look at: open site/index.html
    python -m infer news.parquet -o records/ --format parquet --part-size 10000 --resume
    python -m infer news/ -o records/ --ray auto                   # by all nodes of a Ray cluster

In: files, folders, globs, `-` for standard input. .txt: an article; .jsonl: one a line ({"text": …, "id"?, "date"?,
"meta"?}); .csv and .parquet: one a row, in the columns text, id and date, with the others as its metadata; .html and
.htm: the main text of a page. All but .parquet may be compressed (.gz, .bz2, .xz, .zst), standard input as well. A bad
article is reported and left out, the rest goes on, and the exit status is 1; so is one of more than 1,000,000
characters.

Out: jsonl, one article a line with its text and mentions; csv, xlsx or parquet, one record a row; ics, one all-day
event for each record and day on which a deadline of it ends; or a table. `due` in a row is the earliest such day.
jsonl and csv may be compressed (-o records.jsonl.zst). An output that ends with a slash is a folder of parts, each of
--part-size articles of the input: records/part-00000.jsonl … --html writes pages to look at, beside the output or
instead of the table.

An output appears when it is whole. Until then jsonl, csv and parquet grow in OUTPUT.partial/, and when the command is
killed or the disk is full, the same command with --resume goes on from there, and ends with the same bytes as if
nothing had been. It refuses where articles, options or the model are others than they were.

Much text and a small model keep every core busy with a process of its own (--workers); how many they are changes no
byte of the output. --ray runs the same on Ray (docs/scale.md): by itself with a worker for each core of this machine,
with an ADDRESS (auto, HOST:PORT, ray://HOST:PORT) on a running cluster. A folder of parts is written by its workers.

Filters keep the records that fit all of them, and leave out the articles that have none left. A record fits --due when
one of its deadlines ends on that day or before; without a date it does not fit. It fits --assignee (--issuer) when an
assignee (the issuer) has all the words of NAME, side by side: "Sở Tài chính" also finds "Sở Tài chính tỉnh" and "Giám
đốc Sở Tài chính". Case, tone placement (hòa, hoà) and Unicode form make no difference, and a NAME typed without accents
finds accented ones. So does a NAME that is the `body` or `person` key of the mention, or written out the beginning of
its body's: "UBND tỉnh" finds "Ủy ban nhân dân tỉnh Lai Châu", and `so-tai-chinh-tinh-lai-chau` that one body alone.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any

from data.command import make_parser
from data.errors import InputError
from infer.backends import add_runtime, default_threads, pick, show_log
from infer.batch import PART, ChunkExtractor, extract_all
from infer.checkpoint import default_model, fingerprint
from infer.cluster import Crew, open_crew
from infer.extractor import Extractor
from infer.filters import Filter
from infer.inputs import STDIN, Item, Place, Source, find_sources, read_items
from infer.nodes import LOCAL
from infer.outputs import FORMATS, STDOUT, SUFFIXES, ErrorLog, Sink, errors_file, format_name, is_folder, open_sink
from infer.parts import KEPT, open_parts, partial_folder
from infer.site import INDEX, open_site
from infer.tally import Tally
from infer.torch_backend import gpu_found
from infer.workers import Workers, workers_for

WORK = "extracting"
START = Place()
# options on which no byte of the output depends, or that --resume compares by what is behind them
FREE = ("articles", "output", "html", "model", "resume", "workers", "ray")


def main(argv: list[str] | None = None) -> int:
    """Run the command; gives the exit status: 0, or 1 when an article or the command failed."""
    parser = make_parser("python -m infer", __doc__)
    parser.add_argument(
        "articles", nargs="+", metavar="ARTICLES", help="files, folders, globs, or - for standard input"
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help=f"{', '.join(SUFFIXES)}; DIR/ for parts; - for standard output; else a table",
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
    parser.add_argument(
        "--ray", nargs="?", const=LOCAL, metavar="ADDRESS", help="on Ray, here or on the cluster at ADDRESS; see below"
    )
    parser.add_argument("--part-size", type=int, metavar="N", help=f"articles of the input in a part ({PART})")
    parser.add_argument("--resume", action="store_true", help="go on where the same command was broken off, if it was")
    add_runtime(parser)
    parser.add_argument(
        "--workers",
        type=int,
        metavar="N",
        help="processes, of a thread each, that share the articles (one a core where it pays)",
    )
    args = parser.parse_args(argv)
    show_log()
    try:
        wanted = Filter.parse(due=args.due, assignee=args.assignee, issuer=args.issuer)
        target = Target.parse(args)  # said before the model is loaded
        # a folder that the records go to holds those of the run before, which are no articles
        sources = find_sources(args.articles, without=target.files())
        size = sum(source.size for source in sources)
        args.workers, args.threads = share_out(args, size)
        with open_extractor(args, size) as extractor:
            return run(extractor, sources, target, wanted, facts_of(args, target, size))
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        print("error: whoever read standard output has gone", file=sys.stderr)
        forget_stdout()
        return 1
    except OSError as error:  # what is written elsewhere has been told already
        found = InputError(
            error.strerror or str(error), expected="room for standard output", mend="name a file with -o"
        )
        print(f"error: {found}", file=sys.stderr)
        forget_stdout()
        return 1
    except KeyboardInterrupt:
        kept = args.output not in (None, STDOUT) and partial_folder(args.output).exists()
        print("stopped" + (f": {KEPT}" if kept else ""), file=sys.stderr)
        return 130  # as shells have it


def share_out(args: argparse.Namespace, text_bytes: int) -> tuple[int | None, int | None]:
    """Processes, and threads of each (None: all cores): what --workers and --threads ask for, else what pays.

    A process among several has one thread, and so has one alone that was asked for: the number of threads may change
    the last bits of torch's sums (in bfloat16, of 2 in 420 articles), the number of processes changes nothing.
    """
    if args.workers is not None or args.ray is not None:
        return args.workers, args.threads or 1
    on_gpu = args.device not in ("auto", "cpu") or gpu_found()
    count = 1 if on_gpu else workers_for(args.model, text_bytes, default_threads() // (args.threads or 1))
    return count, args.threads or (1 if count > 1 else None)


def open_extractor(args: argparse.Namespace, text_bytes: int) -> AbstractContextManager[ChunkExtractor | Crew]:
    """The extractor of `args`, in as many processes as they say, or on Ray."""
    options = {name: getattr(args, name) for name in ("segmenter", "device", "backend", "threads")}
    options["text_bytes"] = text_bytes
    if args.ray is not None:
        return open_crew(args.ray, partial(Crew.gather, args.model, workers=args.workers, **options))
    load = partial(Extractor.load, args.model, **options)
    return nullcontext(load()) if args.workers == 1 else Workers(args.workers, load)


def forget_stdout() -> None:
    """What standard output still holds cannot be written: let Python not try again at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def facts_of(args: argparse.Namespace, target: Target, text_bytes: int) -> dict[str, Any]:
    """What the output of a command depends on beside its articles, for --resume to compare."""
    if not target.in_parts:
        return {}
    options = {f"--{name.replace('_', '-')}": value for name, value in vars(args).items() if name not in FREE}
    program = [file for package in ("data", "infer") for file in Path(__file__).parent.parent.glob(f"{package}/*.*")]
    model = Path(args.model or default_model())
    # "auto" may be another one on another machine
    options["--backend"] = pick(model, args.backend, args.device, text_bytes)[0]
    return {**options, "the model": fingerprint(model.glob("*")), "the program": fingerprint(program)}


@dataclass(frozen=True, slots=True)
class Target:
    """Where records go: what -o, --format, --html, --part-size and --resume ask for. Make one with `Target.parse`."""

    output: str | None = None
    format: str | None = None  # as asked for
    html: str | None = None
    part_size: int = PART
    resume: bool = False

    @classmethod
    def parse(cls, args: argparse.Namespace) -> Target:
        """Raises: InputError for options that do not go together."""
        target = cls(args.output, args.format, args.html, args.part_size or PART, args.resume)
        if args.part_size is not None and not (is_folder(args.output) and args.part_size > 0):
            raise InputError(
                f"--part-size {args.part_size}" + ("" if is_folder(args.output) else " without a folder of parts"),
                expected="a number of articles, and an output that ends with a slash",
                mend="write for instance -o records/ --part-size 10000",
            )
        why = target.why_not_resumed(args.articles)  # asks for the format, whether it is needed or not
        if args.resume and why:
            raise InputError(f"--resume {why}", expected="what can be taken up again", mend="leave --resume out")
        return target

    @property
    def name(self) -> str:
        return format_name(self.output, self.format)

    @property
    def in_parts(self) -> bool:
        """Whether records are written in parts, which make one file in the end or stay parts."""
        return self.output not in (None, STDOUT) and FORMATS[self.name.partition(".")[0]].join is not None

    def why_not_resumed(self, articles: Sequence[str]) -> str:
        """What keeps a run that was broken off from being taken up; empty where nothing does."""
        reasons = {
            f"of the format {self.name}" if self.output else f"of {self.name} without -o": not self.in_parts,
            "with --html": self.html is not None,
            "of standard input": STDIN in articles,
        }
        return next((reason for reason, holds in reasons.items() if holds), "")

    def files(self) -> list[Path]:
        """The files and folders that a run writes."""
        if self.output in (None, STDOUT):
            return []
        return [Path(str(self.output)), errors_file(str(self.output)), partial_folder(str(self.output))]


def run(
    extractor: ChunkExtractor | Crew,
    sources: Sequence[Source],
    target: Target,
    wanted: Filter,
    facts: Mapping[str, Any] | None = None,
) -> int:
    """Extract from all sources what is wanted; gives the exit status.

    facts: all that the output depends on beside the sources, for --resume to compare.
    """
    with ExitStack() as stack:
        pages: list[Sink] = [] if target.html is None else [stack.enter_context(open_site(target.html))]
        if target.in_parts:
            tally = _run_parts(extractor, sources, target, wanted, pages, facts or {})
        else:
            if target.output is not None or target.format is not None or target.html is None:
                pages.append(stack.enter_context(open_sink(target.output, target.format)))
            errors = ErrorLog(None if target.output in (None, STDOUT) else errors_file(str(target.output)), stack)
            tally = Tally()
            for item in _extract(extractor, sources):
                tally.write(item, wanted, pages, errors)
            sys.stdout.flush()  # where a full disk is noticed
    if tally.articles and not tally.written:
        print("no record fits", file=sys.stderr)  # an empty screen would not say so
    if target.html is not None:
        print(f"{Path(target.html, INDEX)}: {tally.written} articles", file=sys.stderr)
    if tally.failed:
        print(f"{tally.articles} articles done, {tally.failed} failed", file=sys.stderr)
    return 1 if tally.failed else 0


def _run_parts(
    extractor: ChunkExtractor | Crew,
    sources: Sequence[Source],
    target: Target,
    wanted: Filter,
    pages: Sequence[Sink],
    facts: Mapping[str, Any],
) -> Tally:
    output, size = str(target.output), target.part_size
    keep = not target.why_not_resumed([source.path for source in sources])
    with open_parts(output, target.name, facts, sources, resume=target.resume, keep=keep) as writer:
        if not writer.progress.placed:
            made: Iterator[Item] = iter(())
            if isinstance(extractor, Crew) and is_folder(output) and not pages:
                extractor.write_parts(sources, writer, target.name, wanted, WORK, size)
            else:
                made = _extract(extractor, sources, writer.progress.place, size)
            # one part at least, for a file that only has headings is one, too
            while (first := next(made, None)) or not writer.progress.parts:
                tally, place = Tally(), Place()
                with writer.part() as (sink, errors):
                    for item in chain([first] if first else [], islice(made, size - 1)):
                        tally.write(item, wanted, [*pages, sink], errors)
                        place = item.place
                writer.finish(place, tally.articles, tally.written, tally.failed)
        writer.close()
        done = writer.progress
    return Tally(done.articles, done.written, done.failed)


def _extract(
    extractor: ChunkExtractor | Crew, sources: Sequence[Source], start: Place = START, part_size: int = PART
) -> Iterator[Item]:
    """All items from `start` on, extracted: by what reads itself, or from what is read here."""
    if isinstance(extractor, Crew):
        return extractor.extract_items(sources, WORK, start, part_size)
    return extract_all(extractor, read_items(sources, start), _size(sources), WORK, part_size)


def _size(sources: Sequence[Source]) -> int:
    return sum(source.size for source in sources)


if __name__ == "__main__":
    sys.exit(main())
