"""The learned linker: which mention is told what by whom, from log-linear models over `infer.link_features`.

Flows in: a `Scene`. Flows out: `Directive` records of mention ids, in reading order. Three steps, each a softmax:

1. roles: what each mention is (a first look at its surroundings, a second one that also knows the first look's chances
   for its neighbours): an actor none, assignee, coordinator or recipient, and issuer or not; a quantity none, of an
   assignee, or told to nobody.
2. groups: whether an assignee shares the record of the assignee before it.
3. heads: for each assignee its issuer, for each other mention its assignee, out of the likely ones nearby.

The weights lie in `linker.npz`, made by `python -m train.linker`. Where they leave it in doubt whether an actor is
an assignee, the relation model (infer/relations.py) reads the window around it; chances of roles and heads there are
those of both together.

    python -c "from infer.linker import load_linker; print(len(load_linker().models))"
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import chain, pairwise
from math import exp, log, prod
from os import PathLike
from pathlib import Path

import numpy as np

from infer.directive_state import LISTS, Directive
from infer.link_features import (
    Known,
    group_features,
    headless_chances,
    headless_features,
    mention_features,
    neighbour_features,
    pair_features,
)
from infer.loglinear import Model, Panel, softmax
from infer.relations import (
    ISSUER_OF,
    NO_MENTION,
    OWNER_OF,
    PARTNER_OF,
    QUESTIONS,
    SHIPPED,
    TO_NOBODY,
    Opinion,
    RelationModel,
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
LOOKS = tuple(tuple(f"{kind} {look}" for kind in ("actor", ISSUER, "quantity")) for look in (1, 2))

LIKELY = 0.4  # chance from which a link is told: F1 on articles left out of training is flat around it
# what the relation model counts for in the logarithm of a chance; the log-linear models count for the rest
ROLES_SHARE, TIES_SHARE = 0.8, 0.7
# The relation model reads around an actor whose chance to be an assignee is between this and its complement.
SURE = 0.83
LEAST = 1e-9  # less likely than this is no role
TIED = 0.05  # coordinators and recipients less likely than this look for no head
# How likely a candidate has to be, how many before the mention are asked, and how many behind it in its line.
REACH = 60  # actors on either side that are looked at
CANDIDATES = {ISSUER: (0.02, 8, 3), ASSIGNEE: (0.07, 5, 2)}
# What a mention looks for in each role, what it finds where that is no mention, and how features begin that say so.
KIND = {ISSUER: ISSUER, NOBODY: ISSUER, COORDINATOR: ASSIGNEE, RECIPIENT: ASSIGNEE, "quantity": ASSIGNEE}
NO_HEAD: dict[str, tuple[str | None, ...]] = {ISSUER: (None,), ASSIGNEE: (None, NOBODY)}
QUESTION = {ISSUER: ISSUER_OF, NOBODY: ISSUER_OF, "quantity": OWNER_OF, COORDINATOR: PARTNER_OF, RECIPIENT: PARTNER_OF}
HEADLESS = [(role, f"{role} {none}") for role, kind in KIND.items() for none in NO_HEAD[kind]]


class Linker:
    """The models by name: those of `CLASSES`, and "head " + each of `HEADS`; and the relation model, if there is one,
    which they are learned without."""

    def __init__(self, models: Mapping[str, Model], relations: RelationModel | None = None) -> None:
        self.models = models
        self.relations = relations

    @cached_property
    def of_mentions(self) -> Panel:
        """All that the features of a mention by itself count for: both looks, and that it has no head."""
        looks = {name: self.models[name] for name in chain(*LOOKS)}
        return Panel(looks | {kind: self._head(role).under(kind) for role, kind in HEADLESS})

    @cached_property
    def of_pairs(self) -> Panel:
        """All that the features of a pair count for; those named "nobody …" besides, where nobody is told."""
        heads = {role: self._head(role).without(kind for _, kind in HEADLESS) for role in (*HEADS, NOBODY)}
        return Panel({"group": self.models["group"]} | heads | {f"also {NOBODY}": heads[NOBODY].under(NOBODY)})

    def _head(self, role: str) -> Model:
        return self.models[f"head {ISSUER if role == NOBODY else role}"]

    def link(self, scene: Scene) -> list[Directive]:
        """The records, in reading order."""
        known, headless = self.look(scene)
        opinion = self.relations.read(scene, doubtful(known)) if self.relations else None
        if opinion:
            known = second_opinion(known, opinion)
        groups = self.groups(known)
        records = [Record(group) for group in groups]
        home = {assignee: record for record in records for assignee in record.assignees}
        seekers = [(mention, role) for mention in range(len(scene.place)) for role in roles_of(known, mention)]
        heads = Heads(self, known, headless, opinion)
        heads.ask([*((assignee, ISSUER) for assignee in home), *seekers])
        for record in records:
            record.chances = [known.chances[assignee][ASSIGNEE] for assignee in record.assignees]
            find_issuer(known, record, heads)
        alone: dict[int, Record] = {}
        for mention, role in seekers:
            find_home(known, mention, role, heads, home, alone)
        records += [record for record in alone.values() if record.lists.keys() & set(QUANTITIES)]
        directives = [record.finish(scene) for record in records]
        return sorted(directives, key=lambda directive: (directive.start, directive.end))

    def look(self, scene: Scene) -> tuple[Known, dict[str, np.ndarray]]:
        """What each mention may be, looked at twice; and what its features count for by kind of having no head."""
        own = [mention_features(scene, mention) for mention in range(len(scene.place))]
        scores = self.of_mentions.scores(own)
        first = Known(scene, own, chances(scene, [scores[name] for name in LOOKS[0]]))
        more = self.of_mentions.scores([neighbour_features(first, n) for n in range(len(own))])
        known = Known(scene, own, chances(scene, [scores[name] + more[name] for name in LOOKS[1]]))
        last = self.of_mentions.scores([headless_chances(known, n) for n in range(len(own))])
        return known, {kind: (scores[kind] + last[kind])[:, 0] for _, kind in HEADLESS}

    def all_chances(self, scene: Scene, look: int, rows: Sequence[Sequence[str]]) -> list[dict[str, float]]:
        """`chances` of all mentions by the look of that number; rows: their features."""
        return chances(scene, [self.models[name].all_scores(rows) for name in LOOKS[look - 1]])

    def groups(self, known: Known) -> list[list[int]]:
        """The assignees, those of one record together."""
        likely = [actor for actor in known.scene.actors if known.chances[actor][ASSIGNEE] > LIKELY]
        scores = self.of_pairs.scores([group_features(known, *pair) for pair in pairwise(likely)])["group"]
        groups = [likely[:1]] if likely else []
        for actor, (apart, together) in zip(likely[1:], scores.tolist(), strict=True):
            if together > apart:
                groups[-1].append(actor)
            else:
                groups.append([actor])
        return groups


def chances(scene: Scene, scores: Sequence[np.ndarray]) -> list[dict[str, float]]:
    """The roles of each mention with their probabilities; an actor's chance to be an issuer is one of its own.

    scores: of the three models of a look, [mentions, classes] each.
    """
    roles, issuers, amounts = map(softmax, scores)
    return [
        dict(zip(ACTOR_ROLES, roles[n], strict=True)) | {ISSUER: issuers[n][1]}
        if label in ACTORS
        else dict(zip(QUANTITY_ROLES, amounts[n], strict=True))
        for n, label in enumerate(scene.labels)
    ]


def doubtful(known: Known) -> list[int]:
    """The actors of which the log-linear models are not sure whether they are told to do something."""
    return [n for n in known.scene.actors if 1 - SURE < known.chances[n][ASSIGNEE] < SURE]


def second_opinion(known: Known, opinion: Opinion) -> Known:
    """The chances of roles, weighed against the relation model's."""
    chances = []
    for n, own in enumerate(known.chances):
        if not opinion.there[n]:
            chances.append(dict(own))
        elif known.scene.labels[n] in ACTORS:
            issues = weighed((1 - own[ISSUER], own[ISSUER]), opinion.issuer[n])[1]
            roles = weighed([own[role] for role in ACTOR_ROLES], opinion.actor[n])
            chances.append(dict(zip(ACTOR_ROLES, roles, strict=True)) | {ISSUER: issues})
        else:
            roles = weighed([own[role] for role in QUANTITY_ROLES], opinion.quantity[n])
            chances.append(dict(zip(QUANTITY_ROLES, roles, strict=True)))
    return Known(known.scene, known.features, chances)


