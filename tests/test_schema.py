"""The public form: every rule of `check_article`, the wording of its errors, and JSON both ways."""

from __future__ import annotations

import copy
import datetime as dt
import json
import pickle
import sys
import unicodedata
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.__main__ import main
from data.errors import InputError, nearest, quote
from data.schema import FIELD_LABELS, LABELS, LINE_BREAK, Article, check_article, json_schema, parse_article

TEXT = "Sở Y tế giao\nUBND xã trước 30/11."
AGENCY = {"id": "a", "label": "AGENCY", "start": 0, "end": 7, "text": "Sở Y tế"}
COMMUNE = {"id": "b", "label": "AGENCY", "start": 13, "end": 20, "text": "UBND xã"}
DEADLINE = {"id": "d", "label": "DEADLINE", "start": 21, "end": 32, "text": "trước 30/11"}


def made(**more: Any) -> dict[str, Any]:
    """An article that is right in everything but what a test puts into it."""
    value = {"id": "x", "text": TEXT, "entities": [AGENCY, COMMUNE, DEADLINE]}
    return copy.deepcopy(value | more)


def moved(**changes: Any) -> dict[str, Any]:
    """The sample with its first mention changed."""
    return made(entities=[AGENCY | changes, COMMUNE, DEADLINE])


def message(value: object) -> str:
    with pytest.raises(InputError) as caught:
        parse_article(value, LABELS)
    return str(caught.value)


def test_the_sample_is_right() -> None:
    article = parse_article(made(), LABELS)
    assert [entity.text for entity in article.entities] == ["Sở Y tế", "UBND xã", "trước 30/11"]
    assert (article.date, article.directives, article.meta) == (None, [], {})


# ------------------------------------------------------------------ mentions

OUTSIDE = (
    "expected 0 <= start < end <= length of the text. To mend it: "
    "count offsets in code points of the raw text, end exclusive."
)


@pytest.mark.parametrize("span", [(0, 34), (40, 41), (7, 7), (7, 3)])
def test_a_mention_outside_the_text(span: tuple[int, int]) -> None:
    start, end = span
    found = f"found entity 'a' ({start}–{end}) outside a text of 33 characters; "
    assert message(moved(start=start, end=end)) == found + OUTSIDE


def test_a_mention_may_be_the_whole_text() -> None:
    whole = AGENCY | {"start": 0, "end": 7}
    assert parse_article({"id": "x", "text": "Sở Y tế", "entities": [whole]}).entities[0].end == 7


def test_a_text_that_is_not_the_one_between_start_and_end() -> None:
    assert message(moved(end=6)) == (
        "found entity 'a' (0–6) with the text 'Sở Y tế' over 'Sở Y t'; expected `text` to be the article's text "
        "between `start` and `end`. To mend it: count offsets in code points of the raw text exactly as given."
    )


@pytest.mark.parametrize(("start", "end"), [(0, 8), (7, 12)])
def test_a_space_at_a_mentions_edge(start: int, end: int) -> None:
    text = TEXT[start:end]
    assert message(moved(start=start, end=end, text=text)) == (
        f"found entity 'a' ({start}–{end}) {text!r} with a space at its edge; expected a mention to start and end on "
        "a non-space character. To mend it: move its edge inwards."
    )


@pytest.mark.parametrize("space", ["\u00a0", "\u3000", "\n", "\t", "\u2029"])
def test_every_kind_of_space_counts_as_one_at_an_edge(space: str) -> None:
    value = {"id": "x", "text": f"a{space}", "entities": [AGENCY | {"end": 2, "text": f"a{space}"}]}
    assert "with a space at its edge" in message(value)


def test_a_line_break_inside_a_mention() -> None:
    text = TEXT[0:20]
    assert message(made(entities=[AGENCY | {"end": 20, "text": text}])) == (
        r"found entity 'a' (0–20) 'Sở Y tế giao\nUBND xã' across a line break; expected a mention to lie within one "
        "line. To mend it: end it before the line break or split it in two."
    )


