"""doccano's JSON lines for sequence labelling with relations (version 1.8 and later), in and out.

    {"id": 1, "text": "…", "entities": [{"id": 10, "label": "AGENCY", "start_offset": 0, "end_offset": 11}],
     "relations": [{"id": 5, "from_id": 10, "to_id": 11, "type": "issuer"}], "Comments": []}

In: one line's object; without relations also `label: [[start, end, "AGENCY"]]`, as a project without them exports.
Out: articles; and lines to import into a project (JSONL, with relations).

Directives are arrows between mentions (`data.links`). Offsets are indexes of JavaScript strings, that is UTF-16 code
units (github.com/doccano/doccano/issues/2290); after an emoji they are no code points. `utf16=False` reads and writes
code points. A project that counts grapheme clusters has a count of its own: leave that setting off.

Lost: ids of mentions (doccano has its own), their scores and normalised values; on the way back, comments.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from typing import IO, Any

from data.errors import InputError
from data.exchange import Offsets, as_object, columns_of, dump, has_astral, read_columns, take, take_list
from data.links import Arrow, arrows, directives, join_records, records
from data.schema import Article, parse_article

# fields of the export that are no columns of ours: annotations, and what doccano adds
_FIXED = ("id", "text", "data", "entities", "relations", "label", "labels", "Comments", "comments", "username")


# ------------------------------------------------------------------ reading


def is_doccano(value: object) -> bool:
    """Whether an object is a line of doccano's export, and not the public form."""
    if not isinstance(value, Mapping):
        return False
    if any(isinstance(value.get(name), list) for name in ("relations", "Comments", "label", "labels")):
        return True
    entities = value.get("entities")
    first = entities[0] if isinstance(entities, list) and entities else None
    return isinstance(first, list) or (isinstance(first, Mapping) and "start_offset" in first)


def parse_doccano(value: object, labels: Iterable[str] | None, name: str, *, utf16: bool = True) -> Article:
    """The object of one line to a checked article.

    Args:
        labels: the label set; None takes any.
        name: the article's id where the line has none.
        utf16: whether offsets count UTF-16 code units.
    Raises: InputError (without a file: the caller adds it with `.at`).
    """
    line = as_object(value)
    text = take(line, "data" if "text" not in line and "data" in line else "text", str)
    columns = read_columns(line, apart=_FIXED)
    number = line.get("id")
    try:
        entities = list(_entities(line, text, Offsets(text, utf16=utf16)))
        drawn = [_arrow(relation) for relation in take_list(line, "relations")]
        return parse_article(
            {
                "id": columns.id or (name if number is None else str(number)),
                "date": columns.date,
                "text": text,
                "entities": entities,
                "directives": join_records(directives(drawn, entities), entities, columns.records),
                "meta": columns.meta,
            },
            labels,
        )
    except InputError as error:
        if not has_astral(text):
            raise
        hint = "--offsets points" if utf16 else "--offsets utf16"
        mend = f"{error.mend} (or, if characters beyond U+FFFF are counted otherwise, convert with {hint})"
        raise InputError(error.found, expected=error.expected, mend=mend) from None


def _entities(line: Mapping[str, Any], text: str, offsets: Offsets) -> Iterator[dict[str, Any]]:
    name = next((name for name in ("entities", "label", "labels") if line.get(name) is not None), "entities")
    for number, span in enumerate(take_list(line, name), 1):
        if isinstance(span, list) and len(span) == 3:
            span = dict(zip(("start_offset", "end_offset", "label"), span, strict=True))
        start = offsets.here(take(span, "start_offset", int))
        end = offsets.here(take(span, "end_offset", int))
        yield {
            "id": f"e{number}" if span.get("id") is None else str(span["id"]),
            "label": take(span, "label", str),
            "start": start,
            "end": end,
            "text": text[start:end] or " ",
        }


def _arrow(relation: object) -> Arrow:
    source, target = (str(take(relation, name, int, str)) for name in ("from_id", "to_id"))
    return Arrow(source, target, take(relation, "type", str))


# ------------------------------------------------------------------ writing


def write_doccano(articles: Iterable[Article], out: IO[str], *, utf16: bool = True) -> None:
    """Lines to import. Ids of mentions and relations are used once in the whole file, as doccano wants them."""
    spans, relations = count(1), count(1)
    for number, article in enumerate(articles, 1):
        offsets = Offsets(article.text, utf16=utf16)
        ids = {entity.id: next(spans) for entity in article.entities}
        line = {
            "id": number,
            "text": article.text,
            "entities": [
                {
                    "id": ids[entity.id],
                    "label": entity.label,
                    "start_offset": offsets.there(entity.start),
                    "end_offset": offsets.there(entity.end),
                }
                for entity in article.entities
            ],
            "relations": [
                {"id": next(relations), "from_id": ids[arrow.source], "to_id": ids[arrow.target], "type": arrow.type}
                for arrow in arrows(article)
            ],
            "Comments": [],
        }
        out.write(dump(line | columns_of(article, records(article))) + "\n")
