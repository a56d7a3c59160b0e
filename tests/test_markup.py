"""Article files: what is written is read back as it was, what is read is canonical, and every error has its place."""

from __future__ import annotations

import datetime as dt
import json
import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from data.__main__ import main
from data.errors import InputError
from data.files import read_text
from data.markup import format_markup, parse_markup
from data.schema import LABELS, LINE_BREAK, Article, Directive, Entity, parse_article
from tests.conftest import ARTICLES

SHIPPED = sorted(ARTICLES.rglob("*.article"))

bounded = settings(max_examples=150, database=None, report_multiple_bugs=False)  # else as tests/conftest.py says

# ------------------------------------------------------------------ arbitrary articles

CHARS = st.characters(exclude_categories=["Cs"])
ODD = st.sampled_from(
    [
        *("\\", "[", "]", "{", "}", "-", " ", "\n", "\r", "\t", "\x00", "\x0b", "\x85", "\u00a0", "\u00ad", "\u200b"),
        *(
            "\u2028",
            "\ufeff",
            "🎉",
            "👩‍👩‍👧",
            "ế",
            "e\u0302\u0301",
            "---",
            "\n---\n",
            "\n----",
            "\\-",
            "\\u{20}",
            "\\r",
        ),
        *("]{AGENCY}", "]{AGENCY a}", "[x]{AGENCY}", " \n", "\r\n", "\\\n", "-\n-", "# a: b"),
    ]
)
texts = st.lists(ODD | CHARS, max_size=8).map("".join)
phrases = texts.map(lambda text: LINE_BREAK.sub("", text).strip()).filter(bool)
names = st.sampled_from(
    ["e1", "e2", "e3", "null", "007", "1.5", "a]", "[", "\\", "'", '"', "#", "&a", "-", "2020-02-31"]
)
names |= st.text(CHARS, min_size=1, max_size=4).map(lambda text: re.sub(r"[\s{}]", "", text)).filter(bool)
# what YAML could take for something else than text
SCALARS = [
    *(
        "null",
        "~",
        "",
        "007",
        "1e5",
        "3e-5",
        "0x_",
        "1_0",
        "yes",
        "a: b",
        "2020-02-28",
        "2020-02-31",
        "a\nb",
        "\n",
        "a\n---\nb",
        "---",
    ),
    *(
        "...",
        "\x85",
        "\u2028",
        "#",
        "? a",
        "- a",
        "[a]",
        "{",
        "'",
        '"',
        "\\",
        " a ",
        "<<",
        "=",
        "!a",
        "%a",
        "@",
        "\x00",
    ),
]
scalars = st.sampled_from(SCALARS) | texts
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(scalars, inner, max_size=3),
    max_leaves=5,
)
scores = st.none() | st.floats(0, 1)


@st.composite
def articles(draw: st.DrawFn, extras: bool = False) -> Article:
    """A text of plain pieces and mentions in turn; with `extras`, values of mentions and directives too."""
    pieces, entities = [draw(texts)], []
    ids = draw(st.lists(names, unique=True, max_size=5))
    for id_ in ids:
        phrase, label = draw(phrases), draw(st.sampled_from(LABELS) | names)
        start = sum(map(len, pieces))
        values = {"normalized": draw(st.none() | st.dictionaries(scalars, json_values, max_size=3))} if extras else {}
        values |= {"score": draw(scores)} if extras else {}
        span = {"start": start, "end": start + len(phrase), "text": phrase}
        entities.append(Entity(id=id_, label=label, **span, **values))
        pieces += [phrase, draw(texts)]
    text = "".join(pieces) or draw(st.sampled_from(["a", "\n", " ", "---", "\r", "\\"]))
    directives = draw(st.lists(directives_over(entities, len(text)), max_size=3)) if extras else []
    return Article(id="x", text=text, entities=entities, directives=directives)


