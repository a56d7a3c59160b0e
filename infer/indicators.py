"""An indicator as written in, name, value, unit and comparison out: "giải ngân 100% kế hoạch vốn năm 2020".

`parse_indicator(phrase)` finds the one figure of an INDICATOR mention (`infer.figures`), takes it out with its unit
and with the words that link it to the name ("ước đạt", "giảm còn", "khoảng"), and what is left is the name. The
linking words give the comparison (`infer.comparisons`).

Which figure: one outside brackets goes before one inside; of several, the only one that is a measure or an amount of
money, that opens the phrase, or that a last "là" states. Two that both could be the value settle nothing, the value is
None and the name is the whole phrase; so does a range ("5-6%"), but its unit is plain.

A count noun that ends the phrase is the unit ("số hộ nghèo giảm 1.200 hộ"), one that goes on, or that opens the
phrase, belongs to the name ("11/29 chỉ tiêu vượt kế hoạch"); a classifier is the unit of what follows it ("1.850 liều
vắc-xin").

    python -c "from infer.indicators import *; print(parse_indicator('11/29 chỉ tiêu vượt kế hoạch'))"
"""

import re
from itertools import pairwise

from infer.comparisons import APPROXIMATE, EDGES, comparison, strip_links
from infer.figures import HEADS, LONGEST_VERB, Figure, find_figures
from infer.folding import fold, match_key

_LONGEST = 600  # characters; a longer phrase is no mention

_LINKED = re.compile(rf"\b(?:đạt|là|còn|bằng|chiếm|tăng|giảm|có|vượt|gấp|lên|xuống|{APPROXIMATE}) $")
_SUM = r"(?: với)(?: tổng)?(?: số)? (?:vốn|tiền|kinh phí|diện tích|giá trị|mức)(?: đầu tư| đăng ký)?"
_JOINED = re.compile(rf"(?:,|;| và| cùng| với| hoặc|{_SUM}) (?:{APPROXIMATE} )*$")  # two amounts side by side
_STATED = re.compile(r"\b(?:là|đạt)(?: (?:hơn|gần|khoảng|trên|dưới))? $")
_LEVEL = re.compile(r"\b(?:là|còn|chiếm|bằng)\b")
_LIMIT = re.compile(r"(?:giờ|phút|ngày(?: làm việc)?|tháng|năm|tuổi|điểm|m|mét|lần|bậc)$")  # a trait of what is counted
_THE = re.compile(r"(?:^| )thứ$")  # "thứ 1/63"
_DANGLING = re.compile(r"(?:^| )(?:đối với|cho|của|với|trong|tại|(?<!nhà )(?<!đất )(?<!chỗ )(?<!hộ )ở)(?: thêm)?$")
_AFTER = re.compile(r"^(?:trở (?:lên|xuống)\b|(?:là|chiếm) (?=\S)|[-–:,] ?)")
_COMPARED = re.compile(r"(?:^|,? )so với .*$")
_BRACKET = re.compile(r" ?\([^()]*\)")
_EACH = re.compile(r"^ (?:(?:mỗi|một) [^\W\d_]+|trở lên|trở xuống)$")  # "ba chuyến mỗi tuần", "từ 30 em trở lên"
_THINGS = re.compile(r"(?!lượt|trường hợp|hộ (?:dân|gia)|vụ |người )\w+ \w+(?: \w+)?$")  # what a verb is done to
_VERB = 2  # syllables of a verb without an object: "kiểm tra", "giảm"
# What is measured in money or percent: a count without a linking word is inside its name, "vốn 12 dự án".
_NOT_COUNTED = re.compile(
    r"(?:tỷ|tỉ) (?:lệ|trọng|suất)|tốc độ|chỉ số|giải ngân|thu ngân sách|vốn|tổng (?:vốn|mức)|kinh phí|chi phí|doanh thu"
    r"|kim ngạch|giá trị|dư nợ|năng suất|dự toán|thu nhập|lãi suất"
)
_ONE_NOUN = re.compile(r" (?!trở|so|mỗi|kế)[^\W\d_]+$")


def _choose(text: str, figures: list[Figure]) -> Figure | None:
    """The figure that is the value, or None where two could be."""
    brackets = [m.span() for m in _BRACKET.finditer(text)]
    outside = [f for f in figures if not any(start <= f.start < end for start, end in brackets)]
    pool = outside or figures
    key = match_key(text)
    if len(pool) < 2:
        inside = _NOT_COUNTED.match(key) and any(_is_counted(f) and not _is_linked(text, f) for f in pool)
        return pool[0] if pool and not inside else None
    joined = {f for a, b in pairwise(pool) if _JOINED.search(key, a.unit_end, b.start) for f in (a, b)}
    first, last = pool[0], pool[-1]
    if not joined:
        if _opens(text, first) and all(_is_trait(first, f) for f in pool[1:]):
            return first
        stated = _STATED.search(key, 0, last.start) and not text[last.unit_end :].strip(EDGES)
        if stated and not _LEVEL.search(key, first.start, last.start - len("là ")):
            return last
    pool = [f for f in pool if f.measured or _is_linked(text, f) or f in joined]
    return pool[0] if len(pool) == 1 else None


def _is_counted(figure: Figure) -> bool:
    return bool(figure.noun) and not figure.measured and "/" not in f"{figure.noun}{figure.value}"


