"""A phrase in, its figures out: where each stands, its value in Vietnamese notation, and its unit.

`find_figures(text)` reads a folded text. Numbers that only name something are masked first (`_MASKS`): years, dates,
"quý III", "mức độ 4", "lớp 10", "chương trình 135", document numbers, ages. A figure is a number (1.234,5), a
fraction (11/29, kept as a string), a range (5-6%: the value is None) or a change ("từ 22% xuống còn 18%": the
value is what it comes to). Units are kept as written: "tỉ đồng" is not converted.

    python -c "from infer.figures import *; print(find_figures('nộp ngân sách 2.495 tỷ đồng'))"
"""

import re
from typing import NamedTuple

from infer.folding import match_key


class Figure(NamedTuple):
    """`text[start:end]` is the number, `text[end:unit_end]` its unit."""

    start: int
    end: int
    unit_end: int
    value: int | float | str | None
    unit: str | None
    measured: bool  # in a measure, money or thousands; else the count of a noun, or a bare number
    noun: str | None  # the count noun at the end of the unit, where it has one


_YEAR = r"(?:19|20)[0-9]{2}(?![0-9.,]*[0-9])"
_SCALE = r"(?:nghìn|ngàn|vạn|trăm|triệu(?! tập)|t[ỷỉ](?! (?:lệ|trọng|giá|suất|số)\b)|ti(?= đồng))\b"
_SCALES = rf"{_SCALE}(?: {_SCALE})*"
_MONEY = r"(?:đồng|vnđ|vnd|usd|đô ?la(?: mỹ)?|euro|eur|yên|won|nhân dân tệ|đ)\b"
_MEASURE = (
    r"(?:%|(?:điểm phần trăm|điểm %|phần trăm|hecta|héc-?ta|héc ta|ha|m2|m²|m3|m³|km2|km²|km|mét vuông|mét khối|mét"
    r"|m|tấn|tạ|kg|gam|lít|mwp|mwh|mw|kwp|kwh|kw|gwh|gw|twh|kva|mva|teu|lần)(?!\w)"
    r"|(?:tuổi|điểm|bậc|ngày(?: làm việc)?|tháng|năm|giờ|phút)(?=$| ?[,;)/]| trở ))"
)
_COUNT_NOUNS = """
    lượt người, lượt khách, lượt hộ, lượt, người lao động, người, hộ gia đình, hộ dân, hộ nghèo, hộ cận nghèo, hộ,
    hành khách, khách du lịch, khách, nhân khẩu, khẩu, dân, lao động, việc làm, học sinh, sinh viên, học viên,
    giáo viên, em, cháu, trẻ, bệnh nhân, ca, giường bệnh, giường, bác sĩ, bác sỹ, xã, huyện, phường, thôn, bản, tỉnh,
    địa phương, đơn vị, cơ quan, tổ chức, cá nhân, tập thể, doanh nghiệp, hợp tác xã, htx, tổ hợp tác, cơ sở,
    công trình, dự án, đề án, chỉ tiêu, nhiệm vụ, tiêu chí, hồ sơ, thủ tục, văn bản, vụ việc, vụ án, vụ, cuộc, đợt,
    lớp, trường hợp, trường, căn nhà, căn hộ, căn, ngôi nhà, nhà, phòng, xe, chiếc, máy bay, tàu, cầu, con, cây,
    sản phẩm, mặt hàng, gói thầu, biên chế, mô hình, ý kiến, đảng viên, hội viên, liều, mũi, mẫu, thí sinh, suất,
    chứng chỉ
"""
_COUNT = rf"(?:{'|'.join(sorted(map(str.strip, _COUNT_NOUNS.split(',')), key=len, reverse=True))})\b"
_PER = (
    r"(?: ?/ ?(?:ngày đêm|ngày|năm|tháng|quý|tuần|giờ|người|ha|hộ|vụ|km2|km|m2|m3|lượt|(?:vạn |nghìn )?dân|[0-9.]+ dân"
    r"|kwh|tấn|kg|lao động|xã|suất|em|lần|giây|phút|lứa|sào)\b)*"
)
_UNIT = re.compile(
    rf" ?(?P<measure>(?:{_SCALES} )?(?:{_MONEY}|{_MEASURE})|{_SCALES}(?= ?/|(?! {_COUNT})))(?P<per>{_PER})"
    rf"| (?P<scale>{_SCALES} )?(?P<noun>{_COUNT})(?P<noun_per>{_PER})"
)
_NO_UNIT = rf"(?! ?(?:{_MONEY}|{_MEASURE}|{_SCALE}))"

