"""The learned linker: which mention is told what by whom, from log-linear models over `infer.link_features`.

Flows in: a `Scene`. Flows out: `Directive` records of mention ids, in reading order. Three steps, each a softmax:

1. roles: what each mention is (a first look at its surroundings, a second one that also knows the first look's chances
   for its neighbours): an actor none, assignee, coordinator or recipient, and issuer or not; a quantity none, of an
   assignee, or told to nobody.
2. groups: whether an assignee shares the record of the assignee before it.
3. heads: for each assignee its issuer, for each other mention its assignee, out of the likely ones nearby.

The weights lie in `linker.npz`, made by `python -m train.linker`; nothing but numpy is needed.

    python -c "from infer.linker import load_linker; print(len(load_linker().models))"
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain, repeat
from math import prod
from os import PathLike
from pathlib import Path

import numpy as np

from infer.directive_state import LISTS, Directive
from infer.link_features import (
    Known,
    group_features,
    headless_features,
    mention_features,
    neighbour_features,
    pair_features,
)
from infer.scene import ISSUER, NOBODY, Scene
from infer.triggers import ACTORS

WEIGHTS = Path(__file__).with_name("linker.npz")
ASSIGNEE, COORDINATOR, RECIPIENT = LISTS[:3]
QUANTITIES = LISTS[3:]
NONE = "none"
TOGETHER = "together"
ACTOR_ROLES = (NONE, ASSIGNEE, COORDINATOR, RECIPIENT)
ISSUER_ROLES = (NONE, ISSUER)
QUANTITY_ROLES = (NONE, "owned", NOBODY)
# the classes of each model of a mention; the others weigh one candidate against another
CLASSES: dict[str, tuple[str, ...]] = {
    "actor 1": ACTOR_ROLES,
    "actor 2": ACTOR_ROLES,
    f"{ISSUER} 1": ISSUER_ROLES,
    f"{ISSUER} 2": ISSUER_ROLES,
    "quantity 1": QUANTITY_ROLES,
    "quantity 2": QUANTITY_ROLES,
    "group": ("apart", TOGETHER),
}
HEADS = (ISSUER, COORDINATOR, RECIPIENT, "quantity")

LIKELY = 0.35  # chance from which a link is told: F1 on articles left out of training is flat around it
TIED = 0.05  # coordinators and recipients less likely than this look for no head
# How likely a candidate has to be, how many before the mention are asked, and how many behind it in its line.
REACH = 60  # actors on either side that are looked at
CANDIDATES = {ISSUER: (0.02, 8, 3), ASSIGNEE: (0.07, 5, 2)}


class Model:
    """Feature names → weights, float32 [features, classes]; a name without a weight counts nothing."""

    def __init__(self, names: Iterable[str], weights: np.ndarray) -> None:
        self.rows = {name: n for n, name in enumerate(names)}
        self.weights = weights.astype(np.float32)
        self._none = len(self.rows)  # the row of a name without a weight
        self._padded = np.vstack((self.weights, np.zeros((1, self.weights.shape[1]), np.float32)))

    def scores(self, features: Iterable[str]) -> np.ndarray:
        """Sums of weights, float32 [classes]; each name counts once."""
        return np.asarray(self.all_scores([features])[0])

    def all_scores(self, rows: Sequence[Iterable[str]]) -> np.ndarray:
        """`scores` of each row, float32 [rows, classes]."""
        none, row_of = self._none, self.rows.get
        known = [{none}.union(map(row_of, row, repeat(none))) for row in rows]
        starts = np.cumsum([0, *map(len, known)])
        flat = np.fromiter(chain.from_iterable(known), dtype=np.int64, count=int(starts[-1]))
        return np.asarray(np.add.reduceat(self._padded[flat], starts[:-1], axis=0))


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


class Linker:
    """The models by name: those of `CLASSES`, and "head " + each of `HEADS`."""

    def __init__(self, models: Mapping[str, Model]) -> None:
        self.models = models
        self._joined: dict[tuple[str, ...], Model] = {}

    def link(self, scene: Scene) -> list[Directive]:
        """The records, in reading order."""
        known = self.look(scene)
        records = [Record(group) for group in self.groups(known)]
        home = {assignee: record for record in records for assignee in record.assignees}
        for record in records:
            record.chances = [known.chances[assignee][ASSIGNEE] for assignee in record.assignees]
            self.find_issuer(known, record)
        alone: dict[int, Record] = {}
        for mention in range(len(scene.place)):
            for role in roles_of(known, mention):
                self.find_home(known, mention, role, home, alone)
        records += [record for record in alone.values() if record.lists.keys() & set(QUANTITIES)]
        directives = [record.finish(scene) for record in records]
        return sorted(directives, key=lambda directive: (directive.start, directive.end))

    def look(self, scene: Scene) -> Known:
        """What each mention may be, looked at twice."""
        own = [mention_features(scene, mention) for mention in range(len(scene.place))]
        first = Known(scene, own, self.all_chances(scene, 1, own))
        rows = [row + neighbour_features(first, n) for n, row in enumerate(own)]
        return first._replace(chances=self.all_chances(scene, 2, rows))

    def all_chances(self, scene: Scene, look: int, rows: Sequence[Sequence[str]]) -> list[dict[str, float]]:
        """`chances` of all mentions; rows: their features."""
        quantities = [n for n, label in enumerate(scene.labels) if label not in ACTORS]
        roles, issuers = self._classes((f"actor {look}", f"{ISSUER} {look}"), [rows[n] for n in scene.actors])
        (amounts,) = self._classes((f"quantity {look}",), [rows[n] for n in quantities])
        found = dict(zip(quantities, amounts, strict=True))
        for n, role, issuer in zip(scene.actors, roles, issuers, strict=True):
            found[n] = role | {ISSUER: issuer[ISSUER]}
        return [found[n] for n in range(len(rows))]

    def chances(self, scene: Scene, mention: int, look: int, features: Sequence[str]) -> dict[str, float]:
        """The roles of one mention with their probabilities; an actor's chance to be an issuer is one of its own."""
        if scene.labels[mention] not in ACTORS:
            ((amount,),) = self._classes((f"quantity {look}",), [features])
            return amount
        ((role,), (issuer,)) = self._classes((f"actor {look}", f"{ISSUER} {look}"), [features])
        return role | {ISSUER: issuer[ISSUER]}

    def _together(self, features: Sequence[str]) -> bool:
        ((chances,),) = self._classes(("group",), [features])
        return chances[TOGETHER] > 0.5

    def _classes(self, names: tuple[str, ...], rows: Sequence[Sequence[str]]) -> list[list[dict[str, float]]]:
        """The classes of each row with their probabilities, by each of the models."""
        if names not in self._joined:
            self._joined[names] = joined([self.models[name] for name in names])
        scores = self._joined[names].all_scores(rows)
        edges = np.cumsum([len(CLASSES[name]) for name in names])
        return [
            [dict(zip(CLASSES[name], chances, strict=True)) for chances in softmax(part)]
            for name, part in zip(names, np.split(scores, edges[:-1], axis=1), strict=True)
        ]

    def groups(self, known: Known) -> list[list[int]]:
        """The assignees, those of one record together."""
        groups: list[list[int]] = []
        for actor in known.scene.actors:
            if known.chances[actor][ASSIGNEE] <= LIKELY:
                continue
            if groups and self._together(group_features(known, groups[-1][-1], actor)):
                groups[-1].append(actor)
            else:
                groups.append([actor])
        return groups

    def find_issuer(self, known: Known, record: Record) -> None:
        """Who tells the assignees of a record, if that is likely enough; each of them has a vote."""
        votes: dict[Head, float] = {}
        together = set(record.assignees)
        for assignee in record.assignees:
            for head, chance in self.heads(known, assignee, ISSUER).items():
                if head not in together:
                    votes[head] = votes.get(head, 0.0) + chance * known.chances[assignee][ASSIGNEE]
        best = max(votes, key=votes.__getitem__)
        if isinstance(best, int) and votes[best] > LIKELY * len(record.assignees):
            record.issuer = best
            record.chances.append(votes[best] / sum(record.chances))

    def heads(self, known: Known, mention: int, role: str) -> dict[Head, float]:
        """The candidates with their probabilities."""
        heads, rows = options(known, mention, role)
        model = self.models[f"head {ISSUER if role == NOBODY else role}"]
        (chances,) = softmax(model.all_scores(rows).T)
        return dict(zip(heads, chances, strict=True))

    def find_home(
        self, known: Known, mention: int, role: str, home: Mapping[int, Record], alone: dict[int, Record]
    ) -> None:
        """Put the mention into its record, if it has one; `alone` keeps, by issuer, those that tell nobody."""
        votes: dict[int, float] = {}  # first assignee of a record → chance
        chances = self.heads(known, mention, role)
        for head, chance in chances.items():
            record = home.get(head) if isinstance(head, int) else None
            if record and mention != record.issuer and home.get(mention) is not record:
                first = record.assignees[0]
                votes[first] = votes.get(first, 0.0) + chance
        best = max(votes, key=votes.__getitem__, default=None)
        likely = 0.0 if best is None else votes[best]
        name = list_of(known.scene, mention, role)
        if chances.get(NOBODY, 0.0) > max(LIKELY, likely):
            issuers = self.heads(known, mention, NOBODY)
            issuer = max((head for head in issuers if isinstance(head, int)), key=issuers.__getitem__, default=None)
            if issuer is not None:
                record = alone.setdefault(issuer, Record([], issuer, chances=[issuers[issuer]]))
                record.add(name, mention, chances[NOBODY])
        elif best is not None and likely > LIKELY:
            home[best].add(name, mention, likely)


