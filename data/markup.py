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

import re
import unicodedata
from collections.abc import Iterable
from os import PathLike
from typing import Any, NamedTuple

import yaml

from data.errors import InputError, nearest, quote
from data.schema import FIELD_LABELS, Article, Directive, Entity, parse_article
from data.yamlfile import read_yaml, write_flow, write_pair

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
    meta, meta_lines = _header(header, path)
    text, entities, places = _body(body, path, line)
    records = _footer(footer, path, line + body.count("\n") + 2)
    for id_, extra in records.extras.items():
        if id_ not in places:
            raise InputError(
                f"values for {id_!r}, an id no mention has",
                expected="under `mentions:` the ids of this article's mentions",
                mend=nearest(id_, places),
                path=path,
                line=records.extra_lines[id_],
            )
        entities[places[id_].number].update(extra)
    value = {
        "id": meta.pop("id", ""),
        "date": meta.pop("date", None),
        "text": text,
        "entities": entities,
        "directives": records.directives,
        "meta": meta,
    }
    try:
        return parse_article(value, labels)
    except InputError as error:
        raise _placed(error, path, places, records.directive_lines, meta_lines) from None


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


def _header(source: str, path: str | PathLike[str]) -> tuple[dict[str, str], dict[str, int]]:
    """Fields and the line of each. Scalars stay as written: `id: 007` is text, whatever YAML makes of it."""
    value, node = read_yaml(source, path, 2)
    if not isinstance(value, dict) or "id" not in value:
        raise InputError("no `id:` in the header", expected="at least `id: NAME`", mend="add it", path=path, line=1)
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    lines = {key.value: 2 + key.start_mark.line for key, _ in pairs}
    for item, (name, _) in zip(value.values(), pairs, strict=True):
        if isinstance(item, (dict, list)) or item is None:
            raise InputError(
                f"header field {name.value!r} = {quote(str(item))}",
                expected="one value on the field's line",
                mend="write one value, or take the line out",
                path=path,
                line=lines[name.value],
            )
    return {key.value: item.value for key, item in pairs}, lines


class _Place(NamedTuple):
    """Where a mention stands: its number among the entities, its line and column."""

    number: int
    line: int
    column: int


def _body(body: str, path: str | PathLike[str], first_line: int) -> tuple[str, list[dict[str, Any]], dict[str, _Place]]:
    """Raw text, entities, and the place of each entity id."""
    pieces: list[str] = []
    length = position = 0
    opened: tuple[int, int] | None = None  # offset in the text, position in the body
    entities: list[dict[str, Any]] = []
    places: dict[str, _Place] = {}

    def place(at: int) -> tuple[int, int]:
        return first_line + body.count("\n", 0, at), at - (body.rfind("\n", 0, at) + 1) + 1

    def fail(at: int, found: str, expected: str, mend: str) -> InputError:
        line, column = place(at)
        return InputError(found, expected=expected, mend=mend, path=path, line=line, column=column)

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
            places[id_] = _Place(len(entities), *place(where))
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


class _Records(NamedTuple):
    """The footer: directives and the line of each; further values by mention id, and the line of each."""

    directives: list[dict[str, Any]]
    directive_lines: list[int]
    extras: dict[str, dict[str, Any]]
    extra_lines: dict[str, int]


_KINDS: dict[type[yaml.Node], str] = {yaml.SequenceNode: "list", yaml.MappingNode: "dict"}


def _footer(source: str, path: str | PathLike[str], first_line: int) -> _Records:
    value, node = read_yaml(source, path, first_line)
    known: dict[str, type[yaml.Node]] = {"directives": yaml.SequenceNode, "mentions": yaml.MappingNode}
    parts: dict[str, Any] = {}
    pairs = node.value if isinstance(node, yaml.MappingNode) else [(node, None)] if node else []
    for key, part in pairs:
        name = key.value if isinstance(key, yaml.ScalarNode) else str(value)
        empty = part is not None and part.tag == "tag:yaml.org,2002:null"
        if name not in known or not (empty or isinstance(part, known[name])):
            raise InputError(
                f"{quote(name)} in the footer" if name not in known else f"{name!r} that is no {_KINDS[known[name]]}",
                expected="`directives:` (a list) and `mentions:` (a mapping)",
                mend=nearest(name, known),
                path=path,
                line=first_line + key.start_mark.line,
            )
        if not empty:
            parts[name] = part
    directives = value["directives"] if "directives" in parts else []
    lines = [first_line + item.start_mark.line for item in parts["directives"].value] if directives else []
    for directive, line in zip(directives, lines, strict=True):
        _check_fields(directive, path, line)
    extras = value["mentions"] if "mentions" in parts else {}
    extra_lines = {k.value: first_line + k.start_mark.line for k, _ in (parts["mentions"].value if extras else [])}
    for (id_, extra), line in zip(extras.items(), extra_lines.values(), strict=True):
        if not isinstance(extra, dict) or not set(extra) <= {"normalized", "score"}:
            raise InputError(
                f"values {quote(str(extra))} of mention {id_!r}",
                expected="{normalized: {…}} and/or {score: …}",
                mend="correct the line",
                path=path,
                line=line,
            )
    return _Records(directives, lines, dict(zip(extra_lines, extras.values(), strict=True)), extra_lines)


