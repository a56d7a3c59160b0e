"""Trigger words of the directive rules: tables and one sentence go in, the sequence of its items comes out.

`read_items(text, start, end, mentions)` turns a sentence into `Item`s, in order: its mentions, the trigger phrases
of `PHRASES`, punctuation and single words. Matching works on word keys (see `word_key`), so that case, NFC or NFD,
double spaces and both tone spellings make no difference, and each item still knows its offsets in the raw text.
`split_sentences(text, mentions)` is the stand-in for a caller who has no sentence spans.

    python -c "from infer.triggers import read_items; print(read_items('Đề nghị các sở rà soát', 0, 22, []))"
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from enum import Enum, auto
from functools import lru_cache
from typing import NamedTuple, Protocol

from data.unicode import nfd


class Mention(Protocol):
    """A tagged span: `text[start:end]`, offsets in code points of the raw text, end exclusive."""

    @property
    def id(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


class Role(Enum):
    """What an item does in its sentence."""

    ACTOR = auto()  # an OFFICIAL or AGENCY mention
    INDICATOR = auto()
    DEADLINE = auto()
    OUTSIDER = auto()  # somebody who is never tagged: a company, citizens, delegates
    ORDER = auto()  # gives work to its object
    STEER = auto()  # orders only when an actor is its object
    PASSIVE = auto()  # its subject is given work
    DUTY = auto()  # its subject has to act
    SPEAK = auto()  # its subject is the speaker from here on
    ACCORDING = auto()  # its object is the speaker from here on
    BY = auto()  # its object ordered what has just been told
    JOIN = auto()  # coordinators follow
    REPORT = auto()  # recipients follow
    TOWARDS = auto()  # the recipient at the end of a report
    LETTER = auto()  # what is sent to somebody asks something of him
    OF = auto()  # the actor behind it only qualifies a noun
    CLAUSE = auto()  # opens a subordinate clause: its subject has no duty of its own
    PAST = auto()  # what its subject does is no order
    AGAIN = auto()  # the next order has the same issuer
    AND = auto()  # the same, and it joins lists
    COMMA = auto()
    STOP = auto()
    QUOTE = auto()
    GLUE = auto()  # may stand between a trigger and its actor
    WORD = auto()

    __hash__ = object.__hash__  # Enum's own is a call in Python, at every look into a set of roles


PHRASES: dict[Role, str] = {
    Role.ORDER: """giao | giao cho | giao nhiệm vụ | giao nhiệm vụ cho | giao nhiệm vụ cụ thể cho | giao trách nhiệm
        | giao trách nhiệm cho | giao chỉ tiêu | ra chỉ tiêu | phân công | yêu cầu | đề nghị | kiến nghị | chỉ đạo
        | chỉ đạo giao | chỉ thị | nhắc nhở | lưu ý | lưu ý đối với | quán triệt | ra lệnh | ủy quyền
        | ủy quyền cho | phê duyệt cho | đôn đốc các | đòi hỏi | đặt mục tiêu | đặt ra mục tiêu | đề ra mục tiêu
        | định hướng phấn đấu | đề xuất | kêu gọi | mong muốn | mong""",
    Role.STEER: "hướng dẫn | đôn đốc | buộc | thúc",
    Role.PASSIVE: "được giao | được giao nhiệm vụ | được phân công | được yêu cầu | được đề nghị | được chỉ đạo",
    Role.DUTY: """phải | cần | cần phải | sẽ phải | có trách nhiệm | có nhiệm vụ | chịu trách nhiệm
        | chịu trách nhiệm trước | chủ trì | khẩn trương | tập trung""",
    Role.SPEAK: """nhấn mạnh | kết luận | nêu rõ | nói | cho rằng | cho biết | cho hay | khẳng định | phát biểu
        | đánh giá | bày tỏ | phê duyệt | ký | ban hành | đồng ý
        | ghi nhận | biểu dương | chỉ rõ | chỉ ra | thừa nhận | chốt | chốt lại | nhắc lại | căn dặn | tiếp thu""",
    Role.ACCORDING: "theo",
    Role.BY: """theo chỉ đạo của | theo đúng chỉ đạo của | như chỉ đạo của | theo hướng dẫn chỉ đạo của
        | theo yêu cầu của | theo lệnh của""",
    Role.JOIN: """phối hợp | phối hợp với | phối hợp cùng | phối hợp cùng với | phối hợp chặt với
        | phối hợp chặt chẽ với | cùng | cùng với""",
    Role.REPORT: """báo cáo | trình | gửi | tham mưu | tham mưu cho | xin ý kiến | bàn giao | bàn giao cho
        | thông báo cho | báo về | báo ngay | báo lại | báo cho""",
    Role.TOWARDS: "về | lên | tới | với | đến | cho",
    Role.LETTER: "văn bản | công văn | công điện",
    Role.OF: "của | tại | từ | do | bởi | trong | ở | vào | thuộc | giữa | đối với | như",
    Role.CLAUSE: "mà | nếu | khi | nên | để | vì",
    Role.PAST: "đã | vẫn | đang | mới | chưa | từng",
    Role.AGAIN: "đồng thời",
    Role.AND: "và | hoặc",
    Role.OUTSIDER: """công ty | doanh nghiệp | chủ đầu tư | nhà đầu tư | nhà thầu | tư vấn | người dân | nhân dân
        | hộ dân | ngư dân | bà con | cử tri | đại biểu | phụ huynh | giáo viên | luật sư | chuyên gia | dư luận
        | báo chí""",
    Role.GLUE: """ông | bà | đồng chí | các đồng chí | các | những | tất cả | cụ thể | phía | rằng | là | trực tiếp
        | thêm | cả | ngay | cũng | lại | vừa | còn | tiếp tục | sẽ""",
    # Longer phrases in which a trigger word does not order, report or oblige. The longest phrase wins.
    Role.WORD: """giao thông | giao dịch | giao lưu | giao ban | giao đất | giao tiếp | chuyển giao | được giao năm
        | kế hoạch được giao | nhiệm vụ được giao | dự toán được giao | việc giao | việc phân công
        | phương án giao | đề xuất giao | cơ chế giao | chương trình | công trình | quá trình | tờ trình
        | lộ trình | quy trình | giáo trình | trình bày | trình độ | cần thiết | không phải | bên phải | bìa phải
        | phải chờ | sẽ phải chờ | cùng ngày | cuối cùng | vô cùng | ban chỉ đạo | sự chỉ đạo | cơ quan chỉ đạo
        | theo chỉ đạo | thực hiện chỉ đạo | thực hiện ý kiến chỉ đạo | ý kiến chỉ đạo của | chỉ đạo của
        | chỉ đạo này | chỉ đạo trên | nhận chỉ đạo | kết luận của | có kết luận | kết luận thanh tra
        | yêu cầu của | yêu cầu này | yêu cầu trên | theo yêu cầu | đáp ứng yêu cầu | nhiều yêu cầu | các yêu cầu
        | những yêu cầu | mọi yêu cầu | việc yêu cầu | đề nghị của | đề nghị trên | theo đề nghị | việc đề nghị
        | kiến nghị của | các kiến nghị | đơn kiến nghị | thư kiến nghị | đề xuất của | đáng lưu ý
        | chủ trì cuộc họp | chủ trì hội nghị | chủ trì buổi | chủ trì phiên | chủ trì kỳ họp | đơn vị chủ trì
        | báo cáo của | theo báo cáo | trách nhiệm | theo dõi | theo hướng | theo quy định | theo đúng | theo đó
        | theo kế hoạch | tiếp theo | thời gian tới | tới đây | sắp tới | năm tới | tuần tới | cáo buộc | bắt buộc
        | thúc đẩy | kết thúc | đăng ký | chữ ký | cho nên""",
}

# Orders that need an actor as their object: without one they hand over land or float an idea.
TRANSITIVE = frozenset({"giao", "giao cho", "đề xuất", "kêu gọi", "mong", "mong muốn"})
# Orders that somebody who has been ordered himself passes on.
DELEGATING = frozenset({"chỉ đạo", "hướng dẫn", "đôn đốc", "phân công"})


class Item(NamedTuple):
    """One step of a sentence. `phrase` is the trigger as the table spells it, the mark itself for punctuation,
    and "" for mentions and other words; `key` is the phrase, or else the word's key."""

    role: Role
    start: int
    end: int
    phrase: str = ""
    mention: Mention | None = None
    key: str = ""


