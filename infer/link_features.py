"""What the linker looks at: names of features of a mention, and of a mention with a candidate for its head.

Flows in: a `Scene`, and for the second look and for pairs the chances that the first look gave. Flows out: lists of
strings; each stands for a weight in the linker's file, and a string without a weight counts nothing. A name begins
with what it tells, as in "right1=yêu cầu": the first token to the right of the mention is that phrase.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate

from infer.scene import ISSUER, LINE, SENTENCE, TRIGGERS, Scene
from infer.triggers import ACTORS, Role

CHANCES = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95, 0.98)
DISTANCES = (1, 2, 3, 4, 6, 8, 12, 20, 40)
FLOORS = (0.15, 0.5)  # chances from which a candidate between two mentions counts
NEAR = 12  # tokens of a clause on either side whose words count
RECENT = 12  # actors before a mention that a second look takes in
FAR = 200  # tokens or actors to look away at most, so that the time stays linear in the length of a text
LONG = 6  # longer rows of signs between two mentions are all alike

_ENDS = frozenset({".", "”", '"', "!", "?", ";", "…", ":"})
_SHOWN = TRIGGERS | {Role.OUTSIDER, Role.PAST}  # count wherever they stand in the sentence
_NAMES = {role: role.name for role in TRIGGERS}


def level(value: float, steps: Sequence[float] = CHANCES) -> int:
    """The number of steps that `value` has reached."""
    return bisect_right(steps, value)


@dataclass(frozen=True)
class Known:
    """A scene, the features of its mentions, and what each may be: chances by role, summing to 1 but for ISSUER's.

    What many features are read off is counted once: `levels` of the chances; `actor_levels` of each role, and of an
    actor's chances by role and floor, how many actors before it are above (`above`).
    """

    scene: Scene
    features: Sequence[Sequence[str]]
    chances: Sequence[Mapping[str, float]]
    halves: dict[tuple[int, str, str], list[str]] = field(default_factory=dict)  # what `pair_features` has read

    @cached_property
    def levels(self) -> list[dict[str, int]]:
        return [{role: bisect_right(CHANCES, chance) for role, chance in own.items()} for own in self.chances]

    @cached_property
    def actor_levels(self) -> dict[str, list[int]]:
        actors = self.scene.actors
        return {role: [self.levels[n][role] for n in actors] for role in (ISSUER, "assignees")}

    @cached_property
    def above(self) -> dict[str, list[list[int]]]:
        actors = self.scene.actors
        return {
            role: [[0, *accumulate(self.chances[n][role] > floor for n in actors)] for floor in FLOORS]
            for role in (ISSUER, "assignees")
        }

    @cached_property
    def best(self) -> list[str]:
        """The likeliest role of each mention but for ISSUER."""
        return [max((r for r in own if r != ISSUER), key=own.__getitem__) for own in self.chances]


# ------------------------------------------------------------------ one mention


def mention_features(scene: Scene, mention: int) -> list[str]:
    """What stands around the mention, what it says, and what the rules made of it."""
    place, sentence = scene.place[mention], scene.sentence[mention]
    low, high = scene.begins[sentence], scene.begins[sentence + 1]
    found = ["all", f"label={scene.labels[mention]}"]
    found += _window(scene, mention, place)
    found += _clause(scene, place, low, high)
    found += _around(scene, place, low, high)
    found += _position(scene, mention, low, high)
    found += _wording(scene, mention)
    found += _ruled(scene, mention)
    return found


def _window(scene: Scene, mention: int, place: int) -> tuple[str, ...]:
    """The words next to it, one by one and joined."""
    label = scene.labels[mention][0]
    d, c, b, a, _, v, w, x, y, z = scene.window(place, 4, 5)
    ba, vw = f"{b} {a}", f"{v} {w}"
    return (
        *(f"left1={a}", f"left2={b}", f"left3={c}", f"left4={d}"),
        *(f"right1={v}", f"right2={w}", f"right3={x}", f"right4={y}", f"right5={z}"),
        *(f"left12={ba}", f"left123={c} {ba}", f"right12={vw}", f"right123={vw} {x}"),
        *(f"right23={w} {x}", f"beside={a}|{v}", f"beside21={ba}|{v}", f"beside12={a}|{vw}"),
        *(f"{label} left1={a}", f"{label} right1={v}", f"{label} left12={ba}", f"{label} right12={vw}"),
    )


def _clause(scene: Scene, place: int, low: int, high: int) -> list[str]:
    """The words of its clause that are not far."""
    breaks = scene.breaks
    n = bisect_left(breaks, place)  # its own: a mention is a break
    first = max(low, place - NEAR, breaks[n - 1] + 1 if n else 0)
    last = min(high, place + NEAR + 1, breaks[n + 1] if n + 1 < len(breaks) else high)
    found = [f"before in clause={key}" for key in dict.fromkeys(scene.keys[first:place])]
    return found + [f"after in clause={key}" for key in dict.fromkeys(scene.keys[place + 1 : last])]


def _around(scene: Scene, place: int, low: int, high: int) -> list[str]:
    """The signs on either side, nearest first, and the nearest triggers."""
    tokens, signs, signed = scene.tokens, scene.signs, scene.signed
    own = bisect_left(signed, place)
    before = signed[bisect_left(signed, max(low, place - FAR)) : own][::-1]
    after = signed[own + 1 : bisect_left(signed, min(high, place + FAR))]
    found: list[str] = []
    nearest = []
    for side, places in (("before", before), ("after", after)):
        trigger: tuple[str, str, int] = ("-", "-", 0)
        shown = [n for n in places if tokens[n].role in _SHOWN]
        found += [f"anywhere {side}={sign}" for sign in dict.fromkeys(signs[n] for n in shown)]
        for n in shown:
            if tokens[n].role in TRIGGERS:
                trigger = signs[n], tokens[n].key, abs(n - place) - 1
                break
        row = f"signs {side}="
        for n in places[: LONG - 1]:
            row += signs[n]
            found.append(row)
            row += " "
        if not places:
            found.append(row)
        found += (f"trigger {side}={trigger[1]}", f"trigger {side} at={trigger[0]} {level(trigger[2], DISTANCES)}")
        nearest.append(trigger)
    found.append(f"triggers={nearest[0][0]}|{nearest[1][0]}")
    found.append(f"trigger phrases={nearest[0][1]}|{nearest[1][1]}")
    return found


def _position(scene: Scene, mention: int, low: int, high: int) -> list[str]:
    """Where in its sentence and in the article it stands, and what the sentence before holds."""
    place = scene.place[mention]
    earlier = mention - bisect_left(scene.place, max(low, place - FAR))
    if low not in scene.openings:  # the same for all mentions of a sentence
        scene.openings[low] = _sentence(scene, low, high)
    return [
        f"mentions before={min(4, earlier)}",
        f"words before={level(place - low, DISTANCES)}",
        f"sentence begins={' '.join(scene.keys[low : min(low + 3, place)])}",
        f"line={min(3, scene.line[mention])}",
        f"quoted={scene.quoted[mention]}",
        *scene.openings[low],
    ]


def _sentence(scene: Scene, low: int, high: int) -> list[str]:
    """How the sentence opens and ends, and what the one before it holds."""
    last = scene.keys[high - 1]
    found = [f"sentence ends={last}", f"heading={last not in _ENDS}", f"opens={scene.keys[low]}"]
    if low:
        previous = scene.tokens[max(scene.begins[scene.tokens[low].sentence - 1], low - FAR) : low]
        found.append(f"sentence before ends={previous[-1].key}{scene.keys[low]}")
        roles = dict.fromkeys(token.role for token in previous if token.role in TRIGGERS)
        found += [f"sentence before={_NAMES[role]}" for role in roles]
        mentioned = [token.key for token in previous if token.mention is not None]
        found.append(f"mentions of sentence before={' '.join(mentioned[:3])}")
    return found


def _wording(scene: Scene, mention: int) -> list[str]:
    """Its own words, and whether the article names it again."""
    words = scene.texts[mention].split()
    found = [f"begins1={words[0]}", f"begins2={' '.join(words[:2])}", f"begins3={' '.join(words[:3])}"]
    found += (f"ends={words[-1]}", f"text={scene.texts[mention]}", f"words={min(8, len(words))}")
    if scene.labels[mention] in ACTORS:
        again = scene.again(mention, scene.actors_near(mention, FAR, FAR))
        before = bisect_left(again, mention)
        found += (f"named before={min(2, before)}", f"named after={before < len(again)}")
        found.append(f"has a name={bool(scene.names[mention])}")
    return found


def _ruled(scene: Scene, mention: int) -> list[str]:
    """What the rules made of it and of its neighbours."""
    role, place = scene.roles[mention], scene.place[mention]
    found = [f"rules={role}", f"rules={role} {scene.labels[mention]}"]
    found += (f"rules={role} left1={scene.key(place - 1)}", f"rules={role} right1={scene.key(place + 1)}")
    for name, other in (("previous", mention - 1), ("next", mention + 1)):
        if not 0 <= other < len(scene.place):
            found.append(f"no {name}")
            continue
        found.append(f"rules {name}={scene.roles[other]}")
        if scene.sentence[other] == scene.sentence[mention]:
            found.append(f"to {name}={scene.labels[other]}:{_gap(scene, mention, other)}")
    return found


def _gap(scene: Scene, one: int, other: int, most: int = 3) -> str:
    """The tokens between two mentions, if at most `most`."""
    first, last = scene.place[one], scene.place[other]
    if first > last:
        first, last = last, first
    return " ".join(scene.keys[first + 1 : last]) if last - first - 1 <= most else "far"


def neighbour_features(known: Known, mention: int) -> list[str]:
    """The second look: what the first one made of the mention and of those around it."""
    scene, levels = known.scene, known.levels
    own = known.chances[mention]
    best = max(own, key=own.__getitem__)
    found = [f"own {name}={step}" for name, step in levels[mention].items()]
    for name, step in (("previous", -1), ("next", 1), ("last but one", -2), ("next but one", 2)):
        other = mention + step
        if not 0 <= other < len(levels):
            continue
        role = known.best[other]
        gap = _gap(scene, mention, other)
        if gap == "far":
            gap = _far(scene, mention, other)
        issuer = levels[other].get(ISSUER, 0)
        found += (
            f"{name}={role} {levels[other][role]}",
            f"{name}={role} gap={gap}",
            f"{name}={role} own={best}",
            f"{name} issuer={issuer} {gap if abs(step) == 1 else ''}",
        )
    recent = _recent(scene, mention)
    # lines and sentences never fall from actor to actor: each area is a stretch of the recent ones
    lines, line = scene.actor_lines, scene.line[mention]
    in_line = bisect_left(lines, line, recent.start, recent.stop)
    areas = (
        ("recent", recent),
        ("line", slice(in_line, recent.stop)),
        ("sentence", slice(bisect_left(scene.actor_sentences, scene.sentence[mention], in_line), recent.stop)),
        ("line before", slice(bisect_left(lines, line - 1, recent.start, in_line), in_line)),
    )
    for area, actors in areas:
        for role, steps in known.actor_levels.items():
            found.append(f"{role} in {area}={max(steps[actors], default=0)}")
    return found


def _recent(scene: Scene, mention: int) -> slice:
    """Where in `Scene.actors` those just before the mention are."""
    end = bisect_left(scene.actors, mention)
    return slice(max(0, end - RECENT), end)


def _far(scene: Scene, one: int, other: int) -> str:
    if scene.line[one] != scene.line[other]:
        return LINE
    return "in sentence" if scene.sentence[one] == scene.sentence[other] else SENTENCE


# ------------------------------------------------------------------ a mention and its head


def pair_features(known: Known, mention: int, head: int, role: str) -> list[str]:
    """`head` as the issuer of the assignee `mention` (role "issuer"), or as the assignee that `mention` belongs to."""
    scene, halves = known.scene, known.halves
    same_sentence = scene.sentence[mention] == scene.sentence[head]
    side = "<" if head < mention else ">"
    way = side + ("s" if same_sentence else "l" if scene.line[mention] == scene.line[head] else "p")
    if (mention, way, "") not in halves:
        halves[mention, way, ""] = _own_half(scene, mention, way)
    if (head, way, role) not in halves:
        halves[head, way, role] = _head_half(known, head, role, way)
    found = halves[mention, way, ""] + halves[head, way, role]
    found += _distance(known, mention, head, role, side, way)
    found += _ruled_pair(known, mention, head, role, way)
    if same_sentence:
        found += _between(scene, mention, head, side)
    found.append(f"quoted={scene.quoted[mention]}{scene.quoted[head]} {way}")
    return found


def _beside(scene: Scene, mention: int, name: str, way: str) -> list[str]:
    """The words next to one of the two."""
    b, a, _, v, w = scene.window(scene.place[mention], 2, 2)
    return [f"{name} left1={a} {way}", f"{name} right1={v} {way}", f"{name} left12={b} {a}", f"{name} right12={v} {w}"]


def _own_half(scene: Scene, mention: int, way: str) -> list[str]:
    """What tells nothing of the head but which way it is: how the sentence of the mention begins."""
    place, low = scene.place[mention], scene.begins[scene.sentence[mention]]
    found = _beside(scene, mention, "own", way)
    found += (f"own begins={scene.texts[mention].split()[0]} {way}", f"rules of own={scene.roles[mention]} {way}")
    if way[1] == "s":
        return found
    tokens = scene.tokens[max(low, place - FAR) : place]
    before = next((token.key for token in reversed(tokens) if token.role in TRIGGERS), "-")
    actor = any(token.role is Role.ACTOR for token in tokens)
    begins = f"begins={scene.key(low + 1)}"
    found += (f"{begins} {way}", f"{begins} {scene.key(low + 2)} {way}")
    found += (f"first={level(place - low, DISTANCES)} {way}", f"trigger={before} {way}", f"actor first={actor} {way}")
    return found


def _head_half(known: Known, head: int, role: str, way: str) -> list[str]:
    """What tells nothing of the mention but which way it is: how the sentence of the head goes on and ends."""
    scene, levels = known.scene, known.levels[head]
    found = _beside(scene, head, "head", way)
    found += (f"head={levels[role]}", f"head={levels[role]} {way}", f"head issuer={levels[ISSUER]}")
    found.append(f"head assignee={levels['assignees']} {way}")
    found.append(f"head begins={' '.join(scene.texts[head].split()[:2])} {way}")
    if way[1] == "s":
        return found
    place, sentence = scene.place[head], scene.sentence[head]
    start, end = scene.begins[sentence], scene.begins[sentence + 1]
    tokens = scene.tokens[place + 1 : min(end, place + FAR)]
    after = next((_NAMES[token.role] for token in tokens if token.role in TRIGGERS), "-")
    found += (f"head first={level(place - start, DISTANCES)} {way}", f"head ends={scene.key(end - 1)} {way}")
    found.append(f"head trigger={after} {way}")
    return found


def _distance(known: Known, mention: int, head: int, role: str, side: str, way: str) -> list[str]:
    """How far apart they are, and whether a better candidate lies between."""
    scene = known.scene
    between = scene.actors_between(*((mention, head) if mention < head else (head, mention)))
    actors = max(0, between.stop - between.start)
    near = scene.actor_sentences[between].count(scene.sentence[head])
    sentences, lines = abs(scene.sentence[mention] - scene.sentence[head]), abs(scene.line[mention] - scene.line[head])
    tokens = abs(scene.place[mention] - scene.place[head])
    steps = known.actor_levels[role]
    best = max(steps[between], default=0)
    found = [
        way,
        f"labels={scene.labels[mention][0]}{scene.labels[head][0]} {way}",
        f"sentences={side}{min(sentences, 6)}",
        f"lines={side}{min(lines, 5)}",
        f"actors={min(actors, 7)} {way}",
        f"near head={min(3, near)} {way}",
        f"tokens={level(tokens, DISTANCES)} {way}",
        f"best={best}",
        f"best={best} head={known.levels[head][role]} {way}",
    ]
    for floor, counts in zip(FLOORS, known.above[role], strict=True):
        likely = counts[between.stop] - counts[between.start] if actors else 0
        found.append(f"likely {floor}={min(4, likely)} {way}")
    if role == ISSUER:
        again = scene.again(head, scene.actors[between])
        found.append(f"again={min(2, len(again))} {way}")
        if again:
            found.append(f"best again={max(known.levels[n][role] for n in again)}")
        found.append(f"itself={scene.texts[mention] in scene.texts[head]} {scene.same(mention, head)}")
    return found


def _ruled_pair(known: Known, mention: int, head: int, role: str, way: str) -> tuple[str, ...]:
    """Whether the rules tie the two, one of them to another, or neither."""
    scene = known.scene
    if role == ISSUER:
        issuer = scene.ruled_issuer.get(mention)
        say = "none" if issuer is None else "yes" if issuer == head else "same" if scene.same(issuer, head) else "no"
    else:
        say = "yes" if scene.ruled_together(head, mention) else "no" if mention in scene.ruled_tied else "none"
    return (
        f"rules={say}",
        f"rules={say} {way}",
        f"rules={say} head={known.levels[head][role]}",
        f"rules={say} {scene.roles[mention]} {scene.roles[head]}",
    )


def _between(scene: Scene, mention: int, head: int, side: str) -> Iterator[str]:
    """What stands between two mentions of one sentence."""
    first, last = sorted((scene.place[mention], scene.place[head]))
    last = min(last, first + FAR)
    places = scene.signed[bisect_right(scene.signed, first) : bisect_left(scene.signed, last)]
    signs = [scene.signs[place] for place in places]
    kinds = sorted(set(signs))
    if last - first <= 5:
        yield f"between={side}{' '.join(scene.keys[first + 1 : last])}"
    yield f"signs={side}{' '.join(signs) if len(signs) <= LONG else 'many'}"
    yield f"kinds={side}{' '.join(kinds)}"
    yield from (f"has={side}{sign}" for sign in kinds)
    yield f"commas={side}{min(4, signs.count(','))}"
    yield f"stop={side}{any(scene.tokens[place].role is Role.STOP for place in places)}"


def group_features(known: Known, earlier: int, later: int) -> list[str]:
    """Two assignees, one after the other: do they share a record?"""
    both = f"both={known.levels[earlier]['assignees']} {known.levels[later]['assignees']}"
    return [*pair_features(known, later, earlier, "assignees"), both]


def headless_features(known: Known, mention: int, kind: str) -> list[str]:
    """The mention has no head, or one that is never tagged; `kind` says of what kind."""
    named = [name for name in known.features[mention] if not name.startswith("text=")]
    return [f"{kind} {name}" for name in (*named, *headless_chances(known, mention))]


def headless_chances(known: Known, mention: int) -> list[str]:
    """What `headless_features` adds to the mention's own, without the kind."""
    steps = known.actor_levels[ISSUER][_recent(known.scene, mention)]
    found = [f"own {role}={step}" for role, step in known.levels[mention].items()]
    return [*found, f"issuer before={max(steps, default=0)}"]