# ------------------------------------------------------------------ candidates


Head = int | str | None  # a mention; NOBODY: told to nobody; None: no head


def roles_of(known: Known, mention: int) -> list[str]:
    """The roles in which the mention looks for a head among the assignees."""
    if known.scene.labels[mention] not in ACTORS:
        return ["quantity"]
    return [role for role in (COORDINATOR, RECIPIENT) if known.chances[mention][role] > TIED]


def list_of(scene: Scene, mention: int, role: str) -> str:
    """The field of a record that the mention goes to."""
    if role != "quantity":
        return role
    return QUANTITIES[scene.labels[mention] == "DEADLINE"]


def candidates(known: Known, mention: int, role: str) -> list[int]:
    """The likely issuers, or assignees, near the mention."""
    floor, before, behind = CANDIDATES[role]
    scene = known.scene
    likely = [n for n in scene.actors_near(mention, REACH, REACH) if known.chances[n][role] > floor]
    later = [n for n in likely if n > mention and scene.line[n] == scene.line[mention]]
    return [n for n in likely if n < mention][-before:] + later[:behind]


def options(known: Known, mention: int, role: str) -> tuple[list[Head], list[list[str]]]:
    """The possible heads of a mention, and the features of each.

    `role`: ISSUER for the issuer of an assignee, NOBODY for that of a quantity told to nobody, COORDINATOR, RECIPIENT
    or "quantity" for the assignee that the mention belongs to.
    """
    kind = ISSUER if role in (ISSUER, NOBODY) else ASSIGNEE
    heads: list[Head] = []
    rows: list[list[str]] = []
    for head in candidates(known, mention, kind):
        row = pair_features(known, mention, head, kind)
        heads.append(head)
        rows.append(row + [f"{NOBODY} {name}" for name in row] if role == NOBODY else row)
    for none in (None,) if kind == ISSUER else (None, NOBODY):
        heads.append(none)
        rows.append(headless_features(known, mention, f"{role} {none}"))
    return heads, rows


