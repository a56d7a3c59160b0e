"""What the linker looks at: names of features of a mention, and of a mention with a candidate for its head.

Flows in: a `Scene`, and for the second look and for pairs the chances that the first look gave. Flows out: lists of
strings; each stands for a weight in the linker's file, and a string without a weight counts nothing. A name begins
with what it tells, as in "right1=yêu cầu": the first token to the right of the mention is that phrase.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from infer.scene import ISSUER, LINE, SENTENCE, TRIGGERS, Scene, Token
from infer.triggers import ACTORS, Role


class Known(NamedTuple):
    """A scene, the features of its mentions, and what each may be: chances by role, summing to 1 but for ISSUER's."""

    scene: Scene
    features: Sequence[Sequence[str]]
    chances: Sequence[Mapping[str, float]]


CHANCES = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95, 0.98)
DISTANCES = (1, 2, 3, 4, 6, 8, 12, 20, 40)
NEAR = 12  # tokens of a clause on either side whose words count
RECENT = 12  # actors before a mention that a second look takes in
FAR = 200  # tokens or actors to look away at most, so that the time stays linear in the length of a text
LONG = 6  # longer rows of signs between two mentions are all alike

_ENDS = frozenset({".", "”", '"', "!", "?", ";", "…", ":"})


def level(value: float, steps: Sequence[float] = CHANCES) -> int:
    """The number of steps that `value` has reached."""
    return bisect_right(steps, value)


# ------------------------------------------------------------------ one mention


def mention_features(scene: Scene, mention: int) -> list[str]:
    """What stands around the mention, what it says, and what the rules made of it."""
    place, sentence = scene.place[mention], scene.sentence[mention]
    low, high = scene.begins[sentence], scene.begins[sentence + 1]
    found = ["all", f"label={scene.labels[mention]}"]
    found += _window(scene, mention, place)
    found += _clause(scene.tokens, place, low, high)
    found += _around(scene, place, low, high)
    found += _position(scene, mention, low, high)
    found += _wording(scene, mention)
    found += _ruled(scene, mention)
    return found


def _window(scene: Scene, mention: int, place: int) -> Iterator[str]:
    """The words next to it, one by one and joined."""
    label = scene.labels[mention][0]
    a, b, c, d = (scene.key(place - n) for n in (1, 2, 3, 4))
    v, w, x, y, z = (scene.key(place + n) for n in (1, 2, 3, 4, 5))
    yield from (f"left{n}={key}" for n, key in enumerate((a, b, c, d), 1))
    yield from (f"right{n}={key}" for n, key in enumerate((v, w, x, y, z), 1))
    yield from (f"left12={b} {a}", f"left123={c} {b} {a}", f"right12={v} {w}", f"right123={v} {w} {x}")
    yield from (f"right23={w} {x}", f"beside={a}|{v}", f"beside21={b} {a}|{v}", f"beside12={a}|{v} {w}")
    yield from (f"{label} left1={a}", f"{label} right1={v}", f"{label} left12={b} {a}", f"{label} right12={v} {w}")


def _clause(tokens: Sequence[Token], place: int, low: int, high: int) -> Iterator[str]:
    """The words of its clause that are not far."""
    for side, places in _sides(place, low, high):
        for n in places[:NEAR]:
            if tokens[n].mention is not None or tokens[n].role in (Role.COMMA, Role.STOP):
                break
            yield f"{side} in clause={tokens[n].key}"


def _sides(place: int, low: int, high: int) -> tuple[tuple[str, range], tuple[str, range]]:
    """The places before and after in the sentence, the nearest first."""
    before = range(place - 1, max(low, place - FAR) - 1, -1)
    return ("before", before), ("after", range(place + 1, min(high, place + FAR)))


