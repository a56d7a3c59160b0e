"""The part of a report that is read: mistakes in their sentences, with filters.

In: `metrics.json`'s lists of mistakes. Out: a form and a list for each, which `assets/report.js` joins by their ids;
without it all of the list is there to read. Texts of articles are escaped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from infer.pages import ROLES
from train.mistakes import FIELDS, KINDS, Value, label_of
from train.report_parts import figure, label, lookup, marked

SHOWN = 2000  # of each list; a page with more is slow to open. All are in metrics.json
KIND_WORDS = {
    "missed": "the annotators marked it, the model did not",
    "spurious": "the model marked it, the annotators did not",
    "boundary": "both marked something here, but not from and to the same place",
    "label": "both marked the same words, but called them something else",
}
_ROLES = {field: ROLES.get(field, ROLES["assignees"]) for field in FIELDS}  # ours has `assignee` as a field
_CAUSES = {"mention": "a mention is wrong", "record": "the record is wrong"}

Options = Sequence[tuple[str, str]]  # value → what it is called


def _filters(name: str, total: int, shown: int, choices: Mapping[str, Options]) -> str:
    """The form of a list: a field for each attribute that its items have, and one for words."""
    fields = "".join(
        f'<label>{title} <select name="{title}"><option value="">all</option>'
        + "".join(f'<option value="{escape(value)}">{escape(words)}</option>' for value, words in options)
        + "</select></label>"
        for title, options in choices.items()
    )
    left = f" The first {shown:,} of {total:,}; metrics.json has all." if shown < total else ""
    return (
        f'<form class="filters" data-list="{name}" aria-label="Filters" autocomplete="off">{fields}'
        '<label class="words">words <input name="words" type="search" placeholder="article or text"></label>'
        f'<button type="reset">Clear</button></form>\n<p class="found" role="status" aria-live="polite">{left}</p>\n'
    )


def _list(name: str, items: Iterable[str]) -> str:
    return f'<ol class="mistakes" id="{name}">\n{"".join(items)}</ol>\n'


def _item(attributes: dict[str, str], heading: str, sentence: str, note: str = "") -> str:
    data = "".join(f' data-{key}="{escape(value)}"' for key, value in attributes.items())
    return f'<li{data}><p class="what">{heading}</p><blockquote lang="vi">{sentence}</blockquote>{note}</li>\n'


def _where(article: str) -> str:
    return f'<span class="where">{escape(article)}</span>'


# ------------------------------------------------------------------ mentions


def spans(figures: Any, place: Sequence[str | int], name: str, colours: dict[str, int]) -> str:
    """Mistakes in mentions (train/mistakes.py) with filters by kind and label."""
    mistakes: list[Value] = lookup(figures, place)
    if not mistakes:
        return '<p class="none">None.</p>\n'
    kinds = Counter(mistake["kind"] for mistake in mistakes)
    labels = Counter(map(label_of, mistakes))
    choices = {
        "kind": [(kind, f"{kind} ({kinds[kind]:,})") for kind in KINDS if kinds[kind]],
        "label": [(one, f"{one} ({labels[one]:,})") for one in colours if labels[one]],
    }
    shown = mistakes[:SHOWN]
    items = (_span_item(figures, (*place, number), one, colours) for number, one in enumerate(shown))
    return _filters(name, len(mistakes), len(shown), choices) + _list(name, items)


def _span_item(figures: Any, place: Sequence[str | int], mistake: Value, colours: dict[str, int]) -> str:
    gold, own, kind = mistake["gold"], mistake["predicted"], mistake["kind"]
    same = gold and own and gold["label"] == own["label"]
    heading = f'<span class="kind" title="{KIND_WORDS[kind]}">{kind}</span> {label(label_of(mistake), colours)}'
    if gold and own and not same:
        heading += f" taken for {label(own['label'], colours)}"
    if own and "score" in own:
        heading += f' <span class="score">score {figure(figures, *place, "predicted", "score", style="short")}</span>'
    found = [
        (side["start"], side["end"], f"{who} c{colours[side['label']]}", words)
        for side, who, words in ((gold, "gold", "annotators"), (own, "model", "model"))
        if side
    ]
    text = mistake["context"]
    attributes = {"kind": kind, "label": label_of(mistake), "article": mistake["article"]}
    return _item(attributes, f"{heading} {_where(mistake['article'])}", marked(text, found))


# ------------------------------------------------------------------ records and values


def links(mistakes: Sequence[Value], name: str) -> str:
    """Wrong links of records, with filters by kind, field and cause."""
    if not mistakes:
        return '<p class="none">None.</p>\n'
    counts = [Counter(mistake[key] for mistake in mistakes) for key in ("kind", "field", "cause")]
    choices = {
        "kind": [(kind, f"{kind} ({counts[0][kind]:,})") for kind in ("missed", "spurious") if counts[0][kind]],
        "field": [(field, f"{_ROLES[field]} ({counts[1][field]:,})") for field in FIELDS if counts[1][field]],
        "cause": [(cause, f"{words} ({counts[2][cause]:,})") for cause, words in _CAUSES.items() if counts[2][cause]],
    }
    items = []
    for mistake in mistakes[:SHOWN]:
        who = _quoted(mistake["assignee"]) or "nobody"
        what = "" if mistake["field"] == "assignee" else f" · {_ROLES[mistake['field']]}: {_quoted(mistake['mention'])}"
        heading = f'<span class="kind">{mistake["kind"]}</span> {_ROLES["assignee"]}: {who}{what} '
        heading += f'<span class="score">{_CAUSES[mistake["cause"]]}</span> {_where(mistake["article"])}'
        text = mistake["context"]
        inside = [(a, b) for a, b in mistake["spans"] if a < text["start"] + len(text["text"]) and text["start"] < b]
        sentence = marked(text, [(a, b, "plain", "") for a, b in inside])
        attributes = {key: mistake[key] for key in ("kind", "field", "cause", "article")}
        items.append(_item(attributes, heading, sentence))
    return _filters(name, len(mistakes), len(items), choices) + _list(name, items)


def values(mistakes: Sequence[Value], name: str) -> str:
    """Wrong normalised values, with a filter by field."""
    if not mistakes:
        return '<p class="none">None.</p>\n'
    counts = Counter(mistake["field"] for mistake in mistakes)
    choices = {"field": [(field, f"{field} ({count:,})") for field, count in sorted(counts.items())]}
    items = []
    for mistake in mistakes[:SHOWN]:
        text = mistake["context"]
        sentence = marked(text, [(mistake["start"], mistake["end"], "plain", "")])
        sides = f"annotators {_value(mistake['gold'])}, model {_value(mistake['predicted'])}"
        heading = f'<span class="kind">{escape(mistake["field"])}</span> {sides} {_where(mistake["article"])}'
        items.append(_item({key: mistake[key] for key in ("field", "article")}, heading, sentence))
    return _filters(name, len(mistakes), len(items), choices) + _list(name, items)


def _quoted(text: str | None) -> str:
    return "" if text is None else f'<b lang="vi">{escape(text)}</b>'


def _value(value: Any) -> str:
    if value in (None, []):
        return "<i>none</i>"
    return _quoted("; ".join(map(str, value)) if isinstance(value, list) else str(value))