def test_a_line_break_is_what_python_splits_lines_at() -> None:
    breaks = [chr(code) for code in range(sys.maxunicode + 1) if len(f"a{chr(code)}b".splitlines()) > 1]
    assert len(breaks) == 10
    assert breaks == [chr(code) for code in range(sys.maxunicode + 1) if LINE_BREAK.match(chr(code))]
    for char in breaks:
        value = {"id": "x", "text": f"a{char}b", "entities": [AGENCY | {"end": 3, "text": f"a{char}b"}]}
        assert "across a line break" in message(value)


def test_a_label_outside_the_configured_set_with_the_nearest() -> None:
    assert message(moved(label="AGENCI")) == (
        "found entity 'a' (0–7) with the label 'AGENCI'; expected one of the configured labels (OFFICIAL, AGENCY, "
        "INDICATOR, DEADLINE). To mend it: correct it, or name it under `labels:`; did you mean 'AGENCY'?."
    )
    assert message(moved(label="XYZ")).endswith("known: OFFICIAL, AGENCY, INDICATOR, DEADLINE.")


def test_labels_are_free_when_no_set_is_given() -> None:
    assert parse_article(moved(label="XYZ")).entities[0].label == "XYZ"
    assert parse_article(moved(label="XYZ"), ["XYZ", "AGENCY", "DEADLINE"]).entities[0].label == "XYZ"


OVERLAP = "; expected flat mentions, none inside another. To mend it: keep the longer one (GUIDELINES.md)."


@pytest.mark.parametrize("backwards", [False, True])
def test_mentions_that_overlap_in_whatever_order_they_come(backwards: bool) -> None:
    inner = AGENCY | {"id": "i", "start": 3, "end": 7, "text": "Y tế"}
    entities = [inner, AGENCY] if backwards else [AGENCY, inner]
    assert message(made(entities=entities)) == "found entities 'a' 'Sở Y tế' and 'i' 'Y tế' that overlap" + OVERLAP


def test_the_same_span_twice_overlaps() -> None:
    assert "that overlap" in message(made(entities=[AGENCY, AGENCY | {"id": "b", "label": "OFFICIAL"}]))


def test_mentions_may_touch() -> None:
    left, right = AGENCY | {"end": 2, "text": "Sở"}, AGENCY | {"id": "b", "start": 2, "end": 4, "text": "xa"}
    assert len(parse_article({"id": "x", "text": "Sởxa", "entities": [left, right]}).entities) == 2


def test_two_mentions_with_one_id() -> None:
    assert message(made(entities=[AGENCY, COMMUNE | {"id": "a"}])) == (
        "found two entities with the id 'a'; expected ids used once. To mend it: rename one."
    )


# ------------------------------------------------------------------ directives


def test_a_directive_that_names_a_missing_id() -> None:
    assert message(made(directives=[{"assignees": ["a"]}, {"assignees": ["bb"]}])) == (
        "found directive 2, assignees: 'bb', an id no entity has; expected the id of an entity of this article. "
        "To mend it: correct the id; did you mean 'b'?."
    )
    assert message(made(entities=[], directives=[{"issuer": "a"}])) == (
        "found directive 1, issuer: 'a', an id no entity has; expected the id of an entity of this article. "
        "To mend it: tag the mention it means."
    )


@pytest.mark.parametrize("field", FIELD_LABELS)
def test_a_directive_that_names_a_wrong_label(field: str) -> None:
    id_ = "a" if field in ("indicators", "deadlines") else "d"
    label = {"a": "AGENCY", "d": "DEADLINE"}[id_]
    allowed = " or ".join(FIELD_LABELS[field])
    value = made(directives=[{field: id_ if field == "issuer" else [id_]}])
    assert message(value) == (
        f"found directive 1, {field}: {id_!r}, which is tagged {label}; expected {allowed} in {field}. "
        "To mend it: move the id to the field of its label, or correct the tag."
    )