def directives_over(entities: list[Entity], length: int) -> st.SearchStrategy[Directive]:
    def some(*labels: str) -> st.SearchStrategy[list[str]]:
        ids = [entity.id for entity in entities if entity.label in labels]
        return st.lists(st.sampled_from(ids), unique=True, max_size=2) if ids else st.just([])

    people = some("OFFICIAL", "AGENCY")
    span = st.tuples(st.integers(0, length - 1), st.integers(1, length)).filter(lambda pair: pair[0] < pair[1])
    made = {
        "issuer": people.map(lambda ids: ids[0] if ids else None),
        "assignees": people,
        "coordinators": people,
        "recipients": people,
        "indicators": some("INDICATOR"),
        "deadlines": some("DEADLINE"),
        "score": scores,
    }
    return st.builds(
        lambda pair, **rest: Directive(start=pair[0], end=pair[1], **rest), st.just((None, None)) | span, **made
    )


def assert_survives(article: Article) -> None:
    written = format_markup(article)
    again = parse_markup(written, "x.article")
    assert again == article, written
    assert format_markup(again) == written


@bounded
@given(articles())
@example(Article(id="x", text="---\n----\n --- \n---"))
@example(Article(id="x", text="\n\n a \n\n"))
@example(Article(id="x", text="a\\u{200b}\u200b\r\n\\r\\-\\["))
def test_any_text_with_any_mentions_survives(article: Article) -> None:
    assert_survives(article)


@bounded
@given(articles(extras=True))
def test_any_records_and_values_survive(article: Article) -> None:
    assert_survives(article)


@bounded
@given(
    id=scalars.filter(bool),
    date=st.none() | st.dates(),
    meta=st.dictionaries(scalars.filter(lambda key: key not in ("id", "date")), scalars, max_size=4),
)
def test_any_metadata_survives(id: str, date: dt.date | None, meta: dict[str, str]) -> None:
    assert_survives(Article(id=id, date=date, text="a", meta=meta))


@pytest.mark.parametrize(
    "value", [*SCALARS, "k" * 2000, "k " * 2000, "2020-13-01", "0000-00-00"], ids=lambda v: repr(v[:12])
)
def test_odd_metadata_survives(value: str) -> None:
    assert_survives(Article(id="x", text="a", meta={"topic": value}))


@pytest.mark.parametrize("key", [*SCALARS, "k" * 200, "a b", "2020"], ids=lambda v: repr(v[:12]))
def test_odd_names_of_metadata_survive(key: str) -> None:
    assert_survives(Article(id="x", text="a", meta={key: "value"}))


def test_a_name_of_metadata_too_long_for_yaml_survives_or_is_refused() -> None:
    article = Article(id="x", text="a", meta={"k" * 2000: "value"})
    try:
        written = format_markup(article)
    except InputError as error:
        assert str(error) == (
            "found a key of 2000 characters; expected at most 1000. To mend it: give it a shorter name."
        )
        return
    assert parse_markup(written, "x.article") == article


@pytest.mark.parametrize("value", [value for value in SCALARS if value], ids=repr)
def test_odd_article_ids_survive(value: str) -> None:
    assert_survives(Article(id=value, text="a"))


@pytest.mark.parametrize(
    "value", [*SCALARS, "2020-11-05T10:00:00", 0, -0.5, 1e-7, 1e22, 2**70, True, None, [], {}, [None]]
)
def test_odd_normalised_values_survive(value: Any) -> None:
    entity = Entity(id="a", label="X", start=0, end=1, text="a", normalized={"value": value, "list": [value]})
    assert_survives(Article(id="x", text="a", entities=[entity]))


@pytest.mark.parametrize("name", ["id", "date"])
def test_metadata_does_not_replace_id_and_date_in_silence(name: str) -> None:
    article = Article(id="x", date=dt.date(2020, 1, 1), text="a", meta={name: "2021-01-01"})
    try:
        written = format_markup(article)
    except InputError as error:
        assert repr(name) in str(error)  # refusing it is as good
        return
    assert parse_markup(written, "x.article") == article


