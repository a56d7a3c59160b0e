r"""Article files: one readable UTF-8 file per article, mentions inline, records below, metadata above.

In: the text of an `.article` file. Out: an `Article`; and back, character for character.

    ---
    id: lai-chau-2020-11-hop
    date: 2020-11-05
    place: Lai Châu
    ---
    [Chủ tịch UBND tỉnh]{OFFICIAL o1} yêu cầu [Sở Tài chính]{AGENCY a1} …
    [trước ngày 30/11]{DEADLINE d1}.
    ---
    directives:
    - issuer: o1
      assignees: [a1]
      deadlines: [d1]
    mentions:
      d1: {normalized: {from: null, until: '2020-11-30'}}

Header and footer are YAML. In the body `[text]{LABEL}` or `[text]{LABEL id}` is a mention; one without an id is called
`e` and its place in the article (the third mention: `e3`). A backslash takes away a character's meaning: `\[`, `\]`,
`\\`, and `\-` at the start of a line of `---`; `\r` is a carriage return and `\u{200b}` the character with that code:
invisible characters are written so, because nobody can diff what nobody can see. The text is exactly what stands
between the second and the third `---` line, without the line break before the latter.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable
from os import PathLike
from typing import Any

import yaml

from data.errors import InputError, nearest, quote
from data.schema import FIELD_LABELS, Article, Directive, Entity, parse_article

SUFFIX = ".article"

_SPECIAL = re.compile(r"[\\\[\]]")
_TAG = re.compile(r"\]\{([^\s{}]+)(?: ([^\s{}]+))?\}")
_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]{1,6})\}|([\[\]\\\-r]))")
_FENCE = re.compile(r"^---$", re.MULTILINE)
_FORM = "`---`, metadata, `---`, the text, `---`, the records"


# ------------------------------------------------------------------ reading


def parse_markup(source: str, path: str | PathLike[str], labels: Iterable[str] | None = None) -> Article:
    """The text of an `.article` file to a checked article.

    Args:
        source: the file's text, line breaks untouched.
        path: named in errors.
        labels: the label set; None takes any label.
    Raises: InputError with file, line and column.
    """
    header, body, footer, line = _split(source, path)
    meta = _header(header, path)
    text, entities, places = _body(body, path, line)
    footer_line = line + body.count("\n") + 2
    directives, extras, record_lines = _footer(footer, path, footer_line)
    for id_, extra in extras.items():
        if id_ not in places:
            raise InputError(
                f"values for {id_!r}, an id no mention has",
                expected="under `mentions:` the ids of this article's mentions",
                mend=nearest(id_, places),
                path=path,
                line=_line_of(footer, rf"^\s*{re.escape(id_)}\s*:", footer_line),
            )
        entities[places[id_][0]].update(extra)
    value = {
        "id": meta.pop("id", ""),
        "date": meta.pop("date", None),
        "text": text,
        "entities": entities,
        "directives": directives,
        "meta": meta,
    }
    try:
        return parse_article(value, labels)
    except InputError as error:
        raise _placed(error, path, places, record_lines) from None


def _split(source: str, path: str | PathLike[str]) -> tuple[str, str, str, int]:
    """Header, body, footer and the body's first line number."""
    if "\r" in source:
        line = source[: source.index("\r")].count("\n") + 1
        raise InputError(
            "a carriage return",
            expected="line breaks of `\\n` alone; a carriage return of the article itself is written `\\r`",
            mend="convert the file's line ends, for instance with `dos2unix`",
            path=path,
            line=line,
        )
    fences = [match.start() for match in _FENCE.finditer(source)]
    if len(fences) < 3 or fences[0] != 0:
        raise InputError(
            f"{len(fences)} lines of `---`, the first {'at the start' if fences[:1] == [0] else 'not at the start'}",
            expected=_FORM,
            mend="add the missing `---` line (see data/GUIDELINES.md)",
            path=path,
            line=1,
        )
    first, second = fences[1], fences[2]
    body = source[first + 4 : second - 1] if second > first + 4 else ""
    return source[4:first], body, source[second + 4 :], source[:first].count("\n") + 2


