"""PhoBERT's byte-pair encoding, id for id what transformers' Python-only `PhobertTokenizer` gives, at speed.

In: a folder with `vocab.txt` and `bpe.codes` (PhoBERT's own formats) or a `tokenizer.json`; word forms.
Out: subword ids, and how many of them each word has, which is the word alignment that the Python tokenizer refuses.

Each distinct word is merged once and remembered. Few new words are merged here; many at once, where it is installed, by
the `tokenizers` library over an inner vocabulary in which every merge exists; its ids are then translated, so that a
merge whose result PhoBERT's vocabulary lacks becomes `<unk>` as it does in the reference. Words are text: `</s>` in an
article is no special token here.
"""

from __future__ import annotations

import heapq
import itertools
import math
import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from data.errors import InputError
from data.extras import missing, need
from data.files import read_text

if TYPE_CHECKING:
    from tokenizers import Tokenizer

VOCAB_FILE, CODES_FILE, JSON_FILE = "vocab.txt", "bpe.codes", "tokenizer.json"
ID = np.dtype(np.int32)  # of subword ids
SPECIALS = ("<s>", "<pad>", "</s>", "<unk>")  # ids 0 to 3
_END = "</w>"
# words remembered before the memory starts anew: about 100 MB, some 50 million words of news
_REMEMBERED = 500_000
# new words from which on it pays to build the inner tokenizer, which takes as long as merging some 2,000 words here
_MANY = 2_000
_LONG = 200  # characters from which on a heap is faster