@pytest.mark.parametrize("field", FIELD_LABELS)
@pytest.mark.parametrize("label", LABELS)
def test_each_field_takes_exactly_its_labels(field: str, label: str) -> None:
    people = ("issuer", "assignees", "coordinators", "recipients")
    right = {"INDICATOR": ("indicators",), "DEADLINE": ("deadlines",)}.get(label, people)
    value = made(entities=[AGENCY | {"label": label}], directives=[{field: "a" if field == "issuer" else ["a"]}])
    if field in right:
        assert parse_article(value, LABELS).directives[0].roles() == [(field, "a")]
    else:
        assert f"directive 1, {field}: 'a', which is tagged {label}" in message(value)


def test_a_directive_that_names_an_id_twice_in_one_field() -> None:
    assert message(made(directives=[{"assignees": ["a", "b", "a"]}])) == (
        "found directive 1, assignees: 'a' twice; expected each id once in a field. To mend it: delete one."
    )


def test_an_id_may_stand_in_two_fields_and_in_two_directives() -> None:
    value = made(directives=[{"issuer": "a", "assignees": ["a"]}, {"issuer": "a"}])
    assert len(parse_article(value, LABELS).directives) == 2


@pytest.mark.parametrize("one", ["start", "end"])
def test_a_directive_with_one_of_start_and_end(one: str) -> None:
    assert message(made(directives=[{one: 3}])) == (
        "found directive 1 with one of start and end; expected both or neither. "
        "To mend it: give the passage's whole span."
    )


@pytest.mark.parametrize(("start", "end"), [(0, 34), (5, 5), (9, 4)])
def test_a_directive_outside_the_text(start: int, end: int) -> None:
    assert message(made(directives=[{"start": start, "end": end}])) == (
        f"found directive 1 at {start}–{end}; expected 0 <= start < end <= length of the text. "
        "To mend it: count offsets in code points, end exclusive."
    )


def test_a_directive_may_span_the_whole_text() -> None:
    assert parse_article(made(directives=[{"start": 0, "end": 33}])).directives[0].end == 33
    assert parse_article(made(directives=[{"start": 0, "end": 1}])).directives[0].end == 1


# ------------------------------------------------------------------ text


def test_half_a_surrogate_pair_in_the_text() -> None:
    assert message({"id": "x", "text": "a\ud83c"}).startswith(r"""found text = '"a\ud83c"'; expected """)
    with pytest.raises(InputError) as caught:  # a text that no validation has seen
        check_article(Article.model_construct(id="x", text="a\ud83cb", entities=[], directives=[]))
    assert str(caught.value) == (
        "found half a surrogate pair at character 1; expected text made of whole characters. "
        "To mend it: repair the text where it was exported."
    )


@pytest.mark.parametrize(
    "more",
    [
        {"meta": {"source": "\ud83c"}},
        {"meta": {"\ud83c": "source"}},
        {"entities": [AGENCY | {"normalized": {"name": "\ud83c"}}]},
        {"entities": [AGENCY | {"normalized": {"value": float("nan")}}]},
        {"entities": [AGENCY | {"normalized": {"value": float("inf")}}]},
    ],
    ids=["meta value", "meta key", "normalized", "not a number", "infinity"],
)
def test_what_is_accepted_can_be_written_as_json_in_utf8(more: dict[str, Any]) -> None:
    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    try:
        article = parse_article(made(**more))
    except InputError as error:  # refusing it is as good
        assert "; expected whole characters and finite numbers in ids, metadata and normalised values. " in str(error)
        return
    json.loads(article.to_line().encode("utf-8"), parse_constant=refuse)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("before", ["", "🎉", "👩‍👩‍👧 ", "\r\n", "\ufeff", "\u200b", "e\u0301"])