def _around(scene: Scene, place: int, low: int, high: int) -> Iterator[str]:
    """The signs on either side, nearest first, and the nearest triggers."""
    tokens = scene.tokens
    nearest = []
    for side, places in _sides(place, low, high):
        signs: list[str] = []
        trigger: tuple[str, str, int] = ("-", "-", 0)
        for gap, n in enumerate(places):
            sign = scene.signs[n]
            if not sign:
                continue
            if len(signs) < LONG:
                signs.append(sign)
            if tokens[n].role in TRIGGERS:
                yield f"anywhere {side}={sign}"
                if trigger[0] == "-":
                    trigger = sign, tokens[n].key, gap
            elif tokens[n].role in (Role.OUTSIDER, Role.PAST):
                yield f"anywhere {side}={sign}"
        yield from (f"signs {side}={' '.join(signs[:n])}" for n in range(1, LONG))
        yield from (f"trigger {side}={trigger[1]}", f"trigger {side} at={trigger[0]} {level(trigger[2], DISTANCES)}")
        nearest.append(trigger)
    yield f"triggers={nearest[0][0]}|{nearest[1][0]}"
    yield f"trigger phrases={nearest[0][1]}|{nearest[1][1]}"


def _position(scene: Scene, mention: int, low: int, high: int) -> Iterator[str]:
    """Where in its sentence and in the article it stands, and what the sentence before holds."""
    tokens, place = scene.tokens, scene.place[mention]
    earlier = sum(tokens[n].mention is not None for n in range(max(low, place - FAR), place))
    yield from (f"mentions before={min(4, earlier)}", f"words before={level(place - low, DISTANCES)}")
    yield f"sentence begins={' '.join(token.key for token in tokens[low : min(low + 3, place)])}"
    yield from (f"sentence ends={tokens[high - 1].key}", f"heading={tokens[high - 1].key not in _ENDS}")
    yield from (f"line={min(3, scene.line[mention])}", f"opens={tokens[low].key}", f"quoted={scene.quoted[mention]}")
    if low:
        previous = tokens[max(scene.begins[tokens[low].sentence - 1], low - FAR) : low]
        yield f"sentence before ends={previous[-1].key}{tokens[low].key}"
        yield from (f"sentence before={name}" for name in sorted({t.role.name for t in previous if t.role in TRIGGERS}))
        mentioned = [token.key for token in previous if token.mention is not None]
        yield f"mentions of sentence before={' '.join(mentioned[:3])}"


def _wording(scene: Scene, mention: int) -> Iterator[str]:
    """Its own words, and whether the article names it again."""
    words = scene.texts[mention].split()
    yield from (f"begins{n}={' '.join(words[:n])}" for n in (1, 2, 3))
    yield from (f"ends={words[-1]}", f"text={scene.texts[mention]}", f"words={min(8, len(words))}")
    if scene.labels[mention] in ACTORS:
        around = scene.actors_near(mention, FAR, FAR)
        again = [other for other in around if scene.same(mention, other)]
        yield f"named before={min(2, sum(other < mention for other in again))}"
        yield f"named after={any(other > mention for other in again)}"
        yield f"has a name={bool(scene.names[mention])}"


def _ruled(scene: Scene, mention: int) -> Iterator[str]:
    """What the rules made of it and of its neighbours."""
    role, place = scene.roles[mention], scene.place[mention]
    yield from (f"rules={role}", f"rules={role} {scene.labels[mention]}")
    yield from (f"rules={role} left1={scene.key(place - 1)}", f"rules={role} right1={scene.key(place + 1)}")
    for name, other in (("previous", mention - 1), ("next", mention + 1)):
        if not 0 <= other < len(scene.place):
            yield f"no {name}"
            continue
        yield f"rules {name}={scene.roles[other]}"
        if scene.sentence[other] == scene.sentence[mention]:
            yield f"to {name}={scene.labels[other]}:{_gap(scene, mention, other, 3)}"


def _gap(scene: Scene, one: int, other: int, most: int) -> str:
    """The tokens between two mentions, if at most `most`."""
    first, last = sorted((scene.place[one], scene.place[other]))
    between = scene.tokens[first + 1 : min(last, first + most + 2)]
    return " ".join(token.key for token in between) if len(between) <= most else "far"