def _check_fields(directive: Any, path: str | PathLike[str], line: int) -> None:
    keys = directive if isinstance(directive, dict) else {str(directive): None}
    wrong = next((key for key in keys if key not in Directive.model_fields), None)
    if wrong is not None:
        raise InputError(
            f"{quote(str(wrong))} in a directive",
            expected=f"fields among {', '.join(FIELD_LABELS)}",
            mend=nearest(str(wrong), FIELD_LABELS),
            path=path,
            line=line,
        )


def _placed(
    error: InputError,
    path: str | PathLike[str],
    places: dict[str, _Place],
    record_lines: list[int],
    meta_lines: dict[str, int],
) -> InputError:
    """The error with the line and column of the field, mention or record that it is about."""
    kind, key = error.subject or ("", "")
    if kind == "directives":
        return error.at(path, record_lines[int(key)])
    if kind == "entities":
        by_index = {place.number: place for place in places.values()}
        place = places[str(key)] if isinstance(key, str) else by_index[key]
        return error.at(path, place.line, place.column)
    return error.at(path, meta_lines.get(str(key) if kind == "meta" else kind, 1))


# ------------------------------------------------------------------ writing


def format_markup(article: Article) -> str:
    """The canonical `.article` file: `parse_markup(format_markup(a), …) == a` for every article."""
    named = {id_ for directive in article.directives for _, id_ in directive.roles()}
    named |= {entity.id for entity in article.entities if _extra(entity)}
    clash = next((key for key in article.meta if key in ("id", "date")), None)
    if clash is not None:
        raise InputError(
            f"the metadata {clash!r} in article {article.id!r}",
            expected="another name than a field's",
            mend="rename it",
        )
    header = [f"id: {write_flow(article.id)}\n"]
    if article.date:
        header.append(f"date: {article.date.isoformat()}\n")
    header += [f"{write_pair(key, value)}\n" for key, value in article.meta.items()]
    return f"---\n{''.join(header)}---\n{_format_body(article, named)}\n---\n{_format_footer(article)}"


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
    """The entities, which must stand in the order of the text: the file keeps no other."""
    ordered = sorted(article.entities, key=lambda entity: entity.start)
    wrong = next((e for e in article.entities if re.search(r"[\s{}]", e.id + e.label)), None)
    if wrong is not None:
        raise InputError(
            f"the id {wrong.id!r} or label {wrong.label!r} in article {article.id!r}",
            expected="no space and no brace in ids and labels",
            mend="rename it",
        )
    if ordered != article.entities:
        raise InputError(
            f"entities of article {article.id!r} out of order", expected="the order of the text", mend="sort them"
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
        elif char in " \t":
            ends_line = index + 1 == len(text) or text[index + 1] == "\n"
            out.append(f"\\u{{{ord(char):x}}}" if ends_line else char)  # editors strip spaces at a line's end
        elif char != "\n" and unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp", "Zs"):
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
            lines.append(f"{'  ' if number else '- '}{name}: {write_flow(value)}")
    extras = [(entity.id, extra) for entity in _in_order(article) if (extra := _extra(entity))]
    if extras:
        lines.append("mentions:")
        lines += [f"  {write_pair(id_, extra)}" for id_, extra in extras]
    return "\n".join(lines) + "\n"


def _extra(entity: Entity) -> dict[str, Any]:
    values = {"normalized": entity.normalized, "score": entity.score}
    return {name: value for name, value in values.items() if value is not None}
