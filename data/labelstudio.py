"""Label Studio's JSON (a list of tasks), in and out, and the labelling configuration that goes with it.

    [{"id": 1, "data": {"text": "…"}, "annotations": [{"id": 7, "completed_by": 1, "result": [
        {"id": "a", "from_name": "label", "to_name": "text", "type": "labels",
         "value": {"start": 0, "end": 11, "text": "Sở Tài chính", "labels": ["AGENCY"]}},
        {"from_id": "a", "to_id": "b", "type": "relation", "direction": "right", "labels": ["issuer"]}]}]}]

In: an export of the kind JSON (not JSON-MIN). Out: articles; and tasks with annotations, or with predictions to start
from. Directives are arrows between mentions (`data.links`). Label Studio keeps one relation between two regions, from
one to the other, so arrows that share both ends are one relation of several labels; and it keeps only labels that
its configuration names, so `configuration` names all that are used.

Offsets are code points: since the end of 2021 the editor converts JavaScript's indexes into them, "for external usage"
(charsToCodePoints in web/libs/editor/src/utils/selection-tools.js). Every region repeats its text: where that fits only
if UTF-16 code units are counted, an older export is at hand and read as such.

Of several annotations of a task the ground truth is taken, else the newest; cancelled ones and tasks without any are
left out. Scores of mentions are kept in `score`, normalised values in `meta`. Lost: ids of mentions that hold a `#`,
and results of other kinds (choices, text fields).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import IO, Any
from xml.sax.saxutils import quoteattr

from data.errors import InputError, quote
from data.exchange import Offsets, Say, as_object, columns_of, dump, label_set, read_columns, take, take_list
from data.files import read_text
from data.links import TYPES, Arrow, arrows, directives, join_records, records
from data.schema import Article, Entity, parse_article

Result = Article | InputError


# ------------------------------------------------------------------ reading


def scan_labelstudio(
    path: Path, labels: Iterable[str] | None, say: Say, *, utf16: bool | None = None
) -> Iterator[Result]:
    """Every annotated task of an export, or what is wrong with it.

    Args:
        labels: the label set; None takes any.
        say: told of annotations and results that are left out.
        utf16: whether offsets count UTF-16 code units; None finds out by the regions' texts.
    """
    reader = _Reader(path, None if labels is None else tuple(labels), say, utf16)
    try:
        for number, (line, task) in enumerate(_tasks(path), 1):
            try:
                article = reader.article(task, f"{path.stem}-{number}")
                if article:
                    yield article
            except InputError as error:
                yield error.at(path, line)
    except InputError as error:
        yield error.at(path)
    for what, times in reader.left_out.items():
        say(f"{path}: {times} {what} left out")


def _tasks(path: Path) -> Iterator[tuple[int, Any]]:
    """(line, task) of every element of the file's list, each decoded where it stands, so that its line is known."""
    source = read_text(path).removeprefix("\ufeff")
    decoder = json.JSONDecoder()
    expected = "the export of the kind JSON: a list of tasks"

    def fail(found: str, at: int) -> InputError:
        line = source.count("\n", 0, at) + 1
        return InputError(found, expected=expected, mend="export the project anew as JSON", path=path, line=line)

    def skip(at: int) -> int:
        while at < len(source) and source[at] in " \t\r\n":
            at += 1
        return at

    at = skip(0)
    if source[at : at + 1] != "[":
        raise fail(f"a file that begins with {quote(source[at : at + 20])}", at)
    line, counted = 1, 0
    at = skip(at + 1)
    while source[at : at + 1] != "]":
        line += source.count("\n", counted, at)
        counted = at
        try:
            task, end = decoder.raw_decode(source, at)
        except (ValueError, RecursionError) as error:
            place = getattr(error, "pos", at)
            raise fail(f"a file that is not JSON ({getattr(error, 'msg', type(error).__name__)})", place) from None
        yield line, task
        at = skip(end)
        if source[at : at + 1] == ",":
            at = skip(at + 1)
        elif source[at : at + 1] != "]":
            raise fail("a list that is not closed", at)
    if skip(at + 1) < len(source):
        raise fail("more text after the list", skip(at + 1))


