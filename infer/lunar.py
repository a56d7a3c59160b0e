"""Days of the lunar calendar and feasts in, days of the solar one out: "rằm tháng Giêng", "28 Tết", "Tết Quý Mão".

`LUNAR` is a table of pattern and reader that `infer.periods` tries among its own; `lunar_day` converts one day. The
calendar is Vietnam's, that of UTC+7 (`lunar_vn`, Hồ Ngọc Đức's algorithm): its Tết was a day before China's in 2007 and
will be in 2030.

Without a year the coming occurrence is meant. A feast just over is not read as next year's, and what the wording
leaves open has no day: a lunar month 12 with a solar year beside it, "30 Tết" where the month has 29 days, a name of
the sixty-year cycle that is not the year's.

    python -c "from infer.lunar import lunar_day; print(lunar_day(2024, 1, 1))"
"""

import re
from collections.abc import Callable
from datetime import date

from lunar_vn import LunarDate, lunar_to_solar, solar_to_lunar

from infer.calendar import Clock, Grammar, Period, compiled, day_of, number, single

_FAR = 300  # days; what is farther ahead was over only weeks ago, and may be that
_NAMED_FAR = 800  # a year that is called by its name
_STEMS = "giáp ất bính đinh mậu kỷ canh tân nhâm quý".split()
_BRANCHES = "tý sửu dần mão thìn tỵ ngọ mùi thân dậu tuất hợi".split()
_MONTH_NAMES = {"giêng": 1, "chạp": 12}


def lunar_day(year: int, month: int, day: int) -> date | None:
    """The solar day of a lunar one, not of a leap month; None where the month lacks it, or outside 1900-2100."""
    try:
        found = lunar_to_solar(LunarDate(day, month, year))
        return found if solar_to_lunar(found).day == day else None
    except ValueError:
        return None


def _lunar_month(year: int, month: int) -> Period:
    return Period(lunar_day(year, month, 1), lunar_day(year, month, 30) or lunar_day(year, month, 29), "month")


def _coming(clock: Clock, build: Callable[[int], Period], far: int = _FAR) -> Period:
    """The first of the periods built for the years around the article that is not over when it is written."""
    if clock.written is None:
        return build(0)
    for year in range(clock.written.year - 1, clock.written.year + 3):
        period = build(year)
        if period.last and period.last >= clock.written:
            return period if (period.last - clock.written).days <= far else build(0)
    return build(0)


def _named(name: str, year: int) -> bool:
    """Whether the lunar year has that name of the sixty-year cycle: 2024 is giáp thìn."""
    return name == f"{_STEMS[(year - 4) % 10]} {_BRANCHES[(year - 4) % 12]}"


def _in_year(match: re.Match[str], clock: Clock, build: Callable[[int], Period]) -> Period:
    """`build` for the lunar year that the groups `name` and `y` give, else for the coming one."""
    name, year = match["name"], match["y"]
    if year:
        return build(int(year) if not name or _named(name, int(year)) else 0)
    if name:
        return _coming(clock, lambda y: build(y if _named(name, y) else 0), far=_NAMED_FAR)
    if match["near"] not in ("năm nay", "năm sau", "năm tới"):
        return _coming(clock, build)
    # In autumn "Tết năm nay", and in January "Tết năm sau", may be either of two.
    coming = _coming(clock, build)
    ahead = coming.last.year - clock.written.year if coming.last and clock.written else None
    return coming if ahead == (0 if match["near"] == "năm nay" else 1) else build(0)


def _read_tet(match: re.Match[str], clock: Clock) -> Period:
    return _in_year(match, clock, lambda y: single(lunar_day(y, 1, 1), "tet"))


def _read_day_of_tet(match: re.Match[str], clock: Clock) -> Period:
    """ "mùng 6 Tết" is in the first month, "28 Tết" in the last one before it."""
    if match["late"]:
        return _in_year(match, clock, lambda y: single(lunar_day(y - 1, 12, int(match["late"]))))
    return _in_year(match, clock, lambda y: single(lunar_day(y, 1, number(match["d"]))))


def _month(match: re.Match[str]) -> int:
    return _MONTH_NAMES.get(match["m"]) or number(match["m"])


