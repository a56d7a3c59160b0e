"""`python -m train.directive_calibration MODEL ARTICLES… -o infer/score.json`: what a record's score means.

In: a checkpoint folder and annotated articles that neither it nor the linker was fitted on. Out: the weights of
`infer.confidence`, by logistic regression on what the model finds in them; or, for
`train.calibration`, the score of each directive and whether it is right.

    python -m train.directive_calibration runs/mini data/articles/dev -o infer/score.json

The weights that are shipped come from data/articles/dev and 60 real articles (see models/mini/README.md), by a tagger
like `make demo`'s and a linker that had not seen them: on articles of one manner alone the scores would hold for that
manner alone.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence

import numpy as np

from data.command import make_parser
from data.compare import Pair, links, mention, partner
from data.errors import InputError
from data.files import atomic_file
from data.formats import read_articles
from data.schema import Article
from data.segment import load_segmenter, segment
from infer.confidence import NAMES, evidence, surety
from infer.directives import find_directives
from infer.extractor import Extractor, to_public

PRIOR = 0.01  # precision of the weights' Gaussian prior: there are but four
STEPS = 30  # of Newton's method, which is there after ten


def right_directives(pair: Pair) -> list[bool]:
    """Of each predicted directive: every link of it is a gold one, mentions taken for those they overlap most."""
    gold, predicted = pair
    truth = links(gold, {e.id: mention(e) for e in gold.entities})
    mapped = {e.id: mention(partner(e, gold.entities) or e) for e in predicted.entities}
    one_each = (predicted.model_copy(update={"directives": [directive]}) for directive in predicted.directives)
    return [links(alone, mapped) <= truth for alone in one_each]


def scored_directives(pairs: Iterable[Pair]) -> list[tuple[float, bool]]:
    """The score of each predicted directive that has one, and whether it is right."""
    found = [one for pair in pairs for one in zip(pair[1].directives, right_directives(pair), strict=True)]
    return [(directive.score, right) for directive, right in found if directive.score is not None]


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
        article = surety(scores.values())
        rows += [evidence(draft.chance, [scores[id_] for id_ in draft.ids()], article) for draft in drafts]
        directives = [to_public(draft, scores, article) for draft in drafts]
        right += right_directives((truth, found.model_copy(update={"directives": directives})))
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(NAMES)), np.array(right, dtype=np.float64)


def main(argv: list[str] | None = None) -> int:
    """Run the command; gives the exit status."""
    parser = make_parser("python -m train.directive_calibration", __doc__)
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
    weights = {name: round(value, 4) for name, value in zip(NAMES, fit(rows, right).tolist(), strict=True)}
    with atomic_file(args.output) as out:
        out.write(json.dumps(weights) + "\n")
    print(f"{len(right)} directives, {int(right.sum())} right; written: {args.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