def test_mentions_in_another_order_than_in_the_text_are_not_reordered_in_silence() -> None:
    """`_in_order` says: the file keeps no other order, so another one is refused."""
    first = Entity(id="a", label="X", start=0, end=1, text="a")
    second = Entity(id="b", label="X", start=1, end=2, text="b")
    article = Article(id="x", text="ab", entities=[second, first])
    try:
        written = format_markup(article)
    except InputError:
        return
    assert parse_markup(written, "x.article") == article


@pytest.mark.parametrize("changes", [{"id": "a b"}, {"id": "a}"}, {"label": "A\tB"}, {"label": "{A"}])
def test_ids_and_labels_that_the_markup_cannot_hold_are_refused(changes: dict[str, str]) -> None:
    values: dict[str, Any] = {"id": "a", "label": "X", "start": 0, "end": 1, "text": "a"} | changes
    with pytest.raises(InputError) as caught:
        format_markup(Article(id="x", text="a", entities=[Entity(**values)]))
    assert str(caught.value) == (
        f"found the id {values['id']!r} or label {values['label']!r} in article 'x'; "
        "expected no space and no brace in ids and labels. To mend it: rename it."
    )


# ------------------------------------------------------------------ what a file looks like


@bounded
@given(texts.filter(bool))
@example("a \nb  \n c ")
def test_nothing_invisible_stands_in_the_body(text: str) -> None:
    body = format_markup(Article(id="x", text=text)).removeprefix("---\nid: x\n---\n").rpartition("\n---\n")[0]
    hidden = [c for c in body if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp", "Zs") and c not in " \n\t"]
    assert not hidden
    assert not any(line.endswith(" ") for line in body.split("\n"))


CANONICAL = r"""---
id: x
date: 2020-11-05
place: Lai Châu
note: 'a: b'
---
[Sở Y tế]{AGENCY a} giao [UBND xã]{AGENCY},
\[sic\] C:\\temp\u{200b} \u{a0}\r
\--- [trước 30/11]{DEADLINE d}\u{20}
---
directives:
- issuer: a
  deadlines: [d]
  start: 0
  end: 14
- {}
mentions:
  d: {normalized: {from: null, until: '2020-11-30'}, score: 0.5}
"""


def test_the_canonical_form_as_it_stands_in_a_file() -> None:
    text = "Sở Y tế giao UBND xã,\n[sic] C:\\temp\u200b \u00a0\r\n--- trước 30/11 "
    article = parse_markup(CANONICAL, "x.article", LABELS)
    assert article.text == text
    assert article.meta == {"place": "Lai Châu", "note": "a: b"}
    assert [(e.id, e.label, e.text) for e in article.entities] == [
        ("a", "AGENCY", "Sở Y tế"),
        ("e2", "AGENCY", "UBND xã"),
        ("d", "DEADLINE", "trước 30/11"),
    ]
    assert article.entities[2].normalized == {"from": None, "until": "2020-11-30"}
    assert article.entities[2].score == 0.5
    assert [directive.roles() for directive in article.directives] == [[("issuer", "a"), ("deadlines", "d")], []]
    assert (article.directives[0].start, article.directives[0].end) == (0, 14)
    assert format_markup(article) == CANONICAL


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("[a]{X e1}", "[a]{X}"),  # an id that it would have anyway
        (r"\u{61}\u{0000005d}"[:6] + r"\u{5d}", r"a\]"),
        (r"a\-b", "a-b"),
        ("a ", r"a\u{20}"),
        (" a \n b", " a\\u{20}\n b"),
        ("a\u200bb", r"a\u{200b}b"),
    ],
)
def test_other_spellings_are_read_and_written_the_canonical_way(written: str, canonical: str) -> None:
    article = parse_markup(f"---\nid: x\n---\n{written}\n---\n", "x.article")
    assert format_markup(article) == f"---\nid: x\n---\n{canonical}\n---\ndirectives: []\n"


