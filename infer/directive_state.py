"""What the directive rules fill in: the finished record, its draft, and the state of the pass.

Flows in: mentions and offsets from `infer.directive_rules`. Flows out: `Draft.finish()` gives the `Directive`, or None
where the draft is no record. A `Story` goes from sentence to sentence, a `Reading` lasts for one.
"""

from dataclasses import dataclass, field

from infer.triggers import Item, Mention, Role

LISTS = ("assignees", "coordinators", "recipients", "indicators", "deadlines")


@dataclass(frozen=True)
class Directive:
    """One record of mention ids. `start` and `end` (code points, end exclusive) span its mentions and its trigger.

    `chance`: the linker's, that every link is right if the mentions are; 1 where the rules alone made the record.
    """

    issuer: str | None
    assignees: tuple[str, ...]
    coordinators: tuple[str, ...]
    recipients: tuple[str, ...]
    indicators: tuple[str, ...]
    deadlines: tuple[str, ...]
    start: int
    end: int
    chance: float = 1.0

    def ids(self) -> set[str]:
        """The mentions that it ties together."""
        told = (*self.assignees, *self.coordinators, *self.recipients, *self.indicators, *self.deadlines)
        return {*told, *(() if self.issuer is None else (self.issuer,))}


@dataclass
class Draft:
    """A record in the making."""

    start: int
    end: int
    issuer: Mention | None
    verb: str
    named: bool  # the issuer stands in this very clause, so that no later attribution replaces it
    rule: Role = Role.ORDER  # a DUTY is nothing without an issuer
    void: bool = False  # ordered by, or handed to, somebody who is never tagged
    lists: dict[str, dict[str, Mention]] = field(default_factory=lambda: {name: {} for name in LISTS})

    def add(self, name: str, *mentions: Mention) -> None:
        """Puts the mentions into the list, each id once."""
        for mention in mentions:
            self.lists[name].setdefault(mention.id, mention)
            self.start, self.end = min(self.start, mention.start), max(self.end, mention.end)

    def finish(self) -> Directive | None:
        """The record, or None: nobody to act and no indicator or deadline under an issuer, or nobody ordered it."""
        issuer, start, end = self.issuer, self.start, self.end
        if self.void or (self.rule is Role.DUTY and issuer is None):
            return None
        who, joined, to, indicators, deadlines = (tuple(self.lists[name]) for name in LISTS)
        if issuer is not None:
            start, end = min(start, issuer.start), max(end, issuer.end)
            who = tuple(i for i in who if i != issuer.id)
        if not who and (issuer is None or not (indicators or deadlines)):
            return None
        return Directive(issuer.id if issuer else None, who, joined, to, indicators, deadlines, start, end)


@dataclass
class Story:
    """What one sentence hands to the next."""

    text: str
    issuer: Mention | None = None
    drafts: list[Draft] = field(default_factory=list)
    last: Draft | None = None  # of the sentence before, None when that one gave no order
    idle: int = 99  # sentences since the last order or speaker
    quiet: int = 99  # lines since
    quote_from: int | None = None  # number of drafts when the open quotation began
    announced: bool = False  # the sentence before ended in a colon, with an issuer at hand
    listing: bool = False  # inside the list announced so


@dataclass
class Party:
    """Free actors in a row, the possible subject of the next verb; no actors at all stand for an outsider."""

    actors: list[Mention]
    head: bool = False  # it opens its clause
    tagged: bool = False  # it follows a closed quotation
    dependent: bool = False  # it is the subject of a subordinate clause
    past: bool = False
    comma: bool = False
    gap: int = 0  # words since