def _yaml(source: str, path: str | PathLike[str], line: int) -> Any:
    try:
        return yaml.safe_load(source)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise InputError(
            f"broken YAML ({error.problem})",
            expected="valid YAML",
            mend="mend the line; quote values that hold `: ` or begin with a special character",
            path=path,
            line=line + (mark.line if mark else 0),
            column=mark.column + 1 if mark else None,
        ) from None
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a date such as 2020-02-31
        raise InputError(
            f"broken YAML ({error})", expected="valid YAML", mend="mend the value", path=path, line=line
        ) from None


def _header(source: str, path: str | PathLike[str]) -> dict[str, str]:
    value = _yaml(source, path, 2)
    if not isinstance(value, dict) or "id" not in value:
        raise InputError("no `id:` in the header", expected="at least `id: NAME`", mend="add it", path=path, line=1)
    for key, item in value.items():
        if isinstance(item, (dict, list)) or item is None:
            raise InputError(
                f"header field {key!r} = {quote(str(item))}",
                expected="one value on the field's line",
                mend="write one value, or take the line out",
                path=path,
                line=_line_of(source, rf"^{re.escape(str(key))}\s*:", 2),
            )
    # scalars as written: `id: 007` and `year: 2020` are text here, whatever YAML makes of them
    node = yaml.compose(source, Loader=yaml.SafeLoader)
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return {key.value: item.value for key, item in pairs}


def _body(
    body: str, path: str | PathLike[str], first_line: int
) -> tuple[str, list[dict[str, Any]], dict[str, tuple[int, int, int]]]:
    """Raw text, entities, and for each entity id its (index, line, column)."""
    pieces: list[str] = []
    length = position = 0
    opened: tuple[int, int] | None = None  # offset in the text, position in the body
    entities: list[dict[str, Any]] = []
    places: dict[str, tuple[int, int, int]] = {}

    def place(at: int) -> dict[str, int]:
        return {"line": first_line + body.count("\n", 0, at), "column": at - (body.rfind("\n", 0, at) + 1) + 1}

    def fail(at: int, found: str, expected: str, mend: str) -> InputError:
        return InputError(found, expected=expected, mend=mend, path=path, **place(at))

    for match in _SPECIAL.finditer(body):
        at = match.start()
        if at < position:  # the second half of an escape or a tag already read
            continue
        plain = body[position:at]
        pieces.append(plain)
        length += len(plain)
        if match.group() == "\\":
            escape = _ESCAPE.match(body, at)
            if not escape or (escape[1] and int(escape[1], 16) > 0x10FFFF):
                raise fail(at, quote(body[at : at + 2]), r"\[ \] \\ \- \r or \u{CODE}", r"write a backslash as \\")
            pieces.append(chr(int(escape[1], 16)) if escape[1] else "\r" if escape[2] == "r" else escape[2])
            length += 1
            position = escape.end()
        elif match.group() == "[":
            if opened:
                raise fail(at, "a `[` inside a mention", "flat mentions", r"close the first one, or write \[")
            opened, position = (length, at), at + 1
        else:
            tag = _TAG.match(body, at)
            if not opened or not tag:
                found = "a `]` without its tag" if opened else "a `]` without a `[`"
                raise fail(at, found, "`[text]{LABEL}` or `[text]{LABEL id}`", r"add the tag, or write \]")
            start, where = opened
            id_ = tag[2] or f"e{len(entities) + 1}"
            if id_ in places:
                raise fail(at, f"the id {id_!r} a second time", "ids used once", "give it another id")
            places[id_] = (len(entities), place(where)["line"], place(where)["column"])
            entities.append({"id": id_, "label": tag[1], "start": start, "end": length})
            opened, position = None, tag.end()
    if opened:
        raise fail(opened[1], "a `[` that is never closed", "`[text]{LABEL}`", r"close it, or write \[")
    pieces.append(body[position:])
    text = "".join(pieces)
    for entity in entities:
        entity["text"] = text[entity["start"] : entity["end"]]
        if not entity["text"]:
            _, line, column = places[entity["id"]]
            raise InputError(
                "an empty mention",
                expected="text inside `[ ]`",
                mend="take it out",
                path=path,
                line=line,
                column=column,
            )
    return text, entities, places


