"""`python -m data convert`: annotated articles from one format to another, split by split.

In: a file or folder of any format, recognised by what is there, or named. Out: a file (`jsonl`, `conll`, `doccano`,
`labelstudio`) or a folder (`markup`, `brat`); for a folder with train, dev and test, a folder that holds these again.
What a format cannot keep is said in its module (`data.doccano`, `data.labelstudio`, `data.brat`, `data.conll`) and
counted on standard error. Outputs appear whole or not at all, and only if every article could be read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from data import brat, labelstudio
from data.conll import write_conll
from data.doccano import write_doccano
from data.errors import InputError
from data.exchange import Say
from data.files import atomic_file, atomic_folder
from data.formats import CONLL_SUFFIXES, NO_SPLIT, SUFFIXES, article_files, find_splits, scan, scan_jsonl
from data.markup import SUFFIX, format_markup
from data.schema import Article
from data.segment import Segmenter

KINDS = ("markup", "jsonl", "conll", "doccano", "labelstudio", "brat")
# the suffixes of each kind's files, the one to write first; a brat article is told by its .ann
FILES: dict[str, tuple[str, ...]] = {
    "markup": (SUFFIX,),
    "jsonl": (".jsonl",),
    "conll": CONLL_SUFFIXES,
    "doccano": (".jsonl",),
    "labelstudio": (".json",),
    "brat": (".ann",),
}
FOLDERS = ("markup", "brat")

Result = Article | InputError


@dataclass(frozen=True, slots=True)
class Options:
    """How to read and write.

    labels: the label set; None takes any. utf16: how doccano or Label Studio count offsets; None: as they do today.
    segmenter: words for CoNLL. overwrite: an output folder may replace one that is there.
    """

    labels: tuple[str, ...] | None = None
    utf16: bool | None = None
    segmenter: Segmenter | None = None
    overwrite: bool = False


# ------------------------------------------------------------------ reading


def kind_of(source: Path) -> str:
    """The kind of a file or folder: `brat`, `labelstudio`, or `articles` for what `data.formats` reads by itself."""
    if not source.exists():
        raise InputError("nothing", expected="a file or folder of articles", mend="check the path", path=source)
    suffixes = {path.suffix for path in (source.rglob("*") if source.is_dir() else [source])}
    kinds = {"articles": bool(suffixes & set(SUFFIXES)), "brat": ".ann" in suffixes}
    kinds["labelstudio"] = ".json" in suffixes and not kinds["brat"]  # beside .ann files, .json files are our own
    there = [name for name, present in kinds.items() if present]
    if len(there) != 1:
        known = ", ".join([*SUFFIXES, ".ann (brat)", ".json (Label Studio)"])
        raise InputError(
            f"files of the kinds {' and '.join(there)}" if there else "no article",
            expected=f"files of one kind: {known}",
            mend="say which to read, with --from" if there else "name a file or folder that has some",
            path=source,
        )
    return there[0]


def places_of(source: Path, kind: str) -> dict[str, Path]:
    """Split → where it lies; "" → `source` if it has none."""
    if source.is_dir():
        # an .ann file is one article, and never a split
        suffixes = SUFFIXES if kind == "articles" else () if kind == "brat" else FILES[kind]
        try:
            return dict(find_splits(source, suffixes))
        except InputError as error:
            if error.found != NO_SPLIT:
                raise
    return {"": source}


def read(
    places: Mapping[str, Path], kind: str, options: Options, say: Say
) -> tuple[dict[str, list[Article]], list[InputError]]:
    """Articles by split, and all that is wrong with them."""
    splits: dict[str, list[Article]] = {}
    errors: list[InputError] = []
    seen: set[str] = set()
    for split, place in places.items():
        splits[split] = []
        for path, result in _scan(place, kind, options, say):
            if isinstance(result, InputError):
                errors.append(result)
            elif result.id in seen:
                twice = f"the article id {result.id!r} a second time"
                errors.append(InputError(twice, expected="ids used once", mend="rename one", path=path))
            else:
                seen.add(result.id)
                splits[split].append(result)
        if not splits[split] and not errors:
            mend = "put annotated articles there, or name another place"
            errors.append(InputError("no article", expected="at least one", mend=mend, path=place))
    return splits, errors


def _scan(place: Path, kind: str, options: Options, say: Say) -> Iterator[tuple[Path, Result]]:
    if kind == "brat":
        yield from brat.scan_brat(place if place.is_dir() else place.with_suffix(".ann"), options.labels, say)
        return
    for path in article_files(place) if kind == "articles" else _files(place, kind):
        try:
            yield from ((path, result) for result in _scan_file(path, kind, options, say))
        except InputError as error:
            yield path, error.at(path)


def _scan_file(path: Path, kind: str, options: Options, say: Say) -> Iterator[Result]:
    if kind == "labelstudio":
        yield from labelstudio.scan_labelstudio(path, options.labels, say, utf16=options.utf16)
    elif path.suffix == ".jsonl" or kind == "doccano":
        doccano = None if kind == "articles" else kind == "doccano"
        yield from scan_jsonl(path, options.labels, doccano=doccano, utf16=options.utf16 is not False)
    else:
        yield from (result for _, result in scan(path, options.labels))


def _files(place: Path, kind: str) -> list[Path]:
    if place.is_dir():
        return sorted(path for path in place.rglob("*") if path.suffix in FILES[kind] and path.is_file())
    return [place]


# ------------------------------------------------------------------ writing


def write(splits: Mapping[str, Sequence[Article]], out: Path, kind: str, options: Options, say: Say) -> None:
    """Articles to `out`: a file or folder, or a folder of these where there are splits; "" alone stands for none."""
    everything = [article for articles in splits.values() for article in articles]
    with ExitStack() as stack:
        if kind not in FOLDERS and list(splits) == [""]:
            _write_file(everything, stack.enter_context(atomic_file(out)), kind, options, say)
            if kind == "labelstudio":
                stack.enter_context(atomic_file(out.with_suffix(".xml"))).write(labelstudio.configuration(everything))
            return
        folder = stack.enter_context(atomic_folder(out))
        for split, articles in splits.items():
            if kind in FOLDERS:
                (folder / split).mkdir(exist_ok=True)
                _write_folder(articles, folder / split, kind)
            else:
                with open(folder / f"{split}{FILES[kind][0]}", "w", encoding="utf-8", newline="") as handle:
                    _write_file(articles, handle, kind, options, _named(split, say))
        if kind == "labelstudio":
            (folder / "labeling.xml").write_text(labelstudio.configuration(everything), encoding="utf-8")
        elif kind == "brat":
            (folder / brat.CONFIGURATION).write_text(brat.configuration(everything), encoding="utf-8")


def _named(split: str, say: Say) -> Say:
    return lambda text: say(f"{split}: {text}")


def _write_file(articles: Sequence[Article], out: IO[str], kind: str, options: Options, say: Say) -> None:
    if kind == "jsonl":
        out.writelines(article.to_line() + "\n" for article in articles)
    elif kind == "doccano":
        write_doccano(articles, out, utf16=options.utf16 is not False)
        values = sum(e.normalized is not None or e.score is not None for article in articles for e in article.entities)
        if values:
            say(f"doccano has no room for normalised values and scores: those of {values} mentions are left out")
    elif kind == "labelstudio":
        labelstudio.write_labelstudio(articles, out, utf16=bool(options.utf16))
    else:
        _write_conll(articles, out, options, say)


def _write_conll(articles: Sequence[Article], out: IO[str], options: Options, say: Say) -> None:
    if options.segmenter is None:
        raise InputError("no segmenter", expected="one that makes words of sentences", mend="name it with --segmenter")
    lost = write_conll(articles, options.segmenter, out)
    say(f"CoNLL keeps words and tags alone: no ids, dates, offsets, values, and none of {lost.directives} directives")
    counts = {
        "mentions that end inside a word are written as whole words": lost.widened,
        "mentions that share their only word with another are left out": lost.left_out,
        "articles without a word are left out": lost.wordless,
    }
    for what, times in counts.items():
        if times:
            say(f"{times} {what}")


def _write_folder(articles: Sequence[Article], folder: Path, kind: str) -> None:
    if kind == "brat":
        brat.write_brat(articles, folder)
        return
    for article in articles:
        if not re.fullmatch(r"[^/\\\x00-\x1f.][^/\\\x00-\x1f]{0,150}", article.id):
            raise InputError(
                f"the article id {article.id!r}",
                expected="an id that can name a file: no slash, no full stop at its start, 150 characters at most",
                mend="rename the article",
            )
        (folder / f"{article.id}{SUFFIX}").write_bytes(format_markup(article).encode("utf-8"))


def check_output(source: Path, out: Path, kind: str, splits: Iterable[str], overwrite: bool) -> None:
    """Raise InputError for an output that would mix with the input, a folder that is there, or a name that is unfit."""
    as_folder = kind in FOLDERS or list(splits) != [""]
    here, there = source.resolve(), out.resolve()
    if here == there or there in here.parents or here in there.parents:
        raise InputError(
            "an output that is the input, in it, or around it",
            expected="another place",
            mend="name another output",
            path=out,
        )
    if as_folder and out.is_dir() and any(out.iterdir()) and not overwrite:
        raise InputError(
            "a folder that is not empty",
            expected="an output folder that is not there yet",
            mend="name another, or replace it as a whole with --overwrite",
            path=out,
        )
    if as_folder and out.exists() and not out.is_dir():
        raise InputError("a file", expected="a folder to write", mend="name another output", path=out)
    if not as_folder and (out.suffix not in FILES[kind] or out.is_dir()):
        raise InputError(
            "a folder" if out.is_dir() else f"an output of the kind {out.suffix or '(no suffix)'}",
            expected=f"a file of the kind {' or '.join(FILES[kind])}",
            mend="name the output so",
            path=out,
        )


def convert(source: Path, out: Path, to: str, kind: str | None, options: Options, say: Say) -> list[InputError]:
    """Read, write, and say how much; the errors, if any article cannot be read (and then nothing is written).

    kind: of the source; None: as it looks.
    """
    kind = kind or kind_of(source)
    places = places_of(source, kind)
    check_output(source, out, to, places, options.overwrite)
    splits, errors = read(places, kind, options, say)
    if errors:
        return errors
    try:
        write(splits, out, to, options, say)
    except OSError as error:
        raise InputError(
            error.strerror or str(error), expected="a place to write to", mend="name another", path=out
        ) from None
    say(f"{sum(map(len, splits.values())):,} articles written to {out}")
    return []