# Numbers that are no values. A match is masked as a whole.
_ORDINAL = r"[0-9]{1,4}[a-zđ]?(?![\w%])"
_DAY = r"[0-9]{1,2} ?[/.-] ?[0-9]{1,2}(?: ?[/.-] ?(?:19|20)[0-9]{2})?(?![\w%]|[.,/][0-9])"
_MASKS = tuple(
    re.compile(mask)
    for mask in (
        rf"\bngày (?:{_DAY}|[0-9]{{1,2}}(?: tháng [0-9]{{1,2}}(?: năm {_YEAR})?)?(?![\w.,/]))",
        r"(?<![\w.,/-])[0-9]{1,2} ?[/.-] ?[0-9]{1,2} ?[/.-] ?(?:19|20)[0-9]{2}(?![\w.,/-])",
        rf"(?<!chưa )\b(?:đến|tới|trước|từ|sau|hết) {_DAY}(?= ?(?:$|[,;)]|đạt|đã|là|còn|ước|mới|có|cả|toàn))",
        r"\b(?:số|nghị quyết|nghị định|quyết định|chỉ thị|công văn|thông tư|kế hoạch) [0-9]+/(?:19|20)[0-9]{2}\b",
        rf"\b(?:tháng|quý) ?(?:[0-9]{{1,2}} ?- ?)?[0-9]{{1,2}}(?: ?[/.-] ?{_YEAR})?{_NO_UNIT}(?![\w.,%]*[0-9])",
        rf"\b(?:quý (?:i|ii|iii|iv)) ?[/-] ?{_YEAR}",
        r"(?<![\w.,/-])[0-9]{1,2} (?:tháng|quý|năm|tuần|ngày) (?:đầu|cuối|qua|tới|gần đây|liên tiếp|còn lại|năm)\b",
        r"(?<!là )(?<!còn )(?<!xuống )(?<!giảm )(?<!tăng )(?<!đạt )(?<!khoảng )(?<!hơn )\b(?<![.,])[0-9]{1,2} tháng$",
        r"\b(?:trong|sau|qua|suốt|bình quân|vòng) [0-9]{1,2} (?:tháng|năm|tuần|ngày)\b",
        rf"(?<![\w.,/-]){_YEAR} ?[-,] ?(?:{_YEAR}|[0-9]{{2}}\b)(?! ?(?:mw|%))",
        (
            rf"\b(?:năm|năm học|giai đoạn|nhiệm kỳ|thời kỳ|đến|hết|cuối|đầu|từ|mục tiêu|kế hoạch|vùng) {_YEAR}"
            rf"{_NO_UNIT}(?! (?:{_COUNT}))"
        ),
        r"\b(?:dưới|trên|từ|đến|đủ|độ tuổi|độ) [0-9]{1,3}(?: ?(?:-|đến) ?[0-9]{1,3})? (?:tháng )?tuổi\b",
        r"(?<![\w.,/-])[0-9]+[a-z]?(?:/[0-9]{4})?[-/][a-zđ]{2,}[\w/-]*",  # 05-nq/tu, 53/2020/qđ-ubnd
        r"[^\W\d_]-?[0-9]+[\w/-]*",  # covid-19, a01, t2: digits after a letter
        (
            rf"\b(?:cấp độ|mức độ|cấp|hạng|bậc|loại|nhóm|lớp|khối|vòng|đợt|giai đoạn|thứ|lần thứ|lần|số|khoá"
            rf"|chương trình|chương|điều|khoản|mục|phụ lục|nghị quyết|nghị định|quyết định|chỉ thị|công văn|thông tư"
            rf"|kế hoạch|đề án|quốc lộ|tỉnh lộ|ql|đường|vành đai|tuyến|quận|phường"
            rf"|khu|tổ|tầng|ga|kỳ|mũi)(?: số)? ?{_ORDINAL}"
            rf"(?:(?:, ?| và |-){_ORDINAL})*{_NO_UNIT}(?! ?(?:[-/,.][0-9]|{_COUNT}))"
        ),
        rf"\bgói {_NO_UNIT}[0-9.,]+ {_SCALES}(?: {_MONEY})?",  # a package named by its sum
    )
)
_BARE_YEAR = re.compile(rf"(?<![\w.,/-]){_YEAR}{_NO_UNIT}(?! {_COUNT})(?![/%])")
_MASK = "§"

