"""Phrases with marked mentions, for the tests of directives.

A phrase marks its mentions as `{A UBND tỉnh}`, with the first letter of the label (Official, Agency, Indicator,
Deadline). `show` gives a record as one line, mentions by their text: "issuer > assignees | + coordinators |
@ recipients | # indicators | ! deadlines"; "?" stands for no issuer, "-" for nobody to act.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from infer.directives import Directive

LABELS = {"O": "OFFICIAL", "A": "AGENCY", "I": "INDICATOR", "D": "DEADLINE"}
FIELDS = {"+": "coordinators", "@": "recipients", "#": "indicators", "!": "deadlines"}


class Span(NamedTuple):
    id: str
    label: str
    start: int
    end: int


def parse(marked: str) -> tuple[str, list[Span]]:
    text, mentions = "", []
    for plain, label, phrase in re.findall(r"([^{}]*)(?:\{(\w) ([^{}]*)\})?", marked):
        text += plain
        if label:
            mentions.append(Span(f"m{len(mentions)}", LABELS[label], len(text), len(text) + len(phrase)))
            text += phrase
    return text, mentions


def show(directive: Directive, text: str, mentions: Sequence[Span]) -> str:
    by_id = {m.id: text[m.start : m.end] for m in mentions}
    names = lambda ids: ", ".join(by_id[i] for i in ids)  # noqa: E731
    line = f"{by_id.get(directive.issuer or '', '?')} > {names(directive.assignees) or '-'}"
    return line + "".join(f" | {m} {names(getattr(directive, f))}" for m, f in FIELDS.items() if getattr(directive, f))