ACTORS = ("OFFICIAL", "AGENCY")
LABELS = {
    "OFFICIAL": Role.ACTOR,
    "AGENCY": Role.ACTOR,
    "INDICATOR": Role.INDICATOR,
    "DEADLINE": Role.DEADLINE,
}
_TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")
# A word may carry combining marks (NFD). Invisible characters count as space.
_TOKEN = re.compile(r"(?:[^\W_]|[\u0300-\u036f])+|[^\w\s\u00ad\u200b-\u200f\ufeff]")
_MARKS = {",": Role.COMMA, ";": Role.STOP, "…": Role.STOP, '"': Role.QUOTE, "“": Role.QUOTE, "”": Role.QUOTE}


@lru_cache(maxsize=65536)
def word_key(word: str) -> str:
    """The word in lower case with its tone mark moved to the end: "Thủy", "thuỷ" and their NFD forms are one."""
    letters = nfd(word.lower())
    tone = "".join(c for c in letters if c in _TONES)
    return unicodedata.normalize("NFC", "".join(c for c in letters if c not in _TONES)) + tone


def word_keys(words: str) -> frozenset[str]:
    """The keys of the words of a line."""
    return frozenset(word_key(word) for word in words.split())


def phrase_table() -> dict[tuple[str, ...], tuple[Role, str]]:
    """Each phrase of `PHRASES` as word keys, with role and spelling. Raises ValueError for a phrase in two rows."""
    table: dict[tuple[str, ...], tuple[Role, str]] = {}
    for role, row in PHRASES.items():
        for phrase in (" ".join(cell.split()) for cell in row.split("|")):
            keys = tuple(word_key(word) for word in phrase.split())
            if keys in table:
                raise ValueError(f"trigger {phrase!r} stands under {table[keys][0].name} and {role.name}: keep one")
            table[keys] = (role, phrase)
    return table