def weighed(own: Sequence[float], others: Sequence[float]) -> list[float]:
    """Chances, and the logarithms of others, as one: their logarithms are added up, the others' by ROLES_SHARE."""
    mixed = ((1 - ROLES_SHARE) * log(max(a, LEAST)) + ROLES_SHARE * b for a, b in zip(own, others, strict=True))
    powers = list(map(exp, mixed))
    return [power / sum(powers) for power in powers]


class Heads:
    """The heads that the mentions of an article may have."""

    def __init__(
        self, linker: Linker, known: Known, headless: Mapping[str, np.ndarray], opinion: Opinion | None
    ) -> None:
        """known, headless: what `Linker.look` gave."""
        self.linker = linker
        self.known = known
        self.headless = headless
        self.opinion = opinion
        self._found: dict[tuple[int, str], dict[Head, float]] = {}

    def of(self, mention: int, role: str) -> dict[Head, float]:
        """The candidates with their probabilities, as in `options`."""
        if (mention, role) not in self._found:
            self.ask([(mention, role)])
        return self._found[mention, role]

    def ask(self, wanted: Sequence[tuple[int, str]]) -> None:
        """Find those of many a mention and role at a time."""
        rows = self._scores(wanted)
        if self.opinion:
            rows = self._weighed(self.opinion, wanted, rows)
        for asked, told in zip(wanted, rows, strict=True):
            most = max(told.values())
            powers = {head: exp(score - most) for head, score in told.items()}
            total = sum(powers.values())
            self._found[asked] = {head: power / total for head, power in powers.items()}

    def _scores(self, wanted: Sequence[tuple[int, str]]) -> list[dict[Head, float]]:
        """Of the candidates of each, by the log-linear models."""
        heads = [candidates(self.known, mention, KIND[role]) for mention, role in wanted]
        asked = zip(wanted, heads, strict=True)
        pairs = [(mention, head, KIND[role]) for (mention, role), row in asked for head in row]
        number = {pair: n for n, pair in enumerate(dict.fromkeys(pairs))}
        scores = self.linker.of_pairs.scores([pair_features(self.known, *pair) for pair in number])
        scores[NOBODY] = scores[NOBODY] + scores[f"also {NOBODY}"]
        of_role = {role: scores[role][:, 0].tolist() for role in KIND}
        rows = []
        for (mention, role), row in zip(wanted, heads, strict=True):
            told: dict[Head, float] = {head: of_role[role][number[mention, head, KIND[role]]] for head in row}
            told |= {none: float(self.headless[f"{role} {none}"][mention]) for none in NO_HEAD[KIND[role]]}
            rows.append(told)
        return rows

    def _weighed(
        self, opinion: Opinion, wanted: Sequence[tuple[int, str]], rows: Sequence[dict[Head, float]]
    ) -> list[dict[Head, float]]:
        """These scores, weighed against the relation model's where it has read the mention and all candidates."""
        found = [dict(row) for row in rows]
        for question in QUESTIONS:
            asked = [
                (n, mention, head)
                for n, ((mention, role), row) in enumerate(zip(wanted, rows, strict=True))
                if QUESTION[role] == question
                and all(opinion.there[one] for one in (mention, *row) if isinstance(one, int))
                for head in row
            ]
            codes = [head if isinstance(head, int) else TO_NOBODY if head else NO_MENTION for _, _, head in asked]
            scores = opinion.scores(question, [mention for _, mention, _ in asked], codes)
            for (n, _, head), score in zip(asked, scores.tolist(), strict=True):
                found[n][head] = (1 - TIES_SHARE) * rows[n][head] + TIES_SHARE * score
        return found


