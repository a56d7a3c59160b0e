"""Trigger words of the directive rules: tables in, a sentence's sequence of items out.

`read_items(text, start, end, mentions)` turns one sentence into `Item`s, in order: the mentions, the trigger
phrases of `PHRASES`, punctuation, and single words. Offsets are code points of the raw text. Matching works on
word keys (see `word_key`), so case, NFC or NFD, double spaces and both tone spellings make no difference, and
every item still knows its raw offsets.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from enum import Enum, auto
from functools import lru_cache
from typing import NamedTuple, Protocol


class Mention(Protocol):
    """A tagged span: `text[start:end]`, offsets in code points, end exclusive."""

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
    OUTSIDER = auto()  # a party that is never tagged: a company, citizens, delegates
    ORDER = auto()  # gives work to its object: "giao", "yêu cầu"
    STEER = auto()  # orders only when an actor is its object: "hướng dẫn"
    PASSIVE = auto()  # its subject is given work: "được giao"
    DUTY = auto()  # its subject has to act: "phải", "chịu trách nhiệm"
    SPEAK = auto()  # makes its subject the speaker: "nhấn mạnh"
    ACCORDING = auto()  # makes its object the speaker: "theo"
    JOIN = auto()  # coordinators follow: "phối hợp với"
    REPORT = auto()  # recipients follow: "báo cáo", "trình"
    TOWARDS = auto()  # after a report, its recipient: "về", "lên"
    NOTICE = auto()  # a letter that goes to the one who is ordered: "công văn gửi"
    OF = auto()  # its actor only qualifies a noun: "của", "tại"
    BY = auto()
    CLAUSE = auto()
    PAST = auto()  # what follows has been done: "đã"
    AGAIN = auto()  # a new order by the same issuer: "đồng thời"
    AND = auto()
    COMMA = auto()
    STOP = auto()  # a semicolon, an ellipsis
    QUOTE = auto()
    GLUE = auto()  # may stand between a trigger and its actor: "cho", "đồng chí"
    WORD = auto()


PHRASES: dict[Role, str] = {
    Role.ORDER: """giao | giao cho | giao nhiệm vụ | giao nhiệm vụ cho | giao nhiệm vụ cụ thể cho | giao trách nhiệm
        | giao trách nhiệm cho | yêu cầu | đề nghị | chỉ đạo | chỉ thị | chỉ đạo giao | phân công | nhắc nhở | lưu ý
        | lưu ý đối với | quán triệt | ra lệnh | ủy quyền | ủy quyền cho | phê duyệt cho | đôn đốc các | giao chỉ tiêu
        | ra chỉ tiêu | đặt mục tiêu | đặt ra mục tiêu | đề ra mục tiêu | định hướng phấn đấu | đòi hỏi
        | kiến nghị | đề xuất | kêu gọi | mong muốn""",
    Role.STEER: "hướng dẫn | đôn đốc | buộc | thúc",
    Role.PASSIVE: "được giao | được yêu cầu | được đề nghị | được chỉ đạo | được phân công | được giao nhiệm vụ",
    Role.DUTY: """phải | cần | cần phải | sẽ phải | có trách nhiệm | chịu trách nhiệm | chịu trách nhiệm trước | chủ trì
        | khẩn trương | tập trung | có nhiệm vụ | phấn đấu""",
    Role.SPEAK: """nhấn mạnh | cho rằng | kết luận | nêu rõ | nói | cho biết | cho hay | khẳng định | phát biểu
        | đánh giá | bày tỏ | phê duyệt | ký | ban hành | đồng ý""",
    Role.ACCORDING: "theo",
    Role.JOIN: """phối hợp với | phối hợp cùng | phối hợp | phối hợp cùng với | cùng với | cùng | phối hợp chặt chẽ với
        | phối hợp chặt với""",
    Role.REPORT: """báo cáo | trình | gửi | tham mưu | tham mưu cho | xin ý kiến | bàn giao cho | bàn giao | thông báo cho
