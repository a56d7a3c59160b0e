"""`python -m train.calibration MODEL ARTICLES… -o infer/score.json`: scores that mean what they say.

In: a checkpoint folder and annotated articles that neither it nor the linker was fitted on. Out: the three weights of
`infer.confidence`, by logistic regression on what the model finds in them; or, for `train.evaluate`, how often mentions
and directives of each score are right.

    python -m train.calibration models/mini data/articles/dev -o infer/score.json
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from data.command import make_parser
from data.compare import Pair, links, mention, partner
from data.errors import InputError
from data.files import atomic_file
from data.formats import read_articles
from data.schema import Article
from data.segment import load_segmenter, segment
from infer.confidence import evidence
from infer.directives import find_directives
from infer.extractor import Extractor, to_public

BINS = 10
PRIOR = 0.01  # precision of the weights' Gaussian prior: there are but three
STEPS = 30  # of Newton's method, which is there after ten


def right_mentions(pair: Pair) -> list[bool]:
    """Of each predicted mention: start, end and label are right."""
    gold, predicted = pair
    truth = {mention(entity) for entity in gold.entities}
    return [mention(entity) in truth for entity in predicted.entities]


def right_directives(pair: Pair) -> list[bool]:
    """Of each predicted directive: every link of it is a gold one, mentions taken for those they overlap most."""
    gold, predicted = pair
    truth = links(gold, {e.id: mention(e) for e in gold.entities})
    mapped = {e.id: mention(partner(e, gold.entities) or e) for e in predicted.entities}
    one_each = (predicted.model_copy(update={"directives": [directive]}) for directive in predicted.directives)
    return [links(alone, mapped) <= truth for alone in one_each]


def calibration(pairs: Iterable[Pair], *, directives: bool = True) -> dict[str, Any]:
    """`mentions` and, if asked for, `directives`: `reliability` of their scores."""
    pairs = list(pairs)
    figures = {"mentions": _reliability((p.entities, right_mentions((g, p))) for g, p in pairs)}
    if directives:
        figures["directives"] = _reliability((p.directives, right_directives((g, p))) for g, p in pairs)
    return figures


def _reliability(rows: Iterable[tuple[Sequence[Any], Sequence[bool]]]) -> dict[str, Any]:
    pairs = [(one.score, good) for found, right in rows for one, good in zip(found, right, strict=True)]
    scored = [(score, good) for score, good in pairs if score is not None]
    return reliability([score for score, _ in scored], [good for _, good in scored])


def reliability(scores: Sequence[float], right: Sequence[bool]) -> dict[str, Any]:
    """`bins` of equal width that are not empty, each with `low`, `high`, `mean` score, how many were `right` and the
    `count`; and the expected calibration error `ece`: the mean distance of a bin's share of right ones from its mean
    score, weighted by count (Naeini et al. 2015)."""
    values, truth = np.array(scores, dtype=np.float64), np.array(right, dtype=bool)
    number = np.minimum((values * BINS).astype(int), BINS - 1)
    bins = [
        {
            "low": n / BINS,
            "high": (n + 1) / BINS,
            "mean": float(values[number == n].mean()),
            "right": int(truth[number == n].sum()),
            "count": int((number == n).sum()),
        }
        for n in sorted(set(number.tolist()))
    ]
    missed = sum(abs(one["right"] - one["mean"] * one["count"]) for one in bins)
    return {"bins": bins, "ece": missed / len(values) if len(values) else 0.0}


# ------------------------------------------------------------------ fitting


def fit(features: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Logistic regression by Newton's method: float64 [rows, weights] and [rows] → [weights]."""
    weights = np.zeros(features.shape[1])
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-features @ weights))
        slope = features.T @ (right - chance) - PRIOR * weights
        bend = (features.T * (chance * (1 - chance))) @ features + PRIOR * np.eye(len(weights))
        weights += np.linalg.solve(bend, slope)
    return weights


def examples(gold: Sequence[Article], predicted: Sequence[Article]) -> tuple[np.ndarray, np.ndarray]:
    """What `fit` takes: the evidence for each directive found among the predicted mentions, and whether it is right."""
    rows, right = [], []
    for truth, found in zip(gold, predicted, strict=True):
        # every segmenter is given the same sentences
        sentences = segment(found.text, load_segmenter("none")).sentence_spans()
        scores = {entity.id: 1.0 if entity.score is None else entity.score for entity in found.entities}
        drafts = find_directives(found.text, found.entities, sentences)
        rows += [evidence(draft.chance, [scores[id_] for id_ in draft.ids()]) for draft in drafts]
        directives = [to_public(draft, scores) for draft in drafts]
        right += right_directives((truth, found.model_copy(update={"directives": directives})))
    return np.array(rows, dtype=np.float64).reshape(len(rows), 3), np.array(right, dtype=np.float64)


def main(argv: list[str] | None = None) -> int:
    """Run the command; gives the exit status."""
    parser = make_parser("python -m train.calibration", __doc__)
    parser.add_argument("model", metavar="MODEL", help="the checkpoint folder whose mentions are linked")
    parser.add_argument("articles", nargs="+", metavar="ARTICLES", help="annotated articles: files or folders")
    parser.add_argument("-o", "--output", required=True, metavar="FILE", help="the weights, .json")
    args = parser.parse_args(argv)
    try:
        extractor = Extractor.load(args.model)
        gold = [article for source in args.articles for article in read_articles(source, extractor.labels)]
        rows, right = examples(gold, list(extractor.extract_many(gold)))
        if not 0 < right.sum() < len(right):
            raise InputError(
                "no directive is right, or none is wrong", expected="both among those found", mend="add ARTICLES"
            )
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    weights = {
        name: round(value, 4)
        for name, value in zip(("bias", "links", "mentions"), fit(rows, right).tolist(), strict=True)
    }
    with atomic_file(args.output) as out:
        out.write(json.dumps(weights) + "\n")
    print(f"{len(right)} directives, {int(right.sum())} right; written: {args.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
