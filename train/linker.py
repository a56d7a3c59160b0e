"""`python -m train.linker ARTICLES… -o infer/linker.npz`: the weights of the linker, from annotated articles.

In: annotated articles (files or folders) with records. Out: one file of weights (see `infer.linker`). Each model is a
log-linear one, fitted on all examples at once with a Gaussian prior. What the second look and the heads learn from are
the chances that a model gives for articles it was not fitted on, as it will be in use.

    python -m train.linker data/articles/train -o infer/linker.npz
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, pairwise

import numpy as np
import torch
from scipy import sparse  # type: ignore[import-untyped]

from data.command import make_parser
from data.errors import InputError
from data.formats import read_articles
from data.progress import Meter
from data.schema import LIST_FIELDS, Article
from data.segment import load_segmenter, segment
from infer.directives import find_by_rules
from infer.link_features import Known, group_features, mention_features, neighbour_features
from infer.linker import (
    ASSIGNEE,
    CLASSES,
    HEADS,
    NONE,
    Head,
    Linker,
    Model,
    list_of,
    options,
    roles_of,
    save_linker,
)
from infer.scene import ISSUER, NOBODY, Scene

FOLDS = 3  # parts that take turns at being left out
RARE = 5  # features of fewer options get no weight
PRIOR = 3.0  # precision of each weight's Gaussian prior; 10 costs data/articles/dev a point
STEPS = 40  # iterations of L-BFGS


class Lesson:
    """An annotated article as numbers of mentions: what is right."""

    def __init__(self, article: Article) -> None:
        """Raises InputError for mentions that overlap (`usable` would drop one)."""
        spans = segment(article.text, load_segmenter("none")).sentence_spans()
        self.scene = Scene(article.text, article.entities, spans, find_by_rules(article.text, article.entities, spans))
        self.own = [mention_features(self.scene, mention) for mention in range(len(self.scene.place))]
        number = {mention.id: n for n, mention in enumerate(self.scene.mentions)}
        self.role = [NONE] * len(number)
        self.issues = [False] * len(number)
        self.issuers: dict[int, set[Head]] = {}  # of each assignee; {None} for none
        self.alone: dict[int, set[Head]] = {}  # the issuers of a quantity that nobody is told of
        self.heads: dict[tuple[str, int], set[Head]] = {}  # (field, mention) → assignees
        self.records: dict[int, set[int]] = {}  # of each assignee
        for record, directive in enumerate(article.directives):
            who = [number[id_] for id_ in directive.assignees]
            issuer = None if directive.issuer is None else number[directive.issuer]
            if issuer is not None:
                self.issues[issuer] = True
            for assignee in who:
                self.role[assignee] = ASSIGNEE
                self.issuers.setdefault(assignee, set()).add(issuer)
                self.records.setdefault(assignee, set()).add(record)
            for name in LIST_FIELDS[1:]:
                for mention in (number[id_] for id_ in getattr(directive, name)):
                    self._tie(name, mention, who, issuer)

    def _tie(self, name: str, mention: int, who: Sequence[int], issuer: int | None) -> None:
        if who:
            self.heads.setdefault((name, mention), set()).update(who)
        else:
            self.alone.setdefault(mention, set()).add(issuer)
        if mention not in self.scene.actors:
            self.role[mention] = "owned" if who else NOBODY
        elif self.role[mention] != ASSIGNEE:
            self.role[mention] = name

    def right(self, mention: int, role: str, heads: Sequence[Head]) -> list[bool]:
        """Which of the `heads` of `infer.linker.options` are right."""
        if role == ISSUER:
            truth = self.issuers[mention]
        elif role == NOBODY:
            truth = self.alone[mention]
        else:
            name = list_of(self.scene, mention, role)
            nobody = role == "quantity" and mention in self.alone
            truth = self.heads.get((name, mention), {NOBODY} if nobody else {None})
        return [head in truth for head in heads]


# ------------------------------------------------------------------ fitting


def fit(examples: Sequence[Sequence[Sequence[str]]], right: Sequence[Sequence[bool]], classes: int) -> Model:
    """A model that makes the right options likely.

    examples: of each one the features of its options; or, with `classes` > 1, of a mention, once.
    right: which options, or classes, are right; at least one of each example.
    """
    table, names = _table([row for example in examples for row in example])
    turned = table.T.tocsr()
    width = classes if classes > 1 else max((len(example) for example in examples), default=1)
    sizes = np.array([width if classes > 1 else len(example) for example in examples])
    real = np.arange(width)[None, :] < sizes[:, None]  # [examples, options]
    good = np.zeros(real.shape, dtype=bool)
    good[real] = [value for row in right for value in row]
    weights = torch.zeros(len(names), classes)
    optimizer = torch.optim.LBFGS([weights], max_iter=STEPS, history_size=10, line_search_fn="strong_wolfe")

    def loss() -> float:
        scores = np.full(real.shape, -np.inf)
        scores[real] = (table @ weights.numpy()).reshape(-1)
        told = np.where(good, scores, -np.inf)
        slope = (softmax(scores) - softmax(told))[real].reshape(-1, classes).astype(np.float32)
        weights.grad = torch.from_numpy(turned @ slope) + PRIOR * weights
        misfit = np.logaddexp.reduce(scores, axis=1) - np.logaddexp.reduce(told, axis=1)
        return float(misfit.sum()) + PRIOR / 2 * float(weights.square().sum())

    if names:
        optimizer.step(loss)  # type: ignore[no-untyped-call]
    return Model(names, weights.numpy())


def _table(rows: Sequence[Sequence[str]]) -> tuple[sparse.csr_array, list[str]]:
    """Float32 [rows, names], 1 where the row has the feature; and the names, those that are not rare, sorted."""
    counts = Counter(chain.from_iterable(map(set, rows)))
    names = sorted(name for name, count in counts.items() if count >= RARE)
    number = {name: n for n, name in enumerate(names)}
    columns = [sorted({number[name] for name in row if name in number}) for row in rows]
    starts = np.cumsum([0, *map(len, columns)])
    flat = np.fromiter(chain.from_iterable(columns), dtype=np.int64, count=int(starts[-1]))
    return sparse.csr_array((np.ones(len(flat), np.float32), flat, starts), shape=(len(rows), len(names))), names


def softmax(scores: np.ndarray) -> np.ndarray:
    """Probabilities along the second axis; -inf gets none."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def fit_look(lessons: Sequence[Lesson], features: Sequence[Sequence[Sequence[str]]], look: int) -> dict[str, Model]:
    """The three models of one look; `features` of each lesson's mentions."""
    models = {}
    for kind in ("actor", ISSUER, "quantity"):
        name = f"{kind} {look}"
        rows, right = [], []
        for lesson, own in zip(lessons, features, strict=True):
            actors = set(lesson.scene.actors)
            for mention, row in enumerate(own):
                if (mention in actors) == (kind != "quantity"):
                    truth = (ISSUER if lesson.issues[mention] else NONE) if kind == ISSUER else lesson.role[mention]
                    rows.append([row])
                    right.append([truth == role for role in CLASSES[name]])
        models[name] = fit(rows, right, len(CLASSES[name]))
    return models


