"""A phrase in, its figures out: where each stands, its value in Vietnamese notation, and its unit.

`find_figures(text)` reads a folded text. Numbers that only name something are masked first (`_MASKS`, `_WORD_MASKS`):
years, dates, "quý III", "mức độ 4", "lớp 10", "chương trình 135", document numbers, ages, "hai tháng", "ngã ba". A
figure is a number in digits or words (1.234,5; hai mươi lăm; nửa triệu), a fraction (11/29 or "hai phần ba", a string),
a multiple ("gấp đôi"), a range (5-6%: the value is None) or a change ("từ 22% xuống còn 18%": the value is what it
comes to). Units are kept as written: "tỉ đồng" is not converted, and a figure of two scales counts in the larger one
("ba tỷ sáu trăm triệu đồng" is 3.6 tỷ đồng).

A single number word ("ba") is a figure only with a unit of measure, or where it leads the phrase or follows a verb:
elsewhere it counts something inside a name ("giải ngân vốn ba chương trình").

    python -c "from infer.figures import *; print(find_figures('nộp ngân sách 2.495 tỷ đồng'))"
"""

import re
from typing import NamedTuple

from infer.comparisons import APPROXIMATE, strip_links
from infer.folding import match_key
from infer.masks import masked
from infer.numerals import (
    DIGITS,
    FRACTION_WORDS,
    SCALE_VALUES,
    TIMES,
    WORDS,
    read_fraction,
    read_number,
    read_times,
    read_words,
)
from infer.units import CLASSIFIER, COUNT, MEASURE, MEASURE_PER, MONEY, PER, RATE, SCALES


class Figure(NamedTuple):
    """`text[start:end]` is the number, `text[end:unit_end]` its unit."""

    start: int
    end: int
    unit_end: int
    value: int | float | str | None
    unit: str | None
    measured: bool  # in a measure, money or thousands; else the count of a noun, or a bare number
    noun: str | None  # the count noun at the end of the unit, where it has one
    classifies: bool  # the noun is a classifier of what follows: "1.850 liều vắc-xin"
    link: str | None  # the linking word inside the number: "gấp" of "gấp đôi", "còn" of "từ 22% xuống còn 18%"


# The count noun or classifier that a figure counts is a unit for now; `infer.indicators` may leave it to the name.
_UNIT = re.compile(
    rf" ?(?P<measure>(?:{SCALES} )?(?:{MONEY}|{MEASURE})|{SCALES}(?= ?/|(?! {COUNT})))(?P<per>{MEASURE_PER})"
    rf"| (?P<scale>{SCALES} )?(?P<noun>{RATE}|{COUNT})(?P<noun_per>{PER})"
)
_CLASSIFIED = re.compile(CLASSIFIER)
_AMOUNT = rf"(?:{DIGITS}|{WORDS})"
_U = rf"(?: ?(?:(?:{SCALES} )?(?:{MONEY}|{MEASURE}|{COUNT})|{SCALES})(?: ?/ ?\w+)?)?"
_BIG = "(?:nghìn t[ỷỉ]|t[ỷỉ]|triệu)"
_NUMBER = re.compile(
    rf"(?<![\w.,/])(?:(?P<change>từ (?:mức )?(?:{APPROXIMATE} )*{_AMOUNT}{_U}"
    rf" (?P<towards>(?:tăng |giảm |nâng )?(?:lên|xuống)(?: còn| đến| tới)?|còn|thành)"
    rf" (?:mức )?(?:{APPROXIMATE} )*(?P<to>{_AMOUNT}))"
    rf"|(?P<range>{_AMOUNT}{_U}(?: ?- ?| đến | tới )(?:{APPROXIMATE} )*{_AMOUNT})"
    rf"|(?P<fraction>{DIGITS} ?/ ?{DIGITS})(?![0-9/])"
    rf"|(?P<part>{FRACTION_WORDS})"
    rf"|(?P<times>gấp (?:{APPROXIMATE} )*{TIMES})(?!\w)"
    rf"|(?P<whole>{_AMOUNT}) (?P<big>{_BIG}) (?:(?P<rest>{_AMOUNT}) (?P<small>nghìn|ngàn|triệu|t[ỷỉ])"
    rf"|(?P<tenth>(?:một|hai|ba|bốn|tư|năm|sáu|bảy|tám|chín|rưỡi)))(?= (?:{MONEY}|{MEASURE}|{COUNT})|$| ?[,;)])"
    rf"|(?P<number>{DIGITS})"
    rf"|(?P<words>{WORDS}))"
)
_LEADS = re.compile(r" [^\W\d_]")
# Phrases that begin with one of these measure: a single number word inside them counts something in the name.
HEADS = re.compile(
    r"(?:tỷ|tỉ) (?:lệ|trọng|suất)|số|tổng|giải ngân|thu|chi|vốn|kinh phí|nguồn|diện tích|sản lượng|doanh thu|kim ngạch"
    r"|thời gian|mức|dư nợ|nợ|chỉ số|tốc độ|giá trị|chỉ tiêu|mục tiêu|lượng|khối lượng|năng suất|công suất|tiền"
    r"|quỹ|dự toán|kế hoạch"
)
_INSIDE = re.compile(r"\b(?:của|ở|tại|cho|trong|từ|với|giữa|về|theo|sau|trên|thuộc|qua)\b")
LONGEST_VERB = 3  # syllables of a verb phrase that a counted noun follows: "bàn giao nốt"


