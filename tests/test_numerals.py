"""Numerals in digits and in words come back as the numbers they were written for."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infer.figures import find_figures
from infer.indicators import parse_indicator
from infer.numerals import FRACTION_WORDS, WORDS, read_fraction, read_number, read_words

DIGITS = "không một hai ba bốn năm sáu bảy tám chín".split()
STABLE = settings(derandomize=True, deadline=None, max_examples=80)


def spell(number: int) -> str:
    """A number below a million in the words of the north, as school teaches them."""
    thousands, rest = divmod(number, 1000)
    words = [spell(thousands), "nghìn"] if thousands else []
    hundreds, below = divmod(rest, 100)
    if hundreds or (thousands and rest):
        words += [DIGITS[hundreds], "trăm"]
    tens, ones = divmod(below, 10)
    if tens:
        words += ["mười"] if tens == 1 else [DIGITS[tens], "mươi"]
        last = {1: "mốt" if tens > 1 else "một", 5: "lăm"}.get(ones, DIGITS[ones])
        words += [last] if ones else []
    elif ones:
        words += ["linh", DIGITS[ones]] if words else [DIGITS[ones]]
    return " ".join(words)


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("năm", 5),
        ("mười lăm", 15),
        ("hai mươi mốt", 21),
        ("bốn mươi tư", 44),
        ("ba chục", 30),
        ("một trăm linh năm", 105),
        ("một trăm rưỡi", 150),
        ("một nghìn rưỡi", 1500),
        ("một nghìn không trăm linh bốn", 1004),
        ("ba mươi nghìn bốn trăm", 30400),
    ],
)
def test_words_are_read(words: str, value: int) -> None:
    assert read_words(words) == value
    assert re.fullmatch(WORDS, words)


@pytest.mark.parametrize("phrase", ["hai mươi năm", "mười năm", "một trăm năm"])
def test_years_are_no_part_of_the_number_before_them(phrase: str) -> None:
    match = re.match(WORDS, phrase)
    assert match and match[0] == phrase.removesuffix(" năm")


@given(st.integers(1, 999_999))
@STABLE
def test_any_number_in_words_reads_back(number: int) -> None:
    assert read_words(spell(number)) == number


@given(st.integers(11, 999_999).filter(lambda n: n % 1000))
@STABLE
def test_any_number_in_words_is_found_in_an_indicator(number: int) -> None:
    assert re.fullmatch(WORDS, spell(number))
    found = parse_indicator(f"diện tích chuyển đổi đạt {spell(number)} héc-ta")
    assert found == {"name": "diện tích chuyển đổi", "value": number, "unit": "héc-ta", "comparison": "đạt"}


@given(st.integers(1, 10**9), st.integers(0, 999))
@STABLE
def test_digits_read_back_in_either_notation(whole: int, thousandths: int) -> None:
    assert read_number(f"{whole:,}".replace(",", ".") + f",{thousandths:03}1") == whole + (thousandths * 10 + 1) / 10**4
    if whole >= 1000:
        assert read_number(f"{whole:,}.{thousandths:03}") == whole + thousandths / 1000


@given(st.integers(1, 9), st.integers(2, 10))
@STABLE
def test_any_fraction_in_words_reads_back(part: int, whole: int) -> None:
    words = f"{spell(part)} phần {spell(whole)}"
    assert re.fullmatch(FRACTION_WORDS, words)
    assert read_fraction(words) == f"{part}/{whole}"
    assert parse_indicator(f"{words} số hộ đã có nước sạch")["value"] == f"{part}/{whole}"


@given(st.integers(1, 999), st.integers(1, 999))
@STABLE
def test_two_scales_count_in_the_larger_one(billions: int, millions: int) -> None:
    found = parse_indicator(f"tổng nợ còn {billions} tỷ {millions} triệu đồng")
    assert found["unit"] == "tỷ đồng"
    assert found["value"] == pytest.approx(billions + millions / 1000)


def test_a_smaller_scale_that_does_not_fit_settles_nothing() -> None:
    assert parse_indicator("tổng nợ còn 3 triệu 5.000 nghìn đồng")["value"] is None


@given(st.text(alphabet="mộthaibốnămtrăchụcphầngấpđôi 0123456789.,/%", max_size=60))
@STABLE
def test_arbitrary_numerals_never_raise(text: str) -> None:
    for figure in find_figures(" ".join(text.split())):
        assert figure.start < figure.end <= figure.unit_end
