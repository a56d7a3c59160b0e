"""A text in, the day it was published out, when one of its first lines is a dateline.

A dateline holds one full date and nothing but a weekday, a clock, keywords ("Cập nhật", "Ngày đăng") or a place:

    Thứ Năm, 15/10/2020 | 14:30      (Cập nhật 14:05, 12/7/2023)      Hà Nội, ngày 12 tháng 7 năm 2023

A date inside a sentence never counts. A line is taken apart by `_FORMS`, one thing after another; what is left of
it must be nothing, or a name in capitals (a place, an author, a section).
"""
import re
from datetime import date

from infer.folding import fold, match_key

_LINES = 6  # lines with text: section, headline, dateline, lead
_READ = 4000  # characters that those lines may take
_LONGEST_LINE = 120

_YEAR = "(?:19|20)[0-9]{2}"
_DATE = re.compile(
    rf"\b(?:(?P<d>[0-9]{{1,2}}) ?(?P<sep>[/.-]) ?(?P<m>[0-9]{{1,2}}) ?(?P=sep) ?(?P<y>{_YEAR})"
    rf"|(?P<y2>{_YEAR})-(?P<m2>[0-9]{{2}})-(?P<d2>[0-9]{{2}})t?"
    rf"|(?P<d3>[0-9]{{1,2}}) tháng (?P<m3>[0-9]{{1,2}})(?:,? năm |[/,] ?| )(?P<y3>{_YEAR}))(?![0-9/])")
_WEEKDAY = re.compile(r"\b(?:thứ (hai|ba|tư|năm|sáu|bảy|bẩy|[2-7])|(chủ nhật|chúa nhật|cn)|t([2-7]))\b(?!\.)")
_WEEKDAY_NUMBERS = {"hai": 0, "ba": 1, "tư": 2, "năm": 3, "sáu": 4, "bảy": 5, "bẩy": 5}
_FORMS = tuple(re.compile(form) for form in (
    r"\(?\b(?:gmt|utc) ?\+? ?[0-9]{1,2}(?::?[0-9]{2})?\)?",
    r"\b[0-9]{1,2} ?(?:(?::|h|g|giờ)(?: ?[0-9]{2})?(?: ?phút|')?(?::[0-9]{2})?)(?:\.[0-9]+)?(?:z|\+[0-9:]{4,5})?(?: ?[ap]m\b)?",
    r"\b[ap]m\b",
    r"\b(?:lượt xem|lượt đọc|đã xem|số lượt xem|bình luận) ?:? ?[0-9.,]*",
    r"\b(?:(?:ngày |thời gian |giờ )?(?:đăng(?: tải| tin| bài)?|cập nhật(?: lần cuối)?|xuất bản|tạo|phát hành|viết|gửi|đưa tin)"
    r"(?: lúc| vào| ngày)?|thời gian|published|updated|posted|last updated)\b",
    r"\b(?:ngày|lúc|hồi|vào|on|at)\b",
))
_PUBLISHED = re.compile(r"(?:đăng|xuất bản|phát hành|published|posted)[^0-9]{0,30}")
_MARKED = 3  # a form up to here, or a weekday, marks a dateline by itself; "ngày" alone does not
_SEPARATORS = re.compile(r"[\s|:;,.()\[\]/•·*_+-]+")
# What may be left: one name, each of its words in capitals ("TP. Hồ Chí Minh", "VGP News"), or "tỉnh"/"thành phố" and one.
_LEFT_OVER = 6
_PLACE_WORDS = {"tỉnh", "thành", "phố", "tp", "huyện"}


def _date_of(match: re.Match[str]) -> date | None:
    day, month, year = (match[n] or match[n + "2"] or match[n + "3"] for n in "dmy")
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _weekday_agrees(key: str, day: date) -> bool:
    match = _WEEKDAY.search(key)
    if match is None:
        return True
    named = 6 if match[2] else _WEEKDAY_NUMBERS.get(match[1] or "")
    return day.weekday() == (int(match[1] or match[3]) - 2 if named is None else named)


def _one_date(key: str) -> re.Match[str] | None:
    """The only date of the line, or of two the one that a word like "đăng" goes before."""
    dates = list(_DATE.finditer(key))
    if len({_date_of(m) for m in dates}) > 1:
        dates = [m for m in dates if any(p.end() == m.start() for p in _PUBLISHED.finditer(key))]
    return dates[0] if len({_date_of(m) for m in dates}) == 1 else None


def _blank(text: str, pattern: re.Pattern[str]) -> tuple[str, int]:
    """`text` with the pattern's matches turned to bars, at the same length: the readable line is cut alongside."""
    return pattern.subn(lambda m: "|" * len(m[0]), text)


def _line_date(line: str) -> date | None:
    readable = fold(line)
    key = match_key(readable)
    found = _one_date(key) if len(readable) <= _LONGEST_LINE else None
    day = _date_of(found) if found else None
    if day is None or not _weekday_agrees(key, day):
        return None
    rest, _ = _blank(key, _DATE)
    rest, marks = _blank(rest, _WEEKDAY)
    for position, form in enumerate(_FORMS):
        rest, count = _blank(rest, form)
        marks += count if position < 5 else 0
    words = [readable[m.start():m.end()] for m in re.finditer(r"[^\s|:;,.()\[\]/•·*_+-]+", rest)]
    named = all(word[0].isupper() or word.lower() in _PLACE_WORDS for word in words)
    return day if named and len(words) <= (_LEFT_OVER if marks else 5) else None


def find_dateline(text: str) -> date | None:
    """The publication date that one of the first lines of `text` states as a dateline, or None.

    Only the first six lines with text are read, and only day, month and four-digit year together count. A date
    that contradicts the weekday beside it, or that does not exist, is passed over. Never raises on text.
    """
    lines = [line for line in text[:_READ].splitlines() if line.strip()]
    return next((day for line in lines[:_LINES] if (day := _line_date(line))), None)
