"""brat's standoff folders: NAME.txt and NAME.ann for each article, in and out, with annotation.conf.

    T1	AGENCY 0 11	Sở Tài chính
    T9	Directive 0 11	Sở Tài chính
    E1	Directive:T9 Issuer:T3 Assignee:T1 Assignee2:T2 Deadline:T4
    #1	AnnotatorNotes T4	{"normalized": {"from": null, "until": "2020-11-30"}}

A directive is an event. Its trigger stands over the directive's first assignee (else its first mention), and directives
of the same such mention share one. The order of events, and of the arguments of an event, is that of directives and of
ids in their fields. Relations (R lines) are read as well, as arrows between mentions (`data.links`).

NAME.json beside them, which brat leaves alone, keeps the article's id, date and meta, and what an event cannot say
(`records` of `data.links`). Normalised values and scores are notes on their mention; other notes are not read. Offsets
count code points. Lost: ids of mentions, which are T and a number here.

In: a folder, or one .ann file, of your own as well: an article without NAME.json is called NAME. Spans in several
pieces, events of other types and events within events are refused; attributes, modifications, normalisations and
equivalences are left out, and said to be.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from data.errors import InputError, nearest, quote
from data.exchange import Columns, Say, as_object, check_names, columns_of, dump, label_set, read_columns
from data.files import read_text
from data.links import TYPES, Arrow, anchor_of, directives, join_records, records
from data.schema import FIELD_LABELS, LIST_FIELDS, Article, Directive, parse_article

EVENT = "Directive"
CONFIGURATION = "annotation.conf"

_FIELDS = {kind: name for name, kind in TYPES.items()}
_TEXT_BOUND = re.compile(r"(T\w+)\t(\S+) (\d+ \d+(?:;\d+ \d+)*)(?:\t(.*))?")
_EVENT = re.compile(r"(E\w+)\t([^\s:]+):(\S+)((?: [^\s:]+:\S+)*)\s*")
_RELATION = re.compile(r"(R\w+)\t(\S+) Arg1:(\S+) Arg2:(\S+)\s*")
_NOTE = re.compile(r"#\w*\t(\S+) (\S+)\t(.*)")
_UNREAD = {"A": "attributes", "M": "modifications", "N": "normalisations", "*": "equivalences"}


# ------------------------------------------------------------------ reading


class _Event(NamedTuple):
    line: int
    type: str
    trigger: str
    arguments: list[list[str]]  # role, id


@dataclass(slots=True)
class _Standoff:
    """What one .ann file says: text-bound lines and the line of each id, events, relations, our notes, the rest."""

    spans: dict[str, dict[str, Any]] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    events: list[_Event] = field(default_factory=list)
    arrows: list[tuple[int, Arrow]] = field(default_factory=list)
    notes: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    unread: Counter[str] = field(default_factory=Counter)


def scan_brat(source: Path, labels: Iterable[str] | None, say: Say) -> Iterator[tuple[Path, Article | InputError]]:
    """Every article of a folder (searched whole), or of one .ann file, with its file.

    Args:
        labels: the label set; None takes any.
        say: told of what is left out.
    """
    known = None if labels is None else tuple(labels)
    texts = {path.with_suffix(".ann") for path in source.rglob("*.txt")} if source.is_dir() else set()
    files = sorted(source.rglob("*.ann")) if source.is_dir() else [source]
    for path in files:
        try:
            yield path, _read(path, known, say)
        except InputError as error:
            yield path, error.at(path)
    if missing := texts - set(files):
        say(f"{source}: {len(missing)} texts without an .ann file left out")


def _read(path: Path, labels: tuple[str, ...] | None, say: Say) -> Article:
    text = read_text(path.with_suffix(".txt"))
    said = _standoff(read_text(path), text)
    columns = _columns(path.with_suffix(".json"))
    mentions = {id_: span for id_, span in said.spans.items() if not _is_event(span["label"])}
    for id_, note in said.notes:
        if id_ in mentions:
            mentions[id_].update({name: note[name] for name in ("score", "normalized") if name in note})
    entities = list(mentions.values())
    drawn = _directives(said, mentions, path)
    value = {
        "id": columns.id or path.stem,
        "date": columns.date,
        "text": text,
        "entities": entities,
        "directives": join_records(drawn, entities, columns.records),
        "meta": columns.meta,
    }
    said.unread["triggers without an event"] += len(said.spans) - len(mentions) - len({e.trigger for e in said.events})
    for what, times in (+said.unread).items():
        say(f"{path}: {times} {what} left out")
    try:
        return parse_article(value, labels)
    except InputError as error:
        raise error.at(path, _line_of(error, said, entities)) from None


def _is_event(label: str) -> bool:
    return label.lower() == EVENT.lower()


def _line_of(error: InputError, said: _Standoff, entities: Sequence[dict[str, Any]]) -> int | None:
    """The line of the mention or event that an error of the schema is about."""
    kind, which = error.subject or ("", "")
    if kind == "entities":
        return said.lines.get(entities[which]["id"] if isinstance(which, int) else which)
    if kind == "directives" and isinstance(which, int) and which < len(said.events):
        return said.events[which].line
    return None


def _standoff(source: str, text: str) -> _Standoff:
    said = _Standoff()
    for number, line in enumerate(source.split("\n"), 1):
        if not line.strip():
            continue
        try:
            _line(line.removesuffix("\r"), number, text, said)
        except InputError as error:
            raise error.at("", number) from None
    return said


def _line(line: str, number: int, text: str, said: _Standoff) -> None:
    kind = line[0]
    if kind in _UNREAD:
        said.unread[_UNREAD[kind]] += 1
    elif kind == "T" and (match := _TEXT_BOUND.fullmatch(line)):
        _keep(match[1], number, said)
        said.spans[match[1]] = _span(*match.groups(), text=text)
    elif kind == "E" and (match := _EVENT.fullmatch(line)):
        _keep(match[1], number, said)
        said.events.append(_Event(number, match[2], match[3], [part.split(":", 1) for part in match[4].split()]))
    elif kind == "R" and (match := _RELATION.fullmatch(line)):
        _keep(match[1], number, said)
        said.arrows.append((number, Arrow(match[3], match[4], match[2])))
    elif kind == "#" and (match := _NOTE.fullmatch(line)):
        said.notes += [(match[2], note) for note in _note(match[3])]
    elif kind != "#":
        raise InputError(
            quote(line),
            expected="a line of brat's standoff format, with tabs where it has them",
            mend="save the file with brat, or correct the line",
        )


def _keep(id_: str, number: int, said: _Standoff) -> None:
    if id_ in said.lines:
        raise InputError(f"the id {id_!r} a second time", expected="ids used once", mend="give one line another id")
    said.lines[id_] = number


def _span(id_: str, label: str, places: str, written: str | None, *, text: str) -> dict[str, Any]:
    if ";" in places:
        raise InputError(
            f"the mention {id_!r} in pieces ({places})",
            expected="mentions of one piece",
            mend="mark one stretch of text, or one mention for each piece",
        )
    start, end = map(int, places.split())
    if end <= len(text) and written is not None and text[start:end] != written:
        raise InputError(
            f"the mention {id_!r} ({start}–{end}) with the text {quote(written)} over {quote(text[start:end])}",
            expected="the text of the .txt file between the offsets",
            mend="put the text back that was annotated, or annotate it anew",
        )
    return {"id": id_, "label": label, "start": start, "end": end, "text": text[start:end] or " "}


def _note(source: str) -> list[dict[str, Any]]:
    """What we wrote as a note; an annotator's own words are nothing to us."""
    try:
        value = json.loads(source)
    except (ValueError, RecursionError):
        return []
    return [value] if isinstance(value, dict) else []