@dataclass
class Reading:
    """Where the pass over one sentence stands, and the moves that its rules share."""

    story: Story
    items: list[Item]
    new_line: bool = True  # it begins a line
    made: list[Draft] = field(default_factory=list)
    open: Draft | None = None  # the record that is being written
    resumed: bool = False  # `open` is the record of the sentence before
    party: Party | None = None
    aside: Party | None = None  # actors behind a preposition: "ý kiến của Thủ tướng"
    slot: str | None = None  # the list that the next actor goes to, if at most `reach` words come between
    reach: int = 0
    gap: int = 0  # words since the last verb or actor
    words: int = 0
    link: str | None = None  # where the last actor went, as long as only commas and "và" follow
    bridge: bool = False  # inside the name of an outsider in a list
    fresh: bool = False  # "và", "đồng thời" or a semicolon comes before the next verb
    spoke: bool = False
    outside: bool = False  # an outsider has a duty here
    after_of: bool = False
    after_clause: bool = False
    after_quote: bool = False
    quoted_from: int = 0  # number of drafts when the quotation that closed last began
    brackets: int = 0
    reporting: bool = False
    letter: bool = False
    sent: bool = False
    letter_first: bool = False  # the letter is told of before the one who wrote it
    addressees: list[Mention] = field(default_factory=list)
    loose: list[tuple[str, Mention]] = field(default_factory=list)  # deadlines and indicators before any order

    def raw(self, span: Item | Mention) -> str:
        return self.story.text[span.start : span.end].lower()

    def expect(self, name: str | None, reach: int) -> None:
        """The next actor goes to this list."""
        self.link = None
        self.slot, self.reach, self.gap = name, reach, 0

    def put(self, name: str, mention: Mention) -> None:
        party = self.party if name == "party" else self.aside if name == "aside" else None
        if party is not None:
            party.actors.append(mention)
        elif name == "speaker":
            self.story.issuer, self.spoke = mention, True
        elif name == "addressees":
            self.addressees.append(mention)
            self.sent = False
        elif name in LISTS and self.open is not None:
            self.open.add(name, mention)

    def count(self) -> None:
        """One more word that stands in no list."""
        self.gap += 1
        self.words += 1
        self.link, self.fresh, self.after_quote = None, False, False
        for party in (self.party, self.aside):
            if party:
                party.gap += 1

    def start(
        self, item: Item, issuer: Mention | None, named: bool, rule: Role = Role.ORDER, void: bool = False
    ) -> Draft:
        """Opens a new record at the trigger `item`."""
        draft = Draft(item.start, item.end, issuer, item.phrase, named, rule, void)
        for name, mention in self.loose:
            draft.add(name, mention)
        self.loose = []
        self.story.drafts.append(draft)
        self.made.append(draft)
        self.open, self.resumed, self.reporting = draft, False, False
        self.party = self.aside = self.link = None
        return draft

    def resume(self) -> None:
        """“Hoàn thành và báo cáo bộ trước ngày 5/6”: a sentence without an order adds to the record before it."""
        last = self.story.last
        if self.open or self.party or self.spoke or self.outside or self.story.idle or last is None:
            return
        if last.named or any(last.lists.values()):
            self.open, self.resumed = last, True

    def attribute(self) -> None:
        """Gives what was said between the quotation marks to the one who said it."""
        for draft in self.story.drafts[self.quoted_from :]:
            if not draft.named:
                draft.issuer = self.story.issuer
        self.quoted_from = len(self.story.drafts)

    def close(self) -> None:
        """Settles what only the whole sentence can tell, and hands over to the story."""
        story = self.story
        for draft in self.made:
            self.inherit(draft)
        first = self.made[0] if self.made else None
        if self.letter_first and first and first.named and not first.lists["assignees"]:
            # "Trong công văn gửi các sở, UBND tỉnh yêu cầu rà soát"
            first.add("assignees", *self.addressees)
        elif not self.letter_first and self.open:
            # "yêu cầu huyện rà soát, có văn bản gửi sở"
            self.open.add("recipients", *self.addressees)
        ordered = bool(self.made or self.resumed)
        if ordered:
            story.last = self.open or (self.made[-1] if self.made else story.last)
        elif self.spoke:
            story.last = None
        active = ordered or self.spoke or story.listing
        story.idle = 0 if active else story.idle + 1
        story.quiet = 0 if active else story.quiet + self.new_line
        colon = bool(self.items) and self.items[-1].phrase == ":"
        story.announced = colon and story.issuer is not None and story.idle <= 1

    def inherit(self, draft: Draft) -> None:
        """“Đề nghị có báo cáo trước ngày 5/6”: an order without subject and object goes on to those ordered before."""
        last = self.story.last
        if last is None or self.story.idle or draft.named or draft.issuer is not last.issuer:
            return
        if draft.rule is Role.ORDER and draft.lists["deadlines"] and not draft.lists["assignees"]:
            draft.add("assignees", *last.lists["assignees"].values())