_TABLE = phrase_table()
_LENGTHS: dict[str, list[int]] = {}  # first word -> lengths of the phrases that begin with it, longest first
for _keys in sorted(_TABLE, key=len, reverse=True):
    if len(_keys) not in _LENGTHS.setdefault(_keys[0], []):
        _LENGTHS[_keys[0]].append(len(_keys))


def _is_name(before: str, word: str) -> bool:
    """A capital inside a sentence: the place "Cần Thơ" obliges nobody."""
    return word[0].isupper() and not word.isupper() and before[-1].isalnum()


@lru_cache(maxsize=65536)
def _read_word(word: str) -> tuple[str, Sequence[int], Role, str]:
    """Its key, the lengths of the phrases that it begins, and its role and phrase where it begins none."""
    key = word_key(word)
    return key, _LENGTHS.get(key, ()), _MARKS.get(word, Role.WORD), "" if word[0].isalnum() else word


@lru_cache(maxsize=2048)  # the rules and the linker read an article one after the other
def _read_gap(text: str, start: int, end: int) -> tuple[Item, ...]:
    """The items of a stretch without mentions."""
    items: list[Item] = []
    spans = [found.span() for found in _TOKEN.finditer(text, start, end)]
    words = [_read_word(text[at:stop]) for at, stop in spans]
    keys = [word[0] for word in words]
    n = 0
    while n < len(spans):
        at, stop = spans[n]
        key, lengths, role, phrase = words[n]
        size, left = 1, len(keys) - n
        for k in lengths:
            if k <= left and (found := _TABLE.get(tuple(keys[n : n + k]))):
                role, phrase = found
                is_name = n > 0 and _is_name(text[spans[n - 1][1] - 1], text[at:stop])
                size, stop = k, spans[n + k - 1][1]
                if is_name and role not in (Role.OUTSIDER, Role.LETTER):
                    role, phrase, key = Role.WORD, "", word_key(text[at:stop])
                break
        items.append(Item(role, at, stop, phrase, None, phrase or key))
        n += size
    return tuple(items)