def test_offsets_count_code_points_of_the_text_as_given(form: Any, before: str) -> None:
    name = unicodedata.normalize(form, "Sở Y tế")
    text = f"{before}{name}\r\nbáo cáo"
    start, end = len(before), len(before) + len(name)
    assert end - start == {"NFC": 7, "NFD": 11}[form]
    value = {"id": "x", "text": text, "entities": [{**AGENCY, "start": start, "end": end, "text": name}]}
    article = parse_article(value, LABELS)
    assert article.text == text
    assert article.text[start:end] == article.entities[0].text == name
    value["entities"][0]["end"] = end + 1  # type: ignore[index]
    assert f"over {name + chr(13)!r}" in message(value)


# ------------------------------------------------------------------ unknown fields and wrong types


@pytest.mark.parametrize(
    ("value", "field", "hint"),
    [
        (made(entites=[]), "entites", "did you mean 'entities'?"),
        (moved(lable="AGENCY"), "entities[0].lable", "did you mean 'label'?"),
        (made(directives=[{}, {"assignee": []}]), "directives[1].assignee", "did you mean 'assignees'?"),
        (made(zzz=1), "zzz", "known: id, date, text, entities, directives, meta"),
        (moved(zzz=1), "entities[0].zzz", "known: id, label, start, end, text, score, normalized"),
    ],
)
def test_an_unknown_field_with_the_nearest_known_one(value: dict[str, Any], field: str, hint: str) -> None:
    assert message(value) == (
        f"found unknown field {field}; expected only the fields of the schema. To mend it: {hint}."
    )


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ({"text": "a"}, "id"),
        ({"id": "x"}, "text"),
        (made(entities=[{"id": "a"}]), "entities[0].label"),
    ],
)
def test_a_missing_field(value: dict[str, Any], field: str) -> None:
    assert message(value) == (
        f"found no field {field}; expected it to be there. To mend it: see `python -m data schema`."
    )


@pytest.mark.parametrize(
    ("value", "found", "expected"),
    [
        ([1], "the article = '[1]'", "dictionary"),
        ("x", "the article = '\"x\"'", "dictionary"),
        (None, "the article = 'null'", "dictionary"),
        (made(id=5), "id = '5'", "string"),
        (made(id=""), "id = '\"\"'", "at least 1 character"),
        (made(text=""), "text = '\"\"'", "at least 1 character"),
        (made(text=None), "text = 'null'", "string"),
        (made(entities={}), "entities = '{}'", "list"),
        (moved(start="0"), "entities[0].start = '\"0\"'", "integer"),
        (moved(start=True), "entities[0].start = 'true'", "integer"),
        (moved(end=7.0), "entities[0].end = '7.0'", "integer"),
        (moved(start=-1), "entities[0].start = '-1'", "greater than or equal to 0"),
        (moved(label=""), "entities[0].label = '\"\"'", "at least 1 character"),
        (moved(score=1.5), "entities[0].score = '1.5'", "less than or equal to 1"),
        (moved(score=float("nan")), "entities[0].score = 'NaN'", ""),
        (moved(score=-0.1), "entities[0].score = '-0.1'", "greater than or equal to 0"),
        (made(directives=[{"score": 1.5}]), "directives[0].score = '1.5'", "less than or equal to 1"),
        (made(directives=[{"score": -0.1}]), "directives[0].score = '-0.1'", "greater than or equal to 0"),
        (moved(normalized=[]), "entities[0].normalized = '[]'", "dictionary"),
        (made(directives=[{"issuer": ["a"]}]), "directives[0].issuer = '[\"a\"]'", "string"),
        (made(directives=[{"assignees": "a"}]), "directives[0].assignees = '\"a\"'", "list"),
        (made(directives=[{"assignees": [1]}]), "directives[0].assignees[0] = '1'", "string"),
        (made(directives=[{"start": -1, "end": 2}]), "directives[0].start = '-1'", "greater than or equal to 0"),
        (made(date="5/11/2020"), "date = '\"5/11/2020\"'", "date"),
        (made(date=20201105), "date = '20201105'", "date"),
        (made(date=True), "date = 'true'", "date"),
        (made(meta={"year": 2020}), "meta.year = '2020'", "string"),
    ],
)
def test_a_wrong_type(value: object, found: str, expected: str) -> None:
    text = message(value)
    assert text.startswith(f"found {found}; expected ")
    assert expected in text.partition("; expected ")[2]
    assert text.endswith(". To mend it: see `python -m data schema`.")


