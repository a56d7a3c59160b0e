"""`python -m train.linker ARTICLES… -o infer/linker.npz`: the weights of the linker, from annotated articles.

In: annotated articles (files or folders) with records. Out: one file of weights (see `infer.linker`). Each model is a
log-linear one, fitted on all examples at once with a Gaussian prior. What the second look and the heads learn from are
the chances that a model gives for articles it was not fitted on, as it will be in use.

    python -m train.linker data/articles/train -o infer/linker.npz
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from itertools import chain, pairwise
from typing import NamedTuple

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
    ACTOR_ROLES,
    ASSIGNEE,
    CLASSES,
    HEADS,
    NONE,
    QUANTITY_ROLES,
    Head,
    Linker,
    list_of,
    options,
    roles_of,
    save_linker,
)
from infer.loglinear import Model
from infer.scene import ISSUER, NOBODY, Scene
from infer.triggers import ACTORS

FOLDS = 3  # parts that take turns at being left out
RARE = 12  # features of fewer options get no weight; with 5 the file is twice as large (benchmarks/LOG.md)
# Precision of each weight's Gaussian prior. With 3 for all, held-out news articles lose nearly a point of link F1; with
# 25 for the heads, too, data/articles/dev loses half a point.
LOOK_PRIOR, HEAD_PRIOR = 25.0, 10.0
STEPS = 40  # iterations of L-BFGS


class Lesson:
    """An annotated article as numbers of mentions: what is right."""

    def __init__(self, article: Article, weight: float = 1.0) -> None:
        """weight: how much the article counts. Raises InputError for mentions that overlap (one would be dropped)."""
        spans = segment(article.text, load_segmenter("none")).sentence_spans()
        self.scene = Scene(article.text, article.entities, spans, find_by_rules(article.text, article.entities, spans))
        self.weight = weight
        self.own = [mention_features(self.scene, mention) for mention in range(len(self.scene.place))]
        number = {mention.id: n for n, mention in enumerate(self.scene.mentions)}
        self.role = [NONE] * len(number)
        self.issues = [False] * len(number)
        self.issuers: dict[int, set[Head]] = {}  # of each assignee; {None} for none
        self.alone: dict[int, set[Head]] = {}  # the issuers of what nobody is told of
        self.unowned: set[tuple[str, int]] = set()  # (field, mention) of these
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
            self.unowned.add((name, mention))
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
            truth = self.heads.get((name, mention), {NOBODY} if (name, mention) in self.unowned else {None})
        return [head in truth for head in heads]


# ------------------------------------------------------------------ fitting


class Table(NamedTuple):
    """Rows of features: float32 [rows, names], 1 where the row has the feature."""

    ones: sparse.csr_array
    names: np.ndarray  # of strings

    @classmethod
    def of(cls, rows: Sequence[Sequence[str]]) -> Table:
        number: dict[str, int] = {}
        columns = [[number.setdefault(name, len(number)) for name in set(row)] for row in rows]
        starts = np.cumsum([0, *map(len, columns)])
        flat = np.fromiter(chain.from_iterable(columns), dtype=np.int64, count=int(starts[-1]))
        shape = (len(rows), len(number))
        ones = sparse.csr_array((np.ones(len(flat), np.float32), flat, starts), shape=shape)
        return cls(ones, np.array(list(number), dtype=object))

    def rows(self, chosen: np.ndarray) -> Table:
        """Some of the rows: their numbers, or a bool each."""
        return Table(self.ones[chosen], self.names)

    def frequent(self) -> Table:
        """The columns that are not rare."""
        kept = np.flatnonzero(self.ones.sum(axis=0) >= RARE)
        return Table(self.ones[:, kept], self.names[kept])


def fit(
    table: Table,
    right: Sequence[Sequence[bool]],
    classes: int,
    prior: float,
    weigh: Sequence[float] | np.ndarray | None = None,
) -> Model:
    """A model that makes the right options likely.

    table: a row an option, those of one example together; or, with `classes` > 1, a row a mention.
    right: of each example which options, or classes, are right; at least one.
    prior: the precision of each weight's Gaussian prior.
    weigh: how much each example counts; 1 without.
    """
    table = table.frequent()
    ones, turned = table.ones, table.ones.T.tocsr()
    sizes = np.array([len(row) for row in right], dtype=np.int64)
    real = np.arange(max(sizes, default=1))[None, :] < sizes[:, None]  # [examples, options]
    good = np.zeros(real.shape, dtype=bool)
    good[real] = list(chain.from_iterable(right))
    counts = np.ones(len(sizes)) if weigh is None else np.asarray(weigh, dtype=np.float64)
    weights = torch.zeros(len(table.names), classes)
    optimizer = torch.optim.LBFGS([weights], max_iter=STEPS, history_size=10, line_search_fn="strong_wolfe")

    def loss() -> float:
        scores = np.full(real.shape, -np.inf)
        scores[real] = (ones @ weights.numpy()).reshape(-1)
        told = np.where(good, scores, -np.inf)
        slope = ((softmax(scores) - softmax(told)) * counts[:, None])[real]
        slope = slope.reshape(-1, classes).astype(np.float32)
        weights.grad = torch.from_numpy(turned @ slope) + prior * weights
        misfit = np.logaddexp.reduce(scores, axis=1) - np.logaddexp.reduce(told, axis=1)
        return float(counts @ misfit) + prior / 2 * float(weights.square().sum())

    if len(table.names):
        optimizer.step(loss)  # type: ignore[no-untyped-call]
    return Model(table.names.tolist(), weights.numpy())


def softmax(scores: np.ndarray) -> np.ndarray:
    """Probabilities along the second axis; -inf gets none."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


