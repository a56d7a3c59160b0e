"""Datelines count, dates in sentences do not."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infer.dateline import find_dateline

DATELINES = [
    ("Thứ Năm, 15/10/2020 | 14:30", date(2020, 10, 15)),
    ("Thứ năm, ngày 15 tháng 10 năm 2020", date(2020, 10, 15)),
    ("Thứ 5, 15-10-2020 14:30 (GMT+7)", date(2020, 10, 15)),
    ("Chủ nhật, 12:11, 18.10.2020", date(2020, 10, 18)),
    ("CN, 18/10/2020", date(2020, 10, 18)),
    ("(Cập nhật 14:05, 12/7/2023)", date(2023, 7, 12)),
    ("Cập nhật lúc: 14h05 ngày 12/07/2023", date(2023, 7, 12)),
    ("Ngày đăng: 03-02-2021 08:15", date(2021, 2, 3)),
    ("Đăng ngày 03/02/2021", date(2021, 2, 3)),
    ("Ngày đăng: 03/02/2021 | Cập nhật: 05/02/2021", date(2021, 2, 3)),
    ("Hà Nội, ngày 12 tháng 7 năm 2023", date(2023, 7, 12)),
    ("Bắc Thanh, ngày 12 tháng 7 năm 2023", date(2023, 7, 12)),
    ("TP. Hồ Chí Minh, 12/7/2023", date(2023, 7, 12)),
    ("Thời sự - Thứ Tư, 12/07/2023, 09:00 AM", None),  # "sự": more than a name in capitals
    ("Lan Anh | 12/07/2023 09:00", date(2023, 7, 12)),
    ("14h30, 15/10/2020 | Lượt xem: 1.234", date(2020, 10, 15)),
    ("2021-02-03T08:15:00+07:00", date(2021, 2, 3)),
    ("15/10/2020", date(2020, 10, 15)),
    ("THỨ NĂM, NGÀY 15/10/2020", date(2020, 10, 15)),
    ("Thứ\u00a0Năm,\u200b  15/10/2020", date(2020, 10, 15)),
]

NO_DATELINES = [
    "Ngày 12/7/2023, Chủ tịch UBND tỉnh chủ trì phiên họp",
    "Hội nghị lúc 14:30 ngày 12/7/2023 bàn về giải ngân",
    "Kế hoạch 12/7/2023",
    "Đại hội Đảng 15/10/2020",
    "Thứ Sáu, 15/10/2020",  # a Thursday
    "Ngày đăng: 31/02/2021",
    "Thứ Năm, 15/10",
    "12/7/2023 - 12/8/2023",
    "Báo cáo trước 15:00 ngày 12/7/2023 " + "Dài " * 40,
    "Văn bản số 12/7/2023/UBND",
    "",
]


@pytest.mark.parametrize(("line", "day"), DATELINES)
def test_dateline_below_the_headline(line: str, day: date | None) -> None:
    assert find_dateline(f"UBND tỉnh họp phiên thường kỳ\r\n{line}\r\nNội dung bài viết.") == day


@pytest.mark.parametrize("line", NO_DATELINES)
def test_other_lines_are_no_datelines(line: str) -> None:
    assert find_dateline(f"Tiêu đề\n{line}\nNội dung.") is None


def test_only_the_first_six_lines_with_text_are_read() -> None:
    line = "Ngày đăng: 03/02/2021"
    assert find_dateline("\n\n".join(["Đoạn."] * 5 + [line])) == date(2021, 2, 3)
    assert find_dateline("\n".join(["Đoạn."] * 6 + [line])) is None


def test_the_first_dateline_wins_and_an_impossible_one_is_passed_over() -> None:
    assert find_dateline("Đăng ngày 31/02/2021\nĐăng ngày 3/2/2021\nĐăng ngày 4/2/2021") == date(2021, 2, 3)


@given(st.dates(date(1990, 1, 1), date(2090, 12, 31)))
def test_every_day_comes_back(day: date) -> None:
    weekday = ["Hai", "Ba", "Tư", "Năm", "Sáu", "Bảy"][day.weekday()] if day.weekday() < 6 else ""
    name = f"Thứ {weekday}" if weekday else "Chủ nhật"
    assert find_dateline(f"{name}, {day.day}/{day.month}/{day.year} | 07:05") == day
    assert find_dateline(f"Hà Nội, ngày {day.day} tháng {day.month} năm {day.year}") == day


@given(st.text())
def test_arbitrary_text_never_raises(text: str) -> None:
    assert find_dateline(text) is None or isinstance(find_dateline(text), date)
