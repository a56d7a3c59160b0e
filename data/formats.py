"""Annotated articles from files: `.article` markup, JSON lines, CoNLL columns.

In: a file or a folder. Out: checked articles one by one; a bad one is an `InputError` in its place, so that the caller
decides whether it ends the run (training) or costs itself alone (checking). JSON lines are the public form, or what
doccano exports, as the fields of the first line say.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from data.doccano import is_doccano, parse_doccano
from data.errors import InputError, quote
from data.files import decode, read_bytes, read_text
from data.markup import SUFFIX, parse_markup
from data.schema import Article, parse_article

SPLITS = ("train", "dev", "test")
NO_SPLIT = "no split"
CONLL_SUFFIXES = (".conll", ".bio", ".iob2")
SUFFIXES = (SUFFIX, ".jsonl", *CONLL_SUFFIXES)

Result = Article | InputError


def find_splits(source: str | PathLike[str], suffixes: Sequence[str] = SUFFIXES) -> dict[str, Path]:
    """Split name → file or folder, for a folder that holds train, dev, test (folders, or files of a known suffix).

    Raises: InputError when there is none.
    """
    root = Path(source)
    found = {}
    for split in SPLITS:
        candidates = [root / split] + [root / f"{split}{suffix}" for suffix in suffixes]
        present = [path for path in candidates if path.exists()]
        if len(present) > 1:
            raise InputError(
                f"{' and '.join(path.name for path in present)}",
                expected="one source a split",
                mend="keep one of them, or name the splits one by one (data.train=…)",
                path=root,
            )
        if present:
            found[split] = present[0]
    if not found:
        raise InputError(
            NO_SPLIT,
            expected=f"folders or files named {', '.join(SPLITS)} ({', '.join(suffixes)})",
            mend="rename them, or name the splits one by one (data.train=…)",
            path=root,
        )
    return found


def article_files(source: str | PathLike[str]) -> list[Path]:
    """The files of known suffixes at `source` (a file or a folder, searched whole), in the order of their names."""
    root = Path(source)
    if not root.exists():
        raise InputError("nothing", expected="a file or folder of articles", mend="check the path", path=root)
    if root.is_dir():
        return sorted(path for path in root.rglob("*") if path.suffix in SUFFIXES and path.is_file())
    if root.suffix not in SUFFIXES:
        raise InputError(
            f"a file of the kind {root.suffix or '(no suffix)'}",
            expected=f"annotated articles: {', '.join(SUFFIXES)}",
            mend="rename it to the suffix of its format",
            path=root,
        )
    return [root]


def scan(
    source: str | PathLike[str], labels: Iterable[str] | None = None, *, segmented: bool = False
) -> Iterator[tuple[Path, Result]]:
    """Every article of a file or folder with its file; a bad one is the InputError that it raised.

    labels: the label set; None takes any. segmented: keep the `_` of CoNLL words in the text (for the segmenter
    `none`); otherwise they are spaces in it, as in raw text.
    """
    labels = None if labels is None else tuple(labels)
    for path in article_files(source):
        yield from ((path, result) for result in _scan_file(path, labels, segmented))


def read_articles(
    source: str | PathLike[str], labels: Iterable[str] | None = None, *, segmented: bool = False
) -> list[Article]:
    """All articles of a file or folder. Raises the first InputError; also when there is no article or an id twice."""
    articles: dict[str, Article] = {}
    for path, result in scan(source, labels, segmented=segmented):
        if isinstance(result, InputError):
            raise result
        if result.id in articles:
            raise InputError(
                f"the article id {result.id!r} a second time", expected="ids used once", mend="rename one", path=path
            )
        articles[result.id] = result
    if not articles:
        raise InputError(
            "no article",
            expected=f"at least one ({', '.join(SUFFIXES)})",
            mend="put articles there, or name another place",
            path=source,
        )
    return list(articles.values())


# ------------------------------------------------------------------ one file


def _scan_file(path: Path, labels: Iterable[str] | None, segmented: bool) -> Iterator[Result]:
    try:
        if path.suffix == SUFFIX:
            yield _read_markup(path, labels)
        elif path.suffix == ".jsonl":
            yield from scan_jsonl(path, labels)
        else:
            yield from _scan_conll(path, labels, segmented)
    except InputError as error:
        yield error.at(path)


def _read_markup(path: Path, labels: Iterable[str] | None) -> Article:
    article = parse_markup(read_text(path), path, labels)
    if article.id != path.stem:
        raise InputError(
            f"id: {article.id}", expected=f"the file's name, {path.stem}", mend="rename one of them", path=path, line=2
        )
    return article


def parse_json_line(raw: bytes, path: str | PathLike[str], number: int) -> object:
    """One line of a JSON lines file to its value. Raises InputError with the place."""
    text = decode(raw, path, number).rstrip("\r\n")  # or the parser finds its error on the line after
    try:
        return json.loads(text.removeprefix("\ufeff") if number == 1 else text)
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"a line that is not JSON ({getattr(error, 'msg', type(error).__name__)})",
            expected="one JSON object a line",
            mend="write each article on a line of its own with a JSON library",
            path=path,
            line=number,
            column=getattr(error, "colno", None),
        ) from None


def scan_jsonl(
    path: Path, labels: Iterable[str] | None, *, doccano: bool | None = None, utf16: bool = True
) -> Iterator[Result]:
    """Every line's article.

    doccano: whether lines are doccano's export; None: as the fields of the first one say. utf16: how it counts offsets.
    """
    for number, raw in enumerate(read_bytes(path).split(b"\n"), 1):
        if not raw.strip():
            continue
        try:
            value = parse_json_line(raw, path, number)
            doccano = is_doccano(value) if doccano is None else doccano
            if doccano:
                yield parse_doccano(value, labels, f"{path.stem}-{number}", utf16=utf16)
            else:
                yield parse_article(value, labels)
        except InputError as error:
            yield error.at(path, number)


# ------------------------------------------------------------------ CoNLL

_IOB2 = re.compile(r"O|[BI]-\S+")


def _scan_conll(path: Path, labels: Iterable[str] | None, segmented: bool) -> Iterator[Result]:
    """CoNLL columns: the word first, its IOB2 tag last, a blank line after a sentence.

    With `-DOCSTART-` lines what lies between them is an article, a sentence a line; without, each sentence is one.
    """
    text = decode(read_bytes(path), path).removeprefix("\ufeff")
    has_documents = "-DOCSTART-" in text
    documents: list[list[list[tuple[int, str, str]]]] = []
    sentence: list[tuple[int, str, str]] = []
    for number, line in enumerate([*text.replace("\r\n", "\n").split("\n"), ""], 1):
        # a word may hold spaces where tabs part the columns
        columns = [column.strip() for column in line.split("\t")] if "\t" in line else line.split()
        starts_document = bool(columns) and columns[0] == "-DOCSTART-"
        if any(columns) and not starts_document:
            sentence.append(_conll_row(columns, path, number))
            continue
        if sentence:
            if not has_documents or not documents:
                documents.append([])
            documents[-1].append(sentence)
            sentence = []
        if starts_document:
            documents.append([])
    for index, document in enumerate([part for part in documents if part], 1):
        try:
            yield _conll_article(f"{path.stem}-{index}", document, labels, segmented)
        except InputError as error:
            yield error.at(path, document[0][0][0])


def _conll_row(columns: list[str], path: Path, number: int) -> tuple[int, str, str]:
    if len(columns) < 2 or not _IOB2.fullmatch(columns[-1]):
        raise InputError(
            quote(" ".join(columns)),
            expected="the word in the first column and an IOB2 tag (O, B-X, I-X) in the last",
            mend="export the file as IOB2",
            path=path,
            line=number,
        )
    return number, columns[0], columns[-1]


def _conll_article(
    id_: str, sentences: list[list[tuple[int, str, str]]], labels: Iterable[str] | None, segmented: bool
) -> Article:
    pieces: list[str] = []
    length = 0
    entities: list[dict[str, Any]] = []
    for sentence in sentences:
        before = "O"
        for position, (number, word, tag) in enumerate(sentence):
            word = word if segmented or word == "_" else word.replace("_", " ").strip()
            start = length
            pieces += [word, "\n" if position + 1 == len(sentence) else " "]
            length += len(word) + 1
            if tag[0] == "I" and before[1:] != tag[1:]:
                raise InputError(
                    f"{tag} after {before}",
                    expected="IOB2: a mention begins with B-",
                    mend="convert the tags from IOB1 to IOB2",
                    line=number,
                )
            if tag[0] == "B":
                entities.append(
                    {"id": f"e{len(entities) + 1}", "label": tag[2:], "start": start, "end": start + len(word)}
                )
            elif tag[0] == "I":
                entities[-1]["end"] = start + len(word)
            before = tag
    text = "".join(pieces)[:-1]
    for entity in entities:
        entity["text"] = text[entity["start"] : entity["end"]]
    return parse_article({"id": id_, "text": text, "entities": entities}, labels)
