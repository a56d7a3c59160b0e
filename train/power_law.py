"""What more articles would bring: a power law through the errors of a model that learned from more and more of them.

In: how many articles, and the F1 that they led to. Out: `PowerLaw`: error(n) = a · n^-b + c with error = 1 - F1, the
form in which generalisation error falls with the size of the training data (Hestness et al. 2017, "Deep Learning
Scaling Is Predictable, Empirically", https://arxiv.org/abs/1712.00409: ε(m) = α m^β + γ). c is the error that no number
of articles removes. What lies beyond the largest number seen is an extrapolation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares  # type: ignore[import-untyped]

FEWEST = 3  # points; a line through two fits whatever they are
_WITH_FLOOR = 4  # points from which c can be told from a and b
_STEEPEST = 2.0  # of b; Hestness et al. find 0.07 to 0.35, theory has 0.5 to 1
_SMALLEST = 1e-4  # error of a perfect score, whose logarithm is wanted
_LARGEST_LOG = 50.0  # of a: no numbers of articles need more
_DRAWS = 100
_SEED = 13


@dataclass(frozen=True, slots=True)
class PowerLaw:
    """error(n) = a · n^-b + c; `residual`: how far it misses, the root mean square of F1 minus the fitted F1."""

    a: float
    b: float
    c: float
    residual: float

    def f1(self, articles: float | np.ndarray) -> np.ndarray:
        """The F1 that so many articles lead to."""
        return 1 - _error(np.array([self.a, self.b, self.c]), np.asarray(articles, dtype=float))


def fit(articles: Sequence[float], f1: Sequence[float], shares: Sequence[float] = (0.0, 0.5, 0.9)) -> PowerLaw | None:
    """The law nearest to the logarithms of the errors; None for fewer than three different numbers of articles.

    With three numbers of articles c is 0: there is nothing to tell it by. shares: of the smallest error, where the
    search for c begins.
    """
    if len(set(articles)) < FEWEST:
        return None
    n, error = np.asarray(articles, dtype=float), np.maximum(1 - np.asarray(f1, dtype=float), _SMALLEST)
    free = len(set(articles)) >= _WITH_FLOOR
    # a valley of this shape has more than one bottom: the search begins from several shares of c
    found = min((_search(n, error, share, free=free) for share in (shares if free else (0.0,))), key=_cost)[0]
    missed = _error(found, n) - error
    a, b, c = found.tolist()
    return PowerLaw(a, b, c, residual=float(np.sqrt(np.mean(missed**2))))


def interval(
    articles: Sequence[float], f1: Sequence[float], spreads: Sequence[float], at: Sequence[float]
) -> list[tuple[float, float]]:
    """For each number of articles in `at` the middle 95% of fits to scores drawn from around `f1`.

    spreads: the standard deviation of each score. The scores are drawn one by one, though all of them were counted on
    the same articles: that makes the interval too wide rather than too narrow.
    """
    random = np.random.default_rng(_SEED)
    drawn = np.clip(random.normal(f1, spreads, size=(_DRAWS, len(f1))), 0, 1)
    laws = [law for scores in drawn if (law := fit(articles, scores, shares=(0.5,)))]
    values = np.array([law.f1(np.array(at)) for law in laws])
    low, high = np.percentile(values, [2.5, 97.5], axis=0)
    return list(zip(low.tolist(), high.tolist(), strict=True))


def _error(parameters: np.ndarray, n: np.ndarray) -> np.ndarray:
    a, b, c = parameters
    return np.asarray(a * n**-b + c)


def _cost(found: tuple[np.ndarray, float]) -> float:
    return found[1]


def _search(n: np.ndarray, error: np.ndarray, share: float, *, free: bool) -> tuple[np.ndarray, float]:
    """(a, b, c) and what is left of the squares of the logarithms; c begins at a share of the smallest error."""
    highest = float(error.min()) * 0.999 if free else 0.0
    start_c = share * highest
    slope, offset = np.polyfit(np.log(n), np.log(error - start_c), 1)
    start = [
        min(max(offset, 1 - _LARGEST_LOG), _LARGEST_LOG - 1),
        min(max(-slope, 0.01), _STEEPEST - 0.01),
        *([max(start_c, highest * 0.01)] if free else []),
    ]

    def missed(point: np.ndarray) -> np.ndarray:
        log_c = np.log(point[2]) if free and point[2] > 0 else -np.inf
        return np.asarray(np.logaddexp(point[0] - point[1] * np.log(n), log_c) - np.log(error))

    bounds = ([-_LARGEST_LOG, 0.0, 0.0][: len(start)], [_LARGEST_LOG, _STEEPEST, highest][: len(start)])
    done = least_squares(missed, start, bounds=bounds, x_scale="jac")
    return np.array([np.exp(done.x[0]), done.x[1], done.x[2] if free else 0.0]), float(done.cost)
