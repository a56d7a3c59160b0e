"""v2"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from infer.triggers import TRANSITIVE, Item, Mention, Role, read_items, word_key

_LISTS = ("assignees", "coordinators", "recipients", "indicators", "deadlines")
_KNOWN = frozenset({"OFFICIAL", "AGENCY", "INDICATOR", "DEADLINE"})
_NOT_ACTION = frozenset(word_key(w) for w in "là có được bị cho chưa này nơi trên cũ với về thì mà".split())

_BACKGROUND = frozenset(word_key(w) for w in "với có còn từ vì do đã được mới rằng trễ trong đạt việc chỉ hiện khai".split())


@dataclass(frozen=True)
class Directive:
    issuer: str | None
    assignees: tuple[str, ...]
    coordinators: tuple[str, ...]
    recipients: tuple[str, ...]
    indicators: tuple[str, ...]
    deadlines: tuple[str, ...]
    start: int
    end: int


@dataclass
class _Draft:
    start: int
    end: int
    issuer: Mention | None
    named: bool
    rule: str = "order"
    void: bool = False
    lists: dict[str, list[Mention]] = field(default_factory=lambda: {n: [] for n in _LISTS})

    def add(self, name: str, mention: Mention) -> None:
        if all(m.id != mention.id for m in self.lists[name]):
            self.lists[name].append(mention)
        self.start = min(self.start, mention.start)
        self.end = max(self.end, mention.end)

    def finish(self) -> Directive | None:
        issuer = self.issuer
        ids = {n: tuple(m.id for m in self.lists[n]) for n in _LISTS}
        if self.void or (self.rule in ("duty", "list") and issuer is None):
            return None
        if issuer is not None:
            ids["assignees"] = tuple(i for i in ids["assignees"] if i != issuer.id)
        if not ids["assignees"] and (issuer is None or not (ids["indicators"] or ids["deadlines"])):
            return None
        return Directive(issuer=issuer.id if issuer else None, start=self.start, end=self.end, **ids)


@dataclass
class _Party:
    actors: list[Mention]
    weak: bool = False
    tagged: bool = False
    gap: int = 0
    past: bool = False
    comma: bool = False
    head: bool = False
    dependent: bool = False


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.issuer: Mention | None = None
        self.drafts: list[_Draft] = []
        self.last: _Draft | None = None
        self.idle = 99
        self.quote_from: int | None = None
        self.closed = 0
        self.begin([])

    def begin(self, items: list[Item]) -> None:
        self.items = items
        self.party: _Party | None = None
        self.open: _Draft | None = None
        self.resumed = False
        self.made: list[_Draft] = []
        self.spoke = False
        self.target: str | None = None
        self.gap = 0
        self.reach = 0
        self.link: str | None = None
        self.bridge = False
        self.reporting = False
        self.fresh = False
        self.weak_next = False
        self.after_quote = False
        self.paren = 0
        self.loose: list[tuple[str, Mention]] = []
        self.addressees: list[Mention] = []
        self.aside: _Party | None = None
        self.dependent = False
        self.letter_first = False
        self.letter = False
        self.sent = False
        self.foreign = False
        self.words = 0
        self.just_spoke = False

    def read(self, items: list[Item]) -> None:
        self.begin(items)
        for n, item in enumerate(items):
            _HANDLERS[item.role](self, n, item)
            if item.role not in (Role.OF, Role.TOWARDS, Role.GLUE):
                self.weak_next = False
        self.close()

    def close(self) -> None:
        for draft in self.made:
            self.inherit(draft)
        first = self.made[0] if self.made else None
        if first is not None and self.addressees:
            if self.letter_first and not first.lists["assignees"]:
                for m in self.addressees:
                    first.add("assignees", m)
            elif not self.letter_first and self.open is not None:
                for m in self.addressees:
                    self.open.add("recipients", m)
        if self.made or self.resumed:
            self.last = self.open or (self.made[-1] if self.made else self.last)
            self.idle = 0
        elif self.spoke:
            self.last = None
            self.idle = 0
        else:
            self.idle += 1

    def inherit(self, draft: _Draft) -> None:
        """An order without object or subject goes on to those who were ordered in the sentence before."""
        last = self.last
        if draft.named or draft.rule != "order" or last is None or self.idle or draft.issuer is not last.issuer:
            return
        if not draft.lists["assignees"] and (draft.lists["deadlines"] or draft.lists["recipients"]):
            for m in last.lists["assignees"]:
                draft.lists["assignees"].append(m)

    # mentions

    def actor(self, n: int, item: Item) -> None:
        mention = item.mention
        assert mention is not None
        if self.paren:
            return
        if self.bridge:
            self.link = None
        if self.link is not None:
            name = self.link
        elif self.target is not None and self.gap <= self.reach:
            name = self.target
        else:
            name = "aside" if self.weak_next else "party"
            party = _Party([], self.weak_next, self.after_quote, head=self.at_head(n), dependent=self.dependent)
            self.dependent = False
            if self.weak_next:
                self.aside = party
            else:
                self.party, self.aside = party, None
        self.put(name, mention)
        self.link = None if name == "speaker" else name
        self.target = None
        self.gap = 0
        self.after_quote = False
        self.bridge = False

    def at_head(self, n: int) -> bool:
        before = self.items[n - 1] if n else None
        return (
            before is None
            or before.role in (Role.COMMA, Role.STOP, Role.AGAIN)
            or before.phrase == ":"
            or (n == 1 and (before.role is Role.GLUE or self.raw(before) in ("riêng", "theo đó")))
        )

    def raw(self, item: Item) -> str:
        return self.text[item.start : item.end].lower()

    def put(self, name: str, mention: Mention) -> None:
        if name in ("party", "aside"):
            party = self.party if name == "party" else self.aside
            if party is not None:
                party.actors.append(mention)
        elif name == "speaker":
            self.issuer = mention
            self.spoke = True
        elif name == "by":
            self.ordered_by(mention)
        elif name == "addressees":
            self.addressees.append(mention)
        elif self.open is not None:
            self.open.add(name, mention)

    def ordered_by(self, mention: Mention) -> None:
        party = self.party
        if self.open is not None or (party is not None and (party.past or not party.actors)):
            return
        if party is None and not self.loose:
            return
        draft = _Draft(mention.start, mention.end, mention, True)
        for actor in party.actors if party else ():
            draft.add("assignees", actor)
        for name, m in self.loose:
            draft.add(name, m)
        self.loose = []
        self.drafts.append(draft)
        self.made.append(draft)
        self.open = draft

    def by(self, n: int, item: Item) -> None:
        self.link = None
        self.target, self.gap, self.reach = "by", 0, 0

    def clause(self, n: int, item: Item) -> None:
        self.link = self.target = None
        self.count()
        self.dependent = True

    def quantity(self, n: int, item: Item) -> None:
        assert item.mention is not None
        if item.role is Role.INDICATOR and n and word_key(self.raw(self.items[n - 1]).split()[-1]) in _BACKGROUND:
            return
        self.act(item)
        name = "deadlines" if item.role is Role.DEADLINE else "indicators"
        if self.open is None and self.words and self.party is None and name == "deadlines":
            self.resume()
        if self.open is not None:
            self.open.add(name, item.mention)
        else:
            self.loose.append((name, item.mention))
        self.link = None
        self.after_quote = False

    def resume(self) -> None:
        if self.spoke or self.foreign or self.idle or self.last is None or not any(self.last.lists.values()):
            return
        if self.open is None and self.party is None:
            self.open = self.last
            self.resumed = True

    # verbs

    def object_follows(self, n: int) -> bool:
        for item in self.items[n + 1 :]:
            if item.role is Role.ACTOR:
                return True
            if item.role not in (Role.GLUE, Role.QUOTE, Role.DEADLINE, Role.COMMA, Role.TOWARDS):
                return False
        return False

    def start(self, item: Item, issuer: Mention | None, named: bool, rule: str = "order") -> _Draft:
        draft = _Draft(item.start, item.end, issuer, named, rule)
        for name, mention in self.loose:
            draft.add(name, mention)
        self.loose = []
        if issuer is not None and named:
            draft.start = min(draft.start, issuer.start)
            draft.end = max(draft.end, issuer.end)
        self.drafts.append(draft)
        self.made.append(draft)
        self.open = draft
        self.resumed = False
        self.party = self.aside = None
        self.link = None
        self.reporting = False
        return draft

    def order(self, n: int, item: Item) -> None:
        party, open_ = self.party, None if self.resumed else self.open
        direct = self.object_follows(n)
        before = [i.role for i in self.items[max(0, n - 2) : n]]
        if item.phrase == "đề xuất" and self.open is not None and before == [Role.REPORT, Role.COMMA]:
            self.report(n, item)
            return
        if party is not None and party.tagged and self.ends_here(n):
            self.speak(n, item)
            return
        if party is not None and not party.actors and (party.gap > 4 or party.comma) and not party.head:
            party = None
        if open_ is not None and party is not None and (party.gap > 2 or party.comma):
            party = None
        aside = self.aside
        if aside is not None and open_ is None:
            if (aside.gap <= 1 and not aside.comma) or (party is None and aside.gap <= 3):
                party = aside
        if item.phrase in TRANSITIVE and not direct and not (self.addressees or (party and not party.actors)):
            self.word(n, item)
            return
        if party is not None and not party.actors:
            self.start(item, None, True).void = True
        elif party is not None:
            self.issuer = party.actors[-1]
            self.start(item, self.issuer, True)
        elif open_ is None:
            self.start(item, self.issuer, False)
        elif not direct and not self.addressees:
            self.link = self.target = None
            return
        elif self.fresh:
            self.start(item, open_.issuer, open_.named).void = open_.void
        elif open_.lists["assignees"]:
            giver = open_.lists["assignees"][-1]
            self.start(item, giver, True).void = open_.void
        if self.addressees and self.open is not None and not self.letter_first:
            for m in self.addressees:
                self.open.add("recipients" if direct else "assignees", m)
        if not self.letter_first:
            self.addressees = []
        self.link = None
        self.fresh = False
        self.target, self.gap, self.reach = "assignees", 0, 0

    def ends_here(self, n: int) -> bool:
        return all(i.role is Role.QUOTE or (i.role is Role.WORD and i.phrase) for i in self.items[n + 1 :])

    def steer(self, n: int, item: Item) -> None:
        if self.object_follows(n):
            self.order(n, item)
        else:
            self.word(n, item)

    def duty(self, n: int, item: Item) -> None:
        party = self.party
        free = item.role is Role.PASSIVE
        bare = self.just_spoke and self.gap == 0
        self.party = None
        self.link = self.target = None
        self.fresh = False
        if party is None and bare and self.open is None:
            self.start(item, self.issuer, False, "duty")
            return
        if party is not None and not party.actors:
            self.foreign = True
        if party is None or party.dependent or party.gap > 3 or party.past or not party.actors:
            return
        if free and n + 1 < len(self.items) and self.items[n + 1].role is Role.INDICATOR:
            return
        if not free and self.idle > 3 and not self.spoke and self.quote_from is None and self.open is None:
            return
        open_ = self.open
        if open_ is not None and open_.rule == "order" and not open_.lists["assignees"]:
            for actor in party.actors:
                open_.add("assignees", actor)
            return
        issuer = open_.issuer if open_ is not None else self.issuer
        if issuer is not None and self.same(issuer, party.actors[0]):
            return
        self.start(item, issuer, False, "passive" if free else "duty")
        assert self.open is not None
        for actor in party.actors:
            self.open.add("assignees", actor)

    def same(self, a: Mention, b: Mention) -> bool:
        return self.text[a.start : a.end].casefold() == self.text[b.start : b.end].casefold()

    def act(self, item: Item) -> bool:
        """A body that opens its clause after an order, and reports or has a deadline."""
        party = self.party
        if party is None or party.gap or party.past or party.tagged or not party.actors or not party.head:
            return False
        if party.dependent or party.actors[0].label != "AGENCY":
            return False
        base = self.open or (self.last if self.idle == 0 else None)
        if base is None or base.issuer is None or base.void:
            return False
        text, issuer = self.span(party.actors[0]), self.span(base.issuer)
        if text in issuer:
            return False
        rest = self.items[self.items.index(item) :]
        for i in rest:
            if i.role in (Role.COMMA, Role.QUOTE):
                break
            if i.role is Role.SPEAK or i.role is Role.PAST:
                return False
        if not any(i.role in (Role.REPORT, Role.JOIN, Role.DEADLINE) for i in rest):
            return False
        actors = party.actors
        self.start(item, base.issuer, False, "list")
        assert self.open is not None
        for actor in actors:
            self.open.add("assignees", actor)
        return True

    def span(self, m: Mention) -> str:
        return self.text[m.start : m.end].casefold()

    def speak(self, n: int, item: Item) -> None:
        party = self.party
        if self.aside is not None and self.aside.gap == 0:
            party = self.aside
        if party is not None and party.gap <= 3 and not party.actors:
            self.issuer = None
        elif party is not None and party.gap <= 3:
            self.issuer = party.actors[-1]
            self.spoke = True
            if party.tagged:
                for draft in self.drafts[self.closed :]:
                    if not draft.named:
                        draft.issuer = self.issuer
            self.open = None
            self.just_spoke = True
            self.gap = 0
        self.party = None
        self.link = self.target = None

    def according(self, n: int, item: Item) -> None:
        self.link = None
        self.target, self.gap, self.reach = "speaker", 0, 0

    def attach(self, name: str, reach: int, item: Item) -> None:
        self.act(item)
        self.resume()
        self.link = None
        self.fresh = False
        self.target, self.gap, self.reach = (name, 0, reach) if self.open else (None, 0, 0)

    def join(self, n: int, item: Item) -> None:
        self.attach("coordinators", 1, item)
        self.reporting = False

    def report(self, n: int, item: Item) -> None:
        self.sent = item.phrase == "gửi"
        if self.open is None and ((self.party is not None and self.party.actors) or (self.sent and self.letter)):
            self.act(item)
            if self.open is None:
                self.notice(n, item)
                return
        self.attach("recipients", 2, item)
        self.reporting = self.open is not None

    def towards(self, n: int, item: Item) -> None:
        self.link = None
        if self.letter and self.sent and self.open is None:
            self.notice(n, item)
        elif self.reporting:
            self.target, self.gap, self.reach = "recipients", 0, 0
        elif self.target != "assignees":
            self.weak_next = True

    def paper(self, n: int, item: Item) -> None:
        self.letter = True
        self.count()

    def notice(self, n: int, item: Item) -> None:
        self.link = None
        self.letter_first = self.party is None and self.open is None
        self.target, self.gap, self.reach = "addressees", 0, 0

    def of(self, n: int, item: Item) -> None:
        self.weak_next = True
        self.link = self.target = None
        self.count()

    def outside(self, n: int, item: Item) -> None:
        if self.target is not None and self.gap <= self.reach:
            self.link, self.target = self.target, None
        if self.link is not None:
            self.bridge = True
            return
        self.party = _Party([], head=self.at_head(n))

    def again(self, n: int, item: Item) -> None:
        self.fresh = True
        self.link = None

    def conj(self, n: int, item: Item) -> None:
        self.fresh = True
        self.bridge = False

    def comma(self, n: int, item: Item) -> None:
        self.fresh = False
        self.bridge = False
        for party in (self.party, self.aside):
            if party is not None:
                party.comma = True
        if self.link == "aside" or (self.link == "addressees" and self.letter_first):
            self.link = None

    def stop(self, n: int, item: Item) -> None:
        self.fresh = True
        self.link = self.target = None
        if self.open is not None:
            self.party = None
        self.reporting = False
        self.bridge = False

    def quote(self, n: int, item: Item) -> None:
        if item.phrase == "“" or (item.phrase == '"' and self.quote_from is None):
            self.quote_from = len(self.drafts)
            self.after_quote = False
        else:
            self.closed = self.quote_from if self.quote_from is not None else len(self.drafts)
            self.quote_from = None
            self.after_quote = True
            self.link = None

    def glue(self, n: int, item: Item) -> None:
        """ "ông" before a name that is no mention is somebody outside."""
        if item.phrase in ("ông", "bà") and n + 1 < len(self.items):
            after = self.items[n + 1]
            if after.role is Role.WORD and self.text[after.start].isupper():
                self.outside(n, item)

    def past_(self, n: int, item: Item) -> None:
        if self.party is not None:
            self.party.past = True
        self.after_quote = False

    def word(self, n: int, item: Item) -> None:
        if item.role is Role.WORD and item.phrase in ("(", ")", "-", "–", ".", ":"):
            if item.phrase == "(":
                self.paren += 1
            elif item.phrase == ")":
                self.paren = max(0, self.paren - 1)
            elif item.phrase == ":":
                if n + 1 < len(self.items) and self.items[n + 1].role is Role.QUOTE:
                    self.speak(n, item)
                self.link = None
                self.party = None
            return
        if self.bridge and not item.phrase:
            return
        if word_key(self.text[item.start : item.end]) not in _NOT_ACTION:
            self.act(item)
        self.count()

    def count(self) -> None:
        self.gap += 1
        self.words += 1
        self.link = None
        self.fresh = False
        self.after_quote = False
        for party in (self.party, self.aside):
            if party is not None:
                party.gap += 1


_HANDLERS: dict[Role, Callable[[_Reader, int, Item], None]] = {
    Role.ACTOR: _Reader.actor,
    Role.INDICATOR: _Reader.quantity,
    Role.DEADLINE: _Reader.quantity,
    Role.OUTSIDER: _Reader.outside,
    Role.ORDER: _Reader.order,
    Role.STEER: _Reader.steer,
    Role.PASSIVE: _Reader.duty,
    Role.DUTY: _Reader.duty,
    Role.SPEAK: _Reader.speak,
    Role.ACCORDING: _Reader.according,
    Role.JOIN: _Reader.join,
    Role.REPORT: _Reader.report,
    Role.TOWARDS: _Reader.towards,
    Role.NOTICE: _Reader.paper,
    Role.BY: _Reader.by,
    Role.CLAUSE: _Reader.clause,
    Role.OF: _Reader.of,
    Role.PAST: _Reader.past_,
    Role.AGAIN: _Reader.again,
    Role.AND: _Reader.conj,
    Role.COMMA: _Reader.comma,
    Role.STOP: _Reader.stop,
    Role.QUOTE: _Reader.quote,
    Role.GLUE: _Reader.glue,
    Role.WORD: _Reader.word,
}

_BREAK = re.compile(r"\n+|(?<=[.!?…])[\s]+(?=[^\W\d_a-zà-ỹđ]|[\"“'‘(\-•*+])")


def find_directives(
    text: str, mentions: Sequence[Mention], sentences: Sequence[tuple[int, int]] | None = None
) -> list[Directive]:
    kept: list[Mention] = []
    for m in sorted(mentions, key=lambda m: (m.start, m.end)):
        if m.label in _KNOWN and 0 <= m.start < m.end <= len(text) and (not kept or kept[-1].end <= m.start):
            kept.append(m)
    if sentences is None:
        cuts = [0]
        for b in _BREAK.finditer(text):
            if not any(m.start < b.end() and b.start() < m.end for m in kept):
                cuts += [b.start(), b.end()]
        cuts.append(len(text))
        sentences = list(zip(cuts[::2], cuts[1::2], strict=True))
    reader = _Reader(text)
    for start, end in sentences:
        inside = [m for m in kept if start <= m.start and m.end <= end]
        reader.read(read_items(text, start, end, inside))
    find_directives.reader = reader
    return [d for d in (draft.finish() for draft in reader.drafts) if d is not None]
