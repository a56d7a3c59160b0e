"""An official as written in, name and positions out: "Bí thư Tỉnh ủy, Chủ tịch HĐND tỉnh Giàng Páo Mỷ".

`parse_official(phrase)` reads one OFFICIAL mention:

1. `_pieces` cuts it at commas, dashes, "kiêm" and brackets;
2. `_sort` makes persons and positions of the pieces: a piece is a position when it starts with a title, a person
   when it is a run of capitalised syllables, else it goes on with the piece before ("Sở Văn hóa, Thể thao");
3. where no piece is a person, `infer.names` looks for one at the end of a position, among the capitalised syllables
   that are no place: surnames and places are tables (`infer.people`), not guesses.

A name that could be a place ("huyện Mai Sơn") stays in the position, and the name is None. `parse_officials` reads all
mentions of an article, so that one may settle the other.

    python -c "from infer.officials import *; print(parse_official('Chủ tịch UBND TP Hà Nội Nguyễn Đức Chung'))"
"""

import re
from collections.abc import Iterator, Sequence, Set
from typing import NamedTuple, TypedDict

from infer.bodies import body_of
from infer.folding import fold, match_key
from infer.names import LONGEST_NAME, is_surname, trailing_name, words_of
from infer.people import (
    BODIES,
    COMMON_SURNAMES,
    DEGREES,
    HONORIFICS,
    NO_NAMES,
    PLACES,
    SURNAMES,
    TITLE_START,
)

_EDGES = " ,.;:-–—|"
_LONGEST = 600  # characters; a longer phrase is no mention
_CUT = re.compile(rf" ?[,;] ?| ?[()] ?| -+ | (?=kiêm )| (?={HONORIFICS} )")
_ASIDE = re.compile(r"\((?:[0-9]+ tuổi|(?:sn|sinh năm|sinh) ?[0-9/]+)[^()]*\)")
_COURTESY = re.compile(rf"(?:(?P<honorific>{HONORIFICS}) (?=\S))?(?:{DEGREES}(?=\S))?")
_ALSO_NAMES = {"anh", "chị", "cụ"}
_FILLER = re.compile(r"(?:(?:kiêm nhiệm|kiêm|đều|hiện|đồng thời|và|là|giữ chức) )+(?=\S)")
_TITLE = re.compile(TITLE_START)
_SHARED_TITLE = {"trưởng", "phó", "chánh", "các trưởng", "cấp trưởng"}  # "trưởng, phó phòng": half a title


class Official(TypedDict):
    """What an OFFICIAL mention says: `bodies[i]` is the body that `positions[i]` is held in."""

    name: str | None
    positions: list[str]
    bodies: list[str | None]


class _Piece(NamedTuple):
    start: int
    end: int
    polite: bool  # after "ông", "bà", "đồng chí": whoever follows is a person


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
    words = words_of(text[piece.start : piece.end])
    keys = [w.key for w in words]
    if not all(w.name_like for w in words) or len(words) > LONGEST_NAME:
        return False
    if len(words) > 1 and " ".join(keys) in PLACES:  # a single "Vinh" is a person here, officials are no cities
        return False
    if (keys[0] in BODIES - SURNAMES and len(keys) > 1) or " ".join(keys[:2]) in NO_NAMES:
        return False
    if _TITLE.match(" ".join(keys)):
        return False
    if piece.polite or (piece.start == 0 and not text[piece.start : piece.end].isupper()):
        return True
    return is_surname(keys[0]) and len(keys) >= (2 if keys[0] in COMMON_SURNAMES else 3)


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


def parse_official(phrase: str, known: Set[str] = frozenset()) -> Official:
    """The person and the positions that an OFFICIAL mention names.

    Args:
        phrase: the text of the mention; any Unicode form and spacing. Without capitals no name is found.
        known: match keys of persons whom the article names otherwise; they settle what could be a place.

    Returns:
        {"name": the person as written, without honorific and degree, or None where the mention names none, or
        where the words could as well be a place; "positions": titles as written, in order, [] for a name alone;
        "bodies": for each position the body it is held in, as written, or None (`infer.bodies`)}.
        Never raises on text.
    """
    text = fold(phrase).strip(_EDGES)
    if aside := _ASIDE.search(match_key(text)):
        text = text[: aside.start()] + text[aside.end() :]
    if len(text) > _LONGEST:
        return {"name": None, "positions": [text], "bodies": [None]}
    names, positions = _sort(text, match_key(text))
    if not names:
        cut = [(i, at) for i, position in enumerate(positions) if (at := trailing_name(position, known)) is not None]
        names = [positions[i][at:] for i, at in cut]
        if len(cut) == 1:
            i, at = cut[0]
            positions[i] = positions[i][:at].rstrip(_EDGES)
    distinct = {match_key(name) for name in names}
    positions = [p for p in positions if p]
    return {
        "name": names[0] if len(distinct) == 1 else None,
        "positions": positions,
        "bodies": [body_of(position) for position in positions],
    }


def parse_officials(phrases: Sequence[str]) -> list[Official]:
    """The OFFICIAL mentions of one article, read together: a name that stands alone settles where a position ends.

    "Chủ tịch UBND xã La Tiến Phúc" could hold a commune of three syllables; with "ông Phúc" further on it does not.
    """
    alone = [parse_official(phrase) for phrase in phrases]
    known = {match_key(one["name"]) for one in alone if one["name"]}
    ends = {name.rpartition(" ")[2] for name in known}
    return [
        one if one["name"] or not _may_end_with(one, ends) else parse_official(phrase, known)
        for one, phrase in zip(alone, phrases, strict=True)
    ]


def _may_end_with(official: Official, ends: Set[str]) -> bool:
    """Whether a position ends with one of the words with which known names end: else they settle nothing in it."""
    return any(words_of(position)[-1].key in ends for position in official["positions"])