# ------------------------------------------------------------------ records


@dataclass
class Record:
    """A record in the making, of mention numbers."""

    assignees: list[int]
    issuer: int | None = None
    lists: dict[str, list[int]] = field(default_factory=dict)
    chances: list[float] = field(default_factory=list)  # of each link

    def add(self, name: str, mention: int, chance: float) -> None:
        """One more mention in the list `name`."""
        self.lists.setdefault(name, []).append(mention)
        self.chances.append(chance)

    def finish(self, scene: Scene) -> Directive:
        """The directive of mention ids; its span is that of its mentions."""
        numbers = [*self.assignees, *(n for row in self.lists.values() for n in row)]
        numbers += [] if self.issuer is None else [self.issuer]
        issuer = None if self.issuer is None else scene.mentions[self.issuer].id
        fields = {
            name: tuple(dict.fromkeys(scene.mentions[n].id for n in row))
            for name, row in (
                {ASSIGNEE: self.assignees} | {name: self.lists.get(name, []) for name in LISTS[1:]}
            ).items()
        }
        start = min(scene.mentions[n].start for n in numbers)
        end = max(scene.mentions[n].end for n in numbers)
        return Directive(issuer, **fields, start=start, end=end, chance=prod(self.chances))


# ------------------------------------------------------------------ weights


def save_linker(linker: Linker, path: str | PathLike[str]) -> None:
    """Write the weights, float16, with the names of their features."""
    arrays: dict[str, np.ndarray] = {}
    for name, model in linker.models.items():
        arrays[f"{name} names"] = np.frombuffer("\n".join(model.rows).encode("utf-8"), dtype=np.uint8)
        arrays[f"{name} weights"] = model.weights.astype(np.float16)
    np.savez_compressed(path, **arrays)  # type: ignore[arg-type]  # numpy's stubs take no unpacked dict


@lru_cache(maxsize=1)
def load_linker(path: str | PathLike[str] = WEIGHTS) -> Linker:
    """Read what `save_linker` wrote."""
    with np.load(path) as arrays:
        models = {}
        for name in (file.removesuffix(" weights") for file in arrays.files if file.endswith(" weights")):
            features = arrays[f"{name} names"].tobytes().decode("utf-8")
            models[name] = Model(features.split("\n") if features else [], arrays[f"{name} weights"])
        return Linker(models)