class PhobertBPE:
    """Words to subword ids. Make one with `PhobertBPE.load(folder)`.

    bos, pad, eos, unk, mask: ids of `<s>`, `<pad>`, `</s>`, `<unk>`, `<mask>`. size: number of ids, `<mask>` included.
    """

    bos, pad, eos, unk = 0, 1, 2, 3

    def __init__(self, vocab: dict[str, int], merges: Sequence[tuple[str, str]]) -> None:
        """Prefer `load`. vocab: subword (`@@` at the end of one that goes on) to id. merges: by falling priority."""
        self.mask = self.size = len(vocab)
        self.size += 1
        self._files: dict[str, bytes] = {}
        # `</s>` spelled in an article must not become the token that ends a sentence, even where merges spell it
        self._pieces = {name: id_ for name, id_ in vocab.items() if name not in SPECIALS}
        ranks = {pair: rank for rank, pair in enumerate(merges)}  # of two equal merges the later counts, as there
        self._ranks = ranks
        self._cache: dict[str, bytes] = {}

    # -------------------------------------------------------------- loading

    @classmethod
    def load(cls, folder: str | PathLike[str]) -> PhobertBPE:
        """Read `vocab.txt` and `bpe.codes`, else `tokenizer.json`. Raises InputError when there is neither."""
        path = Path(folder)
        if (path / VOCAB_FILE).is_file() and (path / CODES_FILE).is_file():
            bpe = cls(read_vocab(path / VOCAB_FILE), read_codes(path / CODES_FILE))
            bpe._files = {name: (path / name).read_bytes() for name in (VOCAB_FILE, CODES_FILE)}
            return bpe
        if (path / JSON_FILE).is_file():
            return _JsonBPE(path / JSON_FILE)
        raise InputError(
            f"no tokenizer ({', '.join(sorted(p.name for p in path.glob('*'))[:8]) or 'nothing'})",
            expected=f"{VOCAB_FILE} and {CODES_FILE}, or {JSON_FILE}",
            mend="copy the tokenizer's files of the model it was trained from into the folder",
            path=path,
        )

    # -------------------------------------------------------------- encoding

    def encode(self, words: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Subword ids of all words, int32 [subwords], and the number of subwords of each word, int32 [words].

        Every word, even an empty one, has at least one subword.
        """
        # a word's ids are kept as the bytes of an int32 array: joining bytes is the fastest way from Python to numpy
        try:
            pieces = list(map(self._cache.__getitem__, words))
        except KeyError:
            missing = set(words).difference(self._cache)
            if len(self._cache) + len(missing) > _REMEMBERED:
                self._cache.clear()
                missing = set(words)
            self._learn(sorted(missing))
            pieces = list(map(self._cache.__getitem__, words))
        lengths = np.fromiter(map(len, pieces), dtype=np.int32, count=len(pieces)) // ID.itemsize
        return np.frombuffer(b"".join(pieces), dtype=ID), lengths

    def _learn(self, words: list[str]) -> None:
        exact = words
        if len(words) >= _MANY and not missing("tokenizers"):
            # the fast way is exact except for merges that outrank one of their own parts, and a literal "</w>"
            exact = [word for word in words if not word or _END in word or self._suspect(word)]
        for word in exact:
            merge = self._reference if len(word) < _LONG else self._merge_long
            self._cache[word] = np.array(merge(word), dtype=ID).tobytes()
        quick = [word for word in words if word not in self._cache]
        if not quick:
            return
        inner, translate = self._inner
        encoding = inner.encode(quick, is_pretokenized=True, add_special_tokens=False)
        ids = translate[np.array(encoding.ids, dtype=np.int64)]
        ends = np.searchsorted(np.array(encoding.word_ids), np.arange(len(quick)), side="right")
        for word, start, end in zip(quick, [0, *ends[:-1].tolist()], ends.tolist(), strict=True):
            self._cache[word] = ids[start:end].tobytes()

    @cached_property
    def _inner(self) -> tuple[Tokenizer, np.ndarray]:
        """The inner tokenizer, and the id in PhoBERT's vocabulary for each of its ids."""
        tokenizer, names = _inner_tokenizer(self._pieces, self._ranks)
        return tokenizer, np.array([self._outer_id(name) for name in names], dtype=ID)

    @cached_property
    def _unordered(self) -> re.Pattern[str] | None:
        return _unordered(self._ranks)

    def _suspect(self, word: str) -> bool:
        return self._unordered is not None and self._unordered.search(word + _END) is not None

    def _reference(self, word: str) -> tuple[int, ...]:
        """The algorithm of PhoBERT's tokenizer as its paper's code states it: all places of the best pair at once."""
        if len(word) < 2:
            return (self._pieces.get(word, self.unk),)
        parts = [*word[:-1], word[-1] + _END]
        while len(parts) > 1:
            best = min(itertools.pairwise(parts), key=lambda pair: self._ranks.get(pair, math.inf))
            if best not in self._ranks:
                break
            merged: list[str] = []
            index = 0
            while index < len(parts):
                if tuple(parts[index : index + 2]) == best:
                    merged.append(best[0] + best[1])
                    index += 2
                else:
                    merged.append(parts[index])
                    index += 1
            parts = merged
        return self._ids(parts)

    def _merge_long(self, word: str) -> tuple[int, ...]:
        """The same in n log n steps: places wait in a heap by rank, and all that are there of one rank go together."""
        parts: list[str] = [*word[:-1], word[-1] + _END]
        after = [*range(1, len(parts)), -1]  # a list of parts, linked both ways; a part that was merged away is ""
        before = list(range(-1, len(parts) - 1))
        heap: list[tuple[int, int, str, str]] = []

        def wait(left: int) -> None:
            if left >= 0 and (right := after[left]) >= 0:
                pair = parts[left], parts[right]
                if pair in self._ranks:
                    heapq.heappush(heap, (self._ranks[pair], left, *pair))

        for place in range(len(parts) - 1):
            wait(place)
        while heap:
            now = [heapq.heappop(heap)]
            while heap and heap[0][0] == now[0][0]:
                now.append(heapq.heappop(heap))
            for _, left, first, second in now:
                right = after[left]
                if parts[left] != first or right < 0 or parts[right] != second:
                    continue  # another merge has taken one of them
                parts[left], parts[right] = first + second, ""
                after[left] = after[right]
                if after[right] >= 0:
                    before[after[right]] = left
                wait(before[left])
                wait(left)
        return self._ids([part for part in parts if part])

    def _ids(self, parts: list[str]) -> tuple[int, ...]:
        names = [part + "@@" for part in parts[:-1]] + [parts[-1].removesuffix(_END)]
        return tuple(self._pieces.get(name, self.unk) for name in names)

    def _outer_id(self, name: str) -> int:
        outer = name.removesuffix(_END) if name.endswith(_END) else name + "@@"
        return self._pieces.get(outer, self.unk)

    def save(self, folder: Path) -> None:
        """Write the files that the tokenizer was loaded from, byte for byte, into `folder`."""
        for name, raw in self._files.items():
            (folder / name).write_bytes(raw)


class _JsonBPE(PhobertBPE):
    """The same interface over a `tokenizer.json`, whose own model decides everything."""

    def __init__(self, path: Path) -> None:
        need("train", f"a {JSON_FILE} without {VOCAB_FILE} and {CODES_FILE}", "tokenizers")
        from tokenizers import Tokenizer

        try:
            tokenizer = Tokenizer.from_file(str(path))
        except Exception as error:  # the library raises plain Exception
            raise InputError(str(error), expected="a tokenizer.json", mend="copy it anew", path=path) from None
        specials = (*SPECIALS, "<mask>")
        missing = [token for token in specials if tokenizer.token_to_id(token) is None]
        if missing:
            raise InputError(
                f"no {' '.join(missing)}", expected="PhoBERT's special tokens", mend="use PhoBERT's own file", path=path
            )
        self.bos, self.pad, self.eos, self.unk, self.mask = (
            int(tokenizer.token_to_id(token) or 0) for token in specials
        )
        self.size = tokenizer.get_vocab_size()
        self._files = {JSON_FILE: path.read_bytes()}
        # each word is encoded as the text that it is: whole, alone, and never as a special token
        tokenizer.encode_special_tokens = True
        tokenizer.no_padding()
        tokenizer.no_truncation()
        self._whole = tokenizer
        self._cache = {}

    def _learn(self, words: list[str]) -> None:
        encodings = self._whole.encode_batch([[word] for word in words], is_pretokenized=True, add_special_tokens=False)
        for word, encoding in zip(words, encodings, strict=True):
            self._cache[word] = np.array(encoding.ids or [self.unk], dtype=ID).tobytes()


# ------------------------------------------------------------------ PhoBERT's files


def read_vocab(path: Path) -> dict[str, int]:
    """`vocab.txt`: a subword, a space and its count a line. Ids follow the lines after the four special tokens."""
    vocab = {name: id_ for id_, name in enumerate(SPECIALS)}
    for number, line in enumerate(_lines(path), 1):
        name, space, _ = line.strip().rpartition(" ")
        if not space:
            raise InputError(
                f"{line.strip()[:40]!r}",
                expected="`SUBWORD COUNT` on each line",
                mend="use the vocab.txt that belongs to the model",
                path=path,
                line=number,
            )
        vocab[name] = len(vocab)
    return vocab


def read_codes(path: Path) -> list[tuple[str, str]]:
    """`bpe.codes`: two parts and their count a line, by falling priority.

    As in the reference the last line counts only if it ends in a line break, and a line with another number of parts
    keeps its rank but merges nothing.
    """
    text = read_text(path).replace("\r\n", "\n").replace("\r", "\n")
    merges = [tuple(line.split()[:-1]) for line in text.split("\n")[:-1]]
    if not any(len(merge) == 2 for merge in merges):
        raise InputError(
            "no merge",
            expected="`LEFT RIGHT COUNT` on each line",
            mend="use the bpe.codes that belongs to the model",
            path=path,
        )
    return merges  # type: ignore[return-value]


def _lines(path: Path) -> Iterable[str]:
    return read_text(path).replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n").split("\n")


def _inner_tokenizer(vocab: dict[str, int], ranks: dict[tuple[str, str], int]) -> tuple[Tokenizer, list[str]]:
    """A BPE model in which every character and every merge exists, and the names of its ids."""
    from tokenizers import Tokenizer
    from tokenizers.models import BPE

    merges = [pair for pair, _ in sorted(ranks.items(), key=lambda item: item[1]) if len(pair) == 2]
    names = dict.fromkeys(["<unk>"])  # an ordered set
    for pair in merges:
        names.update(dict.fromkeys((*pair, pair[0] + pair[1])))
    for subword in vocab:  # characters that no merge names are subwords by themselves
        stem = subword.removesuffix("@@")
        if len(stem) == 1:
            names[stem] = None
        if len(subword) == 1:
            names[subword + _END] = None
    ids = {name: number for number, name in enumerate(names)}
    model = BPE(vocab=ids, merges=merges, unk_token="<unk>", end_of_word_suffix=_END, fuse_unk=False)
    return Tokenizer(model), list(names)


def _unordered(ranks: dict[tuple[str, str], int]) -> re.Pattern[str] | None:
    """What a word must contain for the two orders of merging to differ; None if they never do.

    The reference merges all places of the best pair, then looks again; `tokenizers` looks again after each place. That
    matters only where a merge outranks one that makes one of its own parts. Learned codes hardly ever have any.
    """
    latest: dict[str, int] = {}
    for pair, rank in ranks.items():
        if len(pair) == 2:
            latest[pair[0] + pair[1]] = max(rank, latest.get(pair[0] + pair[1], -1))
    suspects = {
        pair[0] + pair[1]
        for pair, rank in ranks.items()
        if len(pair) == 2 and max(latest.get(pair[0], -1), latest.get(pair[1], -1)) > rank
    }
    return re.compile("|".join(map(re.escape, sorted(suspects)))) if suspects else None