def test_an_id_that_a_record_or_a_value_names_is_written() -> None:
    entities = [
        Entity(id="e1", label="AGENCY", start=0, end=1, text="a"),
        Entity(id="e2", label="AGENCY", start=1, end=2, text="b", score=0.5),
        Entity(id="e3", label="AGENCY", start=2, end=3, text="c"),
    ]
    article = Article(id="x", text="abc", entities=entities, directives=[Directive(issuer="e1")])
    assert "[a]{AGENCY e1}[b]{AGENCY e2}[c]{AGENCY}\n" in format_markup(article)


def test_dates_without_quotes_in_values_are_text() -> None:
    source = (
        "---\nid: x\n---\n[a]{DEADLINE d}\n---\nmentions:\n  d: {normalized: {from: 2020-11-05, until: 2020-11-30}}\n"
    )
    article = parse_markup(source, "x.article")
    assert article.entities[0].normalized == {"from": "2020-11-05", "until": "2020-11-30"}
    json.dumps(article.to_json())


def test_header_values_are_text_as_it_stands() -> None:
    article = parse_markup("---\nid: 007\nyear: 2020\ndone: yes\nday: 2020-1-2\n---\na\n---\n", "x.article")
    assert (article.id, article.meta) == ("007", {"year": "2020", "done": "yes", "day": "2020-1-2"})


@pytest.mark.parametrize(
    "footer", ["", "\n", "directives:\n", "mentions:\n", "directives: []\nmentions: {}\n", "# none\n"]
)
def test_a_footer_may_say_nothing(footer: str) -> None:
    assert parse_markup(f"---\nid: x\n---\na\n---\n{footer}", "x.article") == Article(id="x", text="a")


@pytest.mark.parametrize("nothing", ["null", "~"])
@pytest.mark.parametrize("key", ["directives", "mentions"])
def test_a_footer_may_say_null(key: str, nothing: str) -> None:
    source = f"---\nid: x\n---\na\n---\n{key}: {nothing}\n"
    assert parse_markup(source, "x.article") == Article(id="x", text="a")


# ------------------------------------------------------------------ the shipped articles


def test_there_are_shipped_articles() -> None:
    assert len(SHIPPED) >= 40


