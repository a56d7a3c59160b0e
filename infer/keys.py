"""The mentions of an article in, keys out by which records can be counted over articles: one a body, one a person.

    uy-ban-nhan-dan-tinh-lai-chau                             UBND tỉnh, Ủy ban nhân dân tỉnh Lai Châu, UBND Lai Châu
    so-tai-chinh-tinh-lai-chau                                Sở Tài chính (in an article about Lai Châu)
    so-tai-chinh~3f2a91bc                                     Sở Tài chính (where the article leaves the province open)
    nguyen-van-binh@uy-ban-nhan-dan-tinh-lai-chau             Chủ tịch UBND tỉnh Nguyễn Văn Bình, then "ông Bình"

`body_key(phrase, home)` writes the body out (`_FULL`), finds its level and place, and adds what the article is about
(`infer.localities`): a body below the province carries the province too, a commune its district. What the article does
not settle ends with "~" and a mark of its text: the same key through the article, and in no other one. A group ("các
sở, ngành") or a word that any body goes by ("Sở") has no key.

`add_keys` joins the mentions of one person: a full name stands for itself; a part of one ("ông Bình") and a position
alone ("Chủ tịch UBND tỉnh") go to the one person of the article whom they fit, else to nobody. A person's body is that
of the highest executive office among the person's positions (`_RANKS`), as it is the one that is named most often.

    python -c "from infer.keys import *; print(body_key('Sở TN&MT', find_home('Tỉnh Lai Châu họp', None, None, [])))"
"""

import datetime as dt
import re
from collections.abc import Callable, Collection, Sequence
from functools import cache, lru_cache, partial
from typing import Any, NamedTuple

from infer.bodies import body_of, is_ministry
from infer.folding import fold, match_key
from infer.localities import Home, find_home, is_province, place_of, province_slug, slug, write_out
from infer.names import LONGEST_NAME
from infer.officials import Official

