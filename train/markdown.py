"""Markdown that other people's text cannot break: escaping, tables, fenced blocks.

In: text of any kind (labels and paths of a configuration, words of an article). Out: Markdown (CommonMark with GitHub's
tables) that shows exactly that text, its runs of white space as one space.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

# https://spec.commonmark.org/0.31.2/#backslash-escapes
_SPECIAL = re.compile(r"[\\`*_\[\]#|~$]")
_LIST = re.compile(r"^(\d*)([-+.)])(?=[- ]|$)")  # what begins a list or is a rule where a block begins
# `<` and `&` as entities, for what is less strict about HTML
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def escape(text: str) -> str:
    """`text` as it stands, inside a line of Markdown or a cell of a table."""
    for char, entity in _ENTITIES.items():
        text = text.replace(char, entity)
    return _LIST.sub(r"\1\\\2", _SPECIAL.sub(r"\\\g<0>", " ".join(text.split())))


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of plain texts; every cell is escaped."""
    body = [" | ".join(map(escape, line)) for line in (header, *rows)]
    return "\n".join(f"| {line} |" for line in (body[0], " | ".join(["---"] * len(header)), *body[1:]))


def fenced(text: str, language: str) -> str:
    """A code block whose fence is longer than any in the text."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"
