"""Raw text → sentences → words, each with its span in the raw text.

In: text exactly as it was given. Out: `Segmentation`: words in order, disjoint, covering every non-space character,
none across a line break; beside each span the word's `form` that PhoBERT reads (NFC, no invisible characters,
syllables joined with `_`). The text itself is never altered.

    segmenter = load_segmenter("rdr")
    words = segment("UBND tỉnh yêu cầu các sở, ngành báo cáo.", segmenter)
"""

from __future__ import annotations

import contextlib
import importlib
import itertools
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from data.errors import InputError, nearest
from data.rdr import Rdr
from data.schema import LINE_BREAK
from data.unicode import nfc

# What a segmenter is never asked about: runs without a space that no Vietnamese word reaches (base64, rules of dashes,
# URLs), on which segmenters' regular expressions take quadratic time. Each is a word as it stands.
MAX_RUN = 100
# Sentences beyond this many characters (tables, lists of names) go to the segmenter in parts cut at a space.
MAX_SENTENCE = 2000


class Segmenter(Protocol):
    """What a word segmenter must do: give the words of clean text (NFC, no invisible characters).

    `name` is kept in checkpoints: a tagger must be given words as it was trained on them.
    """

    name: str

    def words(self, text: str, sentences: Sequence[tuple[int, int]]) -> tuple[list[str], np.ndarray, np.ndarray]:
        """Forms, starts and ends (int64) of the words of `text`, none across the bounds of one of its sentences."""
        ...


@dataclass(frozen=True, slots=True)
class Segmentation:
    """Words of one text.

    forms: n strings. starts, ends: int32 [n], code-point offsets in the raw text, end exclusive.
    sentences: int32 [m + 1], the word index at which each sentence begins, and n at the end; lines: the same of lines.
    """

    forms: list[str]
    starts: np.ndarray
    ends: np.ndarray
    sentences: np.ndarray
    lines: np.ndarray

    def __len__(self) -> int:
        return len(self.forms)

    def sentence_spans(self) -> list[tuple[int, int]]:
        """(start, end) of every sentence in the raw text."""
        bounds = self.sentences
        return [(int(self.starts[a]), int(self.ends[b - 1])) for a, b in itertools.pairwise(bounds)]


# ------------------------------------------------------------------ segmenters


class TokenSegmenter:
    """A segmenter that answers one sentence with its words in order, syllables joined by `_`; offsets are found here.

    Text and tokens are walked together, so that no segmenter, however careless, can lose one.
    """

    def tokens(self, sentence: str) -> list[str]:
        raise NotImplementedError

    def words(self, text: str, sentences: Sequence[tuple[int, int]]) -> tuple[list[str], np.ndarray, np.ndarray]:
        spans = [
            span
            for sentence in sentences
            for start, end, ask in _parts(text, *sentence)
            for span in _align(text, start, end, self.tokens(text[start:end]) if ask else [])
        ]
        pieces = [text[start:end] for start, end in spans]
        forms = [piece if piece.isalnum() else "_".join(piece.split()) for piece in pieces]
        bounds = np.array(spans, dtype=np.int64).reshape(-1, 2)
        return forms, bounds[:, 0], bounds[:, 1]


class _None(TokenSegmenter):
    """Text that is segmented already: words stand between spaces, `_` joins syllables."""

    name = "none"

    def tokens(self, sentence: str) -> list[str]:
        return sentence.split()


class _Pyvi(TokenSegmenter):
    """pyvi's CRF (an extra)."""

    name = "pyvi"

    def __init__(self) -> None:
        self._tokenize = _extra("pyvi.ViTokenizer", "pyvi").tokenize

    def tokens(self, sentence: str) -> list[str]:
        return str(self._tokenize(sentence)).split()


class _Underthesea(TokenSegmenter):
    """underthesea's CRF (GPL-3: an extra, never a dependency)."""

    name = "underthesea"

    def __init__(self) -> None:
        self._tokenize = _extra("underthesea", "underthesea").word_tokenize

    def tokens(self, sentence: str) -> list[str]:
        return [token.replace(" ", "_") for token in self._tokenize(sentence)]