def _read(words: str) -> int | float | None:
    return read_number(words) if words[0].isdigit() else read_words(words)


def _value(match: re.Match[str]) -> int | float | str | None:
    """The value of a match of `_NUMBER`; None where the text does not settle it."""
    if match["fraction"]:
        return match["fraction"].replace(" ", "")
    if match["part"]:
        return read_fraction(match["part"])
    if match["times"]:
        return read_times(match["times"])
    if match["whole"]:
        return _composite(match)
    return None if match["range"] else _read(match["to"] or match["number"] or match["words"])


def _composite(match: re.Match[str]) -> int | float | None:
    """ "ba tỷ sáu trăm triệu" is 3.6, "một tỷ hai" 1.2, "4 tỷ rưỡi" 4.5: in the larger scale."""
    whole, rest = _read(match["whole"]), _read(match["rest"]) if match["rest"] else None
    if whole is None or (match["rest"] and rest is None):
        return None
    if rest is None:
        return whole + (0.5 if match["tenth"] == "rưỡi" else read_words(match["tenth"]) / 10)
    share = SCALE_VALUES[match["small"]] / SCALE_VALUES[match["big"].rpartition(" ")[2]]
    return round(whole + rest * share, 9) if rest * share < 1 else None


def _link(match: re.Match[str]) -> str | None:
    if match["change"]:
        return "còn" if re.search("xuống|còn", match["towards"]) else "đạt"
    return "gấp" if match["times"] else None


def _is_number(text: str, match: re.Match[str], unit: re.Match[str] | None) -> bool:
    """Whether number words are a figure here, and no name, no part of a name, and no half of another word."""
    words = match["words"] or match["part"]
    if words is None:
        return True
    if not text.isupper() and any(
        w[0].isupper() for w in text[match.start() : match.end() + 2].split()[bool(not match.start()) :]
    ):
        return False  # "Ba Vì", "Hai Bà Trưng"
    measured = bool(unit and (unit["measure"] or unit["scale"]))
    before = text[: match.start()].rstrip()
    links = strip_links(before)
    if words == "nửa":
        return measured or bool(links.words)
    if " " in words or measured:
        return True
    if words == "năm" or not _LEADS.match(text, match.end()):
        return bool(links.words) and words != "năm"
    counted = not before or bool(links.words)
    verb = match_key(before)
    return counted or (
        len(verb.split()) <= LONGEST_VERB
        and not HEADS.match(verb)
        and not _INSIDE.search(verb)
        and verb.replace(" ", "").isalpha()
    )


def find_figures(text: str) -> list[Figure]:
    """The figures of a folded text, in order; offsets are code points of `text`."""
    key = match_key(text)
    hidden = masked(key)
    figures: list[Figure] = []
    for match in _NUMBER.finditer(hidden):
        if figures and match.start() < figures[-1].unit_end:
            continue
        if figures and figures[-1].unit and match["words"] == "một" and match.start() == figures[-1].unit_end + 1:
            continue  # "503 USD một tấn"
        unit = _UNIT.match(key, match.end())
        if unit is None and re.match(r"[^\W\d_]", key[match.end() : match.end() + 1]):
            continue  # "30a", "4k": no number
        if not _is_number(text, match, unit):
            continue
        figures.append(_figure(text, key, match, unit))
    return figures


def _figure(text: str, key: str, match: re.Match[str], unit: re.Match[str] | None) -> Figure:
    value, end = _value(match), unit.end() if unit else match.end()
    if match["part"] == "nửa" and unit and (unit["measure"] or unit["scale"]):
        value = 0.5  # "nửa triệu đồng"
    name = text[match.end() : end].strip()
    if unit and isinstance(value, (int, float)) and key.startswith(" rưỡi", end):  # "hai tạ rưỡi"
        value, end = value + 0.5, end + len(" rưỡi")
    if match["whole"]:
        name = f"{text[match.start('big') : match.end('big')]} {name}".strip()
    noun = unit and unit["noun"]
    return Figure(
        match.start(),
        match.end(),
        end,
        value,
        name or None,
        bool(match["whole"] or (unit and (unit["measure"] or unit["scale"]))),
        text[unit.start("noun") : unit.end()] if unit and noun else None,
        bool(_CLASSIFIED.match(key, unit.start("noun"))) if unit and noun else False,
        _link(match),
    )
