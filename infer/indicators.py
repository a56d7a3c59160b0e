"""An indicator as written in, name, value and unit out: "giải ngân 100% kế hoạch vốn năm 2020".

`parse_indicator(phrase)` finds the one figure of an INDICATOR mention (`infer.figures`), takes it out with its unit
and with the words that link it to the name ("ước đạt", "giảm còn", "khoảng"), and what is left is the name.

Which figure: one outside brackets goes before one inside; of several, the only one that is a measure or an amount of
money, or that opens the phrase. Two that both could be the value settle nothing, the value is None and the name is
the whole phrase; so does a range ("5-6%"), but its unit is plain.

A count noun that ends the phrase is the unit ("số hộ nghèo giảm 1.200 hộ"), one that goes on, or that opens the
phrase, belongs to the name ("11/29 chỉ tiêu vượt kế hoạch").

    python -c "from infer.indicators import *; print(parse_indicator('11/29 chỉ tiêu vượt kế hoạch'))"
"""

import re
from itertools import pairwise

from infer.figures import APPROXIMATE, Figure, find_figures
from infer.folding import fold, match_key

_LONGEST = 600  # characters; a longer phrase is no mention
_EDGES = " ,.;:-–—"

# Words between name and figure, taken off from the right one by one.
_COPULA = r"đạt được|đạt|là|còn|bằng|chiếm|được|có|ở mức|ở|tới|đến|lên|xuống|từ|chỉ|cả|ước tính|dự kiến|vào khoảng"
_CHANGE = r"(?:tăng|giảm)(?: thêm| bình quân| mạnh)?|gia tăng|suy giảm|cắt giảm|vượt quá|thêm"
_ADVERB = re.compile(r"(?:^| )(?:đã|mới|sẽ|cũng|vẫn|hiện|đang|phải|có thể|ước|tiếp tục)$")
_LINK = re.compile(rf"(?:^|(?<=[\s(,:-]))(?:(?P<copula>{_COPULA}|{APPROXIMATE})|(?P<change>{_CHANGE}))$")
# "mức tăng", "tốc độ giảm", "lương tối thiểu", "mặt bằng", "dự án nêu trên" are names.
_NAMED = re.compile(
    r"\b(?:(?:mức|tốc độ|tỷ lệ|tỉ lệ|độ|nhịp độ|số) (?:tăng|giảm)(?: thêm| bình quân| mạnh)?"
    r"|lương tối (?:thiểu|đa)|(?:mặt|văn|công|thăng) bằng|(?:nêu|nói|kể|phía|cấp) trên"
    r"|(?:cấp|phía) dưới|còn lại"
    r"|(?:nông thôn|đô thị|thành lập|đăng ký|cấp|trồng|xây dựng|đầu tư|mắc) mới)$"
)
_LINKED = re.compile(rf"\b(?:đạt|là|còn|bằng|chiếm|tăng|giảm|có|{APPROXIMATE}) $")
_SUM = r"(?: với)(?: tổng)?(?: số)? (?:vốn|tiền|kinh phí|diện tích|giá trị|mức)(?: đầu tư| đăng ký)?"
_JOINED = re.compile(rf"(?:,|;| và| cùng| với| hoặc|{_SUM}) (?:{APPROXIMATE} )*$")  # two amounts side by side
_THE = re.compile(r"(?:^| )thứ$")  # "thứ 1/63"
_DANGLING = re.compile(r"(?:^| )(?:đối với|cho|của|với|trong|tại)$")
_AFTER = re.compile(r"^(?:trở (?:lên|xuống)\b|(?:là|chiếm) (?=\S)|[-–:,] ?)")
_COMPARED = re.compile(r"(?:^|,? )so với .*$")
_BRACKET = re.compile(r" ?\([^()]*\)")