def neighbour_features(known: Known, mention: int) -> list[str]:
    """The second look: what the first one made of the mention and of those around it."""
    scene, chances = known.scene, known.chances
    own = chances[mention]
    best = max(own, key=own.__getitem__)
    found = [f"own {name}={level(chance)}" for name, chance in own.items()]
    for name, step in (("previous", -1), ("next", 1), ("last but one", -2), ("next but one", 2)):
        other = mention + step
        if not 0 <= other < len(chances):
            continue
        theirs = {role: chance for role, chance in chances[other].items() if role != ISSUER}
        role = max(theirs, key=theirs.__getitem__)
        gap = _gap(scene, mention, other, 3)
        if gap == "far":
            gap = _far(scene, mention, other)
        issuer = level(chances[other].get(ISSUER, 0.0))
        found += [f"{name}={role} {level(theirs[role])}", f"{name}={role} gap={gap}", f"{name}={role} own={best}"]
        found.append(f"{name} issuer={issuer} {gap if abs(step) == 1 else ''}")
    recent = scene.actors_near(mention, RECENT, 0)
    areas = {
        "recent": recent,
        "line": [n for n in recent if scene.line[n] == scene.line[mention]],
        "sentence": [n for n in recent if scene.sentence[n] == scene.sentence[mention]],
        "line before": [n for n in recent if scene.line[n] == scene.line[mention] - 1],
    }
    for area, actors in areas.items():
        found += [f"{role} in {area}={_most(known, role, actors)}" for role in (ISSUER, "assignees")]
    return found


def _far(scene: Scene, one: int, other: int) -> str:
    if scene.line[one] != scene.line[other]:
        return LINE
    return "in sentence" if scene.sentence[one] == scene.sentence[other] else SENTENCE


def _most(known: Known, role: str, mentions: Iterable[int]) -> int:
    return level(max((known.chances[n][role] for n in mentions), default=0.0))


# ------------------------------------------------------------------ a mention and its head


def pair_features(known: Known, mention: int, head: int, role: str) -> list[str]:
    """`head` as the issuer of the assignee `mention` (role "issuer"), or as the assignee that `mention` belongs to."""
    scene = known.scene
    same_sentence = scene.sentence[mention] == scene.sentence[head]
    side = "<" if head < mention else ">"
    way = side + ("s" if same_sentence else "l" if scene.line[mention] == scene.line[head] else "p")
    found = list(_distance(known, mention, head, role, side, way))
    found += _ruled_pair(known, mention, head, role, way)
    for name, place in (("head", scene.place[head]), ("own", scene.place[mention])):
        a, b = scene.key(place - 1), scene.key(place + 1)
        found += [f"{name} left1={a} {way}", f"{name} right1={b} {way}"]
        found += [f"{name} left12={scene.key(place - 2)} {a}", f"{name} right12={b} {scene.key(place + 2)}"]
    found += _between(scene, mention, head, side) if same_sentence else _apart(scene, mention, head, way)
    found.append(f"quoted={scene.quoted[mention]}{scene.quoted[head]} {way}")
    found.append(f"head begins={' '.join(scene.texts[head].split()[:2])} {way}")
    found.append(f"own begins={scene.texts[mention].split()[0]} {way}")
    return found


def _distance(known: Known, mention: int, head: int, role: str, side: str, way: str) -> Iterator[str]:
    """How far apart they are, and whether a better candidate lies between."""
    scene, chances = known.scene, known.chances
    first, last = sorted((mention, head))
    between = scene.actors_between(first, last)
    near = [n for n in between if scene.sentence[n] == scene.sentence[head]]
    sentences, lines = (abs(row[mention] - row[head]) for row in (scene.sentence, scene.line))
    tokens = abs(scene.place[mention] - scene.place[head])
    own, best = level(chances[head][role]), _most(known, role, between)
    yield from (way, f"labels={scene.labels[mention][0]}{scene.labels[head][0]} {way}")
    yield from (f"sentences={side}{min(sentences, 6)}", f"lines={side}{min(lines, 5)}")
    yield from (f"actors={min(len(between), 7)} {way}", f"near head={min(3, len(near))} {way}")
    yield f"tokens={level(tokens, DISTANCES)} {way}"
    yield from (f"head={own}", f"head={own} {way}", f"best={best}", f"best={best} head={own} {way}")
    yield f"head issuer={level(chances[head][ISSUER])}"
    yield f"head assignee={level(chances[head]['assignees'])} {way}"
    for floor in (0.15, 0.5):
        yield f"likely {floor}={min(4, sum(chances[n][role] > floor for n in between))} {way}"
    if role == ISSUER:
        again = [n for n in between if scene.same(head, n)]
        yield f"again={min(2, len(again))} {way}"
        if again:
            yield f"best again={_most(known, role, again)}"
        yield f"itself={scene.texts[mention] in scene.texts[head]} {scene.same(mention, head)}"