def _footer(
    source: str, path: str | PathLike[str], first_line: int
) -> tuple[list[dict[str, Any]], dict[str, dict[str, Any]], list[int]]:
    """Directives, further values by entity id, and each directive's line."""
    value = _yaml(source, path, first_line) or {}
    known = {"directives": list, "mentions": dict}
    for key, item in value.items() if isinstance(value, dict) else [(str(value), value)]:
        if key not in known or not isinstance(item if item is not None else known[key](), known[key]):
            raise InputError(
                f"{quote(str(key))} in the footer" if key not in known else f"{key!r} that is no {known[key].__name__}",
                expected="`directives:` (a list) and `mentions:` (a mapping)",
                mend=nearest(str(key), known),
                path=path,
                line=_line_of(source, rf"^{re.escape(str(key))}\s*:", first_line),
            )
    node = yaml.compose(source, Loader=yaml.SafeLoader) if value else None
    items = [item for key, part in (node.value if node else []) if key.value == "directives" for item in part.value]
    lines = [first_line + item.start_mark.line for item in items]
    directives = value.get("directives") or []
    for directive, line in zip(directives, lines, strict=True):
        allowed = Directive.model_fields
        keys = directive if isinstance(directive, dict) else {str(directive): None}
        wrong = next((key for key in keys if key not in allowed), None)
        if wrong is not None:
            raise InputError(
                f"{quote(str(wrong))} in a directive",
                expected=f"fields among {', '.join(FIELD_LABELS)}",
                mend=nearest(str(wrong), FIELD_LABELS),
                path=path,
                line=line,
            )
    extras = {}
    for id_, extra in (value.get("mentions") or {}).items():
        if not isinstance(extra, dict) or not set(extra) <= {"normalized", "score"}:
            raise InputError(
                f"values {quote(str(extra))} of mention {id_!r}",
                expected="{normalized: {…}} and/or {score: …}",
                mend="correct the line",
                path=path,
                line=_line_of(source, rf"^\s*{re.escape(str(id_))}\s*:", first_line),
            )
        extras[str(id_)] = _dates_as_text(extra)
    return directives, extras, lines


def _dates_as_text(value: Any) -> Any:
    """YAML reads an unquoted 2020-11-30 as a date; the public form has ISO strings."""
    if isinstance(value, dict):
        return {key: _dates_as_text(item) for key, item in value.items()}
    return value.isoformat() if isinstance(value, dt.date) else value


def _line_of(source: str, pattern: str, first_line: int) -> int:
    match = re.search(pattern, source, re.MULTILINE)
    return first_line + (source[: match.start()].count("\n") if match else 0)


def _placed(
    error: InputError, path: str | PathLike[str], places: dict[str, tuple[int, int, int]], record_lines: list[int]
) -> InputError:
    """Find the line and column an error of the schema speaks of, by the entity or directive that it names."""
    directive = re.match(r"directives?(?: |\[)(\d+)", error.found)
    if directive:
        # "directive 1" counts from one, pydantic's "directives[0]" from nought
        number = int(directive[1]) - (0 if "[" in directive[0] else 1)
        return error.at(path, record_lines[number])
    indexed = re.match(r"entities\[(\d+)\]", error.found)
    named = re.search(r"entit(?:y|ies) '([^']+)'", error.found)
    by_index = {index: (line, column) for index, line, column in places.values()}
    if indexed:
        return error.at(path, *by_index[int(indexed[1])])
    if named:
        return error.at(path, *places[named[1]][1:])
    return error.at(path, 1)


