"""Log-linear models over named features: sums of weights, and their softmax; the linker is made of them.

Flows in: rows of feature names. Flows out: scores, a column a class.

    python -c "from infer.linker import load_linker; print(load_linker().models['group'].scores(['commas=<1']))"
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain, pairwise, repeat

import numpy as np


class Model:
    """Feature names → weights, float32 [features, classes]; a name without a weight counts nothing."""

    def __init__(self, names: Iterable[str], weights: np.ndarray) -> None:
        self.rows = {name: n for n, name in enumerate(names)}
        self.weights = weights.astype(np.float32)
        self._none = len(self.rows)  # the row of a name without a weight
        self._padded = np.vstack((self.weights, np.zeros((1, self.weights.shape[1]), np.float32)))

    def scores(self, features: Iterable[str]) -> np.ndarray:
        """Sums of weights, float32 [classes]; each name counts once."""
        return np.asarray(self.all_scores([set(features)])[0])

    def all_scores(self, rows: Sequence[Collection[str]]) -> np.ndarray:
        """`scores` of each row, float32 [rows, classes]; no row has a name twice."""
        sizes = np.array([len(row) for row in rows], dtype=np.int64)
        numbers = map(self.rows.get, chain.from_iterable(rows), repeat(self._none))
        flat = np.fromiter(numbers, dtype=np.int64, count=int(sizes.sum()))
        sums = np.zeros((len(rows), self.weights.shape[1]), np.float32)
        full = sizes > 0  # reduceat cannot add up nothing
        if len(flat):
            sums[full] = np.add.reduceat(self._padded[flat], (np.cumsum(sizes) - sizes)[full], axis=0)
        return sums

    def under(self, kind: str) -> Model:
        """The features whose names begin with the kind, without it."""
        rows = {name.removeprefix(f"{kind} "): n for name, n in self.rows.items() if name.startswith(f"{kind} ")}
        return Model(rows, self.weights[list(rows.values())])

    def without(self, kinds: Iterable[str]) -> Model:
        """The features whose names begin with none of the kinds."""
        prefixes = tuple(f"{kind} " for kind in kinds)
        rows = {name: n for name, n in self.rows.items() if not name.startswith(prefixes)}
        return Model(rows, self.weights[list(rows.values())])


def joined(models: Sequence[Model]) -> Model:
    """Several models of the same features as one with the classes of all: each name is looked up once."""
    rows = {name: n for n, name in enumerate(dict.fromkeys(chain.from_iterable(model.rows for model in models)))}
    weights = [np.zeros((len(rows), model.weights.shape[1])) for model in models]
    for model, places in zip(models, weights, strict=True):
        places[[rows[name] for name in model.rows]] = model.weights
    return Model(rows, np.hstack(weights))


def softmax(scores: np.ndarray) -> list[list[float]]:
    """Probabilities of scores, of each row."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares: list[list[float]] = (powers / powers.sum(axis=1, keepdims=True)).tolist()
    return shares


class Panel:
    """Models that read the same features: each name is looked up once for all of them."""

    def __init__(self, models: Mapping[str, Model]) -> None:
        edges = np.cumsum([0, *(model.weights.shape[1] for model in models.values())]).tolist()
        self._columns = {name: slice(*edge) for name, edge in zip(models, pairwise(edges), strict=True)}
        self._joined = joined(list(models.values()))

    def scores(self, rows: Sequence[Collection[str]]) -> dict[str, np.ndarray]:
        """By name of the model, float32 [rows, classes]."""
        scores = self._joined.all_scores(rows)
        return {name: scores[:, columns] for name, columns in self._columns.items()}
