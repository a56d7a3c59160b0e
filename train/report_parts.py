"""What pages of a report are made of: figures that know where they stand in `metrics.json`, tables, marked sentences.

In: values. Out: HTML, everything from outside escaped. A figure is

    <data value="0.9434…" data-of="/entities/micro/f1" data-as="score">0.943</data>

where `data-of` is its place in `metrics.json` (a JSON Pointer, RFC 6901) and `value` what stands there.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import Any

from train.summary import Figure, Part, Quote, Strong

STYLES: dict[str, Callable[[Any], str]] = {
    "score": lambda value: f"{value:.3f}",
    "short": lambda value: f"{value:.2f}",
    "signed": lambda value: f"{value:+.3f}",
    "percent": lambda value: f"{100 * value:.1f}%",
    "count": lambda value: f"{value:,}",
    "chance": lambda value: f"{value:.3f}" if value >= 0.001 else "under 0.001",
}


def lookup(figures: Any, place: Sequence[str | int]) -> Any:
    """The value at a place of `metrics.json`."""
    for key in place:
        figures = figures[key]
    return figures


def pointer(place: Sequence[str | int]) -> str:
    """A place as a JSON Pointer."""
    return "".join("/" + str(key).replace("~", "~0").replace("/", "~1") for key in place)


def figure(figures: Any, *place: str | int, style: str = "score") -> str:
    """A figure by its place; empty where there is none."""
    value = lookup(figures, place)
    if value is None:
        return ""
    shown = STYLES[style](value)
    return f'<data value="{json.dumps(value)}" data-of="{escape(pointer(place))}" data-as="{style}">{shown}</data>'


def scores(figures: Any, *place: str | int) -> list[str]:
    """Precision, recall and F1 as cells."""
    return [figure(figures, *place, key) for key in ("precision", "recall", "f1")]


def span(figures: Any, *place: str | int, style: str = "score") -> str:
    """An interval, low – high; empty where there is none."""
    *parent, key = place
    if key not in lookup(figures, parent):
        return ""
    low, high = (figure(figures, *place, edge, style=style) for edge in (0, 1))
    return f'<span class="interval">{low} – {high}</span>'


def table(header: Sequence[str], rows: Iterable[Sequence[str]], caption: str = "", kind: str = "") -> str:
    """A table of cells that are HTML already, a row's first its heading. It scrolls by itself where narrow."""
    top = "".join(f'<th scope="col">{cell}</th>' for cell in header)
    body = "".join(
        f'<tr><th scope="row">{first}</th>'
        + "".join(cell if cell.startswith("<td") else f"<td>{cell}</td>" for cell in rest)
        + "</tr>\n"
        for first, *rest in rows
    )
    title = f"<caption>{caption}</caption>" if caption else ""
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="Table"><table class="{kind}">{title}'
        f"<thead><tr>{top}</tr></thead>\n<tbody>\n{body}</tbody></table></div>\n"
    )


def label(name: str, colours: dict[str, int]) -> str:
    """A label's name with the line that its mentions have."""
    return f'<span class="label c{colours[name]}">{escape(name)}</span>' if name in colours else escape(name)


def prose(parts: Sequence[Part], figures: Any) -> str:
    """A sentence of the summary as HTML."""
    out = []
    for part in parts:
        if isinstance(part, Figure):
            out.append(figure(figures, *part.place, style=part.style))
        elif isinstance(part, Quote):
            out.append(f'<q lang="vi">{escape(part.text)}</q>')
        else:
            out.append(f"<strong>{escape(part.text)}</strong>" if isinstance(part, Strong) else escape(part))
    return "".join(out)


def plain(parts: Sequence[Part], figures: Any) -> str:
    """A sentence of the summary as text."""
    out = []
    for part in parts:
        if isinstance(part, Figure):
            out.append(STYLES[part.style](lookup(figures, part.place)))
        elif isinstance(part, Quote):
            out.append(f"“{part.text}”")
        else:
            out.append(part.text if isinstance(part, Strong) else part)
    return "".join(out)


def marked(context: dict[str, Any], spans: Iterable[tuple[int, int, str, str]]) -> str:
    """A sentence (mistakes.context) with spans marked; they may overlap, and stand in the article's offsets.

    spans: (start, end, class, note). A piece that several cover has all of their classes and notes.
    """
    text, start = context["text"], context["start"]
    placed = [(max(0, low - start), min(len(text), high - start), kind, note) for low, high, kind, note in spans]
    edges = sorted({0, len(text), *(edge for low, high, *_ in placed for edge in (low, high))})
    out = []
    for low, high in itertools.pairwise(edges):
        over = [(kind, note) for a, b, kind, note in placed if a <= low and high <= b]
        piece = escape(text[low:high])
        if over:
            kinds = " ".join(kind for kind, _ in over)
            notes = " · ".join(note for _, note in over if note)
            out.append(f'<mark class="{kinds}" data-note="{escape(notes)}">{piece}</mark>')
        else:
            out.append(piece)
    before, after = ("… " if context["cut"][0] else ""), (" …" if context["cut"][1] else "")
    return f"{before}{''.join(out)}{after}"
