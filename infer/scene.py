"""An article as the linker sees it: one row of tokens, the mentions in it, and what the rules made of them.

Flows in: a text, its mentions, its sentence spans and the directives that the rules found. Flows out: a `Scene`, which
`infer.link_features` reads. Mentions are numbered in reading order and known by their number; their ids and anything
else that an annotator gave them play no part.

    python -c "from infer.scene import Scene; help(Scene)"
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from infer.directive_state import LISTS, Directive
from infer.triggers import ACTORS, Mention, Role, pieces, read_items, usable

ISSUER, NOBODY = "issuer", "nobody"
LINE, SENTENCE = "<p>", "<s>"  # the tokens that open a line, and a sentence within one
_SIGNS = {"OFFICIAL": "<O>", "AGENCY": "<A>", "INDICATOR": "<I>", "DEADLINE": "<D>"}
TRIGGERS = frozenset(
    {
        Role.ORDER, Role.STEER, Role.PASSIVE, Role.DUTY, Role.SPEAK, Role.ACCORDING, Role.BY, Role.JOIN, Role.REPORT,
        Role.LETTER, Role.TOWARDS,
    }
)  # fmt: skip
_JOINTS = frozenset({Role.AND, Role.OF, Role.CLAUSE, Role.PAST, Role.OUTSIDER})
_NAMED = {role: role.name for role in TRIGGERS | _JOINTS}
_MARKS = frozenset({Role.COMMA, Role.STOP, Role.QUOTE})
_BREAKS = frozenset({Role.COMMA, Role.STOP})
_NO_RECORD: frozenset[int] = frozenset()
_PARTS = re.compile(r"[,–\-(;]| và ")


class Token(NamedTuple):
    """A mention, a trigger phrase, a word or a mark. `key` is how features name it; `mention` its number, if any."""

    key: str
    role: Role
    sentence: int
    mention: int | None = None


def _sign(token: Token) -> str:
    """What a token does: the label of a mention, the role of a trigger, the mark itself; "" for other words."""
    if token.mention is not None:
        return token.key
    if token.role in _NAMED:
        return _NAMED[token.role]
    return token.key if token.role in _MARKS or token.key == ":" else ""


class Scene:
    """All that features are read off. Lists with one value a token: `tokens`, `keys`, and `signs`, what it does. Lists
    with one value a mention: `place` (its token), `sentence`, `line`, `quoted`, `labels`, `texts` (lower case), `names`
    (last words of a person's names), `roles` (of the rules). Lists of places in order: `signed` (tokens with a sign),
    `breaks` (mentions, commas and stops). Besides, `text` and `mentions` as they came."""

    def __init__(
        self,
        text: str,
        mentions: Sequence[Mention],
        sentences: Sequence[tuple[int, int]],
        ruled: Sequence[Directive],
    ) -> None:
        """`mentions` and `sentences` as for `find_directives`; `ruled` are the rules' directives for them."""
        self.text = text
        self.mentions = usable(text, mentions)
        self.labels = [m.label for m in self.mentions]
        self.texts = [text[m.start : m.end].lower() for m in self.mentions]
        self.names = [_names(m.label, text[m.start : m.end]) for m in self.mentions]
        self.actors = [n for n, label in enumerate(self.labels) if label in ACTORS]
        self.tokens: list[Token] = []
        self.begins: list[int] = []  # the first token of each sentence, and the end
        self.place: list[int] = []
        self.line: list[int] = []
        self.quoted: list[bool] = []
        self._read(text, sentences)
        self.sentence = [self.tokens[place].sentence for place in self.place]
        self.actor_sentences = [self.sentence[n] for n in self.actors]
        self.actor_lines = [self.line[n] for n in self.actors]
        numbers: dict[tuple[str, str, frozenset[str]], int] = {}
        names = zip(self.labels, self.texts, self.names, strict=True)
        self._called = [numbers.setdefault(name, len(numbers)) for name in names]
        self.openings: dict[int, list[str]] = {}  # what the features tell of a sentence, by its first token
        self._same: dict[int, dict[int, bool]] = {}  # of two ways to be called, as far as it was asked
        self._rules(ruled)

    def _read(self, text: str, sentences: Sequence[tuple[int, int]]) -> None:
        line, quote = 0, False
        for start, end, new_line, inside in pieces(text, self.mentions, sentences):
            number = len(self.begins)
            self.begins.append(len(self.tokens))
            self.tokens.append(Token(LINE if new_line else SENTENCE, Role.STOP, number))
            line, quote = line + new_line, quote and not new_line
            for item in read_items(text, start, end, inside):
                key, mention = item.key, None
                if item.mention is not None:
                    key, mention = _SIGNS[item.mention.label], len(self.place)
                    self.place.append(len(self.tokens))
                    self.line.append(line)
                    self.quoted.append(quote)
                elif item.role is Role.QUOTE:
                    quote = not quote if key == '"' else key == "“"
                self.tokens.append(Token(key, item.role, number, mention))
        self.begins.append(len(self.tokens))
        self.tokens.append(Token(LINE, Role.STOP, len(self.begins) - 1))
        self.keys = [token.key for token in self.tokens]
        self.signs = [_sign(token) for token in self.tokens]
        self.signed = [place for place, sign in enumerate(self.signs) if sign]
        self.breaks = [n for n, token in enumerate(self.tokens) if token.mention is not None or token.role in _BREAKS]

    def _rules(self, ruled: Sequence[Directive]) -> None:
        numbers = {mention.id: n for n, mention in enumerate(self.mentions)}
        roles: list[set[str]] = [set() for _ in self.mentions]
        self.ruled_issuer: dict[int, int] = {}  # of an assignee, or of what nobody is told to do
        # the records of an assignee, and of what a record ties to its assignees: their pairs may be too many
        self.ruled_assignee: dict[int, set[int]] = {}
        self.ruled_tied: dict[int, set[int]] = {}
        for record, directive in enumerate(ruled):
            issuer = None if directive.issuer is None else numbers[directive.issuer]
            who = [numbers[id_] for id_ in directive.assignees]
            tied = [(name, numbers[id_]) for name in LISTS[1:] for id_ in getattr(directive, name)]
            for assignee in who:
                roles[assignee].add(LISTS[0])
                self.ruled_assignee.setdefault(assignee, set()).add(record)
            for name, mention in tied:
                roles[mention].add(name if who else NOBODY)
                if who:
                    self.ruled_tied.setdefault(mention, set()).add(record)
            if issuer is not None:
                roles[issuer].add(ISSUER)
                for mention in who or [mention for _, mention in tied]:
                    self.ruled_issuer.setdefault(mention, issuer)
        self.roles = ["+".join(sorted(found)) or "0" for found in roles]

    def ruled_together(self, assignee: int, mention: int) -> bool:
        """The rules tie the mention to the assignee."""
        return not self.ruled_assignee.get(assignee, _NO_RECORD).isdisjoint(self.ruled_tied.get(mention, _NO_RECORD))

    def key(self, place: int) -> str:
        """The token there; "#" outside the text."""
        return self.keys[place] if 0 <= place < len(self.keys) else "#"

    def window(self, place: int, before: int, behind: int) -> list[str]:
        """The keys from so many tokens before it to so many behind it."""
        if before <= place < len(self.keys) - behind:
            return self.keys[place - before : place + behind + 1]
        return [self.key(n) for n in range(place - before, place + behind + 1)]

    def actors_near(self, mention: int, before: int, behind: int) -> list[int]:
        """The actors next to a mention, at most so many on either side, in order; without itself."""
        first, last = bisect_left(self.actors, mention), bisect_right(self.actors, mention)
        return self.actors[max(0, first - before) : first] + self.actors[last : last + behind]

    def actors_between(self, first: int, last: int) -> slice:
        """Where in `actors` those behind the one mention and before the other are."""
        return slice(bisect_right(self.actors, first), bisect_left(self.actors, last))

    def again(self, mention: int, others: Sequence[int]) -> list[int]:
        """Those of the others that are the `same` as the mention."""
        called = self._called
        known = self._same.setdefault(called[mention], {})
        for other in others:
            if called[other] not in known:
                known[called[other]] = self.same(mention, other)
        return [other for other in others if known[called[other]]]

    def same(self, one: int, other: int) -> bool:
        """The two mentions may well be one person or body: "Phó Chủ tịch Lò Văn Pó" and "Pó", "Sở" and "Sở Y tế"."""
        if self.labels[one] != self.labels[other]:
            return False
        a, b = self.texts[one], self.texts[other]
        if self.labels[one] == "OFFICIAL":
            return bool(self.names[one] & self.names[other]) or a in b or b in a
        return a == b or a.startswith(b + " ") or b.startswith(a + " ")


def _names(label: str, phrase: str) -> frozenset[str]:
    """Words by which a person may be called again: the last one before each comma, dash or bracket, if a name."""
    if label != "OFFICIAL":
        return frozenset()
    last = [part.split()[-1] for part in _PARTS.split(phrase) if part.strip()]
    return frozenset(word.lower() for word in last if word.isalpha() and word[0].isupper() and not word.isupper())
