"""A position in, the body it is held in out: "Phó Chủ tịch Thường trực UBND tỉnh" is held in "UBND tỉnh".

`body_of(position)` takes the title off the front (`_TITLES`, an ordered table: title, and what of it belongs to the
body as well) and gives the rest as written. "Tỉnh ủy viên" holds its body in the title, "Chánh Văn phòng UBND tỉnh"
begins it there; a rank ("Thượng tá") or a title alone ("Trưởng đoàn") names none.

    python -c "from infer.bodies import *; print(body_of('Chánh Văn phòng UBND tỉnh'))"
"""

import re
from functools import lru_cache

from infer.folding import match_key

_BEFORE = r"(?:(?:nguyên|cựu|quyền|q\.|tân|các|những|một số|hai|ba|đương kim|đồng|phó|q) )*"
_MEMBER = re.compile(rf"{_BEFORE}(?P<body>(?:tỉnh|thành|huyện|quận|thị|đảng) uỷ) viên(?: dự khuyết)?$")
# `(?P<body>…)` belongs to the body, all before it is the title.
_TITLES = tuple(
    re.compile(rf"{_BEFORE}{title}")
    for title in (
        r"(?:uỷ viên|thành viên)(?: dự khuyết| thường trực| chuyên trách)* (?P<body>\S.*)$",
        r"chánh (?P<body>(?:văn phòng|thanh tra|toà)\b.*)$",
        r"(?:chủ tịch|bí thư|chủ nhiệm|tổng thư ký)(?: thường trực| chuyên trách)* (?P<body>\S.*)$",
        r"(?:tổng )?giám đốc(?: thường trực| phụ trách)* (?P<body>\S.*)$",
        # "Chi cục trưởng Chi cục Thuế": the body is named in full; "Trưởng phòng Nội vụ": it begins in the title
        (
            r"(?:bộ|thứ|(?:chi |tổng )?cục|vụ|viện|hiệu|đội|trạm|hạt|đồn|tổ|chỉ huy) trưởng (?P<body>(?:chi |tổng )?"
            r"(?:bộ|cục|vụ|viện|trường|đội|trạm|hạt|đồn|tổ|ban)\b.*)$"
        ),
        r"(?:bộ|chi cục|cục|vụ|viện|hiệu|đội|trạm|hạt|đồn|tổ) phó (?P<body>\S.*)$",
        r"trưởng ban(?: thường trực)? (?P<body>(?:ban|tiểu ban|uỷ ban|bcđ|bch|hội đồng)\b.*)$",
        (
            r"trưởng(?: phó)? (?P<body>(?:phòng|ban|đoàn|công an|thuế|khoa|tiểu ban|trạm|bộ phận|thôn|ấp|bản|khu phố"
            r"|khu|tổ|xóm|buôn|làng|chi nhánh|văn phòng) \S.*)$"
        ),
        r"(?:lãnh đạo|đại diện|người đứng đầu|thủ trưởng|phụ trách|chỉ huy)(?: chủ chốt)? (?P<body>\S.*)$",
        r"(?:tổng )?(?:thanh tra|kiểm toán) (?P<body>chính phủ|nhà nước)$",
        r"thủ tướng (?P<body>chính phủ)$",
        r"thống đốc (?P<body>\S.*)$",
        r"(?:tư lệnh|chính uỷ|tham mưu trưởng) (?P<body>\S.*)$",
    )
)
_MINISTER = re.compile(rf"{_BEFORE}(?:bộ|thứ) trưởng (?!bộ )(?P<field>\S.*)$")


@lru_cache(16384)  # offices come again from article to article
def body_of(position: str) -> str | None:
    """The body that a position is held in, as written, or None where it names none.

    Args:
        position: a folded position without the person's name.

    A minister's field ("Bộ trưởng Y tế") gives the field alone; `infer.keys` knows that a ministry is meant.
    """
    key = match_key(position)
    for pattern in (_MEMBER, *_TITLES):
        if match := pattern.match(key):
            return position[match.start("body") : match.end("body")]
    if match := _MINISTER.match(key):
        return position[match.start("field") : match.end("field")]
    return None


def is_ministry(position: str) -> bool:
    """Whether the body of a position is a ministry's field alone: "Bộ trưởng Y tế"."""
    return bool(_MINISTER.match(match_key(position)))