@pytest.mark.parametrize("file", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_article_is_valid_canonical_and_named_after_its_id(file: Path) -> None:
    source = read_text(file)
    article = parse_markup(source, file, LABELS)
    assert article.id == file.stem
    assert article.date is not None
    assert format_markup(article).encode() == file.read_bytes()
    assert parse_article(article.to_json(), LABELS) == article


# ------------------------------------------------------------------ errors

HEAD = "---\nid: x\n---\n"  # the body begins on line 4
TAG = "`[text]{LABEL}` or `[text]{LABEL id}`"
FORM = "`---`, metadata, `---`, the text, `---`, the records"


def message(source: str, labels: tuple[str, ...] | None = LABELS) -> str:
    with pytest.raises(InputError) as caught:
        parse_markup(source, "x.article", labels)
    return str(caught.value)


@pytest.mark.parametrize(
    ("body", "place", "found", "expected", "mend"),
    [
        ("ab [c", "4:4", "a `[` that is never closed", "`[text]{LABEL}`", r"close it, or write \["),
        ("a\nbc[d\ne", "5:3", "a `[` that is never closed", "`[text]{LABEL}`", r"close it, or write \["),
        ("a\n[b] c", "5:3", "a `]` without its tag", TAG, r"add the tag, or write \]"),
        ("[b]{}", "4:3", "a `]` without its tag", TAG, r"add the tag, or write \]"),
        ("[b]{AGENCY a b}", "4:3", "a `]` without its tag", TAG, r"add the tag, or write \]"),
        ("[b] {AGENCY}", "4:3", "a `]` without its tag", TAG, r"add the tag, or write \]"),
        ("🎉ab] c", "4:4", "a `]` without a `[`", TAG, r"add the tag, or write \]"),
        ("ab]{AGENCY} c", "4:3", "a `]` without a `[`", TAG, r"add the tag, or write \]"),
        (
            "a [b [c]{AGENCY}]{AGENCY}",
            "4:6",
            "a `[` inside a mention",
            "flat mentions",
            r"close the first one, or write \[",
        ),
        (
            "a\nb\\q",
            "5:2",
            r"'\\q'",
            r"\[ \] \\ \- \r or \u{CODE}",
            r"write a backslash as \\",
        ),
        ("b\\", "4:2", r"'\\'", r"\[ \] \\ \- \r or \u{CODE}", r"write a backslash as \\"),
        (r"\u{110000}", "4:1", r"'\\u'", r"\[ \] \\ \- \r or \u{CODE}", r"write a backslash as \\"),
        (r"\u{xyz}", "4:1", r"'\\u'", r"\[ \] \\ \- \r or \u{CODE}", r"write a backslash as \\"),
        ("a\n b[]{AGENCY}", "5:3", "an empty mention", "text inside `[ ]`", "take it out"),
        (
            "[a]{AGENCY k}\n [b]{AGENCY k}",
            "5:4",
            "the id 'k' a second time",
            "ids used once",
            "give it another id",
        ),
        ("[a]{AGENCY e2} [b]{AGENCY}", "4:18", "the id 'e2' a second time", "ids used once", "give it another id"),
        (
            "a [b]{AGENCI k}",
            "4:3",
            "entity 'k' (2–3) with the label 'AGENCI'",
            "one of the configured labels (OFFICIAL, AGENCY, INDICATOR, DEADLINE)",
            "correct it, or name it under `labels:`; did you mean 'AGENCY'?",
        ),
        (
            "a\n[b ]{AGENCY}",
            "5:1",
            "entity 'e1' (2–4) 'b ' with a space at its edge",
            "a mention to start and end on a non-space character",
            "move its edge inwards",
        ),
        (
            "a\n [b\nc]{AGENCY}",
            "5:2",
            r"entity 'e1' (3–6) 'b\nc' across a line break",
            "a mention to lie within one line",
            "end it before the line break or split it in two",
        ),
        (
            "a\n[b ]{AGENCY o'neil}",
            "5:1",
            "entity \"o'neil\" (2–4) 'b ' with a space at its edge",
            "a mention to start and end on a non-space character",
            "move its edge inwards",
        ),
        (
            "a\n[b ]{AGENCY a\\b}",
            "5:1",
            r"entity 'a\\b' (2–4) 'b ' with a space at its edge",
            "a mention to start and end on a non-space character",
            "move its edge inwards",
        ),
    ],
)
def test_an_error_in_the_body(body: str, place: str, found: str, expected: str, mend: str) -> None:
    source = f"{HEAD}{body}\n---\ndirectives: []\n"
    assert message(source) == f"x.article:{place}: found {found}; expected {expected}. To mend it: {mend}."


@pytest.mark.parametrize(
    ("source", "lines", "where"),
    [
        ("", 0, "not at the start"),
        ("a\n", 0, "not at the start"),
        ("id: x\n---\na\n---\n", 2, "not at the start"),
        ("---\nid: x\na\n", 1, "at the start"),
        ("---\nid: x\n---\na\n", 2, "at the start"),
        ("---\nid: x\n---\na\n--- \n", 2, "at the start"),
    ],
)
def test_missing_fences(source: str, lines: int, where: str) -> None:
    assert message(source) == (
        f"x.article:1: found {lines} lines of `---`, the first {where}; expected {FORM}. "
        "To mend it: add the missing `---` line (see data/GUIDELINES.md)."
    )


def test_a_file_with_carriage_returns() -> None:
    expected = (
        r"x.article:3: found a carriage return; expected line breaks of `\n` alone; a carriage return of the article "
        r"itself is written `\r`. To mend it: convert the file's line ends, for instance with `dos2unix`."
    )
    assert message("---\nid: x\n---\r\na\n---\n") == expected
    assert message(CANONICAL.replace("\n", "\r\n")) == expected.replace(":3:", ":1:")


YAML_MEND = "To mend it: mend the line; quote values that hold `: ` or begin with a special character."


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ("---\nid: x\nplace: a: b\n---\na\n---\n", "3:9"),
        ("---\nid: x\nplace: 'a\n---\na\n---\n", "4:1"),
        (f"{HEAD}a\n---\ndirectives:\n- issuer: [a\n", "8:1"),
        (f"{HEAD}a\nb\n---\ndirectives: []\nmentions: a: b\n", "8:12"),
    ],
)
def test_broken_yaml_has_its_line_in_the_file(source: str, place: str) -> None:
    text = message(source)
    assert text.startswith(f"x.article:{place}: found broken YAML (")
    assert text.endswith(f"); expected valid YAML. {YAML_MEND}")


