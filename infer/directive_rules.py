"""The directive rules: one left-to-right pass over the items of a sentence.

Flows in: a `Story` (speaker, records so far) and the `Item`s of the next sentence. Flows out: new `Draft`s in the
story. `HANDLERS` gives each role of an item its rule; each rule is a small method whose docstring or comment shows
a phrase that it reads. The state says who the subject is (`party`), which record is being written (`open`) and where
the next actor goes (`slot` after a verb, `link` in a list).
"""

from collections.abc import Callable

from infer.directive_state import Party, Reading
from infer.triggers import (
    DELEGATING,
    TRANSITIVE,
    Item,
    Mention,
    Role,
    ends_at,
    hands_outside,
    is_point,
    is_target,
    is_task,
    object_follows,
    opens_clause,
    word_keys,
)

_NEAR = 3  # words that may stand between a subject and its verb
_NO_ACTION = word_keys("là có được bị cho chưa này nơi trên cũ với về thì mà")


class Sentence(Reading):
    """The left-to-right pass over one sentence."""

    def read(self) -> None:
        story = self.story
        if story.announced or not self.new_line or is_point(self.items):
            story.listing = story.listing or story.announced
        else:
            story.listing = False
        for n, item in enumerate(self.items):
            HANDLERS[item.role](self, n, item)
            self.after_of = self.after_of and item.role in (Role.OF, Role.TOWARDS, Role.GLUE)
            self.after_clause = self.after_clause and item.role in (Role.CLAUSE, Role.GLUE)
        self.close()

    # Mentions

    def actor(self, n: int, item: Item) -> None:
        """Puts an actor where a verb, a preposition or the list before it says; else it may be the next subject."""
        mention = item.mention
        if mention is None or self.brackets:  # "Sở A (UBND tỉnh)": an apposition
            return
        if self.link and not self.bridge:
            name = self.link
        elif self.slot and self.gap <= self.reach:
            name = self.slot
        elif self.after_of:
            name, self.aside = "aside", Party([])
        else:
            name, self.aside = "party", None
            self.party = Party([], opens_clause(self.story.text, self.items, n), self.after_quote, self.after_clause)
        if name == "by":
            self.ordered_by(mention)
        else:
            self.put(name, mention)
        self.link = None if name == "speaker" else name
        self.slot, self.gap, self.bridge, self.after_quote = None, 0, False, False

    def quantity(self, n: int, item: Item) -> None:
        """A deadline or indicator belongs to the open record, else to the next one of its sentence."""
        if item.mention is None or (item.role is Role.INDICATOR and not is_target(self.story.text, self.items, n)):
            return
        name = "deadlines" if item.role is Role.DEADLINE else "indicators"
        self.act(n, item)
        if name == "deadlines" and self.words:
            self.resume()
        if self.open is not None:
            self.open.add(name, item.mention)
        else:
            self.loose.append((name, item.mention))
        self.link, self.after_quote = None, False

    # Orders

    def giver(self) -> Party | None:
        """The subject of the order verb at hand."""
        party, aside = self.party, self.aside
        if self.open and not self.resumed:
            # "yêu cầu huyện chờ Quốc hội thông qua, kiến nghị tỉnh": only a subject right at the verb takes over.
            return party if party and party.gap < _NEAR and not party.comma else None
        if aside and ((aside.gap <= 1 and not aside.comma) or (party is None and aside.gap <= _NEAR)):
            return aside  # "truyền đạt ý kiến của Thủ tướng giao Bộ Y tế"
        return party

    def order(self, n: int, item: Item) -> None:
        """“UBND tỉnh giao Sở Y tế …”: subject, else speaker, is the issuer, the object is the assignee."""
        if self.party and self.party.tagged and ends_at(self.items, n):
            return self.speak(n, item)  # "“…”, ông Nam yêu cầu."
        after_report = [before.role for before in self.items[n - 2 : n]] == [Role.REPORT, Role.COMMA]
        if self.open and item.phrase == "đề xuất" and after_report:
            return self.report(n, item)  # "báo cáo, đề xuất UBND tỉnh"
        direct, party = object_follows(self.items, n), self.giver()
        outsider = (party is not None and not party.actors) or (not direct and hands_outside(self.items, n))
        if item.phrase in TRANSITIVE and not (direct or outsider or self.addressees):
            return self.hand_out(n, item, party)
        if item.phrase in DELEGATING and self.delegate(n, item):
            party = None
            if not direct:
                return None
        addressed = [] if self.letter_first or self.gap >= _NEAR else self.addressees
        if outsider:
            self.start(item, None, True, void=True)
        elif party:
            self.story.issuer = party.actors[-1]
            self.start(item, self.story.issuer, True)
        elif not self.go_on(item, direct or bool(self.addressees)):
            return None
        if self.open:
            # "gửi công văn tới UBND huyện yêu cầu báo cáo", "trình bộ kiến nghị Thủ tướng cho phép"
            self.open.add("recipients" if direct else "assignees", *addressed)
        if not self.letter_first:
            self.addressees = []
        self.fresh = False
        return self.expect("assignees", 0)

    def hand_out(self, n: int, item: Item, party: Party | None) -> None:
        """“Chủ tịch UBND tỉnh giao việc ngay: …”: the bodies that follow have to act."""
        if item.phrase == "giao" and party and not self.open:
            self.story.issuer, self.spoke, self.story.listing = party.actors[-1], True, True
        self.word(n, item)

    def delegate(self, n: int, item: Item) -> bool:
        """“2. Sở A chỉ đạo các trạm …” in a list: Sở A has to act, and orders the next."""
        if self.open or (self.new_line and not self.story.listing):
            return False
        self.act(n, item, sure=True)
        return bool(self.made)

    def go_on(self, item: Item, has_object: bool) -> bool:
        """An order verb without a subject of its own; False where it only tells more of the same work."""
        before = None if self.resumed else self.open
        if before is None:  # "Giao Sở Y tế …": whoever spoke last
            self.start(item, self.story.issuer, False)
        elif not has_object:  # "giao sở rà soát, đề nghị xử lý"
            self.link = self.slot = None
            return False
        elif self.fresh or (before.rule is Role.ORDER and before.verb == item.phrase):
            # "giao sở A rà soát và giao sở B thẩm định"
            self.start(item, before.issuer, before.named, void=before.void)
        elif before.lists["assignees"]:  # "UBND tỉnh giao sở A hướng dẫn sở B": a chain
            self.start(item, next(reversed(before.lists["assignees"].values())), True, void=before.void)
        return True

    def steer(self, n: int, item: Item) -> None:
        """“hướng dẫn các địa phương” orders, “hướng dẫn cụ thể” does not."""
        return self.order(n, item) if object_follows(self.items, n) else self.word(n, item)

    def duty(self, n: int, item: Item) -> None:
        """“Sở Y tế chịu trách nhiệm …”, “Sở Y tế được giao …”: the subject has to act for the issuer at hand."""
        party, passive = self.party, item.role is Role.PASSIVE
        told = self.spoke and self.gap == 0
        self.party = self.link = self.slot = None
        self.fresh = False
        if party is None:
            if told and not self.open:  # "Thứ trưởng cho biết phải xong trước ngày 2/4"
                self.start(item, self.story.issuer, False, Role.DUTY)
            return
        if not party.actors:
            self.outside = True
            return
        if party.dependent or party.past or party.gap > _NEAR:
            return
        if passive and self.items[n + 1 : n + 2] and self.items[n + 1].role is Role.INDICATOR:
            return  # "quận được giao thu 4.500 tỷ đồng"
        self.oblige(item, party, passive)

    def oblige(self, item: Item, party: Party, passive: bool) -> None:
        before, story = self.open, self.story
        if before and before.rule is Role.ORDER and not before.lists["assignees"]:
            before.add("assignees", *party.actors)  # "yêu cầu trong tháng 6, Sở Y tế phải công bố"
            return
        current = before or self.spoke or story.quote_from is not None or story.quiet <= 1
        issuer = before.issuer if before else story.issuer
        if (passive or current) and not (issuer and self.raw(issuer) == self.raw(party.actors[0])):
            rule = Role.PASSIVE if passive else Role.DUTY
            self.start(item, issuer, before is not None and before.named, rule).add("assignees", *party.actors)

    def act(self, n: int, item: Item, sure: bool = False) -> None:
        """“Sở Y tế rà soát, báo cáo UBND tỉnh trước ngày 5/6”: a body that opens its clause after an order."""
        story, party = self.story, self.party
        base = self.open or (None if story.idle else story.last)
        if party is None or not party.actors or party.gap or not party.head:
            return
        if party.past or party.dependent or party.tagged:
            return
        issuer = story.issuer if base or story.listing else None
        if issuer is None or (base and base.void) or (party.actors[0].label != "AGENCY" and not story.listing):
            return
        party.head = False  # asked once
        sure = sure or story.listing or not self.new_line or is_task(self.items, n)
        if self.raw(party.actors[0]) not in self.raw(issuer) and sure:
            named = base is not None and base.named and not self.resumed
            self.start(item, issuer, named, Role.DUTY).add("assignees", *party.actors)

    # Speakers

    def speak(self, n: int, item: Item) -> None:
        """“Chủ tịch UBND tỉnh nhấn mạnh …”, and behind a quotation: “…”, ông Nam nói."""
        party = self.aside if self.aside and self.aside.gap == 0 else self.party
        if party is None or (party.gap > _NEAR and item.phrase != ":"):
            return
        self.story.issuer = party.actors[-1] if party.actors else None
        if party.actors:
            self.spoke = True
            if party.tagged:
                self.attribute()
            self.open = None
        self.party = None
        self.expect(None, 0)

    def quote(self, n: int, item: Item) -> None:
        story = self.story
        if item.phrase == "“" or (item.phrase == '"' and story.quote_from is None):
            story.quote_from, self.after_quote = len(story.drafts), False
        else:
            self.quoted_from = len(story.drafts) if story.quote_from is None else story.quote_from
            story.quote_from, self.after_quote, self.link = None, True, None

    def according(self, n: int, item: Item) -> None:
        """“Theo Sở Y tế, các huyện cần …”."""
        self.expect("speaker", 0)

    def by(self, n: int, item: Item) -> None:
        """“Sở Y tế sẽ rà soát theo chỉ đạo của UBND tỉnh”."""
        self.expect("by", 0)

    def ordered_by(self, issuer: Mention) -> None:
        party = self.party
        if self.open or (party and (party.past or not (party.actors and party.head))) or not (party or self.loose):
            return
        at = Item(Role.BY, issuer.start, issuer.end)
        self.start(at, issuer, True).add("assignees", *(party.actors if party else ()))

    # Coordinators and recipients

    def join(self, n: int, item: Item) -> None:
        """“phối hợp với Sở Tài chính, Sở Xây dựng”."""
        self.act(n, item)
        self.resume()
        self.reporting, self.fresh = False, False
        self.expect("coordinators" if self.open else None, 1)

    def report(self, n: int, item: Item) -> None:
        """“báo cáo UBND tỉnh”, “trình Thủ tướng”, “gửi kết quả về Sở Nội vụ”."""
        self.sent, self.fresh = item.phrase == "gửi", False
        if self.sent and self.letter:
            return self.write_to()
        self.act(n, item)
        if not self.open and self.party and self.party.actors:
            return self.write_to()  # "Sở Y tế báo cáo UBND tỉnh đề nghị …"
        self.resume()
        self.reporting = self.open is not None
        return self.expect("recipients" if self.open else "nowhere", 2)

    def towards(self, n: int, item: Item) -> None:
        self.link = None
        if self.letter and self.sent:
            self.write_to()
        elif self.reporting:
            self.expect("recipients", 0)
        elif item.phrase == "với" and not self.words:
            self.of(n, item)
        elif self.slot != "assignees":
            self.after_of = True

    def write_letter(self, n: int, item: Item) -> None:
        self.letter = True
        self.count()

    def write_to(self) -> None:
        self.letter_first = not (self.party or self.open or self.spoke)
        if not self.letter_first:
            self.addressees = []
        self.expect("addressees", 0)

    # Everything between

    def of(self, n: int, item: Item) -> None:
        if item.phrase in ("đối với", "với") and not self.words:  # "Đối với Sở A, UBND tỉnh yêu cầu kiểm điểm"
            self.letter_first = True
            self.expect("addressees", 0)
            return
        self.after_of, self.slot = True, None
        self.count()

    def clause(self, n: int, item: Item) -> None:
        self.after_clause, self.slot = True, None
        self.count()

    def meet_outsider(self, n: int, item: Item) -> None:
        """“giao sở A, công ty B và sở C”: an outsider in a list is stepped over, else it is the subject."""
        if self.slot and self.gap <= self.reach:
            self.link, self.slot = self.slot, None
        if self.link:
            self.bridge = True
        elif self.party is None or not self.party.actors or opens_clause(self.story.text, self.items, n):
            self.party = Party([], opens_clause(self.story.text, self.items, n))

    def glue(self, n: int, item: Item) -> None:
        """“ông” before a name that is no mention is an outsider."""
        after = self.items[n + 1] if n + 1 < len(self.items) else None
        untagged = after is not None and after.role is Role.WORD and self.story.text[after.start].isupper()
        if item.phrase in ("ông", "bà") and untagged:
            self.meet_outsider(n, item)

    def past(self, n: int, item: Item) -> None:
        if self.party:
            self.party.past = True
        self.after_quote = False

    def renew(self, n: int, item: Item) -> None:
        self.fresh = True
        if item.role is Role.AND:
            self.bridge = False
        else:
            self.link = None

    def comma(self, n: int, item: Item) -> None:
        self.fresh = self.bridge = False
        for party in (self.party, self.aside):
            if party:
                party.comma = True
        if self.slot not in ("assignees", "speaker"):
            self.slot = None
        if self.link == "aside" or (self.link == "addressees" and self.letter_first):
            self.link = None  # "thực hiện chỉ đạo của Thủ tướng, UBND tỉnh giao …"

    def stop(self, n: int, item: Item) -> None:
        self.fresh, self.bridge, self.reporting = True, False, False
        self.link = self.slot = None
        if self.open:
            self.party = None

    def word(self, n: int, item: Item) -> None:
        if item.phrase == "(":
            self.brackets += 1
        elif item.phrase == ")":
            self.brackets = max(0, self.brackets - 1)
        elif item.phrase == ":":
            said = n + 1 < len(self.items) and self.items[n + 1].role is Role.QUOTE
            opened = self.party and self.party.head and not self.party.gap and not self.story.listing
            if said or opened:
                self.speak(n, item)  # "Chủ tịch UBND tỉnh: “Các sở phải …”"
            else:
                self.act(n, item)  # "- Sở Y tế: rà soát …"
            self.party = self.link = None
        elif item.phrase not in ("-", "–", ".") and not (self.bridge and not item.phrase):
            if self.party is not None and not self.party.gap and item.key not in _NO_ACTION:
                self.act(n, item)
            self.count()


HANDLERS: dict[Role, Callable[[Sentence, int, Item], None]] = {
    Role.ACTOR: Sentence.actor,
    Role.INDICATOR: Sentence.quantity,
    Role.DEADLINE: Sentence.quantity,
    Role.OUTSIDER: Sentence.meet_outsider,
    Role.ORDER: Sentence.order,
    Role.STEER: Sentence.steer,
    Role.PASSIVE: Sentence.duty,
    Role.DUTY: Sentence.duty,
    Role.SPEAK: Sentence.speak,
    Role.ACCORDING: Sentence.according,
    Role.BY: Sentence.by,
    Role.JOIN: Sentence.join,
    Role.REPORT: Sentence.report,
    Role.TOWARDS: Sentence.towards,
    Role.LETTER: Sentence.write_letter,
    Role.OF: Sentence.of,
    Role.CLAUSE: Sentence.clause,
    Role.PAST: Sentence.past,
    Role.AGAIN: Sentence.renew,
    Role.AND: Sentence.renew,
    Role.COMMA: Sentence.comma,
    Role.STOP: Sentence.stop,
    Role.QUOTE: Sentence.quote,
    Role.GLUE: Sentence.glue,
    Role.WORD: Sentence.word,
}
