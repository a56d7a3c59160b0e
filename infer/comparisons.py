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
    "khoảng": r"(?:vào )?khoảng|gần|xấp xỉ|chừng|ước(?: tính)?",
}
_LEVELS = {
    "đạt": r"đạt(?: được)?|là|bằng|chiếm|được|có|ở mức|ở|tới|đến|lên|dự kiến",
    "còn": r"còn|xuống|về",
    "ít nhất": r"từ",
    "": r"chỉ|cả",
}
_CHANGES = {
    "tăng": r"(?:gia )?tăng(?: thêm| bình quân| mạnh| cao)?",
    "giảm": r"(?:suy |cắt )?giảm(?: thêm| bình quân| mạnh| sâu)?|tụt|sụt",
    "vượt": r"vượt(?: quá| mức)?",
    "gấp": r"gấp",
}
COMPARISONS = ("gấp", "vượt", "tăng", "giảm", "ít nhất", "không quá", "trên", "dưới", "khoảng", "còn", "đạt")
"""All that `comparison` gives besides None, the word that counts before the one that gives way."""

APPROXIMATE = rf"(?:{'|'.join(_BOUNDS.values())})"
_TABLE = [*_BOUNDS.items(), *_LEVELS.items(), *_CHANGES.items()]
_MEANS = [(meaning, re.compile(pattern)) for meaning, pattern in _TABLE]
_LINK = re.compile(
    rf"(?:^|(?<=[\s(,:-]))(?:(?P<bound>{APPROXIMATE})|(?P<level>{'|'.join(_LEVELS.values())})"
    rf"|(?P<change>{'|'.join(_CHANGES.values())}))$"
)
_LEADING = re.compile(r"còn|xuống|về|lên|tới|đến")  # "tăng lên", "giảm còn": what follows is the level
_ESTIMATED = re.compile(r"ước(?: tính)?")  # "ước đạt" is đạt
_ADVERB = re.compile(r"(?:^| )(?:đã|mới|sẽ|cũng|vẫn|hiện|hiện nay|đang|phải|cần|có thể|ước|tiếp tục)$")
_ALONE = re.compile(r"(?:^| )(?:mới|hiện|hiện nay)$")  # without a verb: "tỷ lệ hộ có sổ mới ba phần năm"
# "mức tăng", "tốc độ giảm", "lương tối thiểu", "mặt bằng", "dự án nêu trên", "nhà ở", "mẫu không đạt" are names.
_NAMED = re.compile(
    r"\b(?:(?:mức|tốc độ|mức độ|tỷ lệ|tỉ lệ|nhịp độ|số|và) (?:tăng|giảm)(?: thêm| bình quân| mạnh)?"
    r"|(?:lương|dạy học) tối (?:thiểu|đa)|(?:mặt|văn|công|thăng) bằng|(?:nêu|nói|kể|phía|cấp) trên|trở (?:lên|xuống)"
    r"|(?:cấp|phía) dưới|còn lại|(?:nhà|đất|chỗ|nơi|ăn|căn hộ) ở|(?:không|chưa) (?:đạt|có|được|còn)|cầu vượt"
    r"|hiện có|chuyên cần|(?:phát|thực|xuất|thể|biểu|hoàn) hiện|(?:thu|trả|chiều|mang|đem) về"
    r"|(?:nông thôn|đô thị|thành lập|đăng ký|cấp|trồng|xây dựng|đầu tư|mắc|khởi công|làm|xây) mới)$"
)


class Links(NamedTuple):
    """`name` is what is left of the text; `words` are keys, the nearest to the figure first."""

    name: str
    words: list[str]


def strip_links(prefix: str) -> Links:
    """What stands before a figure without the linking words at its end, and these words.

    A verb of change that is all there is ("giảm 130 vụ") stays in the name, and is among the words nevertheless.
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
            if adverb is None:
                return Links(prefix, words)
            prefix = prefix[: adverb.start()]
            continue
        words.append(link[0])
        if link["change"] and not key[: link.start()].strip(EDGES):
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