def left_out(
    lessons: Sequence[Lesson], features: Sequence[Sequence[Sequence[str]]], look: int, done: Callable[[], None]
) -> list[Known]:
    """Each lesson with the chances of models that were fitted on other articles."""
    found: dict[int, Known] = {}
    for fold in range(FOLDS):
        rest = [n for n in range(len(lessons)) if n % FOLDS != fold]
        linker = Linker(fit_look([lessons[n] for n in rest], [features[n] for n in rest], look))
        for n in range(fold, len(lessons), FOLDS):
            scene = lessons[n].scene
            chances = [linker.chances(scene, mention, look, row) for mention, row in enumerate(features[n])]
            found[n] = Known(scene, lessons[n].own, chances)
        done()
    return [found[n] for n in range(len(lessons))]


def fit_heads(lessons: Sequence[Lesson], known: Sequence[Known]) -> dict[str, Model]:
    """The models that weigh candidates, and the one that joins assignees."""
    examples: dict[str, list[list[list[str]]]] = {role: [] for role in (*HEADS, "group")}
    right: dict[str, list[list[bool]]] = {role: [] for role in examples}

    def add(lesson: Lesson, view: Known, mention: int, role: str) -> None:
        heads, rows = options(view, mention, role)
        truth = lesson.right(mention, role, heads)
        if any(truth):  # else the right one was no candidate
            name = ISSUER if role == NOBODY else role
            examples[name].append(rows)
            right[name].append(truth)

    for lesson, view in zip(lessons, known, strict=True):
        for assignee in lesson.issuers:
            add(lesson, view, assignee, ISSUER)
        for mention in lesson.alone:
            add(lesson, view, mention, NOBODY)
        for mention in range(len(lesson.role)):
            for role in roles_of(view, mention):
                add(lesson, view, mention, role)
        assignees = sorted(lesson.records)
        for one, other in pairwise(assignees):
            shared = bool(lesson.records[one] & lesson.records[other])
            examples["group"].append([group_features(view, one, other)])
            right["group"].append([not shared, shared])
    models = {f"head {role}": fit(examples[role], right[role], 1) for role in HEADS}
    return models | {"group": fit(examples["group"], right["group"], 2)}


def train(articles: Iterable[Article], done: Callable[[], None] = lambda: None) -> Linker:
    """A linker fitted on annotated articles. `done` is called 2 × (FOLDS + 1) + 1 times on the way."""
    lessons = [Lesson(article) for article in articles]
    own: list[list[list[str]]] = [lesson.own for lesson in lessons]
    first = left_out(lessons, own, 1, done)
    models = fit_look(lessons, own, 1)
    done()
    rows = [
        [row + neighbour_features(view, n) for n, row in enumerate(lesson.own)]
        for lesson, view in zip(lessons, first, strict=True)
    ]
    second = left_out(lessons, rows, 2, done)
    models |= fit_look(lessons, rows, 2)
    done()
    models |= fit_heads(lessons, second)
    done()
    return Linker(models)


def main(argv: list[str] | None = None) -> int:
    """Run the command; gives the exit status."""
    parser = make_parser("python -m train.linker", __doc__)
    parser.add_argument("articles", nargs="+", metavar="ARTICLES", help="annotated articles: files or folders")
    parser.add_argument("-o", "--output", required=True, metavar="FILE", help="the weights, .npz")
    args = parser.parse_args(argv)
    try:
        articles = [article for source in args.articles for article in read_articles(source)]
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    steps = 2 * (FOLDS + 1) + 1
    with Meter("fitting", steps) as meter:
        count = iter(range(1, steps + 1))
        linker = train(articles, lambda: meter.update(next(count), "models"))
    save_linker(linker, args.output)
    print(f"written: {args.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
