"""Raw text for pre-training → documents of subword ids, on disk once and mapped into memory from then on.

In: text files and folders, plain or compressed (`.gz`, `.bz2`, `.xz`, `.zst`), a paragraph a line and a blank line
between documents; a segmenter and a BPE. Out: `Tokens`: all subword ids in one flat array, where words and documents
begin.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data.bpe import PhobertBPE
from data.errors import InputError
from data.files import COMPRESSIONS, decode, decompress, reading, split_compression
from data.progress import Meter
from data.segment import Segmenter, segment

_BATCH = 500_000  # words that are encoded at once


def text_files(sources: Sequence[str | Path]) -> list[Path]:
    """The text files at `sources`, files or folders, in order. Raises InputError where there is none."""
    found: list[Path] = []
    for source in map(Path, sources):
        inside = sorted(path for path in source.rglob("*") if path.is_file()) if source.is_dir() else [source]
        texts = [path for path in inside if is_text(path)]
        missing = not source.exists()
        if missing or not texts:
            raise InputError(
                "no such file" if missing else "no text",
                expected=f"a .txt file, plain or {', '.join(COMPRESSIONS)}, or a folder that holds some",
                mend="check the path",
                path=source,
            )
        found += texts
    return found


def is_text(file: Path) -> bool:
    """Whether a file is plain text by its name, compressed or not."""
    return split_compression(file)[0].suffix == ".txt"


def paragraphs(file: Path) -> Iterator[str]:
    """Lines of a text file without their line breaks; an empty one ends a document.

    Raises: InputError where the file cannot be read or is not UTF-8, naming the line.
    """
    with reading(file), open(file, "rb") as raw, decompress(raw, split_compression(file)[1]) as lines:
        for number, line in enumerate(lines, 1):
            yield decode(line, file, number).strip()


def words_of(paragraph: str, segmenter: Segmenter) -> list[str]:
    """A paragraph's word forms; text that is segmented already (`none`) only needs its spaces."""
    return paragraph.split() if segmenter.name == "none" else segment(paragraph, segmenter).forms


@dataclass(frozen=True, slots=True)
class Tokens:
    """A corpus as subword ids.

    ids: uint16 or int32 [subwords]; every document ends with `</s>`. firsts: bool [subwords], true where a word (or
    the `</s>`) begins. documents: int64 [documents + 1], where each begins, and the end.
    """

    ids: np.ndarray
    firsts: np.ndarray
    documents: np.ndarray

    def save(self, folder: Path) -> None:
        """Write three `.npy` files into `folder`."""
        for name in self.__slots__:
            np.save(folder / f"{name}.npy", getattr(self, name), allow_pickle=False)

    @classmethod
    def load(cls, folder: Path) -> Tokens:
        """Map what `save` wrote into memory."""
        return cls(*(np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in cls.__slots__))


def encode_corpus(sources: Sequence[str | Path], segmenter: Segmenter, bpe: PhobertBPE) -> Tokens:
    """Encode all documents of text files, with a progress bar."""
    kind = np.uint16 if bpe.size <= np.iinfo(np.uint16).max else np.int32
    ids: list[np.ndarray] = []
    firsts: list[np.ndarray] = []
    ends = [0]
    total = 0
    with Meter("encoding text", None) as meter:
        for words in _batches(sources, segmenter):
            made, counts = bpe.encode([word or "" for word in words])
            begins = np.cumsum(counts) - counts
            # the end of a document is encoded as a word of its own and then renamed
            stops = begins[np.array([word is None for word in words])]
            made = made.astype(kind)
            made[stops] = bpe.eos
            first = np.zeros(len(made), dtype=bool)
            first[begins] = True
            ids.append(made)
            firsts.append(first)
            ends += (total + stops + 1).tolist()
            total += len(made)
            meter.update(total, f"{total:,} subwords")
    if not total:
        raise InputError("no words", expected="text to pre-train on", mend="check the files", path=str(sources[0]))
    return Tokens(np.concatenate(ids), np.concatenate(firsts), np.array(ends, dtype=np.int64))


def _batches(sources: Sequence[str | Path], segmenter: Segmenter) -> Iterator[list[str | None]]:
    """Words of all documents in lists of some length; None ends a document, and the last one of each file."""
    words: list[str | None] = []
    inside = False
    for file in text_files(sources):
        for paragraph in itertools.chain(paragraphs(file), [""]):
            if paragraph:
                words += words_of(paragraph, segmenter)
                inside = True
            elif inside:
                words.append(None)
                inside = False
            if len(words) >= _BATCH:
                yield words
                words = []
    if words:
        yield words