@pytest.mark.parametrize("date", [0, 86400, 1604534400.0, "0", "1604534400", "2020-11-05T00:00:00"])
def test_a_date_is_an_iso_date_and_no_number_of_seconds(date: object) -> None:
    """The JSON Schema says `"format": "date"`; seconds since 1970 must not become a date in silence."""
    assert "found date = " in message(made(date=date))


def test_a_date_is_read() -> None:
    assert parse_article(made(date="2020-11-05")).date == dt.date(2020, 11, 5)


# ------------------------------------------------------------------ JSON both ways

FULL = made(
    date="2020-11-05",
    entities=[AGENCY | {"score": 0.5}, COMMUNE, DEADLINE | {"normalized": {"from": None, "until": "2020-11-30"}}],
    directives=[
        {"issuer": "a", "assignees": ["b"], "deadlines": ["d"], "start": 0, "end": 33, "score": 0.25},
        {},
    ],
    meta={"place": "Lai Châu"},
)


def test_to_json_has_the_public_order_and_leaves_out_what_is_absent() -> None:
    out = parse_article(FULL, LABELS).to_json()
    assert list(out) == ["id", "date", "text", "entities", "directives", "meta"]
    assert out["date"] == "2020-11-05"
    assert list(out["entities"][0]) == ["id", "label", "start", "end", "text", "score"]
    assert list(out["entities"][1]) == ["id", "label", "start", "end", "text"]
    assert out["entities"][2]["normalized"] == {"from": None, "until": "2020-11-30"}
    lists = ["assignees", "coordinators", "recipients", "indicators", "deadlines"]
    assert list(out["directives"][0]) == ["issuer", *lists, "start", "end", "score"]
    assert out["directives"][1] == {"issuer": None} | {name: [] for name in lists}
    bare = parse_article({"id": "x", "text": "a"}).to_json()
    assert bare == {"id": "x", "date": None, "text": "a", "entities": [], "directives": []}


def test_to_line_is_one_line_of_readable_json() -> None:
    line = parse_article(FULL, LABELS).to_line()
    assert "\n" not in line
    assert "Sở Y tế" in line
    assert parse_article(json.loads(line), LABELS) == parse_article(FULL, LABELS)


def test_parsing_leaves_its_input_alone() -> None:
    value = copy.deepcopy(FULL)
    parse_article(value, LABELS).entities.clear()
    assert value == FULL


@settings(max_examples=150, database=None)
@given(
    text=st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
    date=st.none() | st.dates(),
    meta=st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3),
    score=st.none() | st.floats(0, 1),
)
def test_any_article_survives_its_line(
    text: str, date: dt.date | None, meta: dict[str, str], score: float | None
) -> None:
    spans = [index for index, char in enumerate(text) if not char.isspace()]
    entities = [
        {"id": f"e{i}", "label": "X", "start": i, "end": i + 1, "text": text[i]} | ({"score": score} if score else {})
        for i in spans
    ]
    value = {"id": "x", "text": text, "date": date and date.isoformat(), "entities": entities, "meta": meta}
    article = parse_article(value)
    assert parse_article(json.loads(article.to_line())) == article
    assert article.text == text


# ------------------------------------------------------------------ the JSON Schema

ANNOTATIONS = {"title", "description", "default", "format", "$defs", "$schema"}
TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "null": (type(None),),
}