class _VnCoreNLP(TokenSegmenter):
    """VnCoreNLP's RDRSegmenter, which segmented PhoBERT's own training text; needs Java and its folder of models."""

    name = "vncorenlp"

    def __init__(self, folder: str) -> None:
        path = Path(folder)
        if not folder or not (path / "models" / "wordsegmenter").is_dir():
            raise InputError(
                f"no models/wordsegmenter in {folder or 'no folder'!r}",
                expected="`vncorenlp:FOLDER`, the folder that holds VnCoreNLP's jar and models",
                mend="fetch them once with py_vncorenlp.download_model(save_dir=FOLDER)",
                path=folder or None,
            )
        module = _extra("py_vncorenlp", "vncorenlp")
        with contextlib.chdir(Path.cwd()):  # the package changes into its folder and stays there
            self._model = module.VnCoreNLP(annotators=["wseg"], save_dir=str(path.resolve()))

    def tokens(self, sentence: str) -> list[str]:
        return [token for part in self._model.word_segment(sentence) for token in part.split()]


def _extra(module: str, extra: str):  # type: ignore[no-untyped-def]  # any third-party module
    try:
        return importlib.import_module(module)
    except ImportError:
        raise InputError(
            f"no package {module}",
            expected=f"it to be installed for the segmenter {extra!r}",
            mend=f"pip install 'giaoban[{extra}]'",
        ) from None


DEFAULT = "rdr"
SEGMENTERS: dict[str, Callable[[], Segmenter]] = {
    "rdr": Rdr,
    "pyvi": _Pyvi,
    "underthesea": _Underthesea,
    "none": _None,
}


def load_segmenter(name: str) -> Segmenter:
    """`rdr`, `pyvi`, `underthesea`, `none`, or `vncorenlp:FOLDER`.

    Raises: InputError for another name or a missing package.
    """
    kind, _, folder = name.partition(":")
    if kind == "vncorenlp":
        return _VnCoreNLP(folder)
    if name not in SEGMENTERS:
        known = [*SEGMENTERS, "vncorenlp:FOLDER"]
        raise InputError(f"the segmenter {name!r}", expected=f"one of {', '.join(known)}", mend=nearest(name, known))
    return SEGMENTERS[name]()


# ------------------------------------------------------------------ from raw to clean text and back


@dataclass(frozen=True, slots=True)
class _Clean:
    """Text as segmenters and PhoBERT know it, and the way back: clean character i is raw[starts[i]:ends[i]].

    Both are None when the text was clean to begin with.
    """

    text: str
    starts: list[int] | None
    ends: list[int] | None

    def raw(self, start: int, end: int) -> tuple[int, int]:
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]


# soft hyphen, zero-width space, joiners, directional marks, byte-order mark: category Cf within the text's usual blocks
_INVISIBLE = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff"
_HAS_INVISIBLE = re.compile(f"[{_INVISIBLE}]")
_MARK = "\u0300-\u036f\u3099\u309a"
# a mark that no letter takes up is treated alike, whether it came composed or not
_UNCLEAN = re.compile(f"[{_INVISIBLE}{_MARK}]")
_JAMO = "[\u1100-\u1112][\u1161-\u1175][\u11a8-\u11c2]?"  # a decomposed Korean syllable
# a visible character with the marks on it and the invisible characters around it; or invisible ones alone
_CLUSTER = re.compile(f"[{_INVISIBLE}]*(?:{_JAMO}|[^\\s{_INVISIBLE}])[{_MARK}{_INVISIBLE}]*|[{_INVISIBLE}]+|\\s")


def _clean(text: str) -> _Clean:
    if unicodedata.is_normalized("NFC", text) and not _UNCLEAN.search(text):
        return _Clean(text, None, None)
    out: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for match in _CLUSTER.finditer(text):
        raw = match.group()
        visible = _HAS_INVISIBLE.sub("", raw)
        char = nfc(visible) if visible else raw[0]
        out.append(char)
        starts += [match.start()] * len(char)
        ends += [match.end()] * len(char)
    return _Clean("".join(out), starts, ends)


# ------------------------------------------------------------------ sentences

_LINE = re.compile(f"[^{LINE_BREAK.pattern[1:-1]}]+")
# a full stop, closing quotes or brackets, space, and the first letter or digit of what follows (not looking back over a
# row of dots keeps a table of contents from taking quadratic time)
_STOP = re.compile(r"(?<![.!?…])[.!?…]+[\"'”’»)\]]*\s+(?=[\"'“‘«(\[]*([^\W_]))")
# Vietnamese abbreviations that are followed by a capital letter within a sentence
_ABBREVIATIONS = frozenset(
    (
        "TP Tp tp Q P H X TX Tx TT Tt TS Ts ThS Ths PGS GS BS DS CN KS CK LS NCS ĐT Đt "
        "Mr Mrs Ms Dr St No Nr Th Tr tr đ Đ"
    ).split()
)


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    """Spans of sentences in clean text: lines, cut at full stops that no abbreviation or numbering explains."""
    for line in _LINE.finditer(text):
        start = line.start()
        for stop in _STOP.finditer(text, line.start(), line.end()):
            if stop[1].islower():
                continue
            last = _last_word(text, start, stop.start())
            word = last.lstrip("(\"“'‘[")
            # "1. Về công tác …"
            numbered = last.isdigit() and text[start : stop.start()].strip() == last
            initial = len(word) == 1 and word.isupper()  # "Nguyễn Văn A. …"
            if text[stop.start()] == "." and (word in _ABBREVIATIONS or numbered or initial):
                continue
            yield start, stop.end()
            start = stop.end()
        if text[start : line.end()].strip():
            yield start, line.end()


