"""Windows of subword ids → scores of words, by a model in batches.

In: encoded articles. Out: for each article float32 [words, tags]. The model behind it is anything that turns a padded
batch into scores (`Forward`); infer/backends.py makes one from a checkpoint, and training hands in the model it trains,
so that dev scores come from this very code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from data.encode import Encoded, Encoder

# ids and attention mask, int64 [batch, longest], padding on the right, and whose scores are wanted, bool of that shape
# → theirs, row by row, float32 [wanted, tags]
Forward = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]

# subwords, padding included, in one batch: large enough to keep a CPU's cores or a GPU busy, small enough for 1 GB
BATCH_SUBWORDS = 4096
# a batch is counted as if its longest window were a whole multiple of this: torch's attention on CPUs takes half the
# time of such lengths, and few shapes come up
STEP = 16


def batches(lengths: Sequence[int], budget: int = BATCH_SUBWORDS) -> Iterator[list[int]]:
    """Indices of windows by falling length, in batches of at most `budget` subwords (one window at least)."""
    order = sorted(range(len(lengths)), key=lambda index: -lengths[index])
    batch: list[int] = []
    for index in order:
        if batch and round_up(lengths[batch[0]]) * (len(batch) + 1) > budget:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def round_up(length: int, step: int = STEP) -> int:
    """The next whole multiple of the step."""
    return -(-length // step) * step


def word_scores(articles: Sequence[Encoded], encoder: Encoder, forward: Forward, tags: int) -> list[np.ndarray]:
    """Scores of every word, read from the window where it has most context: float32 [words, tags] per article."""
    inputs = [(number, index, ids) for number, a in enumerate(articles) for index, ids in _inputs(a, encoder)]
    scores = [np.zeros((len(article.firsts), tags), dtype=np.float32) for article in articles]
    for batch in batches([len(ids) for _, _, ids in inputs]):
        ids, mask = pad([inputs[item][2] for item in batch], encoder.bpe.pad)
        wanted = np.zeros(ids.shape, dtype=bool)
        owned = []
        for row, item in enumerate(batch):
            number, index, _ = inputs[item]
            window = articles[number].windows.windows[index]
            owned.append((number, window.first_word, window.last_word))
            # +1 for <s>
            wanted[row, articles[number].firsts[window.first_word : window.last_word] - window.start + 1] = True
        found = forward(ids, mask, wanted)
        at = 0
        for number, first, last in owned:
            scores[number][first:last] = found[at : at + last - first]
            at += last - first
    return scores


def _inputs(article: Encoded, encoder: Encoder) -> Iterator[tuple[int, np.ndarray]]:
    return enumerate(encoder.model_inputs(article))


def pad(rows: Sequence[np.ndarray], pad_id: int, multiple: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Rows of ids as one batch and its attention mask, int64 [rows, longest, rounded up to a multiple]."""
    lengths = np.array([len(row) for row in rows])
    mask = np.arange(round_up(lengths.max(), multiple)) < lengths[:, None]
    ids = np.full(mask.shape, pad_id, dtype=np.int64)
    ids[mask] = np.concatenate(rows)
    return ids, mask.astype(np.int64)
