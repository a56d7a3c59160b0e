"""A Vietnamese numeral in, its value out: "2.495", "1,5", "hai mươi lăm", "một nghìn ba trăm", "hai phần ba".

`read_number` reads digits, `read_words` words, `read_fraction` and `read_times` what stands for a part or a multiple.
The patterns beside them (`DIGITS`, `WORDS`, `FRACTION_WORDS`) say where such a numeral stands in a match key
(`infer.folding`); what they match, the readers take.

"năm" is five and also the year: it counts as a digit only where a year could not stand ("năm mươi", "linh năm",
"năm trăm"), or as the whole numeral; whoever searches for numerals has to look at what follows.

    python -c "from infer.numerals import *; print(read_words('một nghìn ba trăm linh năm'), read_number('2.495'))"
"""

import re

_DIGITS = {"một": 1, "hai": 2, "ba": 3, "bốn": 4, "năm": 5, "sáu": 6, "bảy": 7, "bẩy": 7, "tám": 8, "chín": 9}
_ONES = _DIGITS | {"mốt": 1, "tư": 4, "lăm": 5, "nhăm": 5}  # as they sound after "mươi"
_HALF = "rưỡi"

_D = "(?:một|hai|ba|bốn|năm|sáu|bảy|bẩy|tám|chín)"
_ONE = "(?:một|mốt|hai|ba|bốn|tư|lăm|nhăm|sáu|bảy|bẩy|tám|chín)"  # no "năm": "hai mươi năm" are twenty years
_TENS = f"(?:{_D} (?:mươi|chục)(?: {_ONE})?|mười(?: {_ONE})?)"
_REST = f"(?: (?:(?:linh|lẻ) (?:{_D}|tư)|{_TENS}|{_HALF}))"  # what may follow "trăm"
_HUNDREDS = f"(?:(?:{_D}|không) trăm{_REST}?)"
_SMALL = f"(?:{_HUNDREDS}|{_TENS}|{_D})"
_THOUSANDS = f"(?:{_SMALL} (?:nghìn|ngàn) (?:{_HUNDREDS}|(?:linh|lẻ) {_D}|{_HALF}))"

WORDS = rf"(?:{_THOUSANDS}|{_SMALL})(?!\w)"
"""A whole number in words below a million; a scale that ends it ("hai nghìn") is left to the unit."""

_PART = f"(?:{_TENS}|{_D}|tư)"
FRACTION_WORDS = (
    rf"(?:{_PART} phần (?!trăm\b|nghìn\b){_PART}|{_PART} trên {_PART}(?= (?!vạn|nghìn|trăm))"
    r"|(?:một|phân) nửa|nửa)(?!\w)"
)
_MULTIPLES = {word: number for word, number in _DIGITS.items() if number > 1} | {"mười": 10}
_TIMES = {"đôi": 2, _HALF: 1.5} | _MULTIPLES

TIMES = rf"(?:đôi|{_HALF}|(?:{'|'.join(_MULTIPLES)})(?! lần))"
"""What makes a multiple behind "gấp"; with "lần" the number is a figure like others."""

DIGITS = (
    r"(?:[0-9]{1,3}(?:\.[0-9]{3})+(?:,[0-9]+)?(?![0-9])|[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]+(?![0-9])"
    r"|[0-9]{1,3}(?:,[0-9]{3}){2,}(?![0-9])|[0-9]{1,3}(?: [0-9]{3})+(?![0-9])|[0-9]+(?:[.,][0-9]+)?)"
)

SCALE_VALUES = {"trăm": 10**2, "nghìn": 10**3, "ngàn": 10**3, "vạn": 10**4, "triệu": 10**6, "tỷ": 10**9, "tỉ": 10**9}


def read_number(text: str) -> int | float | None:
    """The value of digits in Vietnamese notation: "1.234,5" is 1234.5. None where the notation is not clear.

    A point before exactly three digits groups thousands, any other point or comma is decimal; "5,000" could be
    English and is None, and so is anything past fifteen digits.
    """
    text = text.replace(" ", "")
    if sum(c.isdigit() for c in text) > 15 or re.fullmatch(r"[0-9]{1,3},000", text):
        return None
    if re.fullmatch(r"[0-9]{1,3}(?:\.[0-9]{3})+(?:,[0-9]+)?", text):
        text = text.replace(".", "").replace(",", ".")
    elif re.fullmatch(r"[0-9]{1,3}(?:(?:,[0-9]{3})+\.[0-9]+|(?:,[0-9]{3}){2,})", text):
        text = text.replace(",", "")
    else:
        text = text.replace(",", ".")
    return float(text) if "." in text else int(text)


def read_words(words: str) -> int:
    """The value of a numeral that `WORDS` matched, or of any run of its words: "hai mươi lăm" is 25."""
    total, group, last = 0, 0, 0  # last: the digit that a "mươi" or "trăm" after it raises
    scale = 1
    for word in words.split():
        if word in _ONES:
            last, scale = _ONES[word], 1
            group += last
        elif word == "mười":
            group, scale = group + 10, 10
        elif word in ("mươi", "chục"):
            group, scale = group + 9 * last, 10
        elif word == "trăm":
            group, scale = group + 99 * last, 100
            last = 0
        elif word in ("nghìn", "ngàn"):
            total, group, scale, last = 1000 * group, 0, 1000, 0
        elif word == _HALF:
            group += scale // 2
    return total + group


def read_fraction(words: str) -> str:
    """A part in words as a fraction in digits: "hai phần ba" is "2/3", "năm trên bảy" "5/7", "một nửa" "1/2"."""
    part, _, whole = re.sub(r" (?:phần|trên) ", "/", words).partition("/")
    return f"{read_words(part)}/{read_words(whole)}" if whole else "1/2"


def read_times(words: str) -> int | float:
    """ "gấp đôi" is 2, "gấp rưỡi" 1.5, "gấp hơn ba" 3."""
    return _TIMES[words.split()[-1]]
