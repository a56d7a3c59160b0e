"""`python -m train.segmenter TEXT… -o data/rdr.npz`: learn RDRSegmenter's decisions from text that it segmented.

In: text files (plain or compressed, a blank line between documents) whose words stand between spaces, syllables joined
with `_`. Out: the weights of the segmenter `rdr` (see data/rdr.py): a logistic regression for each gap between two
tokens, on hashed features, by AdaGrad (Duchi, Hazan and Singer, 2011), rounded to eight bits; and on standard output
how far it agrees with every hundredth document, which it never sees.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from data.command import make_parser
from data.errors import InputError
from data.files import atomic_file
from data.progress import Meter
from data.rdr import BREAK, WEIGHTS, gap_features, joinable_gaps, token_code
from train.corpus import paragraphs, text_files

BITS = 22  # weights: 4 MiB of them, a byte each
SCALE = 16.0  # of a weight of 1 when it is rounded
HELD_OUT = 100  # each such document is kept for measuring
_RATE, _EPOCHS, _BATCH, _CHUNK = 0.2, 2, 4096, 1_000_000
# Lines that RDRSegmenter left unsegmented, wholly or in part (1.5% of the news that `rdr` learned from), teach nothing:
# pairs of syllables that are one word in 97% of 200 places and more must be so in 80% of their places in a line.
_SURE_COUNT, _SURE_SHARE, _LINE_SHARE = 200, 0.97, 0.8


class Gold:
    """Segmented text as numbers: codes, int64 [tokens]; joined, bool [tokens], whether a token goes on in the next."""

    def __init__(self, codes: np.ndarray, joined: np.ndarray) -> None:
        self.codes, self.joined = codes, joined

    def lines(self) -> np.ndarray:
        """The number of each token's line, int64 [tokens]; the break that ends a line belongs to it."""
        breaks = self.codes == BREAK
        lines: np.ndarray = np.cumsum(breaks) - breaks
        return lines

    def pick(self, kept: np.ndarray) -> Gold:
        return Gold(self.codes[kept], self.joined[kept])


def read_gold(files: Iterable[Path]) -> tuple[Gold, Gold]:
    """(text to learn from, held-out text). Raises InputError where no word is joined."""
    known: dict[str, int] = {"\n": BREAK}
    made: list[tuple[list[int], list[bool]]] = [([], []), ([], [])]
    document = 0
    for file in files:
        for line in paragraphs(file):
            if not line:
                document += 1
                continue
            codes, joined = made[document % HELD_OUT == HELD_OUT - 1]
            for word in line.split():
                parts = [part for part in word.split("_") if part] or [word]
                for part in parts:
                    code = known.get(part)
                    if code is None:
                        code = known[part] = token_code(part)
                    codes.append(code)
                    joined.append(True)
                joined[-1] = False
            codes.append(BREAK)
            joined.append(False)
    train, held_out = (Gold(np.array(codes, dtype=np.int64), np.array(joined, dtype=bool)) for codes, joined in made)
    if not train.joined.any() or not len(held_out.codes):
        raise InputError(
            "no segmented text" if not train.joined.any() else f"fewer than {HELD_OUT} documents",
            expected=f"text whose syllables are joined to words with _, at least {HELD_OUT} documents of it",
            mend="segment it with VnCoreNLP first; a blank line ends a document",
        )
    return train, held_out


def whole_lines(gold: Gold, sure: np.ndarray) -> np.ndarray:
    """Which tokens stand in lines that were segmented throughout, bool [tokens]; `sure` as `sure_pairs` gives them."""
    line = gold.lines()
    certain = np.isin(_pairs(gold.codes), sure)
    missed = certain & ~gold.joined[:-1]
    lines = int(line[-1]) + 1
    of_line = [np.bincount(line[:-1][which], minlength=lines) for which in (certain, missed)]
    whole = of_line[1] <= (1 - _LINE_SHARE) * of_line[0]
    kept: np.ndarray = whole[line]
    return kept


def held_out_lines(files: Iterable[Path]) -> list[str]:
    """Held-out lines that were segmented throughout, as they stand in the files."""
    files = list(files)
    train, held_out = read_gold(files)
    kept = whole_lines(held_out, sure_pairs(train))[held_out.codes == BREAK].tolist()
    document = 0
    lines = []
    for file in files:
        for line in paragraphs(file):
            if not line:
                document += 1
            elif document % HELD_OUT == HELD_OUT - 1:
                lines.append(line)
    return [line for line, keep in zip(lines, kept, strict=True) if keep]