ODD_YAML = ["[a]: b", "? {a: b}\n: c", "a: 0x_", "0b_: a", f"a: {'9' * 5000}", "a: !!int b", "a: !!bool b"]


@pytest.mark.parametrize("odd", ODD_YAML, ids=lambda text: text[:12])
@pytest.mark.parametrize("place", ["header", "footer"])
def test_yaml_that_python_cannot_make_anything_of(place: str, odd: str) -> None:
    """Never another exception than ours; a header may keep it as the text that it is."""
    header, footer = (odd, "") if place == "header" else ("place: Huế", odd)
    try:
        article = parse_markup(f"---\nid: x\n{header}\n---\n[a]{{AGENCY}}\n---\n{footer}\n", "x.article")
    except InputError as error:
        assert str(error).startswith(f"x.article:{3 if place == 'header' else 7}")
    else:
        assert place == "header"
        assert list(article.meta.items()) == [tuple(odd.split(": "))]


def test_a_day_that_does_not_exist() -> None:
    """Metadata is text: it is kept as it stands, or refused with its line."""
    try:
        article = parse_markup("---\nid: x\nday: 2020-02-31\n---\na\n---\n", "x.article")
    except InputError as error:
        assert str(error).startswith("x.article:3")
    else:
        assert article.meta == {"day": "2020-02-31"}


def test_brackets_nested_too_deeply() -> None:
    assert message(f"---\nid: x\nplace: {'[' * 3000}\n---\na\n---\n").startswith("x.article:2: found ")