def valid(value: Any, schema: dict[str, Any], root: dict[str, Any]) -> bool:
    """As much of JSON Schema as ours uses; any other keyword is an error, so that none is passed over."""
    for keyword in sorted(schema, key=lambda name: name != "type"):  # the other keywords may rely on the type
        rule = schema[keyword]
        if keyword in ANNOTATIONS:
            continue
        if keyword == "$ref":
            ok = valid(value, root["$defs"][rule.removeprefix("#/$defs/")], root)
        elif keyword == "anyOf":
            ok = any(valid(value, option, root) for option in rule)
        elif keyword == "type":
            ok = isinstance(value, TYPES[rule]) and not isinstance(value, bool)
        elif keyword == "required":
            ok = set(rule) <= set(value)
        elif keyword == "properties":
            ok = all(valid(item, rule[name], root) for name, item in value.items() if name in rule)
        elif keyword == "additionalProperties":
            rest = [item for name, item in value.items() if name not in schema.get("properties", {})]
            ok = not rest if rule is False else rule is True or all(valid(item, rule, root) for item in rest)
        elif keyword == "items":
            ok = all(valid(item, rule, root) for item in value)
        elif keyword == "minLength":
            ok = len(value) >= rule
        elif keyword in ("minimum", "maximum"):
            ok = value >= rule if keyword == "minimum" else value <= rule
        else:
            raise AssertionError(f"unknown keyword {keyword}")
        if not ok:
            return False
    return True


def test_the_json_schema_takes_what_we_write_and_refuses_what_we_refuse() -> None:
    schema = json_schema()
    assert json.loads(json.dumps(schema)) == schema
    assert list(schema["properties"]) == ["id", "date", "text", "entities", "directives", "meta"]
    assert schema["required"] == ["id", "text"]
    line = json.loads(parse_article(FULL, LABELS).to_line())
    assert valid(line, schema, schema)
    assert valid({"id": "x", "text": "a"}, schema, schema)
    refused = [
        {"id": "x"},
        {"id": "", "text": "a"},
        {"id": "x", "text": "a", "entites": []},
        {"id": "x", "text": "a", "date": 5},
        {"id": "x", "text": "a", "entities": [AGENCY | {"start": "0"}]},
        {"id": "x", "text": "a", "entities": [AGENCY | {"lable": "x"}]},
        {"id": "x", "text": "a", "directives": [{"assignees": "a"}]},
        {"id": "x", "text": "a", "meta": {"year": 2020}},
    ]
    for value in refused:
        assert not valid(value, schema, schema)
        with pytest.raises(InputError):
            parse_article(value)


def test_the_schema_command_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out) == json_schema()
    assert printed.err == ""


# ------------------------------------------------------------------ errors themselves


@pytest.mark.parametrize(
    ("place", "where"),
    [
        ({}, ""),
        ({"path": "f"}, "f"),
        ({"path": "f", "line": 3}, "f:3"),
        ({"path": "f", "line": 3, "column": 9}, "f:3:9"),
        ({"line": 3}, "line:3"),
    ],
)
def test_an_error_says_where_as_far_as_it_knows(place: dict[str, Any], where: str) -> None:
    error = InputError("a", expected="b", mend="c", **place)
    assert error.where == where
    assert str(error) == (f"{where}: " if where else "") + "found a; expected b. To mend it: c."


def test_an_error_takes_a_place_and_keeps_the_one_it_has() -> None:
    bare = InputError("a", expected="b", mend="c")
    assert bare.at("f", 2, 3).where == "f:2:3"
    assert InputError("a", expected="b", mend="c", subject=("date", "")).at("f").subject == ("date", "")
    assert bare.where == ""
    known = InputError("a", expected="b", mend="c", path="g", line=7)
    assert known.at("f", 2, 3).where == "g:7:3"


def test_an_error_survives_pickling() -> None:
    error = InputError("a", expected="b", mend="c", path="f", line=1, column=2, subject=("entities", "e1"))
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is InputError
    assert str(again) == str(error)
    assert (again.path, again.line, again.column, again.subject) == ("f", 1, 2, ("entities", "e1"))


def test_hints_and_quotes() -> None:
    assert nearest("trian", ["train", "dev"]) == "did you mean 'train'?"
    assert nearest("zzz", ["train", "dev"]) == "known: train, dev"
    assert quote("a\nb") == r"'a\nb'"
    assert quote("x" * 60) == repr("x" * 60)
    assert quote("x" * 61) == repr("x" * 59 + "…")
