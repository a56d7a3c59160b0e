"""Numbers of a calendar in, whole days out: what the grammars of `infer.periods` and `infer.lunar` are built of.

A `Period` is a first and a last day and a kind; a `Clock` is what a period without a year is read against. The
builders (`day_of`, `months`, `quarters`, `join`) never raise: what no calendar has (31/02, month 13, year 10000) is a
Period without days. `when` and `dated` find the year that is meant.

    python -c "from infer.calendar import *; print(quarters(2023, 3, 3))"
"""

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta
from typing import NamedTuple


class Clock(NamedTuple):
    """What a period without a year is read against."""

    written: date | None  # the article's date
    bound: date | None = None  # the other end of the range that the period belongs to
    side: str = ""  # "left" or "right" end of that range
    bare: bool = False  # "trong tháng" means this month, "đến tháng" means nothing


class Period(NamedTuple):
    """Whole days, both ends included; no days where the text does not settle them.

    kind is day, midnight, week, month, quarter, year, part, mid, late, years, days, feast or tet. "part" is a first or
    last stretch, "mid" and "late" the vague "giữa" and "cuối", "days" and "years" are ranges; "midnight" is 0 giờ of
    the day; a "feast" is a day known by its name, "tet" the Lunar New Year, whose last day no text settles.
    """

    first: date | None
    last: date | None
    kind: str


Reader = Callable[[re.Match[str], Clock], Period | None]
Grammar = tuple[tuple[re.Pattern[str], Reader], ...]


def compiled(*rows: tuple[str, Reader]) -> Grammar:
    """Patterns and their readers, in the order in which they are tried."""
    return tuple((re.compile(pattern), reader) for pattern, reader in rows)


def _spell() -> dict[str, int]:
    """One to ninety-nine as written out: "mười lăm", "hai mươi mốt", "ba mươi tư", and short "bốn lăm"."""
    units = dict(zip("một hai ba bốn năm sáu bảy tám chín".split(), range(1, 10), strict=True)) | {"tư": 4, "bẩy": 7}
    words = units | {"mười": 10, "mười lăm": 15}
    words |= {f"mười {unit}": 10 + n for unit, n in units.items() if unit not in ("tư", "năm")}
    after_tens = {unit: n for unit, n in units.items() if n not in (1, 5)} | {"mốt": 1, "lăm": 5, "nhăm": 5}
    for ten in "hai ba bốn năm sáu bảy tám chín".split():
        words[f"{ten} mươi"] = 10 * units[ten]
        words |= {f"{ten} mươi {unit}": 10 * units[ten] + n for unit, n in after_tens.items()}
        words[f"{ten} lăm"] = 10 * units[ten] + 5
    return words


NUMBER_WORDS = _spell()
# The longest first: a regular expression takes the first that fits.
SPELLED = "|".join(sorted(NUMBER_WORDS, key=len, reverse=True))
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4}

AHEAD = {"nay": 0, "này": 0, "tới": 1, "sau": 1, "sắp tới": 1, "tới đây": 1}
# A day or month without a year lies in the article's year unless it is over by more than this.
_LONG_OVER = 92


def number(text: str) -> int:
    """The value of a numeral: digits, a Roman quarter or a spelled number up to ninety-nine."""
    return NUMBER_WORDS.get(text) or _ROMAN.get(text) or int(text)


def shift(there: date | None, days: int) -> date | None:
    """`days` later, or None outside the calendar."""
    try:
        return there + timedelta(days=days) if there else None
    except OverflowError:
        return None


def add_months(start: date, count: int) -> date | None:
    """The same day `count` months on, or the last day of that month where it is shorter."""
    total = 12 * start.year + start.month - 1 + count
    for day in range(start.day, start.day - 4, -1):
        try:
            return date(total // 12, total % 12 + 1, day)
        except ValueError:
            continue
    return None


def single(there: date | None, kind: str = "day") -> Period:
    return Period(there, there, kind)


def day_of(year: int, month: int, day: int) -> Period:
    try:
        return single(date(year, month, day))
    except ValueError:
        return single(None)


def months(year: int, first: int, last: int, kind: str = "days") -> Period:
    if first > last:
        return Period(None, None, kind)
    try:
        return Period(date(year, first, 1), date(year, last, monthrange(year, last)[1]), kind)
    except ValueError:  # month 13, year 10000
        return Period(None, None, kind)


def quarters(year: int, first: int, last: int, kind: str = "days") -> Period:
    return months(year, 3 * first - 2, 3 * last, kind)


def join(first: Period, last: Period) -> Period:
    known = first.first and last.last and first.first <= last.last
    return Period(first.first, last.last, "days") if known else Period(None, None, "days")


def when(clock: Clock, near: str, build: Callable[[int], Period]) -> Period:
    """The occurrence of a yearless period that the clock, or a "này"/"tới" after it, points at."""
    anchor = clock.bound if clock.side else clock.written
    if anchor is None:
        return build(0)
    if clock.side == "left":
        found = [p for p in (build(anchor.year), build(anchor.year - 1)) if p.first and p.first <= anchor]
        return found[0] if found else build(0)
    over = 0 if clock.side or AHEAD.get(near) else _LONG_OVER
    # The second year is less than a year off, unless 29/02 made the first one impossible.
    earliest, latest = anchor - timedelta(days=min(over, anchor.toordinal() - 1)), shift(anchor, 366 - over)
    for period in (build(anchor.year), build(anchor.year + 1)):
        if period.last and period.last >= earliest:
            near_enough = period.last.year == anchor.year or (latest and period.last <= latest)
            return period if near_enough else build(0)
    return build(0)


def dated(match: re.Match[str], clock: Clock, build: Callable[[int], Period]) -> Period:
    """`build` in the year that the pattern's groups `y` and `ry` name, else in the one the clock suggests."""
    found = match.groupdict()
    if found.get("y"):
        year = int(found["y"])
        if year < 100:
            return build(2000 + year if year <= 50 else 0)
        return build(year)
    if found.get("ry"):  # "năm nay", "của năm tới", "sang năm"
        ahead = 1 if found["ry"] == "sang năm" else AHEAD[found["ry"].rsplit(" ", 1)[1]]
        return build(clock.written.year + ahead if clock.written else 0)
    return when(clock, found.get("near") or "", build)