class Look(NamedTuple):
    """What one look learns from: the mentions of all articles in one row, and what is right of each."""

    features: Table
    article: np.ndarray  # of each mention
    actor: np.ndarray  # is it one?
    weight: np.ndarray
    truth: dict[str, np.ndarray]  # by kind of model: the number of the class

    @classmethod
    def of(cls, lessons: Sequence[Lesson], features: Sequence[Sequence[Sequence[str]]]) -> Look:
        truth = {
            "actor": [ACTOR_ROLES.index(r) if r in ACTOR_ROLES else 0 for lesson in lessons for r in lesson.role],
            ISSUER: [int(issues) for lesson in lessons for issues in lesson.issues],
            "quantity": [QUANTITY_ROLES.index(r) if r in QUANTITY_ROLES else 0 for x in lessons for r in x.role],
        }
        actors = [label in ACTORS for x in lessons for label in x.scene.labels]
        return cls(
            Table.of([row for own in features for row in own]),
            np.repeat(np.arange(len(lessons)), [len(lesson.role) for lesson in lessons]),
            np.array(actors, dtype=bool),
            np.repeat([lesson.weight for lesson in lessons], [len(lesson.role) for lesson in lessons]),
            {kind: np.array(values, dtype=np.int64) for kind, values in truth.items()},
        )


def fit_look(look: Look, number: int, chosen: np.ndarray) -> dict[str, Model]:
    """The three models of the look with that number, from the `chosen` mentions (a bool each)."""
    models = {}
    for kind, truth in look.truth.items():
        name = f"{kind} {number}"
        rows = np.flatnonzero(chosen & (look.actor == (kind != "quantity")))
        right = truth[rows][:, None] == np.arange(len(CLASSES[name]))
        models[name] = fit(look.features.rows(rows), right.tolist(), len(CLASSES[name]), LOOK_PRIOR, look.weight[rows])
    return models


def left_out(
    lessons: Sequence[Lesson], features: Sequence[Sequence[Sequence[str]]], number: int, done: Callable[[], None]
) -> tuple[dict[str, Model], list[Known]]:
    """The models of a look, and each lesson with the chances of models that were fitted on other articles."""
    look = Look.of(lessons, features)
    found: dict[int, Known] = {}
    for fold in range(FOLDS):
        linker = Linker(fit_look(look, number, look.article % FOLDS != fold))
        for n in range(fold, len(lessons), FOLDS):
            scene = lessons[n].scene
            found[n] = Known(scene, lessons[n].own, linker.all_chances(scene, number, features[n]))
        done()
    models = fit_look(look, number, np.ones(len(look.article), dtype=bool))
    done()
    return models, [found[n] for n in range(len(lessons))]


def fit_heads(lessons: Sequence[Lesson], known: Sequence[Known]) -> dict[str, Model]:
    """The models that weigh candidates, and the one that joins assignees."""
    examples: dict[str, list[list[list[str]]]] = {role: [] for role in (*HEADS, "group")}
    right: dict[str, list[list[bool]]] = {role: [] for role in examples}
    weigh: dict[str, list[float]] = {role: [] for role in examples}

    def add(lesson: Lesson, view: Known, mention: int, role: str) -> None:
        heads, rows = options(view, mention, role)
        truth = lesson.right(mention, role, heads)
        if any(truth):  # else the right one was no candidate
            name = ISSUER if role == NOBODY else role
            examples[name].append(rows)
            right[name].append(truth)
            weigh[name].append(lesson.weight)

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
            weigh["group"].append(lesson.weight)
    classes = dict.fromkeys(HEADS, 1) | {"group": 2}
    made = {
        role: fit(
            Table.of([row for rows in examples[role] for row in rows]), right[role], width, HEAD_PRIOR, weigh[role]
        )
        for role, width in classes.items()
    }
    return {role if role == "group" else f"head {role}": model for role, model in made.items()}


def train(lessons: Sequence[Lesson], done: Callable[[], None] = lambda: None) -> Linker:
    """A linker fitted on annotated articles. `done` is called 2 × (FOLDS + 1) + 1 times on the way."""
    own = [lesson.own for lesson in lessons]
    models, first = left_out(lessons, own, 1, done)
    rows = [
        [row + neighbour_features(view, n) for n, row in enumerate(lesson.own)]
        for lesson, view in zip(lessons, first, strict=True)
    ]
    more, second = left_out(lessons, rows, 2, done)
    models |= more | fit_heads(lessons, second)
    done()
    return Linker(models)


def weighed(source: str) -> tuple[str, float]:
    """A source and how much each of its articles counts: what stands behind "=", if that is a number, else 1."""
    name, _, weight = source.rpartition("=")
    return (name, float(weight)) if name and re.fullmatch(r"\d+(\.\d+)?", weight) else (source, 1.0)


def main(argv: list[str] | None = None) -> int:
    """Run the command; gives the exit status."""
    parser = make_parser("python -m train.linker", __doc__)
    parser.add_argument(
        "articles",
        nargs="+",
        metavar="ARTICLES",
        help="annotated articles: files or folders; each article of FOLDER=3 counts three times",
    )
    parser.add_argument("-o", "--output", required=True, metavar="FILE", help="the weights, .npz")
    args = parser.parse_args(argv)
    try:
        sources = [weighed(source) for source in args.articles]
        lessons = [Lesson(article, weight) for source, weight in sources for article in read_articles(source)]
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    steps = 2 * (FOLDS + 1) + 1
    with Meter("fitting", steps) as meter:
        count = iter(range(1, steps + 1))
        linker = train(lessons, lambda: meter.update(next(count), "models"))
    save_linker(linker, args.output)
    print(f"written: {args.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