# Abbreviations of bodies and fields over match keys, in order.
_FULL = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r" ?\([^()]*\)", ""),
        (r"\bubnd\b", "uỷ ban nhân dân"),
        (r"\bhđnd\b", "hội đồng nhân dân"),
        (r"\b(?:uỷ ban |ub)?(?:mttq|mặt trận tổ quốc)(?: việt nam)?", "uỷ ban mặt trận tổ quốc"),
        (r"\bnn ?(?:&|và|-) ?ptnt\b|\bnông nghiệp (?:&|và|-) ?ptnt\b", "nông nghiệp và phát triển nông thôn"),
        (r"\bnn ?(?:&|và|-) ?mt\b", "nông nghiệp và môi trường"),
        (r"\btn ?(?:&|và|-) ?mt\b", "tài nguyên và môi trường"),
        (r"\bgd ?(?:&|và|-) ?đt\b", "giáo dục và đào tạo"),
        (r"\bkh ?(?:&|và|-) ?đt\b", "kế hoạch và đầu tư"),
        (r"\bkh ?(?:&|và|-) ?cn\b", "khoa học và công nghệ"),
        (r"\btt ?(?:&|và|-) ?tt\b", "thông tin và truyền thông"),
        (r"\bkt ?(?:&|và|-) ?ht\b", "kinh tế và hạ tầng"),
        (r"\bvh ?(?:&|và|-|,) ?tt ?(?:&|và|-) ?dl\b|\bvhttdl\b|\bvhtt&dl\b", "văn hoá thể thao và du lịch"),
        (r"\blđ ?-? ?tb ?(?:&|và|-) ?xh\b|\blđtbxh\b", "lao động thương binh và xã hội"),
        (r"\btc ?(?:&|và|-) ?kh\b", "tài chính kế hoạch"),
        (r"\bgtvt\b", "giao thông vận tải"),
        (r"\bqlda\b", "quản lý dự án"),
        (r"\bbql\b", "ban quản lý"),
        (r"\bđtxd\b", "đầu tư xây dựng"),
        (r"\bbcđ\b", "ban chỉ đạo"),
        (r"\bbch quân sự\b", "ban chỉ huy quân sự"),
        (r"\bchqs\b", "chỉ huy quân sự"),
        (r"\bbhxh\b", "bảo hiểm xã hội"),
        (r"\bkbnn\b", "kho bạc nhà nước"),
        (r"\blđlđ\b", "liên đoàn lao động"),
        (r"\blhpn\b", "liên hiệp phụ nữ"),
        (r"\bccb\b", "cựu chiến binh"),
        (r"\bnhcsxh\b", "ngân hàng chính sách xã hội"),
        (r"&", " và "),
    )
)
_PARTS = (
    "tỉnh|thành|huyện|quận|xã|phường|thị|sở|ban|phòng|thôn|ấp|bản|khóm|khu dân cư|trường|cơ quan|địa phương|đơn vị|cấp"
)
_COUNTED = "hai|ba|bốn|năm|sáu|bảy|tám|chín|mười|[0-9]+"
_GROUP = re.compile(
    r"(?:các|những|một số|một vài|nhiều|mọi|mỗi|từng|tất cả|toàn thể|toàn bộ|cả|chính quyền|ngành|lực lượng"
    rf"|đoàn(?! thanh| tncs| đại biểu)|{_COUNTED})\b|.*\b(?:các|những|một số|{_COUNTED}) (?:{_PARTS})\b"
    r"|.*\b(?:nơi đó|đó|này|ấy|nào|cấp (?:tỉnh|huyện|xã))$"
    r"|.*, (?:uỷ ban|hội đồng|sở|phòng|ban|công an|mặt trận|huyện|quận|xã|phường|thị)\b"
)
# Words that any body of a kind goes by: "Sở" is whichever the article spoke of.
_BARE = re.compile(
    r"(?:công ty|điện lực|ban quản lý|ban chỉ đạo|sở|bộ|ban|cục|tổng cục|chi cục|vụ|viện|phòng|trạm|trung tâm"
    r"|tập đoàn|tổng công ty|chi nhánh|đoàn|đoàn công tác|đội|hạt|đồn|uỷ ban|hội|hội đồng|văn phòng|ngân hàng"
    r"|quỹ|kho bạc|đảng uỷ|chi bộ|công an|trường|thanh tra|nhà trường)"
)
_NATIONAL = re.compile(
    r"(?:bộ (?!chỉ huy|đội|tư lệnh|phận)|tập đoàn |tổng công ty |ban chỉ đạo (?:trung ương|quốc gia)|uỷ ban quốc gia"
    r"|chính phủ|quốc hội|ban bí thư|bộ chính trị|tổng cục|uỷ ban thường vụ quốc hội"
    r"|uỷ ban dân tộc|văn phòng (?:chính phủ|quốc hội|trung ương|chủ tịch nước)|thanh tra chính phủ|kiểm toán nhà nước"
    r"|toà án nhân dân tối cao|viện kiểm sát nhân dân tối cao|ban chấp hành trung ương|tổng liên đoàn)"
    r"|.*\b(?:việt nam|trung ương|quốc gia)$"
)
_PARTY = re.compile(r"(?P<head>.*?)\b(?P<level>tỉnh|thành|huyện|quận|thị) (?P<organ>uỷ|đoàn)(?: (?P<name>.+))?$")
_PARTY_LEVELS = {"thành": "thành phố", "thị": "thị xã"}
_PROVINCIAL = re.compile(r"(?:sở|ban nội chính|bộ chỉ huy)\b|.*\bsở \w")
_COMMUNES = ("xã", "phường", "thị trấn", "thôn")
_DISTRICTS = ("huyện", "thị xã", "thành phố", "quận")


_LONGEST = 600  # characters; a longer phrase is no body


@lru_cache(16384)  # bodies come again from article to article
def _full(phrase: str) -> str:
    """A body's folded name with its abbreviations written out; levels keep the capitals of what follows them."""
    text = write_out(fold(phrase))
    key = match_key(text)
    for pattern, words in _FULL:
        spans = [m.span() for m in pattern.finditer(key)]
        if spans:
            for start, end in reversed(spans):
                text = text[:start] + words + text[end:]
            key = match_key(text)
    # "Sở Kế hoạch và Đầu tư", "Sở Kế hoạch - Đầu tư": the joint makes no difference
    return " ".join(re.sub(" và ", " ", text, flags=re.IGNORECASE).split())


def body_key(phrase: str, home: Home) -> str | None:
    """The key of the body or locality that a phrase names, in an article that plays out at `home`.

    None for a group, for a word that any body goes by, and for a phrase too long to be a name. Never raises on text.
    """
    if len(phrase) > _LONGEST:
        return None
    text = _full(phrase).strip(" ,.;:-–—")
    key = match_key(text)
    if not slug(key) or _GROUP.match(key) or _BARE.fullmatch(key):
        return None
    if _NATIONAL.match(key):
        return slug(key)
    if party := _PARTY.match(key):
        level = _PARTY_LEVELS.get(party["level"], party["level"])
        head = slug(f"{party['head']} {party['level']} {party['organ']}")
        return _located(head, level, slug(party["name"] or ""), home, shown=False)
    if place := place_of(text):
        return _located(slug(place.head), place.level, place.name, home)
    return _without_level(text, key, home)


