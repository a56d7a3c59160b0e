"""A position that may end with a person's name in, where the name starts out: "Chủ tịch UBND xã Tân Mai Đỗ Văn An".

`trailing_name(position, known)` looks among the capitalised syllables that end the position: places are skipped
(`infer.people` has tables of them), then a surname starts the name. After "xã", "phường", "huyện" and the like, where
a place without a table may follow, the number of syllables decides (`_after_locality`); "Thị" and "Văn" give a name
away anywhere. Names that the article uses alone (`known`) settle what one mention cannot.

    python -c "from infer.names import *; print(trailing_name('Chủ tịch UBND huyện Gia Lâm Lê An Bình', set()))"
"""

import re
from collections.abc import Set
from functools import lru_cache
from typing import NamedTuple

from infer.folding import match_key
from infer.people import (
    BODIES,
    COMMON_SURNAMES,
    COUNTRIES,
    MIDDLE_NAMES,
    NAMESAKES,
    NO_NAME_BEFORE,
    NO_NAMES,
    PLACES,
    SURNAMES,
    TITLE_START,
)

LONGEST_NAME = 6  # syllables
_TITLE = re.compile(TITLE_START)

_WARD = re.compile(r"\b(?:xã|phường|thị trấn|(?<!nông )thôn|ấp|(?<!văn )bản|khu phố|tổ dân phố|đặc khu)$")
_DISTRICT = re.compile(r"\b(?:huyện|quận|thị xã|(?:huyện|quận|thị|đảng) uỷ)$")
_PROVINCE = re.compile(r"\b(?:tỉnh|tp\.?|thành phố|tỉnh uỷ|thành uỷ)$")
_SCHOOL = re.compile(
    r"(?<!môi )(?<!thị )(?<!hiện )(?<!công )(?<!nông )\b(?:trường|đh|đại học|cao đẳng|học viện|thpt"
    r"|thcs|tiểu học|mầm non|bệnh viện|bv)\b"
)

# After these a run of capitals may be named after a person.
_NAMED_AFTER = re.compile(rf"{_WARD.pattern}|{_SCHOOL.pattern}")
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


class Word(NamedTuple):
    """A word of a position: its match key, where it stands, and whether it is capitalised like a syllable of a name."""

    key: str
    start: int
    name_like: bool


@lru_cache(maxsize=65536)
def _name_like(word: str, shouting: bool) -> bool:
    """Capitalised like a syllable of a name; an abbreviation ("UBND", "TP.") is not, unless all is in capitals."""
    if not word[0].isupper() or not all(_LETTER_OF_NAME.match(c) for c in word):
        return False
    letters = [c for c in word if c.isalpha()]
    return shouting or len(letters) == 1 or any(c.islower() for c in letters)


def words_of(text: str) -> list[Word]:
    """The words of a folded text, brackets and quotes off."""
    key = match_key(text)
    shouting = text.isupper() and " " in text
    return [
        Word(key[m.start() : m.end()].strip("()\"'"), m.start(), _name_like(m[0], shouting))
        for m in re.finditer(r"\S+", text)
    ]


def is_surname(key: str) -> bool:
    """Whether a syllable, as a match key, is a surname or the particle that some names begin with."""
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
    return 2 <= length <= LONGEST_NAME and (common or length >= 3 or any(_PARTICLE.match(k) for k in keys[at : at + 2]))


def _later_surname(keys: list[str], at: int) -> int:
    """Past a rare surname that is rather a place or field: "Lâm Sinh Nguyễn Văn A" starts at "Nguyễn"."""
    if keys[at] in COMMON_SURNAMES or keys[at + 1] in MIDDLE_NAMES:
        return at
    return next((i for i in range(at + 2, len(keys) - 2) if keys[i] in COMMON_SURNAMES), at)


def _search_name(keys: list[str], run: int, shouting: bool, known: Set[str]) -> int | None:
    """Index of the word that a name starts with, from the start of the capitalised words that end a position."""
    whole = next((i for i in range(run, len(keys) - 1) if " ".join(keys[i:]) in known), None)
    if whole is not None:
        return whole
    at, skipped, placed, sure = run, False, False, keys[-1] in known
    while at < len(keys) - 1:
        before = " ".join(keys[:at])
        if count := _place_at(keys, at) or (_namesake_at(keys, at) if _NAMED_AFTER.search(before) else 0):
            at, placed = at + count, True
        elif (start := _marked(keys, at)) is not None and not shouting:
            return start if start > at or not _SCHOOL.search(before) or placed else None
        elif at and not shouting and (_WARD.search(before) or _DISTRICT.search(before)):
            start = _after_locality(keys, at)
            if start == at:
                return at
            at, skipped = start or at + 2, skipped or start is None
        elif at and is_surname(keys[at]) and _may_be_name(keys, at, before, shouting):
            at = _later_surname(keys, at)
            school = _SCHOOL.search(before) and not placed and at - run < 2  # "Trường THPT Hoàng Diệu"
            return None if school or (skipped and len(keys) - at < 3) else at
        else:
            at += 1
    # An article that says "ông Chất" has a person of this name; three syllables at the end are that person.
    return len(keys) - 3 if sure and len(keys) - run == 3 and run and not _place_at(keys, run) else None


def _marked(keys: list[str], at: int) -> int | None:
    """Index of a name that its second syllable gives away: "Phước Dinh Đạt Thị Kim Sương" holds "Đạt Thị …"."""
    if keys[at] == "thị" and len(keys) - at <= 3:
        return at  # Khmer and Cham women: "Thị Nhoi"
    for i in range(at, len(keys) - 2):
        if keys[i + 1] in ("thị", "văn") and is_surname(keys[i]):
            return i
    later = [i for i in range(at, len(keys) - 2) if keys[i + 1] == "thị" and (i == at or i >= at + 2)]
    return later[0] if later else None


def _after_locality(keys: list[str], at: int) -> int | None:
    """Where a name starts among the words after "xã" or "huyện": at once, or after the two syllables of a place.

    None where it may be the place alone, or place and name without a clear edge.
    """
    length, common = len(keys) - at, keys[at] in COMMON_SURNAMES
    surname, later = is_surname(keys[at]), length > 2 and is_surname(keys[at + 2])
    given = surname and keys[at + 1] in MIDDLE_NAMES
    if length == 3:
        return at if surname else None
    if length == 4:
        return at if common or given else at + 2 if later else None
    if length > 4:
        return at + 2 if later or not common else at
    return None


def _namesake_at(keys: list[str], at: int) -> int:
    return next((n for n in (3, 2) if at + n <= len(keys) and " ".join(keys[at : at + n]) in NAMESAKES), 0)


def _is_given_name(words: list[Word]) -> bool:
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


def trailing_name(position: str, known: Set[str]) -> int | None:
    """Offset in `position` at which a person's name starts that ends it, or None.

    known: match keys of names that the article uses by themselves.
    """
    words = words_of(position)
    run = len(words)
    while run and words[run - 1].name_like:
        run -= 1
    shouting = position.isupper()
    keys = [w.key for w in words]
    if len(words) - run == 1 and run:
        return words[run].start if not shouting and _is_given_name(words) else None
    at = _search_name(keys, run, shouting, known) or _is_foreign_name(keys, run)
    return words[at].start if at else None
