"""The part of a report that compares several models: scores, differences, and what each alone gets right.

In: `metrics.json` with the key `comparison` (train/comparison.py). Out: HTML.
"""

from __future__ import annotations

from html import escape
from typing import Any

from train import report_mistakes
from train.report_parts import figure, label, span, table


def compared(figures: dict[str, Any], colours: dict[str, int]) -> str:
    """A table of all models, and for each after the first how it differs from the first."""
    models = figures["comparison"]["models"]
    rows = []
    for number, model in enumerate(models):
        place = ("comparison", "models", number)
        f1 = [figure(figures, *place, "entities", name, "f1") for name in colours]
        cells = [
            figure(figures, *place, "entities", "micro", "f1"),
            span(figures, *place, "entities", "micro", "f1_interval"),
        ]
        links = figure(figures, *place, "links", "strict", "f1") if "given_gold_mentions" in figures else ""
        rows.append(
            [escape(model["name"]), *cells, *f1, links, figure(figures, *place, "calibration", "mentions", "ece")]
        )
    header = ["F1", "all", "95% interval", *(label(name, colours) for name in colours), "links", "calibration error"]
    parts = [table(header, rows, kind="numbers")]
    for number, other in enumerate(figures["comparison"]["others"]):
        parts.append(_pair(figures, number, models[0]["name"], other, colours))
    return "".join(parts)


def _pair(figures: dict[str, Any], number: int, first: str, other: dict[str, Any], colours: dict[str, int]) -> str:
    place = ("comparison", "others", number)
    one, two = escape(first), escape(other["name"])
    names = {"micro": "all", "links": "links of records"} | {name: label(name, colours) for name in colours}
    rows = [
        [
            names[name],
            figure(figures, *place, "differences", name, "difference", style="signed"),
            span(figures, *place, "differences", name, "interval", style="signed"),
            figure(figures, *place, "differences", name, "better", style="percent"),
            figure(figures, *place, "differences", name, "p", style="chance"),
        ]
        for name in other["differences"]
        if name != "links" or "given_gold_mentions" in figures
    ]
    caption = f"F1 of {one} less F1 of {two}; paired bootstrap over articles"
    header = ["", "difference", "95% interval", "samples in which it is better", "p"]
    lists = [
        (f"Right in {one}, wrong in {two}", "only_first"),
        (f"Right in {two}, wrong in {one}", "only_other"),
    ]
    return table(header, rows, caption, "numbers") + "".join(
        f'<h3>{title} <span class="count">{len(other[key]):,}</span></h3>\n'
        + report_mistakes.spans(figures, (*place, key), f"{key.replace('_', '-')}-{number}", colours)
        for title, key in lists
    )