""",
    Role.TOWARDS: "về | lên | tới | với | đến | cho",
    Role.NOTICE: "công văn | văn bản | công điện | đề nghị gửi",
    Role.BY: "theo chỉ đạo của | theo đúng chỉ đạo của | như chỉ đạo của | theo hướng dẫn chỉ đạo của | theo yêu cầu của",
    Role.OF: "của | tại | từ | do | bởi | trong | ở | vào | thuộc | giữa | đối với | như",
    Role.CLAUSE: "mà | nếu | khi | thì | nên | để | vì",
    Role.PAST: "đã | vẫn | đang | mới | chưa | từng",
    Role.AGAIN: "đồng thời",
    Role.AND: "và | hoặc",
    Role.OUTSIDER: """công ty | doanh nghiệp | chủ đầu tư | nhà đầu tư | người dân | nhân dân | cử tri | đại biểu | nhà thầu
        | luật sư | phụ huynh | hộ dân | ngư dân | bà con | chuyên gia | giáo viên | dư luận | báo chí | tư vấn""",
    Role.GLUE: """ông | bà | đồng chí | các đồng chí | các | những | cụ thể | phía | rằng | là | trực tiếp | thêm | cả
        | ngay | cũng | lại | vừa | còn | tiếp tục | sẽ | tất cả""",
    # Longer phrases in which a trigger word does not order, report or oblige.
    Role.WORD: """giao thông | giao dịch | giao lưu | giao ban | chuyển giao | giao đất | giao tiếp
        | được giao năm | kế hoạch được giao | nhiệm vụ được giao | dự toán được giao | chương trình | công trình | quá trình
        | trình bày | trình độ | tờ trình | lộ trình | quy trình | giáo trình | cần thiết | không phải | bên phải
        | cùng ngày | cuối cùng | vô cùng | ban chỉ đạo | sự chỉ đạo | theo chỉ đạo | thực hiện chỉ đạo | ý kiến chỉ đạo của
        | chỉ đạo của | kết luận của | yêu cầu của | đề nghị của | kiến nghị của | đề xuất của | theo yêu cầu | đáp ứng yêu cầu
        | các kiến nghị | chủ trì cuộc họp | chủ trì hội nghị | chủ trì buổi | chủ trì phiên | chủ trì kỳ họp
        | báo cáo của | theo báo cáo | kết luận thanh tra | trách nhiệm | theo đề nghị | theo dõi
        | theo hướng | theo quy định | theo đúng | theo đó | theo kế hoạch | thời gian tới | tới đây | sắp tới | năm tới
        | tuần tới | nhận chỉ đạo | có kết luận | đơn vị chủ trì | việc giao | việc phân công | phương án giao
        | đề xuất giao | cơ chế giao | việc yêu cầu | việc đề nghị | bìa phải | phải chờ
        | đơn kiến nghị | thư kiến nghị | chỉ đạo này | chỉ đạo trên | yêu cầu này | yêu cầu trên | đề nghị trên | cáo buộc
        | bắt buộc | thúc đẩy | kết thúc | thực hiện ý kiến chỉ đạo
        | sẽ phải chờ | tiếp theo | nhiều yêu cầu | các yêu cầu | những yêu cầu | mọi yêu cầu""",
}

# Orders that need an actor as their object: without one they hand over land or float a proposal.
TRANSITIVE = frozenset({"giao", "giao cho", "kiến nghị", "đề xuất", "kêu gọi", "mong muốn", "lưu ý", "phân công", "đòi hỏi"})


class Item(NamedTuple):
    """One step of a sentence; `phrase` is the canonical trigger text, "" for mentions and plain words."""

    role: Role
    start: int
    end: int
    phrase: str = ""
    mention: Mention | None = None


_TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")
_TOKEN = re.compile(r"(?:[^\W_]|[\u0300-\u036f])+|[^\w\s]")
_MARKS = {",": Role.COMMA, ";": Role.STOP, "…": Role.STOP, '"': Role.QUOTE, "“": Role.QUOTE, "”": Role.QUOTE}
_LABELS = {
    "OFFICIAL": Role.ACTOR,
    "AGENCY": Role.ACTOR,
    "INDICATOR": Role.INDICATOR,
    "DEADLINE": Role.DEADLINE,
}


@lru_cache(maxsize=65536)
def word_key(word: str) -> str:
    """The word in lower case with its tone mark moved to the end: "Thủy", "thuỷ" and their NFD forms are one."""
    letters = unicodedata.normalize("NFD", word.lower())
    tone = "".join(c for c in letters if c in _TONES)
    return unicodedata.normalize("NFC", "".join(c for c in letters if c not in _TONES)) + tone


def _index() -> dict[str, list[tuple[tuple[str, ...], str, Role]]]:
    index: dict[str, list[tuple[tuple[str, ...], str, Role]]] = {}
    for role, row in PHRASES.items():
        for phrase in row.split("|"):
            keys = tuple(word_key(w) for w in phrase.split())
            index.setdefault(keys[0], []).append((keys, " ".join(phrase.split()), role))
    for choices in index.values():
        choices.sort(key=lambda choice: -len(choice[0]))  # the longest phrase wins
    return index


_INDEX = _index()


def _read_gap(text: str, start: int, end: int) -> Iterator[Item]:
    """The items of a stretch without mentions."""
    tokens = [(m.group(), m.start(), m.end()) for m in _TOKEN.finditer(text, start, end)]
    keys = [word_key(t[0]) for t in tokens]
    n = 0
    while n < len(tokens):
        for phrase_keys, phrase, role in _INDEX.get(keys[n], ()):
            if tuple(keys[n : n + len(phrase_keys)]) == phrase_keys:
                last = n + len(phrase_keys) - 1
                yield Item(role, tokens[n][1], tokens[last][2], phrase)
                n = last
                break
        else:
            word, at, stop = tokens[n]
            yield Item(_MARKS.get(word, Role.WORD), at, stop, word if not word[0].isalnum() else "")
        n += 1


def read_items(text: str, start: int, end: int, mentions: Sequence[Mention]) -> list[Item]:
    """The items of `text[start:end]`; `mentions` lie in it, sorted and without overlaps."""
    items: list[Item] = []
    at = start
    for mention in mentions:
        items += _read_gap(text, at, mention.start)
        items.append(Item(_LABELS[mention.label], mention.start, mention.end, "", mention))
        at = mention.end
    items += _read_gap(text, at, end)
    return items