def _strip_links(prefix: str) -> str:
    """`prefix` without the linking words at its end; a verb of change that is all there is stays, it is the name."""
    linked = False
    while True:
        prefix = prefix.rstrip(_EDGES)
        key = match_key(prefix)
        link = None if _NAMED.search(key) else _LINK.search(key)
        if link is None:
            # "mới đạt", but "nông thôn mới là"
            link = _ADVERB.search(key) if linked and not _NAMED.search(key) else None
        elif link["change"] and not key[: link.start()].strip(_EDGES):
            return prefix
        if link is None:
            return prefix
        linked, prefix = True, prefix[: link.start()]


def _choose(text: str, figures: list[Figure]) -> Figure | None:
    """The figure that is the value, or None where two could be."""
    brackets = [m.span() for m in _BRACKET.finditer(text)]
    outside = [f for f in figures if not any(start <= f.start < end for start, end in brackets)]
    pool = outside or figures
    if len(pool) > 1:
        pairs = [(a, b) for a, b in pairwise(pool) if _JOINED.search(text, a.unit_end, b.start)]
        pool = [f for f in pool if f.measured or _is_linked(text, f) or any(f in pair for pair in pairs)]
    return pool[0] if len(pool) == 1 else None


def _is_linked(text: str, figure: Figure) -> bool:
    """Whether a count opens the phrase, or a verb or approximator leads up to it: else it belongs to a noun inside."""
    prefix = text[: figure.start]
    return not _strip_links(prefix) or bool(_LINKED.search(match_key(prefix)))


def _name(text: str, chosen: Figure, figures: list[Figure], end: int) -> str:
    """`text` without the chosen figure up to `end`, what links it, and brackets that hold figures."""
    before, after = text[: chosen.start], text[end:]
    bracket = next((m.span() for m in _BRACKET.finditer(text) if m.start() <= chosen.start < m.end()), None)
    if bracket:
        before, after = text[: bracket[0]], text[bracket[1] :]
    else:
        before = _strip_links(before)
        if isinstance(chosen.value, str):
            before = before[: m.start()] if (m := _THE.search(match_key(before))) else before
    before, after = (_drop_brackets(part) for part in (before, after))
    after = after.strip()
    after = after[: m.start()] if (m := _COMPARED.search(match_key(after))) else after
    while stripped := _AFTER.match(match_key(after)):
        after = after[stripped.end() :].strip()
    if not after.strip(_EDGES):
        before = before[: m.start()] if (m := _DANGLING.search(match_key(before))) else before
    return " ".join(f"{before} {after}".split()).strip(_EDGES)


def _drop_brackets(text: str) -> str:
    return _BRACKET.sub(lambda m: "" if find_figures(m[0]) else m[0], text)


def _noun_is_unit(text: str, figure: Figure) -> bool:
    """Whether the count noun only follows its figure, at the end of a phrase that has a name before it."""
    rest = _BRACKET.sub("", text[figure.unit_end :]).strip(_EDGES + ")")
    return not rest and bool(_strip_links(text[: figure.start]).strip(_EDGES + "("))


def parse_indicator(phrase: str) -> dict[str, str | int | float | None]:
    """Name, value and unit of the quantity that `phrase` names.

    Args:
        phrase: the text of an INDICATOR mention; any Unicode form and spacing.

    Returns:
        {"name": the phrase without figure, unit and linking words, "" where nothing is left;
        "value": int, float, a fraction as written ("11/29"), or None where no single figure is the value;
        "unit": as written ("%", "tỉ đồng", "triệu lượt"), not converted, or None}.
        Never raises on text.
    """
    text = fold(phrase).strip(_EDGES)
    figures = find_figures(text) if len(text) <= _LONGEST else []
    chosen = _choose(text, figures)
    if chosen is None:
        return {"name": text, "value": None, "unit": None}
    unit, end = chosen.unit, chosen.unit_end
    if chosen.noun and not _noun_is_unit(text, chosen):
        end -= len(chosen.noun)
        unit = text[chosen.end : end].strip() or None
    return {"name": _name(text, chosen, figures, end), "value": chosen.value, "unit": unit}
