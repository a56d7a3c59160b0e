"""A text in, the day it was published out, when one of its first lines is a dateline.

A dateline holds one full date, and besides it only a weekday, a clock, keywords ("Cập nhật", "Ngày đăng") or a place:

    Thứ Năm, 15/10/2020 | 14:30      (Cập nhật 14:05, 12/7/2023)      Hà Nội, ngày 12 tháng 7 năm 2023

A date inside a sentence never counts. A line is taken apart by `_MARKS` and `_FILLERS`; what is left of it must be
nothing, a place, or, beside a mark, a name in capitals (an author, a section).

    python -c "from infer.dateline import find_dateline; print(find_dateline('Thứ Năm, 15/10/2020 | 14:30'))"
"""

import re
from datetime import date

from infer.folding import fold, match_key
from infer.people import CITIES, PROVINCES

_LINES = 6  # lines with text: section, headline, dateline, lead
_READ = 4000  # characters that those lines may take
_MOST_WORDS = 6  # of the name that may stand in a dateline

_YEAR = "(?:19|20)[0-9]{2}"
_DATE = re.compile(
    rf"(?<![\w/.-])(?:(?P<d>[0-9]{{1,2}}) ?(?P<sep>[/.-]) ?(?P<m>[0-9]{{1,2}}) ?(?P=sep) ?(?P<y>{_YEAR})"
    rf"|(?P<y2>{_YEAR})-(?P<m2>[0-9]{{2}})-(?P<d2>[0-9]{{2}})t?"
    rf"|(?P<d3>[0-9]{{1,2}}) tháng (?P<m3>[0-9]{{1,2}})(?:,? năm |[/,] ?| )(?P<y3>{_YEAR}))(?![0-9/])"
)
_WEEKDAY = re.compile(
    r"\b(?:thứ (?P<name>hai|ba|tư|năm|sáu|bảy|bẩy|[2-7])|(?P<sunday>chủ nhật|chúa nhật|cn)|t(?P<number>[2-7]))\b"
)
_WEEKDAYS = {"hai": 0, "ba": 1, "tư": 2, "năm": 3, "sáu": 4, "bảy": 5, "bẩy": 5} | {str(n): n - 2 for n in range(2, 8)}

_MARKS = (  # one of these makes a line a dateline
    _WEEKDAY,
    re.compile(
        r"\b[0-9]{1,2} ?(?::|h|g|giờ)(?: ?[0-9]{2})?(?: ?phút|')?(?::[0-9]{2}(?:\.[0-9]+)?)?"
        r"(?:z|\+[0-9:]{4,5})?(?!\w)"
    ),
    re.compile(
        r"\b(?:(?:ngày |thời gian |giờ )?(?:đăng(?: tải| tin| bài)?|cập nhật(?: lần cuối)?|xuất bản|phát hành)"
        r"(?: lúc| vào)?(?: ngày)?|published|(?:last )?updated|posted)\b"
    ),
)
_FILLERS = (
    re.compile(r"\b(?:gmt|utc) ?\+? ?[0-9]{1,2}(?::?[0-9]{2})?\b|\+0?7(?::?00)?\b|\b[ap]m\b"),
    re.compile(r"\b(?:số )?(?:lượt (?:xem|đọc)|đã xem|bình luận) ?:? ?[0-9.,]*"),
    re.compile(r"\b(?:ngày|lúc|hồi|vào|on|at|thời gian)\b"),
)
_PUBLISHED = re.compile(r"(?:đăng|xuất bản|phát hành|published|posted)[^0-9]{0,20}$")
_WORD = re.compile(r"[^\s|:;,.()\[\]/•·*_+-]+")
_PLACE_WORDS = {"tỉnh", "thành", "phố", "tp", "huyện"}
# "Cao Bằng, ngày 12 tháng 7 năm 2023": after a comma and with "ngày", any name in capitals is a place.
_FORMAL = re.compile(r"[^,]+, ?ngày [^,]*")


def _date_of(match: re.Match[str]) -> date | None:
    day, month, year = (match[n] or match[f"{n}2"] or match[f"{n}3"] for n in "dmy")
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _only_date(key: str) -> re.Match[str] | None:
    """The date of the line; of two different ones that which a word like "đăng" goes before."""
    dates = list(_DATE.finditer(key))
    if len({_date_of(m) for m in dates}) > 1:
        dates = [m for m in dates if _PUBLISHED.search(key, 0, m.start())]
    return dates[0] if len({_date_of(m) for m in dates}) == 1 else None


def _weekday_agrees(key: str, day: date) -> bool:
    match = _WEEKDAY.search(key)
    return match is None or day.weekday() == (6 if match["sunday"] else _WEEKDAYS[match["name"] or match["number"]])


def _line_date(line: str) -> date | None:
    readable = fold(line)
    key = match_key(readable)
    found = _only_date(key)
    day = _date_of(found) if found else None
    if day is None or not _weekday_agrees(key, day):
        return None
    rest, marked = key, False
    for pattern in (_DATE, *_MARKS, *_FILLERS):
        # Replaced at the same length, so that what is left can be looked up in the readable line.
        rest, count = pattern.subn(lambda m: "|" * len(m[0]), rest)
        marked |= pattern in _MARKS and count > 0
    words = [readable[m.start() : m.end()] for m in _WORD.finditer(rest)]
    return day if _may_stay(words, marked or bool(_FORMAL.fullmatch(key))) else None


def _may_stay(words: list[str], marked: bool) -> bool:
    if marked:
        return len(words) <= _MOST_WORDS and all(w[0].isupper() or w in _PLACE_WORDS for w in words)
    place = " ".join(w for w in map(match_key, words) if w not in _PLACE_WORDS)
    return not words or place in PROVINCES | CITIES


def find_dateline(text: str) -> date | None:
    """The publication date that one of the first lines of `text` states as a dateline, or None.

    Only the first six lines with text are read, and only day, month and four-digit year together count. A date that
    contradicts the weekday beside it, or that does not exist, is passed over. Never raises on text.
    """
    lines = [line for line in text[:_READ].splitlines() if line.strip()]
    return next((day for line in lines[:_LINES] if (day := _line_date(line))), None)