def _ruled_pair(known: Known, mention: int, head: int, role: str, way: str) -> Iterator[str]:
    """Whether the rules tie the two, one of them to another, or neither."""
    scene, chances = known.scene, known.chances
    if role == ISSUER:
        issuer = scene.ruled_issuer.get(mention)
        say = "none" if issuer is None else "yes" if issuer == head else "same" if scene.same(issuer, head) else "no"
    else:
        say = "yes" if scene.ruled_together(head, mention) else "no" if mention in scene.ruled_tied else "none"
    yield from (f"rules={say}", f"rules={say} {way}", f"rules={say} head={level(chances[head][role])}")
    yield f"rules={say} {scene.roles[mention]} {scene.roles[head]}"
    yield f"rules of own={scene.roles[mention]} {way}"


def _between(scene: Scene, mention: int, head: int, side: str) -> Iterator[str]:
    """What stands between two mentions of one sentence."""
    first, last = sorted((scene.place[mention], scene.place[head]))
    last = min(last, first + FAR)
    between = scene.tokens[first + 1 : last]
    signs = [sign for sign in scene.signs[first + 1 : last] if sign]
    if len(between) <= 4:
        yield f"between={side}{' '.join(token.key for token in between)}"
    yield f"signs={side}{' '.join(signs) if len(signs) <= LONG else 'many'}"
    yield f"kinds={side}{' '.join(sorted(set(signs)))}"
    yield from (f"has={side}{sign}" for sign in sorted(set(signs)))
    yield f"commas={side}{min(4, signs.count(','))}"
    yield f"stop={side}{any(token.role is Role.STOP for token in between)}"


def _apart(scene: Scene, mention: int, head: int, way: str) -> Iterator[str]:
    """How the sentence of the mention begins, and how that of the head goes on and ends."""
    place, there = scene.place[mention], scene.place[head]
    low, start = scene.begins[scene.sentence[mention]], scene.begins[scene.sentence[head]]
    end = scene.begins[scene.sentence[head] + 1]
    begins = f"begins={scene.key(low + 1)}"
    yield from (
        f"{begins} {way}",
        f"{begins} {scene.key(low + 2)} {way}",
        f"first={level(place - low, DISTANCES)} {way}",
    )
    yield f"head first={level(there - start, DISTANCES)} {way}"
    yield f"head ends={scene.key(end - 1)} {way}"
    after = next((t.role.name for t in scene.tokens[there + 1 : min(end, there + FAR)] if t.role in TRIGGERS), "-")
    before = next((t.key for t in reversed(scene.tokens[max(low, place - FAR) : place]) if t.role in TRIGGERS), "-")
    actor = any(t.role is Role.ACTOR for t in scene.tokens[max(low, place - FAR) : place])
    yield from (f"head trigger={after} {way}", f"trigger={before} {way}", f"actor first={actor} {way}")


def group_features(known: Known, earlier: int, later: int) -> list[str]:
    """Two assignees, one after the other: do they share a record?"""
    chances = [level(known.chances[n]["assignees"]) for n in (earlier, later)]
    return [*pair_features(known, later, earlier, "assignees"), f"both={chances[0]} {chances[1]}"]


def headless_features(known: Known, mention: int, kind: str) -> list[str]:
    """The mention has no head, or one that is never tagged; `kind` says of what kind."""
    found = [f"{kind} {name}" for name in known.features[mention] if not name.startswith("text=")]
    found += [f"{kind} own {role}={level(chance)}" for role, chance in known.chances[mention].items()]
    before = known.scene.actors_near(mention, RECENT, 0)
    return [*found, f"{kind} issuer before={_most(known, ISSUER, before)}"]