class _Reader:
    """Tasks of one file to articles; counts what is left out."""

    def __init__(self, path: Path, labels: tuple[str, ...] | None, say: Say, utf16: bool | None) -> None:
        self._path, self._labels, self._say, self._utf16 = path, labels, say, utf16
        self.left_out = Counter[str]()

    def article(self, task: object, name: str) -> Article | None:
        """A task to a checked article, called `name` if it has no id; None when it has no annotation."""
        if "data" not in as_object(task):
            raise InputError(
                f"a task without `data` {quote(dump(task))}",
                expected="the export of the kind JSON",
                mend="export the project anew, as JSON and not as JSON-MIN or another kind",
            )
        data = take(task, "data", dict)
        text = take(data, "text", str)
        annotation = self._chosen(as_object(task), data)
        if annotation is None:
            self.left_out["tasks without an annotation"] += 1
            return None
        results = take(annotation, "result", list)
        by_kind: dict[str, list[Any]] = {"labels": [], "relation": []}
        for result in results:
            by_kind.setdefault(take(result, "type", str), []).append(result)
        entities = _entities(by_kind.pop("labels"), text, self._utf16)
        drawn = chain.from_iterable(map(_arrows, by_kind.pop("relation")))
        self.left_out.update({f"results of the kind {kind}": len(others) for kind, others in by_kind.items()})
        columns = read_columns(data, apart=("text",))
        return parse_article(
            {
                "id": columns.id or str(as_object(task).get("id") or name),
                "date": columns.date,
                "text": text,
                "entities": entities,
                "directives": join_records(directives(drawn, entities), entities, columns.records),
                "meta": columns.meta,
            },
            self._labels,
        )

    def _chosen(self, task: Mapping[str, Any], data: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The annotation to take: ground truth, else the newest; None when there is none that was not cancelled."""
        found = [one for one in map(as_object, take_list(task, "annotations")) if not one.get("was_cancelled")]
        true = [one for one in found if one.get("ground_truth")]
        # ISO 8601 in UTC sorts as text; among those without a date the last one is the newest
        dated = [(str(one.get("updated_at") or one.get("created_at") or ""), n) for n, one in enumerate(true or found)]
        if not dated:
            return None
        chosen = (true or found)[max(dated)[1]]
        if len(found) > 1:
            name = data.get("article_id") or task.get("id")
            why = "the ground truth" if true else "the newest"
            self._say(f"{self._path}: {len(found)} annotations of task {name}: {why} is taken (id {chosen.get('id')})")
        return chosen


def _entities(regions: Sequence[Any], text: str, utf16: bool | None) -> list[dict[str, Any]]:
    if utf16 is not None:
        return [_entity(region, text, Offsets(text, utf16=utf16)) for region in regions]
    points, units = (Offsets(text, utf16=way) for way in (False, True))
    for region in regions:
        if not _fits(region, text, points) and all(_fits(other, text, units) for other in regions):
            points = units
            break
    return [_entity(region, text, points) for region in regions]


def _fits(region: Any, text: str, offsets: Offsets) -> bool:
    """Whether a region stands over the text that it repeats; spaces aside, which browsers give in their own way."""
    value = take(region, "value", dict)
    if not isinstance(value.get("text"), str):
        return True
    try:
        start, end = (offsets.here(take(value, name, int)) for name in ("start", "end"))
    except InputError:
        return False
    # the editor writes a line break as a backslash and an n
    return text[start:end].split() in [value["text"].split(), value["text"].replace("\\n", "\n").split()]


def _entity(region: Any, text: str, offsets: Offsets) -> dict[str, Any]:
    value = take(region, "value", dict)
    id_ = take(region, "id", str)
    start, end = (offsets.here(take(value, name, int)) for name in ("start", "end"))
    if not _fits(region, text, offsets):
        raise InputError(
            f"the region {id_!r} ({start}–{end}) with the text {quote(value['text'])} over {quote(text[start:end])}",
            expected="a region's text to stand between its offsets",
            mend="put the text back that was annotated, or annotate the region anew",
        )
    tags = take(value, "labels", list)
    if len(tags) != 1:
        raise InputError(
            f"the region {id_!r} {quote(text[start:end])} with {len(tags)} labels",
            expected="one label of each region",
            mend="leave one label on the region",
        )
    entity = {"id": id_, "label": tags[0], "start": start, "end": end, "text": text[start:end] or " "}
    meta = region.get("meta")
    kept = {"score": region.get("score"), "normalized": meta.get("normalized") if isinstance(meta, Mapping) else None}
    return entity | {name: part for name, part in kept.items() if part is not None}


def _arrows(result: Any) -> Iterator[Arrow]:
    source, target = (take(result, name, str) for name in ("from_id", "to_id"))
    direction = result.get("direction", "right")
    if direction not in ("left", "right"):
        raise InputError(
            f"a relation between {source!r} and {target!r} of the direction {direction!r}",
            expected="relations with an arrow at one end",
            mend="turn it to one direction",
        )
    if direction == "left":
        source, target = target, source
    types = take_list(result, "labels")
    if not types:
        raise InputError(
            f"a relation between {source!r} and {target!r} without a label",
            expected=f"one of {', '.join(TYPES.values())}",
            mend="label the relation, or delete it",
        )
    yield from (Arrow(source, target, str(type_)) for type_ in types)


# ------------------------------------------------------------------ writing


def write_labelstudio(articles: Iterable[Article], out: IO[str], *, utf16: bool = False) -> None:
    """Tasks with their annotations, to import."""
    write_tasks((task(article, number, utf16=utf16) for number, article in enumerate(articles, 1)), out)


def write_tasks(tasks: Iterable[dict[str, Any]], out: IO[str]) -> None:
    """A list of tasks, one a line, so that it can be compared and an error has its line."""
    out.write("[")
    for number, one in enumerate(tasks):
        out.write((",\n" if number else "\n") + dump(one))
    out.write("\n]\n")


def task(article: Article, number: int, *, model: str | None = None, utf16: bool = False) -> dict[str, Any]:
    """A task with the article's annotation; with `model`, the name of one, it is that model's prediction."""
    result = _result(article, Offsets(article.text, utf16=utf16))
    made: dict[str, Any] = {"id": number, "data": {"text": article.text} | columns_of(article, records(article))}
    if model is None:
        return made | {"annotations": [{"id": number, "result": result}], "predictions": []}
    scores = [entity.score for entity in article.entities if entity.score is not None]
    score = sum(scores) / len(scores) if scores else 1.0
    prediction = {"model_version": model, "score": round(score, 4), "result": result}
    return made | {"annotations": [], "predictions": [prediction]}


def _result(article: Article, offsets: Offsets) -> list[dict[str, Any]]:
    # Label Studio cuts ids at `#`
    taken = {entity.id for entity in article.entities}
    ids = {id_: id_ if "#" not in id_ else _free(f"m{n}", taken) for n, id_ in enumerate(sorted(taken), 1)}
    regions = [_region(entity, ids[entity.id], offsets) for entity in article.entities]
    relations: dict[tuple[str, str], list[str]] = {}
    for arrow in arrows(article):
        relations.setdefault((ids[arrow.source], ids[arrow.target]), []).append(arrow.type)
    return regions + [
        {"from_id": source, "to_id": target, "type": "relation", "direction": "right", "labels": types}
        for (source, target), types in relations.items()
    ]


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "m"
    return name


def _region(entity: Entity, id_: str, offsets: Offsets) -> dict[str, Any]:
    value = {
        "start": offsets.there(entity.start),
        "end": offsets.there(entity.end),
        "text": entity.text,
        "labels": [entity.label],
    }
    region: dict[str, Any] = {"id": id_, "from_name": "label", "to_name": "text", "type": "labels", "value": value}
    if entity.score is not None:
        region["score"] = entity.score
    if entity.normalized is not None:
        region["meta"] = {"normalized": entity.normalized}
    return region


def configuration(articles: Sequence[Article]) -> str:
    """The labelling configuration (XML) of a project for these articles: their labels, and every type of relation.

    Each type is also there as `type#2`, for a second directive to the same mention.
    """
    types = [*TYPES.values(), *(f"{type_}#2" for type_ in TYPES.values())]
    used = {arrow.type for article in articles for arrow in arrows(article)} - set(types)
    types += sorted(used, key=lambda type_: (int(type_.partition("#")[2] or 0), type_))
    return "\n".join(
        [
            "<View>",
            "  <Style>.htx-text, .htx-richtext { white-space: pre-wrap; }</Style>",
            '  <Labels name="label" toName="text">',
            *(f"    <Label value={quoteattr(label)}/>" for label in label_set(articles)),
            "  </Labels>",
            '  <Relations choice="multiple">',
            *(f"    <Relation value={quoteattr(type_)}/>" for type_ in types),
            "  </Relations>",
            '  <Text name="text" value="$text"/>',
            "</View>\n",
        ]
    )