def read_items(text: str, start: int, end: int, mentions: Sequence[Mention]) -> list[Item]:
    """The items of `text[start:end]`. `mentions` lie inside it, have one of `LABELS`, are sorted and do not overlap."""
    items: list[Item] = []
    at = start
    for mention in mentions:
        items += _read_gap(text, at, mention.start)
        items.append(Item(LABELS[mention.label], mention.start, mention.end, "", mention))
        at = mention.end
    items += _read_gap(text, at, end)
    return items


_BREAK = re.compile(r"\n+|(?<=[.!?…])[^\S\n]+(?=[^\W\d_a-zà-ỹđ]|[\"“'‘(\-•*+])")
_ABBREVIATION = re.compile(r"\b(?:TP|Tp|TX|TT|TS|ThS|PGS|GS|BS|St|[A-ZĐ])\.$")


def split_sentences(text: str, mentions: Sequence[Mention]) -> list[tuple[int, int]]:
    """Spans cut at line breaks and after sentence-final marks, never inside one of the sorted `mentions`."""
    spans, start, m = [], 0, 0
    for cut in _BREAK.finditer(text):
        while m < len(mentions) and mentions[m].end <= cut.start():
            m += 1
        inside = m < len(mentions) and mentions[m].start < cut.end()
        if inside or (cut.group()[0] != "\n" and _ABBREVIATION.search(text, max(0, cut.start() - 5), cut.start())):
            continue
        spans.append((start, cut.start()))
        start = cut.end()
    return [*spans, (start, len(text))]


_SPACE = re.compile(r"\s*")
_POINT = re.compile(r"\s*(?:\(?[^\W_]{1,3}[.)]|[-–—•*+])\s*")


def usable(text: str, mentions: Sequence[Mention]) -> list[Mention]:
    """The mentions in reading order, less those with another label, outside the text, overlapping an earlier one, or
    with the id of an earlier one."""
    kept: list[Mention] = []
    ids: set[str] = set()
    for mention in sorted(mentions, key=lambda m: (m.start, m.end)):
        free = (not kept or kept[-1].end <= mention.start) and mention.id not in ids
        if free and mention.label in LABELS and 0 <= mention.start < mention.end <= len(text):
            kept.append(mention)
            ids.add(mention.id)
    return kept


def pieces(
    text: str, kept: Sequence[Mention], sentences: Sequence[tuple[int, int]]
) -> Iterator[tuple[int, int, bool, Sequence[Mention]]]:
    """The whole text cut at the ends of the sentences: each piece, whether it begins a line, and its mentions.

    No mention is cut or lost. Space goes to the end of a piece, the mark of a point ("1.", "a)") to what it numbers.
    """
    start = n = first = 0
    new_line = True
    for end in sorted({min(max(end, 0), len(text)) for _, end in sentences} | {len(text)}):
        while n < len(kept) and kept[n].start < end:
            n += 1
        edge = max(end, kept[n - 1].end) if n > first else end
        while edge > start and text[edge - 1].isspace():
            edge -= 1
        space = _SPACE.match(text, edge)
        stop = space.end() if space else edge
        if stop > start and (stop == len(text) or not _POINT.fullmatch(text, start, stop)):
            yield start, stop, new_line, kept[first:n]
            start, first, new_line = stop, n, "\n" in text[edge:stop]