def _opens(text: str, figure: Figure) -> bool:
    """Whether a share of a whole opens the phrase: "7/29 chủ đầu tư giải ngân chưa tới một phần tư"."""
    share = isinstance(figure.value, str) or (figure.unit or "").startswith(("%", "phần trăm"))
    before = match_key(strip_links(text[: figure.start]).name)
    return share and (not before or (len(before.split()) <= LONGEST_VERB and not HEADS.match(before)))


def _is_trait(first: Figure, figure: Figure) -> bool:
    """Whether a later figure only describes what the first one counts: "100% bếp ăn lưu mẫu đủ 24 giờ"."""
    if isinstance(first.value, str) and (isinstance(figure.value, str) or figure.unit == "%"):
        return True
    return not figure.measured or bool(figure.unit and _LIMIT.search(match_key(figure.unit)))


def _is_linked(text: str, figure: Figure) -> bool:
    """Whether a count opens the phrase, or a verb or approximator leads up to it: else it belongs to a noun inside."""
    prefix = text[: figure.start]
    if isinstance(figure.value, str) and "/" in figure.value:
        return True
    return not strip_links(prefix).name or bool(figure.link) or bool(_LINKED.search(match_key(prefix)))


def _name(text: str, before: str, chosen: Figure, end: int) -> str:
    """`text` without the chosen figure up to `end`, what links it, and brackets that hold figures.

    before: what stands before the figure, its linking words already off.
    """
    after = text[end:]
    bracket = _bracket_of(text, chosen)
    if bracket:
        before, after = text[: bracket[0]], text[bracket[1] :]
    elif isinstance(chosen.value, str):
        before = before[: m.start()] if (m := _THE.search(match_key(before))) else before
    before, after = (_drop_brackets(part) for part in (before, after))
    after = after.strip()
    after = after[: m.start()] if (m := _COMPARED.search(match_key(after))) else after
    while stripped := _AFTER.match(match_key(after)):
        after = after[stripped.end() :].strip()
    if not after.strip(EDGES):
        before = before[: m.start()] if (m := _DANGLING.search(match_key(before))) else before
    return " ".join(f"{before} {after}".split()).strip(EDGES)


def _bracket_of(text: str, figure: Figure) -> tuple[int, int] | None:
    return next((m.span() for m in _BRACKET.finditer(text) if m.start() <= figure.start < m.end()), None)


def _drop_brackets(text: str) -> str:
    return _BRACKET.sub(lambda m: "" if find_figures(m[0]) else m[0], text)


def _unit_end(text: str, figure: Figure) -> int:
    """Where the unit ends: a count noun that goes on or opens the phrase is left to the name."""
    prefix = text[: figure.start]
    before, words = strip_links(prefix)
    named = bool(before.strip(EDGES + "("))
    rest = _EACH.sub("", match_key(_BRACKET.sub("", text[figure.unit_end :]))).strip(EDGES + ")")
    if figure.noun:
        rate = "/" in figure.noun and not rest
        classifies = figure.classifies and not isinstance(figure.value, str)
        # "tiếp nhận 412 hồ sơ": what would "tiếp nhận" alone say?
        handled = not figure.measured and _THINGS.match(match_key(figure.noun)) and _is_verb(before, words)
        ends = named and not rest and not handled
        return figure.unit_end if rate or classifies or ends else figure.unit_end - len(figure.noun)
    noun = _ONE_NOUN.match(text, figure.unit_end)
    if figure.unit is None and named and noun and (words or noun[0] in prefix or HEADS.match(match_key(prefix))):
        return noun.end()  # "còn 2.316 bộ", "số lồng nuôi còn 98.400 lồng": any noun will do where nothing else follows
    return figure.unit_end


def _is_verb(before: str, words: list[str]) -> bool:
    """Whether a verb alone stands before a figure, and no word that links it to a name."""
    key = match_key(before)
    return (
        0 < len(key.split()) <= _VERB
        and not HEADS.match(key)
        and all(word in ("được", key) or re.fullmatch(APPROXIMATE, word) for word in words)
    )


def parse_indicator(phrase: str) -> dict[str, str | int | float | None]:
    """Name, value, unit and comparison of the quantity that `phrase` names.

    Args:
        phrase: the text of an INDICATOR mention; any Unicode form and spacing.

    Returns:
        {"name": the phrase without figure, unit and linking words, "" where nothing is left;
        "value": int, float, a fraction in digits ("11/29", "2/3"), or None where no single figure is the value;
        "unit": as written ("%", "tỉ đồng", "triệu lượt"), not converted, or None;
        "comparison": one of `infer.comparisons.COMPARISONS`, or None}.
        Never raises on text.
    """
    text = fold(phrase).strip(EDGES)
    figures = find_figures(text) if len(text) <= _LONGEST else []
    chosen = _choose(text, figures)
    if chosen is None:
        return {"name": text, "value": None, "unit": None, "comparison": None}
    end = _unit_end(text, chosen)
    unit = chosen.unit
    if end != chosen.unit_end:
        unit = text[chosen.end : end].strip() or None
    before, words = strip_links(text[: chosen.start])
    words = [chosen.link, *words] if chosen.link else words
    return {
        "name": _name(text, before, chosen, end),
        "value": chosen.value,
        "unit": unit,
        "comparison": comparison(words, match_key(text[end:])),
    }
