"""Names of periods in, first and last day out: "quý iii/2023", "cuối năm nay", "ngày 30 tháng 11", "tuần tới".

`read_period(text, clock)` knows one period and nothing around it; prepositions, ranges and durations are
`infer.deadlines`'s. The text is a match key (`infer.folding`) tidied by `deadlines.tidy`. The answer is

- None when the text is no period of the grammar,
- `Period(None, None, kind)` when it is one that the text does not settle: 31/02, or no year and no article date,
- else the days, both included.

The grammar is `_GRAMMAR`, an ordered table of pattern and reader, the lunar calendar's (`infer.lunar`) among them; the
first pattern that matches all of the text decides, so that "31/02" is an impossible day and never falls through to
another reading.

    python -c "from infer.periods import *; print(read_period('cuối quý ii/2021', Clock(None)))"
"""

import re
from datetime import date

from infer.calendar import (
    AHEAD,
    SPELLED,
    Clock,
    Grammar,
    Period,
    compiled,
    dated,
    day_of,
    join,
    months,
    number,
    quarters,
    shift,
    single,
)
from infer.holidays import add_workdays
from infer.lunar import LUNAR

_WEEKDAYS = {
    "thứ hai": 0,
    "thứ 2": 0,
    "thứ ba": 1,
    "thứ 3": 1,
    "thứ tư": 2,
    "thứ 4": 2,
    "thứ năm": 3,
    "thứ 5": 3,
    "thứ sáu": 4,
    "thứ 6": 4,
    "thứ bảy": 5,
    "thứ bẩy": 5,
    "thứ 7": 5,
    "chủ nhật": 6,
    "chúa nhật": 6,
}
_TODAY = {"hôm nay": 0, "ngày hôm nay": 0, "nay": 0, "mai": 1, "ngày mai": 1, "ngày kia": 2, "ngày mốt": 2}
_NUM = rf"(?:[0-9]{{1,4}}|{SPELLED})"
_MONTH = r"(?:[0-9]{1,2}|mười một|mười hai|một|hai|ba|tư|bốn|năm(?=$| năm)|sáu|bảy|bẩy|tám|chín|mười)"
_QUARTER = r"(?:iv|iii|ii|i|0?[1-4]|một|hai|ba|bốn|tư)"
_Y = r"(?:19|20)[0-9]{2}"
_REL = r"(?P<ry>(?:của )?năm (?:nay|này|tới|sau)|sang năm)"
_NEAR = r"(?P<near>này|tới|sắp tới|tới đây)"
_YEAR_TAIL = rf"(?:(?:[/.-]|,? (?:của )?(?:năm )?)(?P<y>{_Y})| {_REL}| {_NEAR})?"
_NTH = r"(?:ngày (?:mùng )?|mùng )"
_CLOCK = r"(?:lúc )?(?P<hour>[0-9]{1,2}) ?(?:h|g|giờ|:)(?: ?(?P<minute>[0-9]{1,2}))?(?: ?(?:phút|p|'))?"
_PART_OF_DAY = r"(?:(?:cuối|đầu) (?:giờ|buổi) )?(?:buổi )?(?:sáng|trưa|chiều|tối|đêm)"


def _read_day(match: re.Match[str], clock: Clock) -> Period:
    return dated(match, clock, lambda y: day_of(y, number(match["m"]), number(match["d"])))


def _read_days(match: re.Match[str], clock: Clock) -> Period:
    month, first, last = number(match["m"]), int(match["d"]), int(match["e"])
    return dated(match, clock, lambda y: join(day_of(y, month, first), day_of(y, month, last)))


def _read_day_range(match: re.Match[str], clock: Clock) -> Period | None:
    last = read_period(match["b"], clock)
    if last is None or last.last is None:
        return last
    first = read_period(match["a"], Clock(clock.written, last.last, "left"))
    return first and join(first, last)


