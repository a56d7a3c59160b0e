"""Small articles with records that the tests of the outputs share."""

from __future__ import annotations

from typing import Any

from data.schema import Article, parse_article

TEXT = "Chủ tịch tỉnh giao Sở Y tế, Sở Nội vụ cùng Công an giảm 5% nợ trước 30/11 và đến hết năm, gửi HĐND."


def mention(id_: str, label: str, phrase: str, text: str = TEXT, **more: Any) -> dict[str, Any]:
    """The first `phrase` of `text` as a mention."""
    start = text.index(phrase)
    return {"id": id_, "label": label, "start": start, "end": start + len(phrase), "text": phrase} | more


MENTIONS = [
    mention("o", "OFFICIAL", "Chủ tịch tỉnh", normalized={"person": "le-an@tinh", "body": "uy-ban-nhan-dan-tinh-a"}),
    mention("a", "AGENCY", "Sở Y tế", normalized={"body": "so-y-te-tinh-a"}),
    mention("b", "AGENCY", "Sở Nội vụ", normalized={"body": "so-noi-vu-tinh-a"}),
    mention("c", "AGENCY", "Công an"),
    mention("i", "INDICATOR", "giảm 5% nợ", normalized={"name": "nợ", "value": 5.0, "unit": "%", "comparison": "giảm"}),
    mention("d", "DEADLINE", "trước 30/11", normalized={"from": None, "until": "2020-11-30"}),
    mention("f", "DEADLINE", "đến hết năm", normalized={"from": "2020-11-05", "until": "2020-12-31"}),
    mention("r", "AGENCY", "HĐND"),
]
RECORD = {
    "issuer": "o",
    "assignees": ["a", "b"],
    "coordinators": ["c"],
    "recipients": ["r"],
    "indicators": ["i"],
    "deadlines": ["d", "f"],
    "start": 0,
    "end": len(TEXT) - 1,
    "score": 0.75,
}


def article(**more: Any) -> Article:
    """One article of one sentence with one record that has everything."""
    value = {"id": "x", "date": "2020-11-05", "text": TEXT, "entities": MENTIONS, "directives": [RECORD]}
    return parse_article(value | more)


def odd(phrase: str, **more: Any) -> Article:
    """An article whose mentions are whole lines of the same text: who and whom on the first, by when on the second."""
    text = f"{phrase}\n{phrase}"
    until = {"from": None, "until": "2020-11-30"}
    entities = [
        {"id": "o", "label": "OFFICIAL", "start": 0, "end": len(phrase), "text": phrase},
        {"id": "d", "label": "DEADLINE", "start": len(phrase) + 1, "end": len(text), "text": phrase},
    ]
    entities[1]["normalized"] = until
    directives = [{"issuer": "o", "assignees": ["o"], "deadlines": ["d"], "start": 0, "end": len(phrase)}]
    return parse_article({"id": "x", "text": text, "entities": entities, "directives": directives} | more)
