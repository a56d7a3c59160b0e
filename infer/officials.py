"""An official as written in, name and positions out: "Bí thư Tỉnh ủy, Chủ tịch HĐND tỉnh Giàng Páo Mỷ".

`parse_official(phrase)` reads one OFFICIAL mention:

1. `_pieces` cuts it at commas, dashes, "kiêm" and brackets;
2. `_sort` makes persons and positions of the pieces: a piece is a position when it starts with a title, a person
   when it is a run of capitalised syllables, else it goes on with the piece before ("Sở Văn hóa, Thể thao");
3. where no piece is a person, `_trailing_name` looks for one at the end of a position, among the capitalised
   syllables that are no place: surnames and places are tables (`infer.people`), not guesses.

A name that could be a place ("huyện Mai Sơn") stays in the position, and the name is None.

    python -c "from infer.officials import *; print(parse_official('Chủ tịch UBND TP Hà Nội Nguyễn Đức Chung'))"
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from infer.folding import fold, match_key
from infer.people import (
    BODIES,
    COMMON_SURNAMES,
    COUNTRIES,
    DEGREES,
    HONORIFICS,
    MIDDLE_NAMES,
    NO_NAME_BEFORE,
    NO_NAMES,
    PLACES,
    SURNAMES,
    TITLE_START,
)

_EDGES = " ,.;:-–—|"
_LONGEST_NAME = 6  # syllables
_LONGEST = 600  # characters; a longer phrase is no mention
_CUT = re.compile(rf" ?[,;] ?| ?[()] ?| -+ | (?=kiêm )| (?={HONORIFICS} )")
_ASIDE = re.compile(r"\((?:[0-9]+ tuổi|(?:sn|sinh năm|sinh) ?[0-9/]+)[^()]*\)")
_COURTESY = re.compile(rf"(?:(?P<honorific>{HONORIFICS}) (?=\S))?(?:{DEGREES}(?=\S))?")
_ALSO_NAMES = {"anh", "chị", "cụ"}
_FILLER = re.compile(r"(?:(?:kiêm nhiệm|kiêm|đều|hiện|đồng thời|và|là|giữ chức) )+(?=\S)")
_TITLE = re.compile(TITLE_START)
_SHARED_TITLE = {"trưởng", "phó", "chánh", "các trưởng", "cấp trưởng"}  # "trưởng, phó phòng": half a title

_WARD = re.compile(r"\b(?:xã|phường|thị trấn|thôn|ấp|bản|khu phố|tổ dân phố)$")
_DISTRICT = re.compile(r"\b(?:huyện|quận|thị xã|(?:huyện|quận|thị|đảng) uỷ)$")
_PROVINCE = re.compile(r"\b(?:tỉnh|tp\.?|thành phố|tỉnh uỷ|thành uỷ)$")
_SCHOOL = re.compile(
    r"(?<!môi )(?<!thị )(?<!hiện )(?<!công )(?<!nông )\b(?:trường|đh|đại học|cao đẳng|học viện|thpt"
    r"|thcs|tiểu học|mầm non|bệnh viện|bv)\b"
)

_PARTICLE = re.compile(r"(?:[ya]|[kh]'.*)$")  # "Y Ngọc", "H'Yim Kđoh"
_LETTER_OF_NAME = re.compile(r"[^\W\d_]|['’ʼ`-]")
_PLAIN_VOWELS = str.maketrans(
    {
        tone: plain
        for plain, tones in zip(
            "aăâeêioôơuưy",
            (
                "áàảãạ",
                "ắằẳẵặ",
                "ấầẩẫậ",
                "éèẻẽẹ",
                "ếềểễệ",
                "íìỉĩị",
                "óòỏõọ",
                "ốồổỗộ",
                "ớờởỡợ",
                "úùủũụ",
                "ứừửữự",
                "ýỳỷỹỵ",
            ),
            strict=True,
        )
        for tone in tones
    }
)
_SYLLABLE = re.compile(
    r"(?:ngh|ng|nh|gh|gi|kh|ph|th|tr|ch|qu|[bcdđghklmnprstvx])?[aăâeêioôơuưy]{1,3}(?:ng|nh|ch|[cmnpt])?"
)


class _Piece(NamedTuple):
    start: int
    end: int
    polite: bool  # after "ông", "bà", "đồng chí": whoever follows is a person


class _Word(NamedTuple):
    key: str
    start: int
    name_like: bool


def _name_like(word: str, shouting: bool) -> bool:
    """Capitalised like a syllable of a name; an abbreviation ("UBND", "TP.") is not, unless all is in capitals."""
    if not word[0].isupper() or not all(_LETTER_OF_NAME.match(c) for c in word):
        return False
    letters = [c for c in word if c.isalpha()]
    return shouting or len(letters) == 1 or any(c.islower() for c in letters)


def _words(text: str) -> list[_Word]:
    key = match_key(text)
    shouting = text.isupper() and " " in text
    return [
        _Word(key[m.start() : m.end()].strip("()\"'"), m.start(), _name_like(m[0], shouting))
        for m in re.finditer(r"\S+", text)
    ]


def _cuts(text: str, key: str) -> Iterator[tuple[int, int]]:
    """Where the separators stand; none inside a bracket that holds no title ("(NN - PTNT)")."""
    depth = 0
    for match in _CUT.finditer(key):
        mark = match[0].strip()
        if depth or (mark == "(" and not _TITLE.match(key, match.end())):
            depth = max(0, depth + {"(": 1, ")": -1}.get(mark, 0))
        elif mark or key.startswith("kiêm ", match.end()) or text[match.end()].islower():  # "Bà Rịa" is no lady
            yield match.start(), match.end()


def _pieces(text: str, key: str) -> Iterator[_Piece]:
    cuts = list(_cuts(text, key))
    starts, ends = [0, *(end for _, end in cuts)], [*(start for start, _ in cuts), len(text)]
    for start, end in zip(starts, ends, strict=True):
        begin, polite = _skip_courtesy(text, key, start, end)
        piece = text[begin:end].rstrip(_EDGES)
        begin += len(piece) - len(piece.lstrip(_EDGES))
        if piece.strip(_EDGES):
            yield _Piece(begin, begin + len(piece.lstrip(_EDGES)), polite)


def _skip_courtesy(text: str, key: str, start: int, end: int) -> tuple[int, bool]:
    """Where a piece goes on after honorific and degree, and whether there was an honorific."""
    match = _COURTESY.match(key, start, end)
    if match is None or " ".join(key[start:end].split()[:2]) in PLACES:  # "Bà Rịa"
        return start, False
    if match["honorific"] in _ALSO_NAMES and text[start].isupper():  # "Anh Tuấn" is a name, "anh Tuấn" is not
        return start, False
    return match.end(), match["honorific"] is not None


def _is_person(text: str, piece: _Piece) -> bool:
    """A whole piece that is a name: in first place any capitals do, later it takes a surname."""
    words = _words(text[piece.start : piece.end])
    keys = [w.key for w in words]
    if not all(w.name_like for w in words) or len(words) > _LONGEST_NAME:
        return False
    if len(words) > 1 and " ".join(keys) in PLACES:  # a single "Vinh" is a person here, officials are no cities
        return False
    if (keys[0] in BODIES - SURNAMES and len(keys) > 1) or " ".join(keys[:2]) in NO_NAMES:
        return False
    if _TITLE.match(" ".join(keys)):
        return False
    if piece.polite or (piece.start == 0 and not text[piece.start : piece.end].isupper()):
        return True
    return _is_surname(keys[0]) and len(keys) >= (2 if keys[0] in COMMON_SURNAMES else 3)


def _is_surname(key: str) -> bool:
    return key in SURNAMES or key.startswith(("k'", "h'"))


def _place_at(keys: list[str], at: int) -> int:
    """How many words from `at` on are a place."""
    return next((n for n in (4, 3, 2, 1) if at + n <= len(keys) and " ".join(keys[at : at + n]) in PLACES), 0)


def _may_be_name(keys: list[str], at: int, before: str, shouting: bool) -> bool:
    """Whether the words from `at` to the end are a person, given that the first is a surname."""
    length, common = len(keys) - at, keys[at] in COMMON_SURNAMES
    if " ".join(keys[at : at + 2]) in NO_NAMES or (keys[at] == "lý" and keys[at - 1] in NO_NAME_BEFORE):
        return False
    if shouting:  # without capitals to go by, only what can hardly be a word
        return length in (3, 4) and (common or bool(_PROVINCE.search(before)))
    if keys[at] == "đoàn" and before.endswith(("trung ương", "tỉnh", "thành")):  # the Youth Union
        return False
    return 2 <= length <= _LONGEST_NAME and (common or length >= 3 or bool(_PARTICLE.match(keys[at])))


def _later_surname(keys: list[str], at: int) -> int:
    """Past a rare surname that is rather a place or field: "Lâm Sinh Nguyễn Văn A" starts at "Nguyễn"."""
    if keys[at] in COMMON_SURNAMES or keys[at + 1] in MIDDLE_NAMES:
        return at
    return next((i for i in range(at + 2, len(keys) - 2) if keys[i] in COMMON_SURNAMES), at)


def _search_name(keys: list[str], run: int, shouting: bool) -> int | None:
    """Index of the word that a name starts with, from the start of the capitalised words that end a position."""
    at, skipped, placed = run, False, False
    while at < len(keys) - 1:
        before = " ".join(keys[:at])
        if count := _place_at(keys, at):
            at, placed = at + count, True
        elif at and _WARD.search(before):  # wards bear people's names: two syllables at least are the place
            at, skipped = at + 2, True
        elif at and _DISTRICT.search(before) and not _person_after_district(keys, at):
            at += 2
        elif at and _is_surname(keys[at]) and _may_be_name(keys, at, before, shouting):
            at = _later_surname(keys, at)
            school = _SCHOOL.search(before) and not placed  # "Trường THPT Hoàng Diệu"
            return None if school or (skipped and len(keys) - at < 3) else at
        else:
            at += 1
    return None


def _person_after_district(keys: list[str], at: int) -> bool:
    known = keys[at] in COMMON_SURNAMES or (_is_surname(keys[at]) and keys[at + 1] in MIDDLE_NAMES)
    return known and len(keys) - at >= 3


def _is_given_name(words: list[_Word]) -> bool:
    """ "Bộ trưởng Thể": one syllable right after a title."""
    *title, last = words
    if last.key in BODIES or last.key in PLACES or not _TITLE.fullmatch(" ".join(w.key for w in title)):
        return False
    return bool(_SYLLABLE.fullmatch(last.key.translate(_PLAIN_VOWELS)))


def _is_foreign_name(keys: list[str], run: int) -> int:
    """Index after a country that a name of foreign syllables follows ("Ngoại trưởng Mỹ Rex Tillerson"), else 0."""
    count = _place_at(keys, run)
    rest = keys[run + count :]
    foreign = [k for k in rest if not _SYLLABLE.fullmatch(k.translate(_PLAIN_VOWELS))]
    return run + count if " ".join(keys[run : run + count]) in COUNTRIES and len(rest) > 1 and foreign else 0


def _trailing_name(position: str) -> int | None:
    """Offset in `position` at which a person's name starts that ends it, or None."""
    words = _words(position)
    run = len(words)
    while run and words[run - 1].name_like:
        run -= 1
    shouting = position.isupper()
    keys = [w.key for w in words]
    if len(words) - run == 1 and run:
        return words[run].start if not shouting and _is_given_name(words) else None
    at = _search_name(keys, run, shouting) or _is_foreign_name(keys, run)
    return words[at].start if at else None