# ------------------------------------------------------------------ writing


def format_markup(article: Article) -> str:
    """The canonical `.article` file: `parse_markup(format_markup(a), …) == a` for every article."""
    named = {id_ for directive in article.directives for _, id_ in directive.roles()}
    named |= {entity.id for entity in article.entities if _extra(entity)}
    header: dict[str, str] = {"id": article.id}
    if article.date:
        header["date"] = article.date.isoformat()
    return (
        "---\n"
        + "".join(f"{_scalar(key)}: {_scalar(value)}\n" for key, value in (header | article.meta).items())
        + "---\n"
        + _format_body(article, named)
        + "\n---\n"
        + _format_footer(article)
    )


def _format_body(article: Article, named: set[str]) -> str:
    text = article.text
    out: list[str] = []
    position = 0
    for number, entity in enumerate(_in_order(article), 1):
        automatic = entity.id == f"e{number}" and entity.id not in named
        out += [_escape(text, position, entity.start), "[", _escape(text, entity.start, entity.end), "]{", entity.label]
        out += ["}"] if automatic else [f" {entity.id}}}"]
        position = entity.end
    out.append(_escape(text, position, len(text)))
    # `---` at the start of a line would end the body
    return re.sub(r"^---", r"\\---", "".join(out), flags=re.MULTILINE)


def _in_order(article: Article) -> list[Entity]:
    """The entities as they stand in the text; the file keeps no other order, so another one is refused."""
    ordered = sorted(article.entities, key=lambda entity: entity.start)
    wrong = next((e for e in article.entities if re.search(r"[\s{}]", e.id + e.label)), None)
    if wrong is not None:
        raise InputError(
            f"the id {wrong.id!r} or label {wrong.label!r} in article {article.id!r}",
            expected="no space and no brace in ids and labels",
            mend="rename it",
        )
    return ordered


def _escape(text: str, start: int, end: int) -> str:
    out: list[str] = []
    for index in range(start, end):
        char = text[index]
        if char in "\\[]":
            out.append("\\" + char)
        elif char == "\r":
            out.append("\\r")
        elif char == " ":
            ends_line = index + 1 == len(text) or text[index + 1] == "\n"
            out.append("\\u{20}" if ends_line else char)  # editors strip spaces at a line's end
        elif char not in "\n\t" and unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp", "Zs"):
            out.append(f"\\u{{{ord(char):x}}}")
        else:
            out.append(char)
    return "".join(out)


def _format_footer(article: Article) -> str:
    lines = ["directives:" if article.directives else "directives: []"]
    for directive in article.directives:
        fields = [(name, value) for name, value in directive.__dict__.items() if value not in (None, [])]
        if not fields:
            lines.append("- {}")
        for number, (name, value) in enumerate(fields):
            lines.append(f"{'  ' if number else '- '}{name}: {_flow(value)}")
    extras = [(entity.id, extra) for entity in _in_order(article) if (extra := _extra(entity))]
    if extras:
        lines.append("mentions:")
        lines += [f"  {_scalar(id_)}: {_flow(extra)}" for id_, extra in extras]
    return "\n".join(lines) + "\n"


def _extra(entity: Entity) -> dict[str, Any]:
    values = {"normalized": entity.normalized, "score": entity.score}
    return {name: value for name, value in values.items() if value is not None}


def _flow(value: Any) -> str:
    return (
        str(yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=1 << 30, sort_keys=False))
        .removesuffix("\n")
        .removesuffix("\n...")
    )


def _scalar(value: str) -> str:
    """A YAML scalar on one line; a date stays bare because the header keeps scalars as they are written."""
    return value if re.fullmatch(r"\d{4}-\d\d-\d\d", value) else _flow(value)
