"""Time limits by the lunar calendar, and working days: Tết and its holidays are Vietnam's."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infer.deadlines import parse_deadline
from infer.holidays import add_workdays, holidays, is_workday
from infer.lunar import lunar_day

NO = None
# The first day of Tết as it was kept in Vietnam; in 1985, 2007 and 2030 China's is another day.
TET = {
    1985: (1, 21),
    2007: (2, 17),
    2010: (2, 14),
    2011: (2, 3),
    2012: (1, 23),
    2013: (2, 10),
    2014: (1, 31),
    2015: (2, 19),
    2016: (2, 8),
    2017: (1, 28),
    2018: (2, 16),
    2019: (2, 5),
    2020: (1, 25),
    2021: (2, 12),
    2022: (2, 1),
    2023: (1, 22),
    2024: (2, 10),
    2025: (1, 29),
    2026: (2, 17),
    2027: (2, 6),
    2028: (1, 26),
    2029: (2, 13),
    2030: (2, 2),
}
# Days off between the weekends around Tết, as the Government announced them.
TET_OFF = {
    2014: "2014-01-29 2014-01-30 2014-01-31 2014-02-03 2014-02-04",
    2017: "2017-01-26 2017-01-27 2017-01-30 2017-01-31 2017-02-01",
    2020: "2020-01-23 2020-01-24 2020-01-27 2020-01-28 2020-01-29",
    2021: "2021-02-10 2021-02-11 2021-02-12 2021-02-15 2021-02-16",
    2023: "2023-01-20 2023-01-23 2023-01-24 2023-01-25 2023-01-26",
    2025: "2025-01-27 2025-01-28 2025-01-29 2025-01-30 2025-01-31",
    2026: "2026-02-16 2026-02-17 2026-02-18 2026-02-19 2026-02-20",
}

# phrase, article, from, until
CASES: list[tuple[str, date | None, str | None, str | None]] = [
    ("trước Tết Nguyên đán 2024", date(2023, 11, 20), NO, "2024-02-09"),
    ("trước Tết Nguyên đán 2024", None, NO, "2024-02-09"),
    ("trước Tết Nguyên đán năm 2024", date(2023, 1, 3), NO, "2024-02-09"),
    ("trước Tết Nguyên đán Giáp Thìn - 2024", date(2023, 11, 20), NO, "2024-02-09"),
    ("trước Tết Giáp Thìn (2024)", date(2023, 11, 20), NO, "2024-02-09"),
    ("trước Tết Giáp Thìn 2025", date(2023, 11, 20), NO, NO),  # 2025 is Ất Tỵ
    ("trước Tết Giáp Thìn", date(2023, 11, 20), NO, "2024-02-09"),
    ("trước Tết Giáp Thìn", date(2023, 1, 3), NO, "2024-02-09"),
    ("trước Tết Giáp Thìn", date(2024, 6, 3), NO, NO),  # over
    ("trước Tết Giáp Thìn", None, NO, NO),
    ("trước Tết Kỉ Hợi", date(2018, 12, 3), NO, "2019-02-04"),
    ("trước Tết Quí Tị", date(2012, 12, 3), NO, "2013-02-09"),
    ("trước Tết Nguyên đán", date(2029, 11, 5), NO, "2030-02-01"),  # China's is on 3 February
    ("trước Tết Nguyên đán", date(2024, 1, 30), NO, "2024-02-09"),
    ("trước Tết cổ truyền", date(2024, 8, 13), NO, "2025-01-28"),
    ("trước Tết", date(2024, 8, 13), NO, "2025-01-28"),
    ("trước Tết", date(2024, 2, 20), NO, NO),  # ten days over: last year's or next year's
    ("trước Tết Nguyên đán", None, NO, NO),
    ("trước Tết Nguyên đán sắp tới", date(2024, 8, 13), NO, "2025-01-28"),
    ("trước Tết Nguyên đán năm nay", date(2024, 1, 30), NO, "2024-02-09"),
    ("trước Tết Nguyên đán năm nay", date(2024, 11, 13), NO, NO),
    ("trước Tết Nguyên đán năm sau", date(2024, 11, 13), NO, "2025-01-28"),
    ("trước Tết năm sau", date(2024, 1, 30), NO, NO),
    ("từ nay đến trước Tết Nguyên đán", date(2024, 11, 13), "2024-11-13", "2025-01-28"),
    ("từ nay đến Tết Ất Tỵ", date(2024, 11, 13), "2024-11-13", NO),  # its eve, its first day or its last?
    ("trong Tết", date(2024, 11, 13), NO, NO),
    ("sau Tết", date(2024, 11, 13), NO, NO),
    ("trước Tết của người Mông", date(2024, 11, 13), NO, NO),
    ("trước Tết Nguyên đán 15 ngày", date(2024, 11, 13), NO, NO),
    ("trước Tết Nguyên đán (trước 25/1/2025)", date(2024, 11, 13), NO, "2025-01-25"),
    ("đến hết mùng 6 Tết", date(2026, 1, 20), NO, "2026-02-22"),
    ("trước 10 giờ mồng 6 Tết", date(2020, 1, 10), NO, "2020-01-30"),
    ("trước mùng 1 Tết Bính Ngọ 2026", date(2026, 1, 20), NO, "2026-02-17"),
    ("đến mùng 6 Tết", date(2026, 2, 19), NO, "2026-02-22"),  # in the middle of it
    ("trước 28 Tết", date(2024, 1, 10), NO, "2024-02-07"),
    ("trước 30 Tết", date(2024, 1, 10), NO, "2024-02-09"),
    ("trước 30 Tết", date(2025, 1, 10), NO, NO),  # the month has 29 days
    ("trước 23 tháng Chạp", date(2023, 1, 9), NO, "2023-01-14"),
    ("trước ngày 23 tháng Chạp năm Canh Tý", date(2020, 12, 9), NO, "2021-02-04"),
    ("trước ngày 23 tháng Chạp năm 2024", date(2023, 12, 9), NO, NO),  # early in 2024, or in 2025
    ("trước ngày 23/1 (tức 23 tháng Chạp)", date(2014, 1, 14), NO, "2014-01-23"),
    ("trước ngày 24/1 (tức 23 tháng Chạp)", date(2014, 1, 14), NO, NO),  # it was the 23rd
    ("từ nay đến 28 tháng Chạp", date(2014, 1, 14), "2014-01-14", "2014-01-28"),
    ("từ 25 tháng Chạp đến mùng 6 tháng Giêng", date(2020, 12, 9), "2021-02-06", "2021-02-17"),
    ("chậm nhất là mồng 10 tháng Giêng", date(2023, 1, 17), NO, "2023-01-31"),
    ("trước rằm tháng Giêng", date(2023, 1, 11), NO, "2023-02-05"),
    ("đến hết Rằm tháng Giêng", date(2014, 1, 14), NO, "2014-02-14"),
    ("trước rằm tháng Tám", date(2022, 8, 25), NO, "2022-09-10"),
    ("trước rằm tháng 7", date(2022, 7, 25), NO, "2022-08-12"),
    ("trong tháng Giêng", date(2025, 1, 14), "2025-01-29", "2025-02-27"),
    ("đến cuối tháng Giêng", date(2024, 12, 12), NO, "2025-02-27"),
    ("trong nửa đầu tháng Giêng", date(2025, 1, 14), "2025-01-29", "2025-02-12"),
    ("đầu tháng Chạp", date(2024, 12, 12), "2024-12-31", "2025-01-09"),
    ("trong tháng Giêng năm 2024", date(2023, 12, 12), NO, NO),  # January, it may be
    ("trong tháng 3 âm lịch", date(2024, 3, 12), "2024-04-09", "2024-05-07"),
    ("trước ngày 15/8 âm lịch", date(2021, 8, 2), NO, "2021-09-21"),
    ("trước ngày 15/8 (âm lịch)", date(2021, 8, 2), NO, "2021-09-21"),
    ("trước ngày 15 tháng 8 năm 2021 âm lịch", None, NO, "2021-09-21"),
    ("trước ngày 25/12/2023 âm lịch", None, NO, "2024-02-04"),
    ("trước mùng 10 tháng 3", date(2024, 3, 12), NO, NO),  # Giỗ Tổ, or the tenth of March
    ("trước Giỗ Tổ Hùng Vương", date(2024, 3, 12), NO, "2024-04-17"),
    ("trước tết Trung thu", date(2013, 5, 24), NO, "2013-09-18"),
    ("trước Tết Dương lịch", date(2018, 12, 14), NO, "2018-12-31"),
    ("trước Tết Dương lịch 2019", date(2018, 12, 14), NO, "2018-12-31"),
    ("trước lễ Quốc khánh", date(2021, 8, 2), NO, "2021-09-01"),
    ("trước Tết Độc lập 2/9", date(2021, 8, 2), NO, NO),
    # working days
    ("trong 3 ngày làm việc", date(2024, 2, 7), "2024-02-07", "2024-02-19"),  # past Tết
    ("trong 2 ngày làm việc", date(2023, 4, 28), "2023-04-28", "2023-05-05"),  # Giỗ Tổ and 30/4 made up for
    ("trong 1 ngày làm việc", date(2024, 4, 26), "2024-04-26", "2024-05-02"),  # 29/4 was exchanged
    ("trong 1 ngày làm việc", date(2024, 5, 3), "2024-05-03", "2024-05-04"),  # for this Saturday
    ("trong 1 ngày làm việc", date(2022, 8, 31), "2022-08-31", "2022-09-05"),
    ("trong ngày làm việc kế tiếp", date(2020, 12, 31), "2021-01-04", "2021-01-04"),
]


@pytest.mark.parametrize(("phrase", "written", "first", "until"), CASES)
def test_the_lunar_calendar_settles_these(
    phrase: str, written: date | None, first: str | None, until: str | None
) -> None:
    assert parse_deadline(phrase, written) == {"from": first, "until": until}


@pytest.mark.parametrize("year", TET)
def test_tet_is_on_vietnams_day(year: int) -> None:
    first = date(year, *TET[year])
    assert lunar_day(year, 1, 1) == first
    eve = (first - timedelta(days=1)).isoformat()
    assert parse_deadline(f"trước Tết Nguyên đán {year}", None) == {"from": None, "until": eve}


@pytest.mark.parametrize("year", TET_OFF)
def test_the_days_off_at_tet_are_those_announced(year: int) -> None:
    around = timedelta(days=12)
    tet = date(year, *TET[year])
    found = sorted(day for day in holidays(year) if abs(day - tet) < around and day.weekday() < 5)
    assert " ".join(day.isoformat() for day in found) == TET_OFF[year]


def test_a_lunar_day_that_is_none_is_none() -> None:
    assert lunar_day(2024, 12, 30) is None  # a month of 29 days
    assert lunar_day(2024, 13, 1) is None
    assert lunar_day(1850, 1, 1) is None
    assert lunar_day(2101, 1, 1) is None


@given(st.integers(1950, 2090), st.integers(1, 12), st.integers(1, 29))
def test_every_lunar_day_parses_back(year: int, month: int, day: int) -> None:
    there = lunar_day(year, month, day)
    assert there is not None
    assert parse_deadline(f"trước ngày {day}/{month}/{year} âm lịch", None)["until"] == there.isoformat()
    if there.year <= 2089:
        written = there - timedelta(days=20)
        assert parse_deadline(f"đến ngày {day}/{month} âm lịch", written)["until"] == there.isoformat()


@given(st.dates(date(1951, 1, 1), date(2089, 12, 31)), st.integers(0, 40))
def test_the_count_of_working_days_grows_by_one_working_day(start: date, count: int) -> None:
    last, following = add_workdays(start, count), add_workdays(start, count + 1)
    assert last is not None
    assert following is not None
    between = [last + timedelta(days=n) for n in range(1, (following - last).days + 1)]
    assert [day for day in between if is_workday(day)] == [following]


@pytest.mark.parametrize("edge", [date.min, date.max, date(1899, 6, 1), date(2100, 12, 30)])
def test_the_ends_of_the_calendars_raise_nothing(edge: date) -> None:
    for phrase in ("trước Tết", "trong 30 ngày làm việc", "trước rằm tháng Giêng", "trước Tết Nguyên đán năm sau"):
        result = parse_deadline(phrase, edge)
        assert result["until"] is None or result["until"] >= edge.isoformat()