def find_issuer(known: Known, record: Record, heads: Heads) -> None:
    """Who tells the assignees of a record, if that is likely enough; each of them has a vote."""
    votes: dict[Head, float] = {}
    together = set(record.assignees)
    for assignee in record.assignees:
        for head, chance in heads.of(assignee, ISSUER).items():
            if head not in together:
                votes[head] = votes.get(head, 0.0) + chance * known.chances[assignee][ASSIGNEE]
    best = max(votes, key=votes.__getitem__)
    if isinstance(best, int) and votes[best] > LIKELY * len(record.assignees):
        record.issuer = best
        record.chances.append(votes[best] / sum(record.chances))


def find_home(
    known: Known, mention: int, role: str, heads: Heads, home: Mapping[int, Record], alone: dict[int, Record]
) -> None:
    """Put the mention into its record, if it has one; `alone` keeps, by issuer, those that tell nobody."""
    votes: dict[int, float] = {}  # first assignee of a record → chance
    chances = heads.of(mention, role)
    for head, chance in chances.items():
        own = home.get(head) if isinstance(head, int) else None
        if own and mention != own.issuer and home.get(mention) is not own:
            first = own.assignees[0]
            votes[first] = votes.get(first, 0.0) + chance
    best = max(votes, key=votes.__getitem__, default=None)
    likely = 0.0 if best is None else votes[best]
    name = list_of(known.scene, mention, role)
    if chances.get(NOBODY, 0.0) > max(LIKELY, likely):
        issuers = heads.of(mention, NOBODY)
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
    kind = KIND[role]
    heads: list[Head] = []
    rows: list[list[str]] = []
    for head in candidates(known, mention, kind):
        row = pair_features(known, mention, head, kind)
        heads.append(head)
        rows.append(row + [f"{NOBODY} {name}" for name in row] if role == NOBODY else row)
    for none in NO_HEAD[kind]:
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
def load_linker(path: str | PathLike[str] = WEIGHTS, relations: str | PathLike[str] | None = SHIPPED) -> Linker:
    """Read what `save_linker` wrote, and the folder of the relation model, unless that is None."""
    with np.load(path) as arrays:
        models = {}
        for name in (file.removesuffix(" weights") for file in arrays.files if file.endswith(" weights")):
            features = arrays[f"{name} names"].tobytes().decode("utf-8")
            models[name] = Model(features.split("\n") if features else [], arrays[f"{name} weights"])
    return Linker(models, None if relations is None else RelationModel.load(relations))
