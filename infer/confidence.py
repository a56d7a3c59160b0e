"""How sure a record is: the chance that nothing in it is wrong.

Flows in: the linker's chance that the links of a record are right if its mentions are, the scores of its mentions, and
how sure the tagger is of all mentions of the article. Flows out: its score, the probability that each of its links is
one that an annotator would make too, mentions being taken for those they overlap. A product of chances that depend on
each other is too bold or too timid by a power, so the score is the logistic function of a weighted sum of their
logarithms (Platt 1999, with three inputs), with the weights of `score.json`, fitted by `python -m
train.directive_calibration`. The article counts because in one unlike those that were learned from, where the tagger
is less sure of everything, a record is wrong more often than its own mentions and links let on.

    python -c "from infer.confidence import directive_score; print(directive_score(0.9, [0.99, 0.97], -0.02))"
"""

import json
from collections.abc import Collection, Iterable
from functools import lru_cache
from math import exp, fsum, log
from pathlib import Path

WEIGHTS = Path(__file__).with_name("score.json")
NAMES = ("bias", "links", "mentions", "article")  # of the weights, in the order of `evidence`
_LEAST = 1e-6  # chances and scores below count as this


def surety(scores: Collection[float]) -> float:
    """How sure the tagger is of an article: the mean of the logarithms of its mentions' scores, at most 0."""
    return fsum(log(max(score, _LEAST)) for score in scores) / len(scores) if scores else 0.0


def evidence(chance: float, scores: Iterable[float], article: float) -> tuple[float, float, float, float]:
    """What the weights are for: 1, the logarithms of the linker's chance and of the product of `scores`, `article`."""
    return 1.0, log(max(chance, _LEAST)), sum(log(max(score, _LEAST)) for score in scores), article


def directive_score(chance: float, scores: Iterable[float], article: float) -> float:
    """The probability that the record says nothing wrong.

    chance: the linker's (see `Directive.chance`). scores: those of its mentions, each once; 1 for gold ones.
    article: the `surety` of all mentions around.
    """
    total = sum(weight * value for weight, value in zip(_weights(), evidence(chance, scores, article), strict=True))
    return 1 / (1 + exp(-total))


@lru_cache(maxsize=1)
def _weights() -> tuple[float, ...]:
    weights = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    return tuple(weights[name] for name in NAMES)