_N = (
    r"(?:[0-9]{1,3}(?:\.[0-9]{3})+(?:,[0-9]+)?(?![0-9])|[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]+(?![0-9])"
    r"|[0-9]{1,3}(?:,[0-9]{3}){2,}(?![0-9])|[0-9]{1,3}(?: [0-9]{3})+(?![0-9])|[0-9]+(?:[.,][0-9]+)?)"
)
_WORD_NUMBERS = {"một": 1, "hai": 2, "ba": 3, "bốn": 4, "sáu": 6, "bảy": 7, "tám": 8, "chín": 9, "mười": 10}
APPROXIMATE = (
    r"(?:gần|trên|hơn|khoảng|ít nhất|tối thiểu|tối đa|dưới|không quá|xấp xỉ|chừng|ước|chưa (?:đến|tới|đầy)|lớn hơn"
    r"|cao hơn)"
)
_U = rf"(?: ?(?:(?:{_SCALES} )?(?:{_MONEY}|{_MEASURE}|{_COUNT})|{_SCALES})(?: ?/ ?\w+)?)?"
_NUMBER = re.compile(
    rf"(?<![\w.,/])(?:(?P<change>từ (?:mức )?(?:{APPROXIMATE} )*{_N}{_U}"
    rf" (?:(?:tăng |giảm |nâng )?(?:lên|xuống)(?: còn| đến| tới)?|còn|thành) (?:mức )?(?:{APPROXIMATE} )*(?P<to>{_N}))"
    rf"|(?P<range>{_N}{_U}(?: ?- ?| đến | tới )(?:{APPROXIMATE} )*{_N})"
    rf"|(?P<fraction>{_N} ?/ ?{_N})(?![0-9/])"
    rf"|(?P<number>{_N})"
    rf"|(?<!mười )(?<!mươi )(?<!trăm )(?P<word>{'|'.join(_WORD_NUMBERS)})(?= (?!vạn|trăm){_SCALE}))"
)
_LINKED = re.compile(r"(?:đạt|là|còn|bằng|tăng|giảm|chiếm|được|gần|trên|hơn|khoảng|dưới) $")


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


def _masked(key: str) -> str:
    def mask(match: re.Match[str]) -> str:
        return re.sub("[0-9]", _MASK, match[0])

    # This masks the 2 of "m2" too; units are read from the key.
    for pattern in _MASKS:
        key = pattern.sub(mask, key)
    return _BARE_YEAR.sub(lambda m: m[0] if _LINKED.search(key, 0, m.start()) else mask(m), key)


def _value(match: re.Match[str]) -> int | float | str | None:
    if match["range"]:
        return None
    if match["fraction"]:
        return match["fraction"].replace(" ", "")
    return _WORD_NUMBERS.get(match["word"] or "") or read_number(match["to"] or match["number"])


def find_figures(text: str) -> list[Figure]:
    """The figures of a folded text, in order; offsets are code points of `text`."""
    key = match_key(text)
    masked = _masked(key)
    figures: list[Figure] = []
    for match in _NUMBER.finditer(masked):
        if figures and match.start() < figures[-1].unit_end:
            continue
        unit = _UNIT.match(key, match.end())
        if unit is None and re.match(r"[^\W\d_]", key[match.end() : match.end() + 1]):
            continue  # "30a", "4k": no number
        end = unit.end() if unit else match.end()
        noun = unit and unit["noun"]
        figures.append(
            Figure(
                match.start(),
                match.end(),
                end,
                _value(match),
                text[match.end() : end].strip() or None,
                bool(unit and (unit["measure"] or unit["scale"])),
                text[unit.start("noun") : end] if unit and noun else None,
            )
        )
    return figures