def _without_level(text: str, key: str, home: Home) -> str:
    """ "Sở Y tế Lai Châu", "Lai Châu", "Sở Y tế", "Chi cục Thủy lợi": the province at the end, or the article's."""
    words = key.split()
    for size in (4, 3, 2):
        name, head = province_slug(" ".join(words[-size:])), " ".join(words[:-size])
        if len(words) >= size and is_province(name) and text.split()[-size][0].isupper():
            return _located(slug(head), "thành phố" if name in home.central else "tỉnh", name, home)
    for level, name in home.places.items():
        if slug(key) == name:
            return _located("", level, name, home)
    if _PROVINCIAL.match(key) and home.province:
        return _located(slug(key), *home.province, home)
    return f"{slug(key)}~{home.local}"


def _located(head: str, level: str, name: str, home: Home, *, shown: bool = True) -> str:
    """A body of a level: its name, and of what the article is about as much as tells it from all others.

    shown: whether the level is part of the key; "Tỉnh ủy" says it itself.
    """
    own = [slug(level)] if shown else []
    lead = [head] if head else []
    if level == "tỉnh" or (level == "thành phố" and (name in home.central or (not name and _is_city(home)))):
        province = province_slug(name) if name else home.provinces.get(level)
        return "-".join([*lead, *own, province]) if province else "-".join([*lead, *own]) + f"~{home.local}"
    name = name or home.places.get(level, "")
    province = home.province[1] if home.province else None
    above = _above(level, home)
    if not name or province is None or above is None:
        return "-".join([*lead, *own, *([name] if name else [])]) + f"~{home.local}"
    return "-".join([*lead, *own, name, *above, province])


def _is_city(home: Home) -> bool:
    """Whether "thành phố" alone is a city run centrally."""
    return "thành phố" in home.provinces and "tỉnh" not in home.provinces


def _above(level: str, home: Home) -> list[str] | None:
    """The district that a commune carries in its key; None where it should carry one that is open."""
    if level not in _COMMUNES:
        return []
    districts = [home.places[above] for above in _DISTRICTS if above in home.places]
    if home.flat:
        return []
    return districts if len(districts) == 1 else None


# ------------------------------------------------------------------ persons

# Of several positions the first of these gives the body that stands in a person's key.
_RANKS = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?!phó )(?:quyền |tân )?chủ tịch (?:ubnd|uỷ ban nhân dân)",
        r"(?:quyền |tân )?phó chủ tịch (?:thường trực )?(?:ubnd|uỷ ban nhân dân)",
        r"(?!phó |.*\bviên\b)(?!chủ tịch (?:hđnd|hội đồng))",
        r"chủ tịch",
        r"phó bí thư|phó chủ tịch",
        r"",
    )
)
_NOBODY = re.compile(
    r"(?:nguyên|cựu|các|những|một số|hai|ba|[0-9]+|lãnh đạo|đại diện|thành viên|người|thủ trưởng|nữ)\b"
)
_DECOR = re.compile(r"\b(?:tân|quyền|đồng chí) ")


_CHAIR = re.compile(r"(?:\w+ )*?(?:phó )?chủ tịch (?:tỉnh|thành phố|tp|huyện|quận|thị xã|xã|phường|thị trấn)\b")


class Person(NamedTuple):
    """One person of an article: the match key of the full name, and all positions of the mentions that have it."""

    name: str
    positions: tuple[str, ...]


def _people(officials: Sequence[Official]) -> list[Person]:
    """The persons whom the article names in full, in order; a name that ends another one is that person's."""
    named: dict[str, dict[str, None]] = {}  # match key of a name → its positions, in order
    for official in officials:
        if official["name"]:
            named.setdefault(match_key(official["name"]), {}).update(dict.fromkeys(official["positions"]))
    parts = {short for name in named for short in _short_forms(name)}
    people = [Person(name, tuple(positions)) for name, positions in named.items() if name not in parts]
    return [person for person in people if person.positions or _is_whole(person.name)]


def _is_whole(name: str) -> bool:
    """Whether a match key is more than a given name, and can tell a person from others: "K'Thìn" is a whole name."""
    return " " in name or "'" in name


def _short_forms(name: str) -> set[str]:
    """What an article may call a person after the first time: the end of the name, or two of its parts and more."""
    words = name.split()
    ends = range(1, len(words) + 1)
    shorts = {
        " ".join(words[start:end])
        for end in ends
        for start in range(max(0, end - LONGEST_NAME), end)
        if end == len(words) or end - start > 1
    }
    return shorts - {name}