def _read_lunar_day(match: re.Match[str], clock: Clock) -> Period:
    day, month = 15 if match["d"] == "rằm" else number(match["d"]), _month(match)
    if not match["lunar"] and match["y"] and month > 10:
        return single(None)  # "tháng Chạp năm 2024" may end early in 2024 or in 2025
    return _in_year(match, clock, lambda y: single(lunar_day(y, month, day)))


def _read_lunar_month(match: re.Match[str], clock: Clock) -> Period:
    month = _month(match)
    if match["y"]:
        return Period(None, None, "month")  # "tháng Giêng năm 2024" may be January
    return _in_year(match, clock, lambda y: _lunar_month(y, month))


# Feasts of one day: lunar month and day, or solar ones.
_LUNAR_FEASTS = {"trung thu": (8, 15), "đoan ngọ": (5, 5), "giỗ tổ": (3, 10), "giỗ tổ hùng vương": (3, 10)}
_SOLAR_FEASTS = {"dương lịch": (1, 1), "quốc khánh": (9, 2)}


def _read_feast(match: re.Match[str], clock: Clock) -> Period:
    lunar, solar = _LUNAR_FEASTS.get(match["feast"]), _SOLAR_FEASTS.get(match["feast"])
    if lunar:
        return _in_year(match, clock, lambda y: single(lunar_day(y, *lunar), "feast"))
    return _in_year(match, clock, lambda y: day_of(y, *(solar or (0, 0)))._replace(kind="feast"))


_NAME = rf"(?P<name>(?:{'|'.join(_STEMS)}) (?:{'|'.join(_BRANCHES)}))"
_NEAR = "(?P<near>sắp tới|tới|tới đây|này|năm nay|năm sau|năm tới)"
_YEAR = rf"(?:,?(?: năm)? {_NAME})?(?:(?: ?[/.,-] ?| |,? năm )(?P<y>(?:19|20)[0-9]{{2}})| {_NEAR})?"
_D = r"(?P<d>[0-9]{1,2}|mười|một|hai|ba|bốn|năm|sáu|bảy|bẩy|tám|chín)"
_M = rf"(?P<m>[0-9]{{1,2}}|mười một|mười hai|mười|một|hai|ba|tư|bốn|năm|sáu|bảy|bẩy|tám|chín|{'|'.join(_MONTH_NAMES)})"
_OWN = rf"(?P<m>{'|'.join(_MONTH_NAMES)})"
_NTH = r"(?:ngày |đêm )?(?:mùng )?"
_TET = r"tết(?: nguyên đán| cổ truyền| âm lịch| ta)?"
_ONE_DAY = "|".join(sorted([*_LUNAR_FEASTS, *_SOLAR_FEASTS], key=len, reverse=True))

LUNAR: Grammar = compiled(
    (rf"{_TET}{_YEAR}", _read_tet),
    (rf"(?:ngày )?(?:mùng {_D}|(?P<late>2[3-9]|30)) {_TET}{_YEAR}", _read_day_of_tet),
    (rf"(?:tết |lễ |ngày ){{0,2}}(?P<feast>{_ONE_DAY}){_YEAR}", _read_feast),
    # By these names a month is lunar, and so is every rằm; other months only where "âm lịch" says so.
    (rf"{_NTH}{_D} tháng {_OWN}(?P<lunar> âm lịch)?{_YEAR}", _read_lunar_day),
    (rf"(?:ngày )?(?P<d>rằm) tháng {_M}(?P<lunar> âm lịch)?{_YEAR}", _read_lunar_day),
    (rf"{_NTH}{_D}(?:[/.-]| tháng ){_M}{_YEAR}(?P<lunar> âm lịch)", _read_lunar_day),
    (rf"{_NTH}{_D}(?:[/.-]| tháng ){_M}(?P<lunar> âm lịch){_YEAR}", _read_lunar_day),
    (r"(?:ngày )?mùng (?:10|mười) tháng (?:3|ba)", lambda *_: single(None)),  # Giỗ Tổ, or the tenth of March
    (rf"tháng {_OWN}(?: âm lịch)?{_YEAR}", _read_lunar_month),
    (rf"tháng {_M} âm lịch{_YEAR}", _read_lunar_month),
)
