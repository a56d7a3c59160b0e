"""A time limit in, its first and last day out: "trước ngày 30/11", "từ nay đến cuối năm", "trong 05 ngày làm việc".

`parse_deadline(phrase, written)` reads one DEADLINE mention. A limit is made of lead words ("chậm nhất", "trước",
"đến hết", "trong": table `_LEADS`), which say what the period after them bounds, and a period (`infer.periods`); two
periods make a range, a count of days makes a duration.

The convention for `until` is the last day named. "trước ngày 30/11" is 30/11; before anything longer than a day it
is the day before ("trước tháng 6/2020": 2020-05-31); a period ends on its last day ("đến năm 2025": 2025-12-31).
`from` is set where the phrase names a start: the period itself ("trong quý III"), "từ …", the article's date for
"từ nay …" and "trong 15 ngày". Before midnight ("trước 0 giờ ngày 1/10") and before a feast ("trước Tết Nguyên đán")
it is the day before, "đến Tết" names no day. What the text does not settle is None: recurring dates ("hằng năm"),
alternatives ("hoặc"), events, counts from an unnamed day ("kể từ ngày ký"), impossible dates, ends before starts.

    python -c "from infer.deadlines import parse_deadline; print(parse_deadline('trong quý III/2023', None))"
"""

import re
from datetime import date
from typing import NamedTuple

from infer.calendar import SPELLED, Clock, Period, add_months, number, shift, single
from infer.folding import fold, match_key
from infer.holidays import add_workdays
from infer.periods import read_period

_LONGEST = 160  # characters; a longer phrase is no time limit, and ranges are tried at every joint


class Limit(NamedTuple):
    """First and last day; both None when the phrase is a limit that the text does not settle."""

    first: date | None
    last: date | None


_UNSETTLED = Limit(None, None)

_SPACED = re.compile(r"(\b(?:[0-9]+|[ivx]+)) ?([/.-]) ?(?=[0-9ivx])")
_LETTER_I = re.compile(r"\b(k|qu|t)([ìíỉĩị])\b")
_Y_FOR_I = {"ì": "ỳ", "í": "ý", "ỉ": "ỷ", "ĩ": "ỹ", "ị": "ỵ"}
_SPELLED_TOO = re.compile(rf"([0-9]+) ?\((?:{SPELLED})\)")
_GLUED = re.compile(r"\b(ngày|tháng|năm|trước|đến|hết)(?=[0-9])|\b(quý)(?=[0-9iv])")
_SLIPS = {"truớc": "trước", "nhât": "nhất", "mồng": "mùng"}
_SLIP = re.compile(rf"\b(?:{'|'.join(_SLIPS)})\b")
_WHICH_CALENDAR = re.compile(r"\((âm lịch)\)|(?<=[0-9]) ?\(?dương lịch\)?")
_YEAR_ASIDE = re.compile(r"\((?:năm )?((?:19|20)[0-9]{2})\)")
_EDGES = " ,.;:!?\"'-"


def tidy(phrase: str) -> str:
    """The match key of `phrase` with numerals closed up ("quý II / 2016"), words parted and one spelling of each."""
    key = _YEAR_ASIDE.sub(r"năm \1", _SPELLED_TOO.sub(r"\1", match_key(fold(phrase))))
    key = _LETTER_I.sub(lambda m: m[1] + _Y_FOR_I[m[2]], key)
    key = _SLIP.sub(lambda m: _SLIPS[m[0]], key)
    key = _WHICH_CALENDAR.sub(lambda m: m[1] or "", _GLUED.sub(lambda m: m[0] + " ", key))
    return _SPACED.sub(r"\1\2", key).strip(_EDGES)


# Recurring, alternative or by a calendar of its own: no single date follows.
_NO_DATE = re.compile(
    r"\b(?:hàng|hằng|mỗi|từng|định kỳ|hoặc|hay|năm học|năm tài chính|niên (?:độ|khoá|vụ)|không trước)\b"
)
_TAIL = re.compile(
    r",? (?:(?:để|nhằm|theo|phục vụ|và báo cáo|báo cáo|phải)\b[^0-9]*"
    r"|trở đi|(?:và )?(?:tầm nhìn|định hướng)(?: đến)?(?: năm)? (?:19|20)[0-9]{2})$"
)
_BRACKET = re.compile(r"([^()]*)\(([^()]*)\)([^()]*)")

