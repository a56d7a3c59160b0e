"""An article in, where it plays out: which province, district and commune "tỉnh", "huyện" and "xã" mean in it.

`find_home(text, date, place, bodies)` reads the place that the article comes with, and the localities that it names.
A level is settled only where one single locality can be meant; all else is left open, since to count two bodies as one
is worse than to count one twice.

- tỉnh: the article's own place, else the only province named, else the only one in the headline;
- thành phố: the article's own place if it is run centrally, or the only such city where no province is named; else as
  for a district;
- huyện, quận, thị xã, xã, phường, thị trấn, đặc khu: the only one that the mentions name, if the headline names it too
  or a second mention does.

    python -c "from infer.localities import *; print(find_home('UBND tỉnh Lai Châu họp', None, None, []))"
"""

import datetime as dt
import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from data.unicode import nfd
from infer.folding import fold, match_key
from infer.people import COMMON_SURNAMES, MIDDLE_NAMES, PROVINCES

_LEVELS = "tỉnh|thành phố|huyện|quận|thị xã|xã|phường|thị trấn|đặc khu"
_CENTRAL = frozenset({"ha-noi", "ho-chi-minh", "da-nang", "hai-phong", "can-tho"})
_HUE_CENTRAL = dt.date(2025, 1, 1)  # Huế has been run centrally since; before, it was a city of Thừa Thiên Huế
_NO_DISTRICTS = dt.date(2025, 7, 1)
_SPELLINGS = {
    "bac-can": "bac-kan",
    "dac-lac": "dak-lak",
    "dac-nong": "dak-nong",
    "kontum": "kon-tum",
    "hcm": "ho-chi-minh",
    "sai-gon": "ho-chi-minh",
    "ba-ria": "ba-ria-vung-tau",
}
_ABBREVIATIONS = tuple(
    (re.compile(pattern, re.IGNORECASE), words)
    for pattern, words in (
        (r"\btp\.? ?hcm\b", "thành phố Hồ Chí Minh"),
        (r"\btp\b\.? ?", "thành phố "),
        (r"\btx\b\.? ?", "thị xã "),
        (r"\btt\b\. ?", "thị trấn "),
        (r"\bh\. ?(?=\w|$)", "huyện "),
        (r"\bq\. ?(?=\w|$)|\bq(?= ?[0-9])", "quận "),
        (r"\bp\. ?(?=\w|$)|\bp(?= ?[0-9])", "phường "),
    )
)
# What each of them needs, in one look without `re.IGNORECASE`, for which `re` has no quick search.
_ABBREVIATED = re.compile(r"[tT][pPxXtT](?<!\w..)|[hHqQpP](?<!\w.)(?:\.| ?[0-9])")
_BELOW = re.compile(r"\b(?:huyện|quận|xã|phường|thị trấn|thị xã|đảo|đường|phố|chợ|sông|cầu)$")  # "huyện Quảng Ninh"
_CITY = re.compile(r"\bthành phố$")
_PROVINCE = re.compile(rf"(?:{'|'.join(sorted(map(re.escape, PROVINCES), key=len, reverse=True))})(?![\w-])")
_PROVINCE_STARTS = frozenset(re.split(r"\W", name)[0] for name in PROVINCES)
_WORD = re.compile(r"(?<![\w-])\w+")
_NAME_STARTS = COMMON_SURNAMES | MIDDLE_NAMES
_BEFORE = 40  # characters before a province that tell what it is: more than a surname or the word for a level has
_REMEMBERED = 16384  # phrases
_LEVEL = re.compile(rf"(?:^|(?<= ))(?:{_LEVELS})(?= |$)")


class Place(NamedTuple):
    """A phrase that ends with a level: `head`, the key of what stands before; `name`, the slug of what follows."""

    head: str
    level: str
    name: str


class Home(NamedTuple):
    """What the levels mean in one article; localities are slugs without their level."""

    provinces: dict[str, str]  # "tỉnh", or "thành phố" if run centrally → the province; a level that is open is absent
    places: dict[str, str]  # any lower level → the locality
    central: frozenset[str]  # the cities that were run centrally at the time
    flat: bool  # no districts any more: communes stand right below the province
    local: str  # eight hexadecimal digits, those of the text: what an unsettled body is told apart by

    @property
    def province(self) -> tuple[str, str] | None:
        """(level, slug) of the province that an office without a place belongs to, if only one comes into question."""
        return next(iter(self.provinces.items())) if len(self.provinces) == 1 else None