def _columns(path: Path) -> Columns:
    if not path.is_file():
        return Columns()
    try:
        return read_columns(as_object(json.loads(read_text(path))))
    except InputError as error:
        raise error.at(path, 1) from None
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"a file that is not JSON ({getattr(error, 'msg', type(error).__name__)})",
            expected="the article's id, date and meta as they were written",
            mend="correct it, or delete it",
            path=path,
            line=getattr(error, "lineno", 1),
        ) from None


def _directives(said: _Standoff, mentions: dict[str, dict[str, Any]], path: Path) -> list[tuple[str, dict[str, Any]]]:
    """(anchor, directive) of every event, then of relations."""
    found = []
    for event in said.events:
        try:
            directive = _directive(event, mentions, said.spans)
        except InputError as error:
            raise error.at(path, event.line) from None
        form = Directive(**directive)
        found.append((anchor_of(form) if form.roles() else "", directive))
    try:
        return found + directives([arrow for _, arrow in said.arrows], mentions.values())
    except InputError as error:
        which = error.subject[1] if error.subject else None
        raise error.at(path, said.arrows[which][0] if isinstance(which, int) else None) from None


def _directive(event: _Event, mentions: dict[str, dict[str, Any]], spans: dict[str, dict[str, Any]]) -> dict[str, Any]:
    if not _is_event(event.type):
        raise InputError(
            f"an event of the type {event.type!r}", expected=f"events of the type {EVENT}", mend="delete the event"
        )
    if event.trigger not in spans or event.trigger in mentions:
        raise InputError(
            f"the trigger {event.trigger!r}, which is {'a mention' if event.trigger in mentions else 'not there'}",
            expected=f"a text-bound line of the type {EVENT}",
            mend="make the event anew in brat",
        )
    value: dict[str, Any] = {"issuer": None} | {name: [] for name in LIST_FIELDS}
    for role, id_ in event.arguments:
        kind = role.rstrip("0123456789").lower()
        name = _FIELDS.get(kind)
        if name is None or id_ not in mentions:
            raise InputError(
                f"the role {role!r}" if name is None else f"the argument {role}:{id_}, which is no mention",
                expected=f"a mention in one of the roles {', '.join(map(str.title, _FIELDS))}",
                mend=nearest(kind, _FIELDS) if name is None else "point to a mention, or delete the argument",
            )
        if name != "issuer":
            value[name].append(id_)
        elif value["issuer"] is None:
            value["issuer"] = id_
        else:
            raise InputError("two issuers of an event", expected="one", mend="delete one, or make two events of it")
    return value


