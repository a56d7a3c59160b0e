"""`python -m infer.prelabel ARTICLES --to labelstudio|doccano -o OUT`: a model's tags as a start for annotators.

    python -m infer.prelabel news/ --to labelstudio -o tasks.json --model runs/mini
    python -m data prelabel news/ --to doccano -o lines.jsonl        # the same command by its other name

In: raw articles, as `python -m infer` takes them. Out: tasks for Label Studio with `predictions` (each mention with its
score), and tasks.xml, the labelling configuration; or lines for doccano, which knows no predictions and takes them as
annotations. The articles that the model is least sure of come first: by the mean of 1 - score over their mentions, an
article without mentions last; all are kept in memory until they are sorted. A bad article is reported and left out,
the rest goes on, and the exit status is 1.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from data.command import make_parser
from data.doccano import write_doccano
from data.errors import InputError
from data.files import atomic_file
from data.labelstudio import configuration, task, write_tasks
from data.schema import Article
from infer.backends import add_runtime, show_log
from infer.batch import ChunkExtractor, extract_all
from infer.checkpoint import default_model
from infer.extractor import Extractor
from infer.inputs import Source, find_sources, read_items
from infer.outputs import ErrorLog, errors_file

SUFFIXES = {"labelstudio": ".json", "doccano": ".jsonl"}


def main(argv: list[str] | None = None) -> int:
    """Run the command; gives the exit status: 0, or 1 when an article or the command failed."""
    parser = make_parser("python -m infer.prelabel", __doc__)
    parser.add_argument(
        "articles", nargs="+", metavar="ARTICLES", help="files, folders, globs, or - for standard input"
    )
    parser.add_argument("--to", required=True, choices=list(SUFFIXES), help="the tool to write for")
    parser.add_argument(
        "-o", "--output", required=True, metavar="OUT", help=".json for Label Studio, .jsonl for doccano"
    )
    parser.add_argument("--model", metavar="FOLDER", help="a checkpoint (models/mini, else runs/mini)")
    parser.add_argument("--segmenter", metavar="NAME", help="instead of the checkpoint's")
    add_runtime(parser)
    args = parser.parse_args(argv)
    show_log()
    try:
        _check_output(args.output, args.to)
        sources = find_sources(args.articles)
        folder = Path(args.model or default_model())
        extractor = Extractor.load(
            folder,
            segmenter=args.segmenter,
            device=args.device,
            backend=args.backend,
            threads=args.threads,
            text_bytes=sum(source.size for source in sources),
        )
        return run(extractor, sources, args.to, args.output, folder.resolve().name)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _check_output(output: str, tool: str) -> None:
    if Path(output).suffix != SUFFIXES[tool] or Path(output).is_dir():
        raise InputError(
            f"the output {output!r}",
            expected=f"a file of the kind {SUFFIXES[tool]} for {tool}",
            mend="name the output so",
        )


def run(extractor: ChunkExtractor, sources: list[Source], tool: str, output: str, model: str) -> int:
    """Tag all sources into `output`; `model` is the name that predictions carry. Gives the exit status."""
    with ExitStack() as stack:
        errors = ErrorLog(errors_file(output), stack)
        tagged: list[Article] = []
        for item in extract_all(extractor, read_items(sources), sum(source.size for source in sources), "tagging"):
            article = item.result
            if isinstance(article, InputError):
                errors.add(article)
                continue
            # the passage of a directive is the model's own find, and nothing that annotators draw
            plain = [d.model_copy(update={"start": None, "end": None, "score": None}) for d in article.directives]
            tagged.append(article.model_copy(update={"directives": plain}))
        write(sorted(tagged, key=doubt, reverse=True), tool, output, model)
    if errors.count:
        print(f"{len(tagged)} articles done, {errors.count} failed", file=sys.stderr)
    return 1 if errors.count else 0


def doubt(article: Article) -> float:
    """How unsure the model is of an article: the mean of 1 - score over its mentions; -1 if there is none."""
    scores = [entity.score for entity in article.entities if entity.score is not None]
    return 1 - sum(scores) / len(scores) if scores else -1.0


def write(articles: Sequence[Article], tool: str, output: str, model: str) -> None:
    """Tagged articles for a tool, in the order given; for Label Studio its configuration beside them."""
    try:
        with atomic_file(output) as out:
            if tool == "doccano":
                write_doccano(articles, out)
                return
            write_tasks((task(article, number, model=model) for number, article in enumerate(articles, 1)), out)
            with atomic_file(Path(output).with_suffix(".xml")) as settings:
                settings.write(configuration(articles))
    except OSError as error:
        raise InputError(
            error.strerror or str(error), expected="a place to write to", mend="name another", path=output
        ) from None


if __name__ == "__main__":
    sys.exit(main())
