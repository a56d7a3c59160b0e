"""The words between an indicator's name and its figure: taken off the name, and what they say of the figure.

`strip_links("thu ngân sách ước đạt trên")` gives the name and the words, the nearest to the figure first; `comparison`
makes one word of them, out of a closed set (`COMPARISONS`):

    đạt        the figure is reached, made up or aimed at: đạt, là, bằng, chiếm, được, lên, tới …
    còn        what is left: còn, xuống, giảm còn, giảm xuống
    tăng, giảm, vượt     the figure is the change itself
    gấp        the figure is a multiple: gấp đôi, tăng gấp ba
    ít nhất    tối thiểu, không dưới, từ … (trở lên)
    không quá  tối đa, nhiều nhất, … trở xuống
    trên       hơn, cao hơn
    dưới       chưa đến, chưa đầy, thấp hơn
    khoảng     gần, xấp xỉ, chừng, ước

Of several, that one counts which changes most what the figure means: a multiple or change goes before a bound ("tăng
trên 5%" is tăng), a bound before an estimate, all of them before đạt and còn. A change that leads up to a
level is none: "tăng lên 60%" is đạt, "giảm còn 5%" còn.

    python -c "from infer.comparisons import *; print(strip_links('tỷ lệ hộ nghèo giảm còn dưới'))"
"""

import re
from typing import NamedTuple

from infer.folding import match_key

EDGES = " ,.;:-–—"

_BOUNDS = {
    "ít nhất": r"ít nhất|tối thiểu|không (?:dưới|thấp hơn|ít hơn|kém)",
    "không quá": r"không (?:vượt )?quá|tối đa|nhiều nhất|không (?:cao hơn|hơn|trên)",
    "trên": r"trên|hơn|lớn hơn|cao hơn",
    "dưới": r"dưới|chưa (?:đến|tới|đầy|bằng)|thấp hơn|ít hơn",
    "khoảng": r"(?:vào )?khoảng|gần|xấp xỉ|chừng|ước(?: tính)?|(?:xoay|dao động) quanh(?: mức)?|tương đương",
}
_LEVELS = {
    "đạt": r"đạt(?: được)?|là|bằng|chiếm|được|có|(?:đạt |lên )?ở mức|(?:đạt|lên) (?:mức|mốc)|tới|đến|lên|dự kiến",
    "còn": r"còn|xuống|về",
    "ít nhất": r"từ",
    "": r"chỉ|cả|vỏn vẹn",
}
_CHANGES = {
    "tăng": r"(?:gia )?tăng(?: thêm| bình quân| mạnh| cao)?",
    "giảm": r"(?:suy |cắt )?giảm(?: thêm| bình quân| mạnh| sâu)?|tụt|sụt",
    "vượt": r"vượt(?: quá| mức)?",
    "gấp": r"gấp",
}
_HOLDS = {"đạt": r"duy trì(?: ở mức)?|giữ ở mức|chạm(?: mức| mốc| ngưỡng)?", "tăng": r"nhích"}
COMPARISONS = ("gấp", "vượt", "tăng", "giảm", "ít nhất", "không quá", "trên", "dưới", "khoảng", "còn", "đạt")
"""All that `comparison` gives besides None, the word that counts before the one that gives way."""