# What the neighbours of an item say about it.

# The word before an indicator that gives the background ("với tổng vốn 5 tỷ") or names what the work has to move.
_BACKGROUND = word_keys("với có còn từ vì do chỉnh đã được rằng trễ trong việc chỉ hiện khai")
_RAISING = word_keys("tăng giảm dần nhanh đạt bảo đảm tiến độ nhiệm vụ thành cao nâng vượt đủ thu mục tiêu")
_FIGURE = re.compile(r"(?<!\d)(?!(?:19|20)\d\d(?!\d))\d")  # a digit that does not begin a year
_FAR = 200  # items to look ahead at most, so that the time stays linear in the length of a sentence
_POINTS = ("-", "–", "—", "•", "*", "+", ".", ")")
_BEFORE_OBJECT = (Role.GLUE, Role.QUOTE, Role.DEADLINE, Role.COMMA, Role.TOWARDS)


def is_point(items: Sequence[Item]) -> bool:
    """The sentence begins like a point of a list: "- …", "1. …", "a) …", "(ii) …"."""
    marks = [n for n, item in enumerate(items[:3]) if item.phrase in _POINTS]
    return bool(marks) and all(item.end - item.start < 4 for item in items[: marks[-1]])


def opens_clause(text: str, items: Sequence[Item], n: int) -> bool:
    """Nothing but a comma, a semicolon, a colon, the mark of a point or a connective stands before item `n`."""
    before = items[n - 1] if n else None
    if before is None or before.role in (Role.COMMA, Role.STOP, Role.AGAIN) or before.phrase == ":":
        return True
    if before.role is Role.AND:
        return n > 1 and items[n - 2].role is Role.COMMA
    if before.phrase in _POINTS:
        return n < 4 and is_point(items[:n])
    return n == 1 and (before.role is Role.GLUE or text[before.start : before.end].lower() in ("riêng", "theo đó"))


def object_follows(items: Sequence[Item], n: int) -> bool:
    """An actor is the object of the verb at `n`."""
    after = next((items[k].role for k in range(n + 1, len(items)) if items[k].role not in _BEFORE_OBJECT), None)
    return after is Role.ACTOR


def hands_outside(items: Sequence[Item], n: int) -> bool:
    """“giao công ty ba khu đất”: the object of the verb at `n` is an outsider."""
    return items[n].phrase in TRANSITIVE and n + 1 < len(items) and items[n + 1].role is Role.OUTSIDER


def ends_at(items: Sequence[Item], n: int) -> bool:
    """Item `n` is the last word of its sentence."""
    return len(items) - n < 4 and all(item.role is Role.QUOTE or item.phrase == "." for item in items[n + 1 :])


def is_target(text: str, items: Sequence[Item], n: int) -> bool:
    """The indicator at `n` is to be reached ("giảm tỷ lệ hộ nghèo", "thu hồi 5 tỷ đồng"), not told ("với vốn …")."""
    before = text[items[n - 1].start : items[n - 1].end].split() if n else []
    word = word_key(before[-1]) if before else ""
    if word in _BACKGROUND:
        return False
    if word in _RAISING or _FIGURE.search(text, items[n].start, items[n].end):
        return True
    return n > 1 and items[n - 1].role in (Role.COMMA, Role.AND) and items[n - 2].role is Role.INDICATOR


def is_task(items: Sequence[Item], n: int) -> bool:
    """What follows from `n` on reports to somebody, joins somebody or has a deadline, and tells no news."""
    rest = items[n : n + _FAR]
    clause = next((k for k, item in enumerate(rest) if item.role in (Role.COMMA, Role.QUOTE)), len(rest))
    if any(item.role in (Role.SPEAK, Role.PAST) for item in rest[:clause]):
        return False
    if any(item.role is Role.ORDER and item.phrase != "đề xuất" for item in rest):
        return False
    return any(item.role in (Role.REPORT, Role.JOIN, Role.DEADLINE) for item in rest)