def _sort(text: str, key: str) -> tuple[list[str], list[str]]:
    """The pieces as names and positions, in order."""
    names: list[str] = []
    spans: list[tuple[int, int]] = []
    after_position = False
    for piece in _pieces(text, key):
        filler = _FILLER.match(key, piece.start, piece.end)
        start = filler.end() if filler else piece.start
        if _is_person(text, piece):
            names.append(text[piece.start : piece.end])
            after_position = False
            continue
        shares = spans and key[slice(*spans[-1])] in _SHARED_TITLE
        if after_position and (shares or (not filler and not _TITLE.match(key, start))):
            spans[-1] = (spans[-1][0], piece.end)
        else:
            spans.append((start, piece.end))
        after_position = True
    return names, [_close_bracket(text[start:end]) for start, end in spans if any(map(str.isalnum, text[start:end]))]


def _close_bracket(text: str) -> str:
    """The bracket that a cut has taken off: "(Sở Xây dựng" with its ")" again."""
    return text + ")" if text.count("(") > text.count(")") else text


def parse_official(phrase: str) -> dict[str, str | list[str] | None]:
    """The person and the positions that an OFFICIAL mention names.

    Args:
        phrase: the text of the mention; any Unicode form and spacing. Without capitals no name is found.

    Returns:
        {"name": the person as written, without honorific and degree, or None where the mention names none, or
        where the words could as well be a place; "positions": titles as written, in order, [] for a name alone}.
        Never raises on text.
    """
    text = fold(phrase).strip(_EDGES)
    if aside := _ASIDE.search(match_key(text)):
        text = text[: aside.start()] + text[aside.end() :]
    if len(text) > _LONGEST:
        return {"name": None, "positions": [text]}
    names, positions = _sort(text, match_key(text))
    if not names:
        cut = [(i, at) for i, position in enumerate(positions) if (at := _trailing_name(position)) is not None]
        names = [positions[i][at:] for i, at in cut]
        if len(cut) == 1:
            i, at = cut[0]
            positions[i] = positions[i][:at].rstrip(_EDGES)
    distinct = {match_key(name) for name in names}
    return {"name": names[0] if len(distinct) == 1 else None, "positions": [p for p in positions if p]}