@lru_cache(_REMEMBERED)
def slug(text: str) -> str:
    """ASCII, lower case, words joined with hyphens: "Ủy ban nhân dân" is "uy-ban-nhan-dan"."""
    plain = nfd(text.lower().replace("đ", "d"))
    return "-".join(re.findall("[a-z0-9]+", "".join(c for c in plain if not unicodedata.combining(c))))


def province_slug(name: str) -> str:
    """One spelling for each province: "Đắc Lắc" and "Đắk Lắk" are "dak-lak"."""
    return _SPELLINGS.get(slug(name), slug(name))


_PROVINCE_SLUGS = frozenset(map(province_slug, PROVINCES))


def is_province(name: str) -> bool:
    """Whether a slug is that of a province or a city run centrally."""
    return name in _PROVINCE_SLUGS


def write_out(folded: str) -> str:
    """A folded text with the abbreviations of levels in full: "TP. Lào Cai" is "thành phố Lào Cai"."""
    if _ABBREVIATED.search(folded):
        for pattern, words in _ABBREVIATIONS:
            folded = pattern.sub(words, folded)
    return " ".join(folded.split())


@lru_cache(_REMEMBERED)
def place_of(phrase: str) -> Place | None:
    """The last level of a phrase whose abbreviations are written out; None without one, or before lower-case words."""
    key = match_key(phrase)
    levels = list(_LEVEL.finditer(key))
    if not levels:
        return None
    tail = phrase[levels[-1].end() :].split()
    if not all(word[0].isupper() or word[0].isdigit() for word in tail):
        return None
    return Place(key[: levels[-1].start()].strip(), levels[-1][0], slug(" ".join(tail)))


def _provinces(line: str) -> set[str]:
    """The provinces that a folded line names; a person ("Nguyễn Thái Bình") and a district of the name are none."""
    key = match_key(line)
    found = set()
    end = 0
    for word in _WORD.finditer(key):
        if word[0] not in _PROVINCE_STARTS or word.start() < end:
            continue
        match = _PROVINCE.match(key, word.start())
        if match is None:
            continue
        end = match.end()
        # not the whole line, which may be the whole article
        before = key[max(0, match.start() - _BEFORE) : match.start()].rstrip()
        *_, last = before.split() or [""]
        at = match.start() - 1 - len(last)  # a folded line has single spaces
        person = last in _NAME_STARTS and line[at].isupper()
        lower = _BELOW.search(before) and not _CITY.search(before)
        if line[match.start()].isupper() and not person and not lower:
            found.add(province_slug(match[0]))
    return found


def _only(*choices: set[str]) -> str | None:
    """The single member of the first set that has one member; None where the sets before it have several."""
    return next((next(iter(choice)) for choice in choices if len(choice) == 1), None)


def find_home(text: str, date: dt.date | None, place: str | None, bodies: Iterable[str]) -> Home:
    """Where an article plays out.

    Args:
        text: the raw text of the article.
        date: its day; which cities are run centrally depends on it.
        place: the place that came with the article, or None.
        bodies: the bodies and localities that its mentions name, as written.
    """
    lines = [write_out(fold(line)) for line in text.splitlines() if line.strip()] or [""]
    central = _CENTRAL | ({"hue"} if date and date >= _HUE_CENTRAL else set())
    own = province_slug(re.sub("^(?:tỉnh|thành phố) ", "", write_out(fold(place or "")), flags=re.IGNORECASE))
    named, headline = set().union(*map(_provinces, lines)), _provinces(lines[0])
    given = {own} if is_province(own) else set()
    cities = set() if given - central or (not given and named - central) else named & central
    provinces = {
        "tỉnh": _only(given - central, named - central, headline - central),
        "thành phố": _only(given & central, cities, headline & cities),
    }
    return Home(
        {level: name for level, name in provinces.items() if name},
        _lower(bodies, slug(lines[0]), central),
        central,
        date is not None and date >= _NO_DISTRICTS,
        hashlib.sha256(fold(text).encode()).hexdigest()[:8],
    )


def _lower(bodies: Iterable[str], headline: str, central: frozenset[str]) -> dict[str, str]:
    """Each level below the province → its one locality that the bodies name."""
    found = Counter((p.level, p.name) for body in bodies if (p := place_of(write_out(fold(body)))) and p.name)
    places = {}
    for level in {level for level, _ in found} - {"tỉnh"}:
        names = [name for one, name in found if one == level and not (level == "thành phố" and name in central)]
        if len(names) == 1 and (found[level, names[0]] > 1 or names[0] in headline):
            places[level] = names[0]
    return places
