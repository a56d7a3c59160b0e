"""What is read at each step of pre-training: documents in an order, cut into windows, some of their words masked.

In: `Tokens` and the settings. Out: a `Plan` (the order of documents, the length of windows at each step) and, for any
step, its `batch`. Both depend on the seed alone, so that a run which goes on sees what an unbroken one would have.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.bpe import PhobertBPE
from data.encode import IGNORED
from data.errors import InputError
from train.config import PretrainingConfig
from train.corpus import Tokens

HELD_OUT_SHARE, HELD_OUT_MOST = 0.01, 200_000  # of the text, in subwords
_FRAME = 2  # <s> and </s> of each window
_ROUND = 256  # masked places in a step are a multiple of it


@dataclass(frozen=True, slots=True)
class Plan:
    """order: int64, documents as they are read, set end to end; starts: int64 [order + 1], where each begins there.

    lengths, offsets: int64 [steps], the window length of each step and where in the stream it begins.
    """

    order: np.ndarray
    starts: np.ndarray
    lengths: np.ndarray
    offsets: np.ndarray

    @property
    def steps(self) -> int:
        return len(self.lengths)


def make_plans(config: PretrainingConfig, tokens: Tokens, likeness: np.ndarray | None) -> tuple[Plan, Plan]:
    """Plan a whole run, and the measuring on documents that are held out of it.

    Args:
        likeness: float [documents], how like the domain's articles each is; None where no domain is configured.
    """
    sizes = np.diff(tokens.documents)
    longest = max(config.windows)
    step = max(config.tokens_per_step, longest)
    if sizes.sum() < 4 * step:
        raise InputError(
            f"text of {sizes.sum():,} subwords",
            expected=f"at least four steps of {step:,}",
            mend="name more text, or lower pretraining.tokens_per_step",
        )
    random = np.random.default_rng(config.seed)
    shuffled = random.permutation(len(sizes))
    limit = max(step, min(HELD_OUT_MOST, HELD_OUT_SHARE * sizes.sum()))
    kept_out = int(np.searchsorted(np.cumsum(sizes[shuffled]), limit)) + 1
    held_out, rest = shuffled[:kept_out], shuffled[kept_out:]
    parts = [random.permutation(rest) for _ in range(config.passes)]
    if config.domain and likeness is not None:
        near = rest[np.argsort(-likeness[rest], kind="stable")]
        near = near[: int(np.searchsorted(np.cumsum(sizes[near]), config.domain.share * sizes[rest].sum())) + 1]
        parts += [random.permutation(near) for _ in range(config.domain.passes)]
    if not parts:
        raise InputError(
            "pretraining.passes 0 and no pretraining.domain",
            expected="something to read",
            mend="set pretraining.passes to 1, or name a domain",
        )
    order = np.concatenate(parts)
    return (
        _cut(order, sizes, config.windows, config.tokens_per_step),
        _cut(held_out, sizes, {longest: 1.0}, config.tokens_per_step),
    )


def _cut(order: np.ndarray, sizes: np.ndarray, windows: dict[int, float], tokens_per_step: int) -> Plan:
    starts = np.concatenate(([0], np.cumsum(sizes[order])))
    total, share_of_all = int(starts[-1]), sum(windows.values())
    lengths: list[int] = []
    offsets: list[int] = []
    offset = 0
    for length, share in windows.items():
        taken = max(1, tokens_per_step // length) * (length - _FRAME)
        for _ in range(round(share / share_of_all * total / taken)):
            if offset + taken > total:
                break
            lengths.append(length)
            offsets.append(offset)
            offset += taken
    return Plan(order, starts, np.array(lengths, dtype=np.int64), np.array(offsets, dtype=np.int64))


def batch(
    tokens: Tokens, plan: Plan, step: int, bpe: PhobertBPE, config: PretrainingConfig
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ids int64 [windows, length] with words masked, the masked places (flat), and what stood there.

    Places that fill up a round number come last, as place 0 with IGNORED.

    Of the masked words eight tenths become `<mask>`, one tenth random subwords, one tenth stay (Devlin et al., 2019).
    """
    length = int(plan.lengths[step])
    count = max(1, config.tokens_per_step // length)
    inner = length - _FRAME
    ids, firsts = _read(tokens, plan, int(plan.offsets[step]), count * inner)
    random = np.random.default_rng((config.seed, step))
    ids, firsts = ids.reshape(count, inner), firsts.reshape(count, inner)
    word = np.cumsum(firsts.ravel()).reshape(count, inner)  # a word cut by a window's edge is masked on both sides
    chosen = random.random(int(word[-1, -1]) + 1) < config.masked
    fate = random.random(len(chosen))
    masked = chosen[word] & (ids != bpe.eos)
    seen = np.where(masked & (fate[word] < 0.8), bpe.mask, ids)
    noise = masked & (fate[word] >= 0.9)
    seen[noise] = random.integers(4, bpe.mask, int(noise.sum()))
    framed = np.empty((count, length), dtype=np.int64)
    framed[:, 0], framed[:, -1], framed[:, 1:-1] = bpe.bos, bpe.eos, seen
    rows, columns = np.nonzero(masked)
    # few different sizes: CPU kernels are compiled, and kept, for each one that they meet
    spare = -len(rows) % _ROUND
    places = np.pad(rows * length + columns + 1, (0, spare))
    return framed, places, np.pad(ids[masked], (0, spare), constant_values=IGNORED)


def _read(tokens: Tokens, plan: Plan, offset: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """`count` subwords of the stream from `offset`, and where words begin in them."""
    first = int(np.searchsorted(plan.starts, offset, side="right")) - 1
    ids: list[np.ndarray] = []
    firsts: list[np.ndarray] = []
    while count:
        document = plan.order[first]
        begin = int(tokens.documents[document]) + offset - int(plan.starts[first])
        end = min(begin + count, int(tokens.documents[document + 1]))
        ids.append(tokens.ids[begin:end])
        firsts.append(tokens.firsts[begin:end])
        count -= end - begin
        offset += end - begin
        first += 1
    return np.concatenate(ids).astype(np.int64), np.concatenate(firsts)


def likeness(tokens: Tokens, domain: np.ndarray, size: int) -> np.ndarray:
    """How much likelier each document's subwords are in the domain than in the whole text, nats a subword.

    Args:
        domain: subword ids of the domain's text.
    Returns: float64 [documents]; the difference of unigram cross entropies (Moore and Lewis, "Intelligent Selection of
        Language Model Training Data", 2010, with unigrams).
    """
    whole = np.bincount(tokens.ids, minlength=size) + 1.0
    whole /= whole.sum()
    near = 0.9 * np.bincount(domain, minlength=size) / len(domain) + 0.1 * whole
    gain = np.log(near / whole)
    sums = np.concatenate(([0.0], np.cumsum(gain[tokens.ids])))
    sizes = np.diff(tokens.documents)
    gains: np.ndarray = np.diff(sums[tokens.documents]) / sizes
    return gains
