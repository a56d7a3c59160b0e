"""A match key in, the same key out with every number masked that is no figure: years, dates, ordinals, periods.

Digits and number words of such a number become "§", one for one, so that offsets stay. What is masked is a table for
digits (`_MASKS`) and one for words (`_WORD_MASKS`): "năm 2020", "quý III/2023", "mức độ 4", "05-NQ/TU", "trẻ 5 tuổi";
"hai tháng", "ngã ba", "mũi hai", "một cửa".

    python -c "from infer.masks import *; print(masked('vốn năm 2020 đạt 45% sau hai tháng'))"
"""

import re

from infer.numerals import WORDS
from infer.units import COUNT, MEASURE, MONEY, SCALE, SCALES

_YEAR = r"(?:19|20)[0-9]{2}(?![0-9.,]*[0-9])"
_NO_UNIT = rf"(?! ?(?:{MONEY}|{MEASURE}|{SCALE}))"

_ORDINAL = r"[0-9]{1,4}[a-zđ]?(?![\w%])"
_DAY = r"[0-9]{1,2} ?[/.-] ?[0-9]{1,2}(?: ?[/.-] ?(?:19|20)[0-9]{2})?(?![\w%]|[.,/][0-9])"
# Numbers that are no values. A match is masked as a whole.
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
            rf"{_NO_UNIT}(?! (?:{COUNT}))"
        ),
        r"\b(?:dưới|trên|từ|đến|đủ|độ tuổi|độ) [0-9]{1,3}(?: ?(?:-|đến) ?[0-9]{1,3})? (?:tháng )?tuổi\b",
        r"(?<![\w.,/-])[0-9]+[a-z]?(?:/[0-9]{4})?[-/][a-zđ]{2,}[\w/-]*",  # 05-nq/tu, 53/2020/qđ-ubnd
        r"[^\W\d_]-?[0-9]+[\w/-]*",  # covid-19, a01, t2: digits after a letter
        (
            rf"\b(?:cấp độ|mức độ|cấp|hạng|bậc|loại|nhóm|lớp|khối|vòng|đợt|giai đoạn|thứ|lần thứ|lần|số|khoá"
            rf"|chương trình|chương|điều|khoản|mục|phụ lục|nghị quyết|nghị định|quyết định|chỉ thị|công văn|thông tư"
            rf"|kế hoạch|đề án|quốc lộ|tỉnh lộ|ql|đường|vành đai|tuyến|quận|phường"
            rf"|khu|tổ|tầng|ga|kỳ|mũi)(?: số)? ?{_ORDINAL}"
            rf"(?:(?:, ?| và |-){_ORDINAL})*{_NO_UNIT}(?! ?(?:[-/,.][0-9]|{COUNT}))"
        ),
        r"\b[0-9]{1,3}(?: ?(?:-|đến) ?[0-9]{1,3})? tuổi(?= [^\W\d_])(?! (?:là|còn|đạt|chiếm|tăng|giảm))",
        r"\btrong khung giờ [0-9]+ ?- ?[0-9]+",
        rf"\bgói {_NO_UNIT}[0-9.,]+ {SCALES}(?: {MONEY})?",  # a package named by its sum
    )
)
_BARE_YEAR = re.compile(rf"(?<![\w.,/-]){_YEAR}{_NO_UNIT}(?! {COUNT})(?![/%])")
_MASK = "§"
_LINKED = re.compile(r"(?:đạt|là|còn|bằng|tăng|giảm|chiếm|được|gần|trên|hơn|khoảng|dưới) $")

_YEARS = "năm(?! (?:mươi|trăm|nghìn|ngàn|vạn|triệu|tỷ|tỉ|phần|trên))"
_WORD_MASKS = (
    # a stretch of time, unless it is the figure: "thời gian cấp phép còn ba ngày"
    re.compile(
        rf"(?<!\w)(?<!còn )(?<!xuống )(?<!giảm ){WORDS} (?:tháng|quý|{_YEARS}|tuần|ngày|giờ|buổi|mùa)(?= [^\W\d_]|/|$)"
    ),
    re.compile(rf"(?<!\w){WORDS} tuổi(?= [^\W\d_])"),
    re.compile(
        r"\b(?:đợt|lần|mũi|lớp|cấp|tháng|quý|thứ|hạng|loại|nhóm|vòng|ngã|bước|giai đoạn|mức độ|số|tổ|khu|ngày|khoá"
        r"|vụ|chiều|tiêm|đủ|mỗi|từng|mọi|cả|sông|núi|hồ|cầu|chợ|tiết|giáp|từ) (?:một|hai|ba|bốn|tư|năm|sáu|bảy|tám|chín"
        r"|mười)(?! (?:phần|mươi|trăm|nghìn|ngàn|vạn|triệu|tỷ|tỉ)\b)(?!\w)"
    ),
    re.compile(
        r"\bmột (?:số|trong)(?!\w)|\b(?:một|hai|ba|bốn|năm|sáu) (?:cửa|chiều|bánh|bên|cấp|con số|chữ số|đầu|thứ tiếng"
        r"|con đường|bước|nay|học|ngoái|trước|sau|tới|cuối)(?!\w)"
    ),
    re.compile(r"\bnăm (?=[0-9§])|\bnửa (?:đầu|cuối|năm|tháng|chục|ngày|kín|đêm)\b|\btờ gấp \w+"),
)


def masked(key: str) -> str:
    """`key` with "§" in the place of each digit, or letter of a number word, that belongs to no figure."""

    def digits(match: re.Match[str]) -> str:
        return re.sub("[0-9]", _MASK, match[0])

    # This masks the 2 of "m2" too; units are read from the key.
    for pattern in _MASKS:
        key = pattern.sub(digits, key)
    key = _BARE_YEAR.sub(lambda m: m[0] if _LINKED.search(key, 0, m.start()) else digits(m), key)
    for pattern in _WORD_MASKS:
        key = pattern.sub(lambda m: re.sub(r"\w", _MASK, m[0]), key)
    return key