# A position → the key of its body: `body_key_of` in one article, remembered
_KeyOf = Callable[[str], str | None]


def _title(position: str, key_of: _KeyOf) -> tuple[str, str | None]:
    """What two positions must share to be the same: the title, and the body's key where it has one."""
    body = body_of(position)
    key = _DECOR.sub("", match_key(position))
    if body is None:
        return key, None
    return key[: len(key) - len(body)].strip(), key_of(position)


def body_key_of(position: str, home: Home) -> str | None:
    """The key of the body that a position is held in, or None."""
    body = body_of(position)
    if body is None:
        return None
    if is_ministry(position):
        body = f"Bộ {body}"
    elif _CHAIR.match(match_key(position)):  # "Chủ tịch tỉnh" chairs its People's Committee
        body = f"UBND {body}"
    return body_key(body, home)


class _Office(NamedTuple):
    """The highest of some offices that have a body: its place in `_RANKS`, and the key of the body, or None."""

    rank: int
    body: str | None


def _main_office(positions: Sequence[str], key_of: _KeyOf) -> _Office:
    for number, rank in enumerate(_RANKS):
        for position in positions:
            if rank.match(match_key(position)) and (key := key_of(position)):
                return _Office(number, key)
    return _Office(len(_RANKS), None)


class _People:
    """The persons of one article, by all that they may be called: the time for a mention is that of a look-up."""

    def __init__(self, people: Sequence[Person], home: Home, key_of: _KeyOf) -> None:
        self._key_of = key_of
        self._people = {person.name: person for person in people}
        self._offices = {person.name: _main_office(person.positions, key_of) for person in people}
        self._keys = {name: self._key(name, home) for name in self._people}
        self._short: dict[str, set[str]] = {}  # a short form → names
        # title and key of the body, or the title alone → names
        self._holders: dict[tuple[str, str | None], set[str]] = {}
        for person in people:
            for short in _short_forms(person.name):
                self._short.setdefault(short, set()).add(person.name)
            for position in person.positions:
                title, body = _title(position, key_of)
                for named in (body, None):
                    self._holders.setdefault((title, named), set()).add(person.name)

    def owner(self, official: Official) -> str | None:
        """The name of the one person whom a mention fits, or None."""
        if official["name"]:
            name = match_key(official["name"])
            return name if name in self._people else _single(self._short.get(name))
        if len(official["positions"]) != 1 or _NOBODY.match(match_key(official["positions"][0])):
            return None
        title, body = _title(official["positions"][0], self._key_of)
        if body is None and official["bodies"][0] is not None:
            return None  # a group's
        return _single(self._holders.get((title, body)))

    def keys(self, official: Official) -> dict[str, str | None]:
        """The keys of the person of a mention, and of the body of its highest office or the person's."""
        owner, own = self.owner(official), _main_office(official["positions"], self._key_of)
        if owner is None:
            return {"person": None, "body": own.body}
        offices = own, self._offices[owner]
        return {"person": self._keys[owner], "body": min(offices, key=lambda office: office.rank).body}

    def _key(self, name: str, home: Home) -> str:
        body = self._offices[name].body
        return f"{slug(name)}@{body}" if body and _is_whole(name) else f"{slug(name)}~{home.local}"


def _single(names: Collection[str] | None) -> str | None:
    return next(iter(names)) if names and len(names) == 1 else None


def add_keys(
    text: str,
    date: dt.date | None,
    place: str | None,
    agencies: Sequence[str],
    officials: Sequence[Official],
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Keys for the AGENCY and OFFICIAL mentions of one article.

    Args:
        text: the raw text; `date` and `place` of the article, as far as they are known.
        agencies: the texts of the AGENCY mentions.
        officials: what `infer.officials.parse_officials` made of the OFFICIAL mentions.

    Returns:
        For each agency {"body": key or None}; for each official what it had, "person": key or None, and "body": the
        key of the body that it acts for, of the person's office where the mention names a person, or None.
    """
    bodies = [body for o in officials for body in o["bodies"] if body]
    home = find_home(text, date, place, [*map(fold, agencies), *bodies])
    agency_key, key_of = cache(partial(body_key, home=home)), cache(partial(body_key_of, home=home))
    people = _People(_people(officials), home, key_of)
    keyed = [{**official, **people.keys(official)} for official in officials]
    return [{"body": agency_key(agency)} for agency in agencies], keyed
