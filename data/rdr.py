"""Word segmentation as PhoBERT's own training text had it: RDRSegmenter's decisions, learned; no Java, only numpy.

In: clean text (see data/segment.py). Out: spans of words. Two steps: one regular expression cuts the text into tokens
(syllables, numbers, punctuation) as VnCoreNLP's tokenizer does; then each gap between two tokens that hold letters is
a yes or no: a linear decision over hashed features of up to six tokens around it. All gaps of a text are decided at
once. The weights (`rdr.npz`) come from `python -m train.segmenter` and text that RDRSegmenter had segmented.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Sequence
from os import PathLike
from pathlib import Path

import numpy as np

from data.errors import InputError

WEIGHTS = Path(__file__).with_name("rdr.npz")
# tokens remembered before the memory starts anew: about 50 MB
_REMEMBERED = 500_000

# ------------------------------------------------------------------ tokens

_UPPER = "".join(chr(code) for code in range(0x41, 0x1F00) if chr(code).isupper() and chr(code).lower() != chr(code))
_LETTER = r"[^\W\d_]"
# tried in this order at each place
_PATTERNS = (
    r"[^\S\n]+",
    r"\n\s*",
    r"(?:https?|ftp)://\S+|www\.\S+|[\w.+-]{1,64}@\w+(?:[.-]\w+)+",  # addresses
    rf"\d+/\d{{4}}/{_LETTER}+\d*(?:-{_LETTER}+)*",  # numbers of documents: 46/2016/NĐ-CP
    # at most ten labels: each of a long row of syllables and full stops could begin a name
    r"[A-Za-z][A-Za-z0-9-]{0,63}+(?:\.[a-z][a-z0-9-]*+){0,8}\.(?:vn|com|net|org|info|edu|gov|tv|me|club)\b(?:/\S*)?",
    rf"[-+]?\d+(?:[.,:/+-]\d+)*(?:{_LETTER}+\d*)*",  # 1.500, 9/10/2016, 2-3, 9h30; -35 in SU-35
    rf"GD-ĐT|{_LETTER}+/[hs]\b|[A-ZĐ]&[A-ZĐ]\b",
    rf"[{_UPPER}](?:\.{_LETTER}+)+|(?:PGS|GS|TS|ThS|BS)(?:\.{_LETTER}+)+",  # T.L, N.BÌNH, PGS.TS
    rf"(?:TP|Tp|TT|TX|Mr|Mrs|Ms|Dr|Co|Ltd|Corp|[{_UPPER}])\.(?!\.)",  # TP. Q. A.
    r"[^\W_]+",  # syllables, and letters with digits: m2, U23
    r"\.{2,}",
    r".",
)
_TOKEN = re.compile("|".join(f"(?:{pattern})" for pattern in _PATTERNS), re.DOTALL)

_DIGIT, _SIGN, _LOWER, _CAPITALS, _ABBREVIATED, _CAPITAL, _MIXED = range(1, 8)  # shapes of tokens
# a token as one number: hash of its lower-case form, then its shape, then whether it can be joined at all
_SHAPE, _JOINABLE = 32, 36
# what stands between lines and beyond both ends of a text; and space, which the features do not see
BREAK, _SPACE = 0, -1


def _shape(token: str) -> int:
    if token[0].isdigit():
        return _DIGIT
    if not any(char.isalpha() for char in token):
        return _SIGN
    if token.islower():
        return _LOWER
    if len(token) > 1 and token.isupper():
        return _CAPITALS
    if token.endswith("."):
        return _ABBREVIATED
    return _CAPITAL if token[0].isupper() else _MIXED


def token_code(token: str) -> int:
    """What the features see of a token; -1 for space, which they do not see."""
    if token[0] == "\n":
        return BREAK
    if token.isspace():
        return _SPACE
    joinable = any(char.isalpha() for char in token)
    return zlib.crc32(token.lower().encode()) | _shape(token) << _SHAPE | joinable << _JOINABLE


# ------------------------------------------------------------------ gaps

FEATURES = 16
_BEFORE, _AFTER = 2, 3  # tokens of context beyond the two that a gap lies between
# odd constants of xxHash and MurmurHash, whose products spread well
_K = [np.uint32(k) for k in (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F, 0x165667B1, 0xD3A2646C)]


def gap_features(codes: np.ndarray, bits: int) -> np.ndarray:
    """Hashed features of every gap between neighbouring tokens: uint32 [FEATURES, len(codes) - 1], below 2 ** bits."""
    edge = np.zeros(1, dtype=np.int64)
    padded = np.concatenate([edge] * _BEFORE + [codes] + [edge] * _AFTER)
    low = (padded & 0xFFFFFFFF).astype(np.uint32)
    shapes = (padded >> _SHAPE & 7).astype(np.uint32)
    gaps = len(codes) - 1
    # two tokens before the gap's left one, the left and the right one, two after
    a2, a, b, c, d, e = (low[place : place + gaps] for place in range(6))
    sa, sb, sc, sd = (shapes[place : place + gaps] for place in range(1, 5))
    left, right, before, after = b * _K[0], c * _K[1], a * _K[2], d * _K[3]
    pair = left + right
    wide = before + pair + after
    around = ((sa * 8 + sb) * 64 + sc * 8 + sd) * _K[4]
    rows = (
        pair,
        pair + before,
        pair + after,
        wide,
        pair + before + a2 * _K[4],
        pair + after + e * _K[5],
        left + before,
        right + after,
        left,
        right,
        pair + (sb * 8 + sc) * _K[4],
        around,
        left + around,
        right + around,
        wide + a2 * _K[4] + e * _K[5],
        pair + before + around * np.uint32(3),
    )
    mask = np.uint32((1 << bits) - 1)
    out = np.empty((FEATURES, gaps), dtype=np.uint32)
    for number, row in enumerate(rows):
        mixed = row + np.uint32(number)
        mixed ^= mixed >> np.uint32(15)
        mixed *= np.uint32(0x2C1B3C6D)
        mixed ^= mixed >> np.uint32(12)
        np.bitwise_and(mixed, mask, out=out[number])
    return out


def joinable_gaps(codes: np.ndarray) -> np.ndarray:
    """Whether both tokens of each gap hold letters, bool [len(codes) - 1]: all others divide words."""
    able = (codes >> _JOINABLE).astype(bool)
    both: np.ndarray = able[:-1] & able[1:]
    return both


class Rdr:
    """The segmenter `rdr`."""

    name: str = "rdr"

    def __init__(self, weights: str | PathLike[str] = WEIGHTS) -> None:
        """Raises InputError when the weights cannot be read."""
        try:
            with open(weights, "rb") as file, np.load(file, allow_pickle=False) as saved:
                self._weights = np.ascontiguousarray(saved["weights"])
        except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile, TypeError) as error:
            raise InputError(
                f"{type(error).__name__}: {error}",
                expected="the segmenter's weights",
                mend="make them with `python -m train.segmenter`, or install giaoban anew",
                path=weights,
            ) from None
        self._bits = len(self._weights).bit_length() - 1
        self._codes: dict[str, int] = {}

    def words(self, text: str, sentences: Sequence[tuple[int, int]]) -> tuple[list[str], np.ndarray, np.ndarray]:
        """Words of clean text, none across the bounds of a sentence: forms, starts and ends, int64 [words]."""
        tokens = _TOKEN.findall(text)
        codes = self._look_up(tokens)
        lengths = np.fromiter(map(len, tokens), dtype=np.int64, count=len(tokens))
        stops = np.cumsum(lengths)
        seen = codes != _SPACE
        codes, ends = codes[seen], stops[seen]
        starts = ends - lengths[seen]
        if not len(codes):
            return [], starts, ends
        joined = np.zeros(len(codes), dtype=bool)  # whether a token goes on in the next
        if len(codes) > 1:
            # a line break is a token that joins nothing
            scores = self._weights[gap_features(codes, self._bits)].sum(axis=0, dtype=np.int32)
            joined[:-1] = (scores > 0) & joinable_gaps(codes)
        firsts = np.searchsorted(starts, [start for start, _ in sentences])
        joined[firsts[firsts > 0] - 1] = False
        shown = codes != BREAK
        kept = [token for token, is_seen in zip(tokens, seen.tolist(), strict=True) if is_seen]
        glue = np.where(joined, "_", " ").tolist()
        spelled = "".join([part for pair in zip(kept, glue, strict=True) for part in pair])
        begins = shown & ~np.concatenate(([False], joined[:-1]))
        return spelled.split(), starts[begins], ends[shown & ~joined]

    def _look_up(self, tokens: list[str]) -> np.ndarray:
        try:
            return np.fromiter(map(self._codes.__getitem__, tokens), dtype=np.int64, count=len(tokens))
        except KeyError:
            if len(self._codes) > _REMEMBERED:
                self._codes.clear()
            for token in set(tokens).difference(self._codes):
                self._codes[token] = token_code(token)
            return np.fromiter(map(self._codes.__getitem__, tokens), dtype=np.int64, count=len(tokens))
