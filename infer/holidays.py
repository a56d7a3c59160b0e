"""A day and a count of working days in, the last of them out: weekends and Vietnam's public holidays do not count.

Public holidays are those of the Labour Code (2012, art. 115; 2019, art. 112): 1 January; Tết, five days from the last
day of the old lunar year (four until 2012); the tenth of the third lunar month; 30 April; 1 May; 2 September and, since
2021, the day beside it that makes the longer break. One that falls on a weekend is made up for on the next working day;
since 2014 a Saturday of Tết is on the working day before. Days that the Government exchanges for a working Saturday
are the table `_EXCHANGED`; 24 November, which is to become a holiday, is not among them.

    python -c "from datetime import date; from infer.holidays import *; print(add_workdays(date(2024, 2, 7), 1))"
"""

from datetime import date
from functools import lru_cache

from infer.calendar import shift
from infer.lunar import lunar_day

_SATURDAY = 5  # as date.weekday counts
# By weekday of 2 September, Monday first, as the Government has set it since 2021.
_BESIDE_NATIONAL_DAY = (1, -1, -1, 1, -1, -1, 1)
# Day off: the Saturday worked for it; announced year by year.
_EXCHANGED = {
    date(2010, 2, 19): date(2010, 2, 27),
    date(2012, 1, 27): date(2012, 2, 4),
    date(2013, 4, 29): date(2013, 5, 4),
    date(2014, 5, 2): date(2014, 4, 26),
    date(2014, 9, 1): date(2014, 9, 6),
    date(2015, 1, 2): date(2014, 12, 27),
    date(2015, 2, 16): date(2015, 2, 14),
    date(2015, 4, 29): date(2015, 4, 25),
    date(2018, 12, 31): date(2019, 1, 5),
    date(2019, 4, 29): date(2019, 5, 4),
    date(2024, 4, 29): date(2024, 5, 4),
    date(2025, 5, 2): date(2025, 4, 26),
    date(2026, 8, 31): date(2026, 8, 22),
}
_WORKED_SATURDAYS = frozenset(_EXCHANGED.values())


def _single_days(year: int) -> list[date]:
    national_day = date(year, 9, 2)
    beside = shift(national_day, _BESIDE_NATIONAL_DAY[national_day.weekday()]) if year >= 2021 else None
    days = [date(year, 1, 1), lunar_day(year, 3, 10), date(year, 4, 30), date(year, 5, 1), national_day, beside]
    return [day for day in days if day]


@lru_cache(maxsize=64)
def holidays(year: int) -> frozenset[date]:
    """The days of `year` on which public bodies rest besides weekends; without lunar ones outside 1900-2100."""
    tet = lunar_day(year, 1, 1)
    of_tet = [day for n in range(-1, 4 if year >= 2013 else 3) if (day := shift(tet, n))]
    free = {*_single_days(year), *of_tet, *(day for day in _EXCHANGED if day.year == year)}
    for day in sorted(free):
        if day.weekday() < _SATURDAY:
            continue
        step = -1 if year >= 2014 and day in of_tet and day.weekday() == _SATURDAY else 1
        instead = shift(day, step)
        while instead and (instead in free or instead.weekday() >= _SATURDAY):
            instead = shift(instead, step)
        free |= {instead} if instead else set()
    return frozenset(free)


def is_workday(day: date) -> bool:
    return day in _WORKED_SATURDAYS or (day.weekday() < _SATURDAY and day not in holidays(day.year))


def add_workdays(start: date, count: int) -> date | None:
    """The last of `count` working days after `start`, or None outside the calendar."""
    day: date | None = start
    while day and count:
        day = shift(day, 1)
        count -= bool(day and is_workday(day))
    return day