APPROXIMATE = rf"(?:{'|'.join(_BOUNDS.values())})"
_TABLE = [*_BOUNDS.items(), *_LEVELS.items(), *_CHANGES.items(), *_HOLDS.items()]
_MEANS = [(meaning, re.compile(pattern)) for meaning, pattern in _TABLE]
_LINK = re.compile(
    rf"(?:^|(?<=[\s(,:-]))(?:(?P<bound>{APPROXIMATE})|(?P<level>{'|'.join(_LEVELS.values())})"
    rf"|(?P<verb>{'|'.join([*_CHANGES.values(), *_HOLDS.values()])}))$"
)
_LEADING = re.compile(r"còn|xuống|về|lên|tới|đến")  # "tăng lên", "giảm còn": what follows is the level
_ESTIMATED = re.compile(r"ước(?: tính)?")  # "ước đạt" is đạt
_ADVERB = re.compile(r"(?:^| )(?:đã|mới|sẽ|cũng|vẫn|hiện|hiện nay|đang|phải|cần|có thể|ước|tiếp tục)$")
_QUALIFIES = re.compile("trên|dưới|gần|dự kiến|có|được|bằng|chiếm|tới|đến|về|từ")  # before "là"
_ALONE = re.compile(r"(?:^| )(?:mới|hiện|hiện nay)$")  # without a verb: "tỷ lệ hộ có sổ mới ba phần năm"
# "mức tăng", "tốc độ giảm", "lương tối thiểu", "mặt bằng", "dự án nêu trên", "chứng chỉ", "mẫu không đạt" are names.
_NAMED = re.compile(
    r"\b(?:(?:mức|tốc độ|mức độ|tỷ lệ|tỉ lệ|nhịp độ|số|và) (?:tăng|giảm)(?: thêm| bình quân| mạnh)?"
    r"|(?:giá trị gia|hai con số) tăng|(?:bị|được|miễn,?|cắt, miễn) (?:cắt |miễn,? )?giảm"
    r"|(?:lương|dạy học|chuẩn|điều kiện|yêu cầu|dịch vụ) tối (?:thiểu|đa)|(?:va|tiếp) chạm"
    r"|(?:mặt|văn|công|thăng|đồng|cân|cấp|có) bằng|(?:nêu|nói|kể|phía|cấp) trên|trở (?:lên|xuống)|(?:cấp|phía) dưới"
    r"|còn lại|(?:không|chưa) (?:đạt|có|được|còn)|cầu vượt|(?:lấn|xâm) chiếm|(?:chứng|tín|địa) chỉ"
    r"|(?:hiện|tự|sẵn|vốn) có|(?:quy|hương|công|hiệp|điều) ước|chuyên cần|(?:phát|thực|xuất|thể|biểu|hoàn) hiện"
    r"|thời điểm hiện nay|(?:năm|tháng|quý|tuần|kỳ|vụ|thời gian|giai đoạn|khách|người) tới|(?:khách|tàu|văn bản) đến"
    r"|(?:thu|trả|chiều|mang|đem|trở|gửi|đưa|chuyển) về|(?:chuẩn nghèo|theo chuẩn|theo tiêu chí) mới"
    r"|(?<!giao thông )(?<!cấp điện )(?<!cấp nước )(?<!chất thải rắn )(?<!lao động )(?<!khu vực )(?<!ở )nông thôn mới"
    r"|(?:đô thị|thành lập|đăng ký|cấp|trồng|xây dựng|đầu tư|mắc|khởi công|làm|xây|dựng|thu hút|mở|tuyển|kết nạp) mới)$"
)


class Links(NamedTuple):
    """`name` is what is left of the text; `words` are keys, the nearest to the figure first."""

    name: str
    words: list[str]


def strip_links(prefix: str) -> Links:
    """What stands before a figure without the linking words at its end, and these words.

    A verb of change that is all there is ("giảm 130 vụ") stays in the name, and is among the words nevertheless. Before
    "là" some only qualify the name ("hai dự án trên là", "số vốn cần là").
    """
    words: list[str] = []
    while True:
        prefix = prefix.rstrip(EDGES)
        key = match_key(prefix)
        if _NAMED.search(key):
            return Links(prefix, words)
        link = _LINK.search(key)
        if link is None:
            adverb = (_ADVERB if words else _ALONE).search(key)
            if adverb is None or (words[-1:] == ["là"] and adverb[0].endswith("cần")):
                return Links(prefix, words)
            prefix = prefix[: adverb.start()]
            continue
        if words[-1:] == ["là"] and _QUALIFIES.fullmatch(link[0]):
            return Links(prefix, words)
        words.append(link[0])
        if link["verb"] and not key[: link.start()].strip(EDGES):
            return Links(prefix, words)
        prefix = prefix[: link.start()]


def comparison(words: list[str], after: str) -> str | None:
    """One of `COMPARISONS`, from linking words (`strip_links`) and the key of what follows the figure, or None."""
    meanings: list[str] = []
    for nearer, word in zip(["", *words], words, strict=False):
        meaning = next(meaning for meaning, pattern in _MEANS if pattern.fullmatch(word))
        if nearer and (_ESTIMATED.fullmatch(word) or (meaning in ("tăng", "giảm") and _LEADING.fullmatch(nearer))):
            continue
        meanings.append(meaning)
    if bound := re.match(r" ?trở (lên|xuống)\b", after):
        meanings.append("ít nhất" if bound[1] == "lên" else "không quá")
    return next((meaning for meaning in COMPARISONS if meaning in meanings), None)