# What lead words make of the period after them, the strongest first: "đến trước", "chậm nhất trong".
_STRENGTH = ("before", "until", "after", "since", "within", "")
_LEADS = tuple(
    (re.compile(rf"(?:{words})(?::? |$)"), role)
    for words, role in (
        (r"trước (?:khi )?(?:hết|kết thúc)", "until"),
        (r"trước(?: thời điểm| khi (?:bước )?sang)?", "before"),
        (r"(?:cho )?(?:đến|tới)(?: thời điểm| mốc)?|hết|kết thúc|chậm nhất|muộn nhất|trễ nhất", "until"),
        (r"hạn chót|hạn cuối(?: cùng)?|(?:thời )?hạn(?: hoàn thành)?", "until"),
        (r"không (?:(?:muộn |chậm )?quá|(?:muộn|chậm|trễ) hơn)", "until"),
        (r"(?:kể |tính |bắt đầu |áp dụng |thực hiện )?(?:ngay )?từ", "since"),
        (r"sau", "after"),
        (r"(?:ngay |nội |chỉ )?trong(?: vòng| thời gian| thời hạn| suốt)?", "within"),
        (r"thời gian(?! còn)(?: hoàn thành| thực hiện)?", ""),
        (r"ngay|vào|là|lúc|khoảng|dự kiến|phấn đấu|hoàn thành|xong|phải|cần|chỉ|nội|bắt đầu|tức|nhằm", ""),
    )
)
_BARE_AFTER = re.compile(r"\b(?:trong|hết) $")  # "trong tháng", "đến hết năm" need no number
_NOUN = re.compile(r"(?:ngày|tháng|quý|năm)(?= )")
_JOINT = re.compile(r" (?:cho )?(?:đến|tới) | và | - ")
_FROM_NOW = re.compile(r"(?:nay|bây giờ|giờ|hiện nay|hôm nay|ngày hôm nay|thời điểm này)")
_FROM_NOW_ON = re.compile(rf"(?:kể |tính )?từ {_FROM_NOW.pattern} (?:cho )?(?:đến|tới) .")
# "Hạn: ngày 10/10": the day alone is a limit; "vào ngày 10/10" is the day of the work.
_BARE_DATE = re.compile(r"(?:ngày )?(?:mùng |[0-9])")


class _Led(NamedTuple):
    role: str
    text: str
    bare: bool


def _lead(text: str) -> _Led:
    """The lead words of `text` as their strongest role, and what follows them."""
    roles, start = [""], 0
    while found := next(((match, role) for lead, role in _LEADS if (match := lead.match(text, start))), None):
        roles.append(found[1])
        start = found[0].end()
    return _Led(min(roles, key=_STRENGTH.index), text[start:], bool(_BARE_AFTER.search(text[:start])))


def _before(period: Period) -> date | None:
    if period.kind in ("day", "late"):  # "trước cuối năm": by its end
        return period.last
    # "trước giữa tháng 6" may mean the 10th or the 15th.
    return None if period.kind == "mid" else shift(period.first, -1)


_BOUNDS = {
    "before": lambda p: Limit(None, _before(p)),
    "until": lambda p: Limit(None, shift(p.last, -1) if p.kind == "midnight" else p.last),
    "after": lambda p: Limit(shift(p.last, 1), None),
    "since": lambda p: Limit(p.first, p.last if p.kind in ("days", "years") else None),  # "từ 01-15/11"
    "within": lambda p: Limit(p.first, p.last),
    "": lambda p: Limit(p.first, p.last),
}


def _bounded(role: str, period: Period) -> Limit:
    if period.kind == "tet" and role != "before":  # how long a Tết lasts is nowhere written
        return _UNSETTLED
    return _BOUNDS[role](period)


def _read_end(led: _Led, clock: Clock, noun: str) -> Period | None:
    """One period after its lead words; "9/2020" in "từ tháng 6 đến 9/2020" takes the noun of the other end."""
    clock = clock._replace(bare=led.bare)
    shared = read_period(f"{noun} {led.text}", clock) if noun and not _NOUN.match(led.text) else None
    return shared or read_period(led.text, clock)


def _single(text: str, clock: Clock) -> Limit | None:
    led = _lead(text)
    period = _read_end(led, clock, "")
    if period and period.kind == "day" and led.text == text and _BARE_DATE.match(text):
        return Limit(None, period.last)
    return period and _bounded(led.role, period)


def _split(text: str, joint: re.Match[str], written: date | None) -> Limit | None:
    """The range that `text` is when its two ends meet at `joint`."""
    left, right = _lead(text[: joint.start()]), _lead(text[joint.end() :])
    if left.role in ("before", "until", "after") or right.role in ("after", "since"):
        return None
    if _FROM_NOW.fullmatch(left.text):
        end = _read_end(right, Clock(written, written, "right"), "")  # what is still to come
        return end and Limit(written, _bounded(right.role or "until", end).last)
    noun = match[0] if (match := _NOUN.match(left.text)) else ""
    end = _read_end(right, Clock(written), noun)
    if end is None:
        return None
    start = _read_end(left, Clock(written, end.last, "left"), "")
    # A year given on the left only goes for the right end too.
    if _undated(end, right, noun) and (dated := _read_end(left, Clock(None), "")) and dated.first:
        start, end = dated, _read_end(right, Clock(written, dated.first, "right"), noun) or end
    if start is None and left.role != "since":
        return None  # no period on the left: "tăng đến …" is no range
    return Limit(start.first if start else None, _bounded(right.role or "until", end).last)


def _undated(end: Period, right: _Led, noun: str) -> bool:
    alone = _read_end(right, Clock(None), noun)
    return alone is None or alone.last is None or end.last is None


def _range(text: str, written: date | None) -> Limit | None:
    return next((limit for joint in _JOINT.finditer(text) if (limit := _split(text, joint, written))), None)