def _last_word(text: str, start: int, end: int) -> str:
    """The last word of text[start:end], "" where there is none; only so much is looked at as it takes."""
    reach = 32
    while True:
        words = text[max(start, end - reach) : end].split()
        if len(words) > 1 or end - reach <= start:
            return words[-1] if words else ""
        reach *= 2


def _parts(text: str, start: int, end: int) -> Iterator[tuple[int, int, bool]]:
    """A sentence as (start, end, ask): parts for the segmenter, and over-long runs that are words by themselves."""
    if end - start <= MAX_RUN:
        yield start, end, True
        return
    part = start
    for run in re.finditer(r"\S+", text[start:end]):
        a, b = start + run.start(), start + run.end()
        if b - a > MAX_RUN:
            if part < a:
                yield part, a, True
            yield a, b, False
            part = b
        elif b - part > MAX_SENTENCE:
            yield part, a, True
            part = a
    if part < end:
        yield part, end, True


# ------------------------------------------------------------------ words


def _align(text: str, start: int, end: int, tokens: list[str]) -> Iterator[tuple[int, int]]:
    """Spans of `tokens` in text[start:end]; what they fail to spell is cut at spaces, so that nothing is lost."""
    position = start
    for token in tokens:
        while position < end and text[position].isspace():
            position += 1
        here = _spell(text, position, end, token)
        if here == position:  # a token that is not in the text: from here on, spaces decide
            break
        yield position, here
        position = here
    for run in re.finditer(r"\S+", text[position:end]):
        yield position + run.start(), position + run.end()


def _spell(text: str, position: int, end: int, token: str) -> int:
    """Where `token`, read off text[position:end], ends; `position` if the text does not begin with it."""
    joined = token.replace("_", " ")
    if text.startswith(joined, position) and position + len(joined) <= end and not joined[-1:].isspace():
        return position + len(joined)
    at = position
    for char in token:
        if char == "_" and (at >= end or text[at] != "_"):
            continue  # the segmenter's joint
        while at < end and text[at].isspace():
            at += 1
        if at >= end or text[at] != char:
            return position
        at += 1
    return at


def segment(text: str, segmenter: Segmenter) -> Segmentation:
    """Words of `text` with their raw offsets (see `Segmentation`). Never fails on any text, however odd."""
    clean = _clean(text)
    spans = list(_sentences(clean.text))
    forms, starts, ends = segmenter.words(clean.text, spans)
    begins = np.array([start for start, _ in spans], dtype=np.int64)
    of_lines = np.array([start for start, _ in spans if _begins_line(clean.text, start)], dtype=np.int64)
    sentences, lines = (_firsts(starts, places) for places in (begins, of_lines))
    if clean.starts is not None and clean.ends is not None:
        starts = np.array(clean.starts, dtype=np.int64)[starts]
        ends = np.array(clean.ends, dtype=np.int64)[ends - 1]
        # a segmenter may split what one raw cluster spells: its first part has it
        starts = np.maximum(starts, np.concatenate(([0], ends[:-1])))
        kept = starts < ends
        if not kept.all():
            before = np.concatenate(([0], np.cumsum(kept)))
            forms = [form for form, keep in zip(forms, kept.tolist(), strict=True) if keep]
            starts, ends = starts[kept], ends[kept]
            sentences, lines = np.unique(before[sentences]), np.unique(before[lines])
    return Segmentation(forms, *(values.astype(np.int32) for values in (starts, ends, sentences, lines)))


def _firsts(starts: np.ndarray, places: np.ndarray) -> np.ndarray:
    """The first word at or after each place, each once, then the number of words; 0 alone where there is no word."""
    firsts = np.append(np.searchsorted(starts, places), len(starts))  # rising, as the places are
    return np.asarray(firsts[np.append(firsts[1:] > firsts[:-1], True)])


def _begins_line(text: str, start: int) -> bool:
    return start == 0 or LINE_BREAK.match(text, start - 1) is not None
