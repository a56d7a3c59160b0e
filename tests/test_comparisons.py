"""What the words between name and figure say of the figure, and that they leave the name alone."""

import pytest

from infer.comparisons import COMPARISONS, comparison, strip_links
from infer.indicators import parse_indicator

CASES: list[tuple[str, str | None]] = [
    ("đạt 60%", "đạt"),
    ("ước đạt 60%", "đạt"),
    ("là 60%", "đạt"),
    ("chiếm 60%", "đạt"),
    ("lên 60%", "đạt"),
    ("tăng lên 60%", "đạt"),
    ("còn 60%", "còn"),
    ("giảm còn 60%", "còn"),
    ("giảm xuống 60%", "còn"),
    ("xuống còn 60%", "còn"),
    ("tăng 60%", "tăng"),
    ("đã tăng thêm 60%", "tăng"),
    ("tăng trên 60%", "tăng"),
    ("giảm 60%", "giảm"),
    ("giảm ít nhất 60%", "giảm"),
    ("vượt 60%", "vượt"),
    ("gấp 3 lần", "gấp"),
    ("gấp đôi", "gấp"),
    ("tăng gấp rưỡi", "gấp"),
    ("ít nhất 60%", "ít nhất"),
    ("đạt tối thiểu 60%", "ít nhất"),
    ("không dưới 60%", "ít nhất"),
    ("từ 60% trở lên", "ít nhất"),
    ("đạt từ 60%", "ít nhất"),
    ("không quá 60%", "không quá"),
    ("tối đa 60%", "không quá"),
    ("trên 60%", "trên"),
    ("đạt hơn 60%", "trên"),
    ("dưới 60%", "dưới"),
    ("giảm còn dưới 60%", "dưới"),
    ("chưa đầy 60%", "dưới"),
    ("khoảng 60%", "khoảng"),
    ("đạt gần 60%", "khoảng"),
    ("xấp xỉ 60%", "khoảng"),
    ("60%", None),
    ("chỉ 60%", None),
    ("từ 45% lên 60%", "đạt"),
    ("giảm từ 75% xuống còn 60%", "còn"),
]


@pytest.mark.parametrize(("words", "expected"), CASES)
def test_one_word_of_a_closed_set_says_what_the_figure_is(words: str, expected: str | None) -> None:
    found = parse_indicator(f"tỷ lệ hộ dùng nước sạch {words}")
    assert found["comparison"] == expected
    assert found["name"] == "tỷ lệ hộ dùng nước sạch"
    assert expected is None or expected in COMPARISONS


def test_every_word_of_the_set_is_reached() -> None:
    assert {expected for _, expected in CASES if expected} == set(COMPARISONS)


@pytest.mark.parametrize(
    "name",
    [
        "dư nợ cho vay nhà ở",
        "tỷ lệ mẫu không đạt",
        "mức tăng",
        "số vụ bị phát hiện",
        "tiến độ giải phóng mặt bằng",
        "số học sinh chuyên cần",
        "số sản phẩm từ ba sao trở lên",
        "số tiền thu về",
        "tỷ lệ lao động có bằng cấp, chứng chỉ",
        "diện tích rừng bị lấn chiếm",
        "hoàn thuế giá trị gia tăng",
        "sản lượng điện mặt trời bị cắt giảm",
        "số thuế được miễn, giảm",
        "tỷ lệ cơ sở đạt chuẩn tối thiểu",
        "tỷ lệ thôn có hương ước",
        "thu nhập vùng đồng bằng",
        "tỷ lệ vốn tự có",
        "kế hoạch vốn năm tới",
        "tổng vốn hai dự án trên",
        "số vốn cần",
        "số cử tri dự kiến",
        "lượng khách đến",
        "nợ thuế đến thời điểm hiện nay",
        "tỷ lệ hộ nghèo theo chuẩn mới",
        "số dự án thu hút mới",
        "tỷ lệ xã đạt chuẩn nông thôn mới",
    ],
)
def test_words_that_only_look_like_links_stay_in_the_name(name: str) -> None:
    assert strip_links(f"{name} là") == (name, ["là"])
    assert parse_indicator(f"{name} là 12%")["name"] == name


def test_links_come_nearest_first() -> None:
    assert strip_links("kim ngạch đã lên tới trên") == ("kim ngạch", ["trên", "tới", "lên"])


def test_no_link_and_no_bound_say_nothing() -> None:
    assert comparison([], "") is None


def test_only_just_is_no_part_of_the_name() -> None:
    assert parse_indicator("vốn giao thông nông thôn mới đạt 45%")["name"] == "vốn giao thông nông thôn"
    assert parse_indicator("vốn chương trình nông thôn mới đạt 45%")["name"] == "vốn chương trình nông thôn mới"