def _read_day_only(match: re.Match[str], clock: Clock) -> Period | None:
    """ "ngày 25": the end of a range lends its month, else it must still be ahead in the article's month."""
    there = clock.bound if clock.side else clock.written
    if not match["noun"] and clock.side != "left":
        return None
    day = day_of(there.year, there.month, int(match["d"])) if there else day_of(0, 0, 0)
    if there is None or day.first is None:
        return day
    fits = day.first <= there if clock.side == "left" else day.first >= there
    return day if fits else day_of(0, 0, 0)


def _read_day_of_month(match: re.Match[str], clock: Clock) -> Period:
    month = _this_month(clock, AHEAD[match["rel"]])
    return day_of(month.first.year, month.first.month, int(match["d"])) if month.first else day_of(0, 0, 0)


def _read_near_day(match: re.Match[str], clock: Clock) -> Period | None:
    if match[0] == "nay" and clock.side != "left":
        return None  # "đến nay" looks back
    return single(shift(clock.written, _TODAY[match[0]]))


def _read_time_of_day(match: re.Match[str], clock: Clock) -> Period | None:
    """An hour or a part of the day settles nothing finer than its day; but 0 giờ is where the day before ends."""
    rest = match["rest"]
    day = read_period("hôm nay" if rest == "nay" else rest, clock)
    if day is None or day.kind != "day":
        return None
    midnight = match["hour"] and not int(match["hour"]) and not int(match["minute"] or 0)
    return day._replace(kind="midnight") if midnight else day


def _read_weekday(match: re.Match[str], clock: Clock) -> Period:
    if clock.written is None:
        return day_of(0, 0, 0)
    ahead = _WEEKDAYS[match["wd"]] - clock.written.weekday()
    if match["rel"] == "tới":
        ahead = ahead if ahead > 0 else ahead + 7
    elif match["rel"] != "này":
        ahead += 7 * AHEAD[match["rel"].removeprefix("tuần ")]
    return single(shift(clock.written, ahead))


def _read_weekday_date(match: re.Match[str], clock: Clock) -> Period | None:
    day = read_period(match["rest"], clock)
    if day is None or day.kind != "day":
        return None
    # A date that does not fall on the weekday beside it is a slip in one of the two.
    return day if day.first and day.first.weekday() == _WEEKDAYS[match["wd"]] else day_of(0, 0, 0)


def _read_month(match: re.Match[str], clock: Clock) -> Period:
    return dated(match, clock, lambda y: months(y, number(match["m"]), number(match["m"]), "month"))


def _read_months(match: re.Match[str], clock: Clock) -> Period:
    return dated(match, clock, lambda y: months(y, number(match["m"]), number(match["n"])))


def _read_quarter(match: re.Match[str], clock: Clock) -> Period:
    return dated(match, clock, lambda y: quarters(y, number(match["q"]), number(match["q"]), "quarter"))


def _read_quarters(match: re.Match[str], clock: Clock) -> Period:
    return dated(match, clock, lambda y: quarters(y, number(match["q"]), number(match["r"])))


def _read_year(match: re.Match[str], clock: Clock) -> Period:
    return dated(match, clock, lambda y: months(y, 1, 12, "year"))


def _read_years(match: re.Match[str], clock: Clock) -> Period:
    return join(months(int(match["a"]), 1, 12), months(int(match["b"]), 1, 12))._replace(kind="years")


def _this_week(clock: Clock, ahead: int) -> Period:
    monday = shift(clock.written, 7 * ahead - clock.written.weekday()) if clock.written else None
    return Period(monday, shift(monday, 6), "week")


