"""Subword embeddings from counts, to begin pre-training with: a masked language model that starts from random ones
spends its first millions of subwords on finding out which words are alike.

In: a corpus of subword ids. Out: one vector a subword: the truncated singular value decomposition of the shifted
positive pointwise mutual information of subwords within a few places of each other, what word2vec's skip-gram with
negative sampling factorizes too (Levy and Goldberg, "Neural Word Embedding as Implicit Matrix Factorization", 2014,
equations 7 to 10; context distribution smoothing and weighting of singular values from Levy, Goldberg and Dagan, 2015).
"""

from __future__ import annotations

import numpy as np
import torch

WINDOW = 4  # places to each side; a pair d places apart counts (WINDOW + 1 - d) / WINDOW
SMOOTHING = 0.75  # exponent on the counts of contexts
SHIFT = 1.0  # negative samples; their logarithm is taken off the information
_CHUNK = 4_000_000


def cooccurrence(ids: np.ndarray, size: int) -> np.ndarray:
    """Weighted counts of pairs of subwords within WINDOW places, float32 [size, size], symmetric."""
    counts = np.zeros(size * size, dtype=np.float32)
    for start in range(0, len(ids), _CHUNK):
        part = ids[start : start + _CHUNK + WINDOW].astype(np.int64)
        for distance in range(1, WINDOW + 1):
            pairs, times = np.unique(part[:-distance] * size + part[distance:], return_counts=True)
            counts[pairs] += times * ((WINDOW + 1 - distance) / WINDOW)
    square = counts.reshape(size, size)
    return square + square.T


def pmi_embeddings(ids: np.ndarray, size: int, dimensions: int, seed: int) -> np.ndarray:
    """Vectors of all subwords, float32 [size, dimensions], of mean 0 and standard deviation 1 over all of them.

    Subwords that never occur get random ones.
    """
    counts = torch.from_numpy(cooccurrence(ids, size))
    rows = counts.sum(1)
    contexts = rows.pow(SMOOTHING)
    contexts /= contexts.sum()
    information = counts.div_(rows.clamp(min=1)[:, None] * contexts[None, :].clamp(min=1e-12)).clamp_(min=1e-12).log_()
    information.sub_(float(np.log(SHIFT))).clamp_(min=0)
    torch.manual_seed(seed)
    left, values, _ = torch.svd_lowrank(information, q=min(dimensions + 32, size), niter=3)
    vectors = left[:, :dimensions] * values[:dimensions].sqrt()
    # all components of like size: the first ones only say how frequent a subword is
    norms = vectors.norm(dim=1, keepdim=True)
    known = norms[:, 0] > 0
    vectors = torch.where(known[:, None], vectors / norms.clamp(min=1e-9), torch.randn_like(vectors) / dimensions**0.5)
    vectors -= vectors[known].mean(0)
    out: np.ndarray = (vectors / vectors.std()).numpy()
    return out