def sure_pairs(gold: Gold) -> np.ndarray:
    """Pairs of tokens that are nearly always in one word, uint64, sorted."""
    able = joinable_gaps(gold.codes)
    pairs, place, counts = np.unique(_pairs(gold.codes)[able], return_inverse=True, return_counts=True)
    joined = np.bincount(place, weights=gold.joined[:-1][able])
    return pairs[(counts >= _SURE_COUNT) & (joined >= _SURE_SHARE * counts)]


def _pairs(codes: np.ndarray) -> np.ndarray:
    low = (codes & 0xFFFFFFFF).astype(np.uint64)
    pairs: np.ndarray = low[:-1] << np.uint64(32) | low[1:]
    return pairs


def learn(gold: Gold, bits: int = BITS) -> np.ndarray:
    """Weights, int8 [2 ** bits], from segmented text."""
    weights = np.zeros(1 << bits, dtype=np.float32)
    squares = np.full(1 << bits, 1e-3, dtype=np.float32)
    chunks = range(0, len(gold.codes) - 1, _CHUNK)
    with Meter("learning to segment", _EPOCHS * len(chunks)) as meter:
        for epoch in range(_EPOCHS):
            random = np.random.default_rng(epoch)
            for done, number in enumerate(random.permutation(len(chunks))):
                part = slice(chunks[number], chunks[number] + _CHUNK + 1)
                able = joinable_gaps(gold.codes[part])
                features = gap_features(gold.codes[part], bits).T[able]
                targets = gold.joined[part][:-1][able].astype(np.float32)
                order = random.permutation(len(targets))
                for start in range(0, len(order), _BATCH):
                    rows = order[start : start + _BATCH]
                    _step(weights, squares, features[rows], targets[rows], _RATE * (1 - 0.7 * epoch / _EPOCHS))
                meter.update(epoch * len(chunks) + done + 1, f"pass {epoch + 1} of {_EPOCHS}")
    return np.clip(np.round(weights * SCALE), -127, 127).astype(np.int8)


def _step(weights: np.ndarray, squares: np.ndarray, features: np.ndarray, targets: np.ndarray, rate: float) -> None:
    scores = weights[features].sum(axis=1)
    errors = 1 / (1 + np.exp(-np.clip(scores, -30, 30))) - targets
    wrong = np.abs(errors) > 0.003  # the others would move nothing
    places = features[wrong].ravel()
    gradient = np.repeat(errors[wrong], features.shape[1]).astype(np.float32)
    np.add.at(squares, places, gradient * gradient)
    np.add.at(weights, places, -rate * gradient / np.sqrt(squares[places]))


def agreement(weights: np.ndarray, gold: Gold) -> float:
    """Word F1 of the decisions against the gold ones: a word counts where both its ends are the same."""
    scores = weights[gap_features(gold.codes, len(weights).bit_length() - 1)].sum(axis=0, dtype=np.int32)
    joined = np.append((scores > 0) & joinable_gaps(gold.codes), False)
    found, true = (_words(gold.codes, one) for one in (joined, gold.joined))
    return 2 * len(np.intersect1d(found, true, assume_unique=True)) / (len(found) + len(true))


def _words(codes: np.ndarray, joined: np.ndarray) -> np.ndarray:
    """Words as numbers that tell start and end."""
    starts = np.flatnonzero(~np.concatenate(([False], joined[:-1])))
    ends = np.flatnonzero(~joined)
    words: np.ndarray = (starts * len(codes) + ends)[codes[starts] != BREAK]
    return words


def train(sources: Sequence[str | Path], output: str | Path) -> dict[str, float]:
    """Learn from files, write the weights; gives agreement with held-out lines, and with those segmented throughout."""
    gold, held_out = read_gold(text_files(sources))
    sure = sure_pairs(gold)
    weights = learn(gold.pick(whole_lines(gold, sure)))
    with atomic_file(output, "wb") as out:
        np.savez_compressed(out, weights=weights)
    kept = whole_lines(held_out, sure)
    return {
        "held-out words": len(_words(held_out.codes, held_out.joined)),
        "share in lines segmented throughout": float(kept.mean()),
        "F1 on these": agreement(weights, held_out.pick(kept)),
        "F1 on all": agreement(weights, held_out),
    }


def main(argv: list[str] | None = None) -> int:
    """The command; gives the exit status."""
    parser = make_parser("python -m train.segmenter", __doc__)
    parser.add_argument("sources", nargs="+", metavar="TEXT", help="files or folders of segmented text")
    parser.add_argument("-o", "--output", default=str(WEIGHTS), metavar="FILE", help="weights (%(default)s)")
    args = parser.parse_args(argv)
    try:
        for name, value in train(args.sources, args.output).items():
            print(f"{name}: {value:,}" if value > 1 else f"{name}: {value:.4f}")
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