def _this_month(clock: Clock, ahead: int) -> Period:
    total = 12 * clock.written.year + clock.written.month - 1 + ahead if clock.written else 0
    return months(total // 12, total % 12 + 1, total % 12 + 1, "month")


def _this_quarter(clock: Clock, ahead: int) -> Period:
    total = 4 * clock.written.year + (clock.written.month - 1) // 3 + ahead if clock.written else 0
    return quarters(total // 4, total % 4 + 1, total % 4 + 1, "quarter")


def _this_year(clock: Clock, ahead: int) -> Period:
    return months(clock.written.year + ahead if clock.written else 0, 1, 12, "year")


def _this_day(clock: Clock, ahead: int) -> Period:
    return single(shift(clock.written, ahead))


_THIS = {"ngày": _this_day, "tuần": _this_week, "tháng": _this_month, "quý": _this_quarter, "năm": _this_year}


def _read_this(match: re.Match[str], clock: Clock) -> Period:
    return _THIS[match["unit"]](clock, AHEAD[match["rel"]])


def _read_bare(match: re.Match[str], clock: Clock) -> Period | None:
    return _THIS[match["unit"]](clock, 0) if clock.bare else None


def _read_whole(match: re.Match[str], clock: Clock) -> Period | None:
    return read_period(match["rest"], clock._replace(bare=True))


# Early, middle and late: thirds of a month, a quarter and a year; working days of a week.
_THIRDS = {"month": (0, 10, 20), "quarter": (0, 1, 2), "year": (0, 4, 8), "week": (0, 2, 4)}


def _third(whole: Period, part: int) -> tuple[date | None, date | None]:
    first, last, starts = whole.first, whole.last, _THIRDS[whole.kind]
    if first is None:
        return None, None

    def start(of: int) -> date | None:
        if whole.kind in ("month", "week"):
            return shift(first, starts[of])
        return date(first.year, first.month + starts[of], 1)

    return start(part), last if part == 2 else shift(start(part + 1), -1)


_PARTS = {
    "đầu": (0, "part"),
    "giữa": (1, "mid"),
    "cuối": (2, "late"),
    "thượng tuần": (0, "part"),
    "trung tuần": (1, "part"),
    "hạ tuần": (2, "part"),
}


def _read_part(match: re.Match[str], clock: Clock) -> Period | None:
    whole = _read_whole(match, clock)
    part, kind = _PARTS[match["part"]]
    if whole is None or whole.kind == "day":
        return whole
    if whole.kind not in _THIRDS:  # a term of years, a range: only its end is sharp
        return Period(None, whole.last if part == 2 else None, kind)
    first, last = _third(whole, part)
    # "đầu năm" in October means neither this January nor surely the next.
    if match["rest"] in _THIS and last and clock.written and last < clock.written:
        return Period(None, None, kind)
    return Period(first, last, kind)


def _read_half(match: re.Match[str], clock: Clock) -> Period | None:
    whole = _read_whole(match, clock)
    if whole is None or whole.first is None or whole.kind not in ("year", "month"):
        return whole and Period(None, None, "days")
    first = whole.first
    middle = first.replace(month=7) if whole.kind == "year" else shift(first, 15)
    return Period(first, shift(middle, -1), "part") if match["side"] == "đầu" else Period(middle, whole.last, "part")


def _read_some_months(match: re.Match[str], clock: Clock) -> Period | None:
    """The first or last n months or quarters of a year; "những tháng cuối năm" has only an end."""
    year, count = _read_whole(match, clock), match["n"]
    if year is None or year.kind != "year":
        return None
    if count in ("những", "các", "mấy"):
        return Period(None, year.last if match["side"] != "đầu" else None, "late")
    length = number(count or "1") * (3 if match["unit"] == "quý" else 1)
    if year.first is None or not 1 <= length <= 12:
        return Period(None, None, "days")
    ends = (1, length) if match["side"] == "đầu" else (13 - length, 12)
    return months(year.first.year, *ends, "part")


def _read_months_left(match: re.Match[str], clock: Clock) -> Period:
    """ "3 tháng còn lại" are the year's where that many are left, with or without the article's own month."""
    left = 12 - clock.written.month if clock.written else -1
    if clock.written is None or number(match["n"]) not in (left, left + 1):
        return Period(None, None, "days")
    return months(clock.written.year, 13 - number(match["n"]), 12, "part")


def _read_days_of(match: re.Match[str], clock: Clock) -> Period | None:
    """The first or last days of a month, seven for a week."""
    month, length = _read_whole(match, clock), number(match["n"] or "7")
    if month is None or month.kind != "month" or not 1 <= length < 28:
        return None
    if match["side"] == "đầu":
        return Period(month.first, shift(month.first, length - 1), "part")
    return Period(shift(month.last, 1 - length), month.last, "part")


def _read_next_workday(_: re.Match[str], clock: Clock) -> Period:
    return single(add_workdays(clock.written, 1) if clock.written else None)


def _read_event(match: re.Match[str], clock: Clock) -> Period | None:
    """ "ngày khai giảng 5/9": a date beside what happens on it."""
    day = read_period(match["rest"], clock)
    return day if day and day.kind == "day" else None


def _read_remainder(match: re.Match[str], clock: Clock) -> Period | None:
    whole = _read_whole(match, clock)
    return whole and Period(None, whole.last, "late")


def _read_last_day(match: re.Match[str], clock: Clock) -> Period | None:
    whole = _read_whole(match, clock)
    return whole and single(whole.last)


_D, _M = r"(?P<d>[0-9]{1,2})", r"(?P<m>[0-9]{1,2})"
_DAY = rf"(?P<d>[0-9]{{1,2}}|{SPELLED})"
_DATE_TAIL = rf"(?:,? (?:của )?năm (?P<y>{_Y})| {_REL}| {_NEAR})?"
_TWO_DATES = r"(?:ngày )?(?P<a>D)-(?:ngày )?(?P<b>D)".replace("D", rf"[0-9]{{1,2}}[/.][0-9]{{1,2}}(?:[/.]{_Y})?")
_EVENT = r"ngày (?:(?!đầu|cuối|trước|sau|đến|từ|hết|thứ|lễ|hội|giỗ|tết)[^\W\d_]+ ){1,5}"

_TERM = (
    r"(?:(?:các |những |hai |5 |năm )?năm|giai đoạn(?: (?:5|năm) năm)?|nhiệm kỳ(?: đại hội)?|thời kỳ)"
    r"(?: từ)?(?: năm)?"
)
_MORE_MONTHS = r"(?:, ?(?:tháng )?[0-9]{1,2})*(?: ?- ?|, ?(?:tháng )?| và (?:tháng )?)"
_MORE_QUARTERS = rf"(?:, ?(?:quý )?{_QUARTER})*(?: ?- ?|, ?(?:quý )?| và (?:quý )?)"
_MONTHS_OF = r"(?P<unit>tháng|quý) (?P<side>đầu|cuối|còn lại)(?: tiên| cùng)?(?: của| trong)?"

_GRAMMAR: Grammar = (
    *compiled(
        # days
        (rf"(?:{_NTH})?{_D}(?P<sep>[/.-]){_M}(?P=sep)(?P<y>{_Y}|[0-9]{{2}})", _read_day),
        (rf"{_NTH}{_D}[/.-]{_M}{_DATE_TAIL}", _read_day),
        # Without "ngày" before it, "1-2 năm tới" is a stretch of years.
        (rf"{_D}[/.-]{_M}(?:,? năm (?P<y>{_Y})| {_NEAR})?", _read_day),
    ),
    *LUNAR,
    *compiled(
        (rf"{_NTH}{_DAY} tháng (?P<m>{_MONTH}){_YEAR_TAIL}", _read_day),
        # "2 tháng 6" may be two months; past twelve, or with a year, it is a day.
        (rf"(?P<d>1[3-9]|[23][0-9]) tháng (?P<m>{_MONTH}){_YEAR_TAIL}", _read_day),
        (rf"{_D} tháng {_M}(?:/|,? năm )(?P<y>{_Y})", _read_day),
        (rf"(?:ngày )?(?P<y>{_Y})-{_M}-{_D}", _read_day),
        (rf"(?:ngày )?{_D}-(?P<e>[0-9]{{1,2}})(?:[/.]| tháng ){_M}(?:[/.]|,? năm )(?P<y>{_Y})", _read_days),
        (rf"(?:ngày )?{_D}(?:-| và (?:ngày )?)(?P<e>[0-9]{{1,2}})(?:[/.]| tháng ){_M}(?: {_NEAR})?", _read_days),
        (_TWO_DATES, _read_day_range),
        (rf"(?P<noun>{_NTH})?{_D}", _read_day_only),
        (rf"{_NTH}{_D} (?:của )?tháng (?P<rel>này|nay|tới|sau)", _read_day_of_month),
        ("|".join(_TODAY), _read_near_day),
        (rf"(?P<wd>{'|'.join(_WEEKDAYS)}) (?P<rel>tuần này|tuần tới|tuần sau|này|tới)", _read_weekday),
        (rf"(?P<wd>{'|'.join(_WEEKDAYS)}),? (?P<rest>(?:ngày )?[0-9].*)", _read_weekday_date),
        (r"ngày cuối(?: cùng)?(?: của)? (?P<rest>(?:tháng|quý|năm).*)", _read_last_day),
        (r"ngày làm việc (?:kế )?tiếp", _read_next_workday),
        (rf"{_EVENT}(?P<rest>[0-9]{{1,2}}[/.-][0-9]{{1,2}}(?:[/.-]{_Y})?)", _read_event),
        # months and quarters
        (rf"(?:các )?(?:tháng |t){_M}{_MORE_MONTHS}(?P<n>[0-9]{{1,2}}){_YEAR_TAIL}", _read_months),
        (rf"(?:tháng |t)(?P<m>{_MONTH}){_YEAR_TAIL}", _read_month),
        (rf"{_M}[/.-](?P<y>{_Y})", _read_month),
        (rf"(?:các )?(?:quý |q)(?P<q>{_QUARTER}){_MORE_QUARTERS}(?P<r>{_QUARTER}){_YEAR_TAIL}", _read_quarters),
        (rf"(?:quý |q)(?P<q>{_QUARTER}){_YEAR_TAIL}", _read_quarter),
        # years
        (rf"(?:năm )?(?P<y>{_Y})", _read_year),
        (rf"(?:{_TERM} )?(?P<a>{_Y})(?:-| đến | tới | và |, ?)(?:năm )?(?P<b>{_Y})", _read_years),
        (rf"giai đoạn đến (?P<rest>(?:năm )?{_Y})", _read_remainder),
        # relative to the article
        (r"(?P<unit>ngày|tuần|tháng|quý|năm) (?P<rel>nay|này|tới|sau|sắp tới|tới đây)", _read_this),
        (r"sang (?P<unit>năm|tháng|quý|tuần)", lambda m, c: _THIS[m["unit"]](c, 1)),
        (r"(?P<unit>ngày|tuần|tháng|quý|năm)", _read_bare),
        (r"cả (?P<rest>(?:tuần|tháng|quý|năm|giai đoạn|nhiệm kỳ).*)", _read_whole),
        # times of day
        (rf"(?:{_CLOCK}(?: {_PART_OF_DAY})?|{_PART_OF_DAY}),? (?:của )?(?P<rest>.+)", _read_time_of_day),
        # parts
        (r"nửa (?P<side>đầu|cuối|sau|còn lại)(?: của)? (?P<rest>.+)", _read_half),
        (rf"(?:(?P<n>những|các|mấy|{_NUM}) )?{_MONTHS_OF} (?P<rest>(?:năm|{_Y}|sang năm).*)", _read_some_months),
        (rf"(?P<n>{_NUM}) tháng còn lại", _read_months_left),
        (
            rf"(?P<n>0?6|sáu|0?9|chín) tháng năm (?P<y>{_Y})",
            lambda m, _: months(int(m["y"]), 1, number(m["n"]), "part"),
        ),
        (r"(?:thời gian|phần) còn lại(?: của)? (?P<rest>.+)", _read_remainder),
        (rf"(?:tuần|(?P<n>{_NUM}) ngày) (?P<side>đầu|cuối)(?: tiên| cùng)?(?: của)? (?P<rest>tháng.*)", _read_days_of),
        (r"(?P<part>thượng tuần|trung tuần|hạ tuần)(?: của)? (?P<rest>tháng.*)", _read_part),
        (r"(?:những ngày )?(?P<part>đầu|giữa|cuối)(?: của)? (?P<rest>.+)", _read_part),
    ),
)


def read_period(text: str, clock: Clock) -> Period | None:
    """The period that all of `text` names, or None where it names none; see the module docstring."""
    for pattern, reader in _GRAMMAR:
        if match := pattern.fullmatch(text):
            return reader(match, clock)
    return None