_COUNT = rf"(?:[0-9]{{1,4}}|{SPELLED}|nửa)"
_WITHIN = (
    r"(?:ngay |nội )?trong(?: vòng| thời hạn| thời gian)?|thời hạn(?: là)?|hạn"
    r"|(?:chậm|muộn|trễ) nhất(?: là)?(?: sau| trong(?: vòng)?)?"
)
_AT_MOST = r"tối đa(?: là)?|không quá|nhiều nhất(?: là)?"
_DURATION = re.compile(
    rf"(?P<lead>(?:(?:{_WITHIN}|{_AT_MOST}|(?:{_WITHIN}) (?:{_AT_MOST})) )?)"
    rf"(?P<n>{_COUNT}) ?(?P<unit>giờ|h|tiếng|ngày làm việc|ngày|tuần|tháng|năm)(?: liên tục| đồng hồ)?"
    r"(?P<next>(?: sắp)? tới| nữa| tới đây)?(?:,? (?P<anchor>(?:kể |tính |bắt đầu )?từ .+))?"
)
_ANCHOR = re.compile(r"(?:(?:kể |tính |bắt đầu )?từ )+")
_BEFORE_RANGE = re.compile(rf"(?:trong )?{_COUNT} (?:ngày|tuần|tháng|năm)(?: liên tục| liền)?,? (?:kể )?(?=từ )")


def _add(start: date, count: int, unit: str) -> date | None:
    if unit in ("giờ", "h", "tiếng"):  # hours that are no whole days end at an hour the article does not give
        return shift(start, count // 24) if count % 24 == 0 else None
    steps = {"ngày": 1, "tuần": 7}
    if unit in steps:
        return shift(start, steps[unit] * count)
    if unit == "ngày làm việc":
        return add_workdays(start, count)
    return add_months(start, count * (12 if unit == "năm" else 1))


def _half(start: date, unit: str) -> date | None:
    return {"tháng": shift(start, 15), "năm": add_months(start, 6)}.get(unit)


def _duration(text: str, written: date | None) -> Limit | None:
    match = _DURATION.fullmatch(text)
    if match is None or not (match["lead"] or match["next"] or match["anchor"]):
        return None  # "17 tháng" alone may be how long something lasts
    start = written
    if match["anchor"]:
        since = _ANCHOR.sub("", match["anchor"], count=1)
        day = single(written) if _FROM_NOW.fullmatch(since) else read_period(since, Clock(written))
        start = day.first if day and day.kind == "day" else None
    if start is None:
        return _UNSETTLED
    count, unit = match["n"], match["unit"]
    return Limit(start, _half(start, unit) if count == "nửa" else _add(start, number(count), unit))


def _read(text: str, written: date | None) -> Limit | None:
    """The limit in a text without brackets, or None where it is none that the grammar knows."""
    text = _TAIL.sub("", " ".join(text.split()).strip(_EDGES)).strip(_EDGES)
    limit = None
    if text and not _NO_DATE.search(text):
        limit = _range(_BEFORE_RANGE.sub("", text), written) or _duration(text, written)
        limit = limit or _single(text, Clock(written))
    if limit and limit.first and limit.last and limit.first > limit.last:
        return _UNSETTLED
    if limit is None and _FROM_NOW_ON.match(text):  # "từ nay đến hết mùa khô" has a start
        return Limit(written, None)
    return limit


def _read_bracketed(match: re.Match[str], written: date | None) -> Limit | None:
    """A bracket that holds a date makes the words around it exact, or repeats them; it may not contradict them."""
    outer, inner = _read(f"{match[1]} {match[3]}", written), _read(match[2], written)
    if outer is None or inner is None or inner.last is None:
        return inner if outer is None else outer
    if match[2].startswith("tức") and outer.last and inner.last != outer.last:
        return _UNSETTLED
    if (outer.last and inner.last > outer.last) or (outer.first and inner.last < outer.first):
        return _UNSETTLED
    return Limit(outer.first, inner.last)


def parse_deadline(phrase: str, written: date | None) -> dict[str, str | None]:
    """First and last day of the time limit that `phrase` states.

    Args:
        phrase: the text of a DEADLINE mention; any Unicode form, case and spacing.
        written: the article's date; what has no year ("trước 30/6"), or counts from the article ("trong 15 ngày"),
            needs it. A day or month without a year is the one of the article's year, or of the next year when it
            was over more than 92 days before the article.

    Returns:
        {"from": day or None, "until": day or None}, days as ISO 8601 (YYYY-MM-DD), both included, from <= until.
        None where the phrase does not settle the day. Never raises on text.
    """
    key = tidy(phrase) if len(phrase) <= 4 * _LONGEST else ""
    limit = None
    if len(key) <= _LONGEST:
        bracketed = _BRACKET.fullmatch(key)
        limit = _read_bracketed(bracketed, written) if bracketed else _read(key, written)
    first, last = limit or _UNSETTLED
    return {"from": first.isoformat() if first else None, "until": last.isoformat() if last else None}
