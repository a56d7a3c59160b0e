"""How sure a record is: the chance that nothing in it is wrong.

Flows in: the linker's chance that the links of a record are right if its mentions are, and the scores of its mentions.
Flows out: its score, the probability that each of its links is one that an annotator would make too, mentions being
taken for those they overlap. A product of chances that depend on each other is too bold or too timid by a power, so
the score is the logistic function of a weighted sum of the two logarithms (Platt 1999, with two inputs), with the
weights of `score.json`, fitted by `python -m train.directive_calibration`.

    python -c "from infer.confidence import directive_score; print(directive_score(0.9, [0.99, 0.97]))"
"""

import json
from collections.abc import Iterable
from functools import lru_cache
from math import exp, log
from pathlib import Path

WEIGHTS = Path(__file__).with_name("score.json")
_LEAST = 1e-6  # chances and scores below count as this


def evidence(chance: float, scores: Iterable[float]) -> tuple[float, float, float]:
    """What the weights are for: 1, and the logarithms of the linker's chance and of the product of `scores`."""
    return 1.0, log(max(chance, _LEAST)), sum(log(max(score, _LEAST)) for score in scores)


def directive_score(chance: float, scores: Iterable[float]) -> float:
    """The probability that the record says nothing wrong.

    chance: the linker's (see `Directive.chance`). scores: those of its mentions, each once; 1 for gold ones.
    """
    total = sum(weight * value for weight, value in zip(_weights(), evidence(chance, scores), strict=True))
    return 1 / (1 + exp(-total))


@lru_cache(maxsize=1)
def _weights() -> tuple[float, float, float]:
    weights = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    return weights["bias"], weights["links"], weights["mentions"]