# ------------------------------------------------------------------ writing


def write_brat(articles: Sequence[Article], folder: Path) -> None:
    """NAME.txt, NAME.ann and NAME.json of every article into a folder that is there."""
    safe = re.compile(r"[A-Za-z0-9_-]+")
    check_names(
        articles,
        lambda label: bool(safe.fullmatch(label)) and not _is_event(label),
        f"labels of letters, digits, `_` and `-` in brat, and none called {EVENT}",
    )
    taken: set[str] = set()
    for number, article in enumerate(articles, 1):
        name = article.id
        # a name that every file system and brat take; NAME.json has the id as it is
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,150}", name) or name.lower() in taken:
            name = f"article-{number:05}"
        taken.add(name.lower())
        files = {
            "txt": article.text,
            "ann": "".join(f"{line}\n" for line in _lines(article)),
            "json": json.dumps(columns_of(article, records(article)), ensure_ascii=False, indent=1) + "\n",
        }
        for suffix, content in files.items():
            (folder / f"{name}.{suffix}").write_bytes(content.encode("utf-8"))


def _lines(article: Article) -> Iterator[str]:
    ids = {entity.id: f"T{number}" for number, entity in enumerate(article.entities, 1)}
    by_id = {entity.id: entity for entity in article.entities}
    for entity in article.entities:
        yield f"{ids[entity.id]}\t{entity.label} {entity.start} {entity.end}\t{entity.text}"
    triggers: dict[str, str] = {}
    events = [directive for directive in article.directives if directive.roles()]
    for number, directive in enumerate(events, 1):
        anchor = by_id[anchor_of(directive)]
        if anchor.id not in triggers:
            triggers[anchor.id] = f"T{len(ids) + len(triggers) + 1}"
            yield f"{triggers[anchor.id]}\t{EVENT} {anchor.start} {anchor.end}\t{anchor.text}"
        times = Counter[str]()
        event = f"E{number}\t{EVENT}:{triggers[anchor.id]}"
        for name, id_ in directive.roles():
            times[name] += 1
            event += f" {TYPES[name].title()}{times[name] if times[name] > 1 else ''}:{ids[id_]}"
        yield event
    values = [(entity, _values(entity.score, entity.normalized)) for entity in article.entities]
    for number, (entity, kept) in enumerate([pair for pair in values if pair[1]], 1):
        yield f"#{number}\tAnnotatorNotes {ids[entity.id]}\t{dump(kept)}"


def _values(score: float | None, normalized: dict[str, Any] | None) -> dict[str, Any]:
    values = {"score": score, "normalized": normalized}
    return {name: value for name, value in values.items() if value is not None}


def configuration(articles: Sequence[Article]) -> str:
    """annotation.conf for these articles: their labels, and the event with its roles, all of them optional."""
    labels = label_set(articles)
    roles = []
    for name, allowed in FIELD_LABELS.items():
        if there := [label for label in allowed if label in labels]:
            roles.append(f"{TYPES[name].title()}{'?' if name == 'issuer' else '*'}:{'|'.join(there)}")
    event = f"{EVENT}\t{', '.join(roles)}"
    return "\n".join(["[entities]", *labels, "", "[relations]", "", "[events]", event, "", "[attributes]", ""])