@pytest.mark.parametrize(
    ("source", "place", "found", "expected", "mend"),
    [
        ("---\nplace: a\n---\na\n---\n", "1", "no `id:` in the header", "at least `id: NAME`", "add it"),
        ("---\n---\na\n---\n", "1", "no `id:` in the header", "at least `id: NAME`", "add it"),
        ("---\n- id\n---\na\n---\n", "1", "no `id:` in the header", "at least `id: NAME`", "add it"),
        (
            "---\nid: x\nplace:\n---\na\n---\n",
            "3",
            "header field 'place' = 'None'",
            "one value on the field's line",
            "write one value, or take the line out",
        ),
        (
            "---\nid: x\nplaces: [a, b]\n---\na\n---\n",
            "3",
            "header field 'places' = \"['a', 'b']\"",
            "one value on the field's line",
            "write one value, or take the line out",
        ),
        (
            f"{HEAD}a\n---\ndirectives: []\nmentons: {{}}\n",
            "7",
            "'mentons' in the footer",
            "`directives:` (a list) and `mentions:` (a mapping)",
            "did you mean 'mentions'?",
        ),
        (
            f"{HEAD}a\n---\n\n- a\n",
            "7",
            "\"['a']\" in the footer",
            "`directives:` (a list) and `mentions:` (a mapping)",
            "known: directives, mentions",
        ),
        (
            f"{HEAD}[a]{{AGENCY a}}\nb\n---\ndirectives:\n- {{}}\n- issuer: a\n  asignees: [a]\n",
            "9",
            "'asignees' in a directive",
            "fields among issuer, assignees, coordinators, recipients, indicators, deadlines",
            "did you mean 'assignees'?",
        ),
        (
            f"{HEAD}[a]{{AGENCY a}}\n---\ndirectives:\n- issuer: a\n- issuer: b\n",
            "8",
            "directive 2, issuer: 'b', an id no entity has",
            "the id of an entity of this article",
            "correct the id; known: a",
        ),
        (
            f"{HEAD}[a]{{AGENCY a}}\n---\ndirectives:\n- {{}}\n\n- deadlines: [a]\n",
            "9",
            "directive 2, deadlines: 'a', which is tagged AGENCY",
            "DEADLINE in deadlines",
            "move the id to the field of its label, or correct the tag",
        ),
        (
            f"{HEAD}[a]{{DEADLINE d1}}\n---\ndirectives: []\nmentions:\n  d1: {{score: 1}}\n  d2: {{score: 1}}\n",
            "9",
            "values for 'd2', an id no mention has",
            "under `mentions:` the ids of this article's mentions",
            "known: d1",
        ),
        (
            f"{HEAD}[a]{{DEADLINE d1}}\n---\ndirectives: []\nmentions:\n\n  d2: {{score: 1}}\n",
            "9",
            "values for 'd2', an id no mention has",
            "under `mentions:` the ids of this article's mentions",
            "known: d1",
        ),
        (
            f"{HEAD}[a]{{DEADLINE d1}}\n---\ndirectives: []\nmentions:\n  d1: {{scor: 1}}\n",
            "8",
            "values \"{'scor': 1}\" of mention 'd1'",
            "{normalized: {…}} and/or {score: …}",
            "correct the line",
        ),
        (
            f"{HEAD}[a]{{DEADLINE d1}}\n---\nmentions:\n  d1: 5\n",
            "7",
            "values '5' of mention 'd1'",
            "{normalized: {…}} and/or {score: …}",
            "correct the line",
        ),
    ],
)
def test_an_error_in_header_or_footer(source: str, place: str, found: str, expected: str, mend: str) -> None:
    assert message(source) == f"x.article:{place}: found {found}; expected {expected}. To mend it: {mend}."


@pytest.mark.parametrize(
    ("source", "place", "found"),
    [
        (f"{HEAD}a\n[b]{{AGENCY a}}\n---\nmentions: {{a: {{score: 2}}}}\n", "5:1", "entities[0].score = '2'"),
        (f"{HEAD}[a]{{AGENCY a}}\n---\ndirectives:\n- {{}}\n- issuer: 5\n", "8", "directives[1].issuer = '5'"),
        (f"{HEAD}\\u{{d800}}\n---\n", "", r"""text = '"\ud800"'"""),
        (f"{HEAD}---\n", "", "text = '\"\"'"),
    ],
)
def test_a_wrong_value_has_the_place_of_its_mention_or_directive(source: str, place: str, found: str) -> None:
    text = message(source)
    assert text.startswith(f"x.article:{place}")
    assert f": found {found}; expected " in text
    assert text.endswith(". To mend it: see `python -m data schema`.")


def test_a_wrong_date_in_the_header_has_its_line() -> None:
    text = message("---\nid: x\nplace: a\ndate: 31/02/2020\n---\na\n---\n")
    assert text.startswith("x.article:4: found date = '\"31/02/2020\"'; expected ")


@pytest.mark.parametrize("what", ["directives:\n- {}\n", "mentions: {}\n"])
def test_a_footer_key_that_stands_twice(what: str) -> None:
    """The second one must not hide the first, nor end in another exception."""
    assert message(f"{HEAD}a\n---\n{what}{what}").startswith("x.article:")


def test_the_check_command_prints_the_place_and_gives_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("x.article").write_text(f"{HEAD}a\nb [c\n---\n", encoding="utf-8")
    assert main(["check", "x.article", "--segmenter", "none"]) == 1
    assert capsys.readouterr().err.splitlines()[0] == (
        r"error: x.article:5:3: found a `[` that is never closed; expected `[text]{LABEL}`. "
        r"To mend it: close it, or write \[."
    )
