"""An official as written in, name and positions out: "Bí thư Tỉnh ủy, Chủ tịch HĐND tỉnh Giàng Páo Mỷ".

`parse_official(phrase)` reads one OFFICIAL mention:

1. `_pieces` cuts it at commas, dashes, "kiêm" and brackets;
2. `_group` makes persons and positions of the pieces: a piece is a position when it starts with a title, a person
   when it is a run of capitalised syllables, else it goes on with the piece before ("Sở Văn hóa, Thể thao");
3. where no piece is a person, `_trailing_name` looks for one at the end of a position, among the capitalised
   syllables that are no place: surnames and places are tables (`infer.people`), not guesses.

A name that could be a place ("huyện Mai Sơn") stays in the position, and the name is None.

    python -c "from infer.officials import *; print(parse_official('Chủ tịch UBND TP Hà Nội Nguyễn Đức Chung'))"
"""
import re
from typing import NamedTuple

from infer.folding import fold, match_key
from infer.people import (
    BODIES,
    COMMON_SURNAMES,
    COUNTRIES,
    DEGREES,
    DISTRICTS,
    HONORIFICS,
    MIDDLE_NAMES,
    NO_NAME_BEFORE,
    NO_NAMES,
    PLACES,
    SURNAMES,
    TITLE_START,
)

_EDGES = " ,.;:-–—"
_LONGEST_NAME = 6
_CUT = re.compile(r" ?[,;] ?| -+ | kiêm (?:nhiệm )?| (?=(?:đồng chí|ông|bà) [A-ZĐÀ-Ỹ])|\(|\)")
_ASIDE = re.compile(r"\((?:[0-9]+ tuổi|(?:sn|sinh năm|sinh) ?[0-9/]+)[^()]*\)")
_HONORIFIC = re.compile(rf"{HONORIFICS} (?=\S)")
_DEGREE = re.compile(DEGREES)
_FILLER = re.compile(r"(?:(?:đều|hiện|đồng thời|và|là|kiêm|giữ chức|nay) )+(?=\S)")
_TITLE = re.compile(TITLE_START)
_SHARED_TITLE = {"trưởng", "phó", "các trưởng", "chánh", "cấp trưởng"}  # "trưởng, phó phòng": half a title
_SYLLABLE = re.compile(  # how a Vietnamese syllable is built, tone marks aside
    r"(?:ngh|ng|nh|gh|gi|kh|ph|th|tr|ch|qu|[bcdđghklmnprstvx])?[aăâeêioôơuưy]{1,3}(?:ng|nh|ch|[cmnpt])?")
_PLAIN = str.maketrans("áàảãạắằẳẵặấầẩẫậéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ",
                       "aaaaa" "ăăăăă" "âââââ" "eeeee" "êêêêê" "iiiii" "ooooo" "ôôôôô" "ơơơơơ" "uuuuu" "ưưưưư" "yyyyy")

_WARD = re.compile(r"(?:xã|phường|thị trấn|thôn|ấp|bản|khu phố|tổ dân phố)$")
_DISTRICT = re.compile(r"(?:huyện|quận|thị xã|(?:huyện|quận|thị|đảng) uỷ)$")
_PROVINCE = re.compile(r"(?:tỉnh|tp\.?|thành phố|tỉnh uỷ|thành uỷ)$")
_SCHOOL = re.compile(r"\b(?:trường|đh|đại học|cao đẳng|học viện|thpt|thcs|tiểu học|mầm non|bệnh viện|bv)\b(?!.*\b(?:tỉnh|tp)\b)")


class _Word(NamedTuple):
    text: str
    key: str
    start: int


class _Piece(NamedTuple):
    start: int
    end: int
    polite: bool  # an honorific stood before it: whoever follows is a person


def _is_name_word(word: str, shouting: bool) -> bool:
    """Capitalised like a syllable of a name; an abbreviation ("UBND", "TP.") is not, unless all is in capitals."""
    letters = [c for c in word if c.isalpha()]
    if not letters or not word[0].isupper() or any(not (c.isalpha() or c in "'’ʼ`-") for c in word):
        return False
    return shouting and len(letters) < 9 or len(letters) == 1 or any(c.islower() for c in letters)


def _words(text: str) -> list[_Word]:
    key = match_key(text)
    return [_Word(m[0], key[m.start():m.end()], m.start()) for m in re.finditer(r"\S+", text)]


def _pieces(text: str, key: str) -> list[_Piece]:
    """The parts of the mention between separators; brackets that hold no title stay inside their part."""
    # Blanked at the same length, so that offsets go on fitting the readable text.
    key = _ASIDE.sub(lambda m: "|" * len(m[0]), key)
    cuts, depth, start, polite = [], 0, 0, False
    for match in re.finditer(_CUT, re.sub(r" (đồng chí|ông|bà) (?=\S)", r" \1 ", key)):
        opens = match[0] == "("
        if opens and not _TITLE.match(key, match.end()) or depth:
            depth += {"(": 1, ")": -1}.get(match[0], 0)
            depth = max(depth, 0)
            continue
        cuts.append((match.start(), match.end()))
    spans = zip([0, *(e for _, e in cuts)], [*(s for s, _ in cuts), len(text)], strict=True)
    pieces = []
    for start, end in spans:
        start, polite = _skip_courtesy(text, key, start, end)
        while start < end and (text[start] in _EDGES or key[start] == "|"):
            start += 1
        while end > start and (text[end - 1] in _EDGES or key[end - 1] == "|"):
            end -= 1
        if start < end:
            pieces.append(_Piece(start, end, polite))
    return pieces
