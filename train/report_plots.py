"""Pictures of a report: matplotlib's SVG, made fit to stand in a page.

In: parts of `metrics.json`. Out: `<svg>` elements. Text stays text, in the page's own font; colours are the page's CSS
variables, so that a picture is light or dark with it; ids are unique among pictures.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, MaxNLocator

WIDTH = 380  # in CSS pixels at their natural size; a phone shows them hardly smaller
_SIZE = 11.5  # of type, likewise
_DOTS = 72  # of matplotlib's to the inch in SVG

# what is drawn in → what the page makes of it
_INK, _SOFT, _RULE, _PAPER = "#010101", "#020202", "#030303", "#040404"
_VARIABLES = {_INK: "--ink", _SOFT: "--soft", _RULE: "--rule", _PAPER: "--paper"}
_LABEL = "#0500{:02x}"  # colour number of a label
_LABELS = re.compile(r"#0500([0-9a-f]{2})")
_DASHES = ("solid", (0, (1, 1)), (0, (5, 2)), (0, (1.5, 2.5)))  # as the lines under mentions in infer/assets/style.css

_BESIDE = 0.85  # the score from which a point's number stands on its left

Row = dict[str, Any]


def _draw(name: str, title: str, height: int, paint: Callable[[Axes], None]) -> str:
    """One picture; `name` makes its ids unique, `title` is what it is called where it cannot be seen."""
    settings = {
        "svg.fonttype": "none",  # text, not outlines
        "svg.hashsalt": name,  # the same picture has the same ids
        "text.parse_math": False,
        "font.size": _SIZE,
        "text.color": _INK,
        "axes.edgecolor": _SOFT,
        "axes.labelcolor": _SOFT,
        "xtick.color": _SOFT,
        "ytick.color": _SOFT,
        "grid.color": _RULE,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
    }
    with rc_context(settings):
        figure = Figure(figsize=(WIDTH / _DOTS, height / _DOTS), layout="constrained")
        FigureCanvasSVG(figure)
        figure.patch.set_alpha(0)
        axes = figure.add_subplot()
        axes.patch.set_alpha(0)
        axes.tick_params(length=0, pad=5)
        paint(axes)
        for axis in (axes.xaxis, axes.yaxis):
            if not isinstance(axis.get_major_locator(), FixedLocator):  # of rows with names
                axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata=dict.fromkeys(["Date", "Creator", "Format", "Type"]))
    return _for_page(out.getvalue(), name, title)


def _for_page(svg: str, name: str, title: str) -> str:
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>|<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = re.sub(r' (?:width|height)="[\d.]+pt"| version="[\d.]+"| xmlns(:xlink)?="[^"]*"', "", svg, count=5)
    svg = svg.replace("xlink:href", "href")
    svg = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", svg)
    svg = re.sub(r"font: ([\d.]+px)[^;\"]*", r"font-size: \1", svg)
    for drawn, variable in _VARIABLES.items():
        svg = svg.replace(drawn, f"var({variable})")
    svg = _LABELS.sub(lambda match: f"var(--c{int(match[1], 16)})", svg)
    return svg.replace("<svg", f'<svg role="img" aria-label="{escape(title)}"', 1).strip()


def _colour(name: str, colours: dict[str, int]) -> str:
    return _LABEL.format(colours[name]) if name in colours else _SOFT


def _down(value: float) -> float:
    """The next lower tenth, with some room, where an axis can begin."""
    return max(0.0, math.floor((value - 0.02) * 10) / 10)


# ------------------------------------------------------------------ pictures


def label_bars(name: str, title: str, entities: dict[str, Row], colours: dict[str, int]) -> str:
    """F1 of all mentions and of each label as bars from 0, with intervals."""
    rows = {"all": entities["micro"]} | {label: entities[label] for label in colours}

    def paint(axes: Axes) -> None:
        for place, (row, one) in enumerate(rows.items()):
            low, high = one["f1_interval"]
            axes.barh(place, one["f1"], height=0.6, color=_colour(row, colours), gid=f"bar-{place}")
            axes.plot([low, high], [place, place], color=_PAPER, linewidth=4.2, solid_capstyle="butt")
            axes.plot(
                [low, high], [place, place], color=_INK, linewidth=1.8, solid_capstyle="butt", gid=f"range-{place}"
            )
            axes.text(1.03, place, f"{one['f1']:.3f}", va="center")
        axes.set_yticks(range(len(rows)), list(rows))
        axes.tick_params(axis="y", labelcolor=_INK)
        _across(axes, 0)
        axes.invert_yaxis()

    return _draw(name, title, 60 + 34 * len(rows), paint)


def _across(axes: Axes, low: float) -> None:
    """An F1 axis from left to right, without a spine on its left."""
    axes.set_xlim(low, 1)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x", linewidth=0.8)


def dots(name: str, title: str, rows: Sequence[Row]) -> str:
    """F1 of groups, one below the other, with intervals where there are some. The axis does not begin at 0."""
    lowest = min((min(row.get("f1_interval", [row["f1"]])) for row in rows), default=0.0)

    def paint(axes: Axes) -> None:
        for place, row in enumerate(rows):
            if "f1_interval" in row:
                axes.plot(row["f1_interval"], [place, place], color=_SOFT, linewidth=2, solid_capstyle="butt")
            axes.plot(row["f1"], place, "o", color=_INK, markersize=7, gid=f"dot-{place}", clip_on=False)
            axes.annotate(f"{row['f1']:.3f}", (1.03, place), xycoords=("axes fraction", "data"), va="center")
        axes.set_yticks(range(len(rows)), [row["name"] for row in rows])
        axes.tick_params(axis="y", labelcolor=_INK)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        _across(axes, _down(lowest))

    return _draw(name, title, 56 + 30 * len(rows), paint)


def seen_dots(name: str, title: str, forms: dict[str, Sequence[Row]], colours: dict[str, int]) -> str:
    """F1 of mentions whose words were in training (full) and of others (hollow), for all and each label."""
    by_name = {row: {one["name"]: one["f1"] for one in rows} for row, rows in forms.items()}
    lowest = min((value for row in by_name.values() for value in row.values()), default=0.0)

    def paint(axes: Axes) -> None:
        for place, (row, values) in enumerate(by_name.items()):
            colour = _colour(row, colours) if row in colours else _INK
            axes.plot(list(values.values()), [place] * len(values), color=colour, linewidth=2, alpha=0.5)
            for group, fill in (("seen", colour), ("unseen", _PAPER)):
                if group in values:
                    style: dict[str, Any] = {
                        "color": colour,
                        "markerfacecolor": fill,
                        "markersize": 9,
                        "markeredgewidth": 2,
                    }
                    axes.plot(values[group], place, "o", clip_on=False, gid=f"{group}-{place}", **style)
        axes.set_yticks(range(len(by_name)), ["all" if row == "micro" else row for row in by_name])
        axes.tick_params(axis="y", labelcolor=_INK)
        axes.set_ylim(len(by_name) - 0.5, -0.5)
        _across(axes, _down(lowest))

    return _draw(name, title, 56 + 30 * len(by_name), paint)


def reliability(name: str, title: str, bins: Sequence[Row]) -> str:
    """Mean score of each bin against the share that is right, with its number of predictions."""

    def paint(axes: Axes) -> None:
        axes.plot([0, 1], [0, 1], color=_SOFT, linewidth=1.2, linestyle=(0, (4, 3)))
        shares = [one["right"] / one["count"] for one in bins]
        axes.plot([one["mean"] for one in bins], shares, color=_SOFT, linewidth=1.5)
        most = max((one["count"] for one in bins), default=1)
        for number, (one, share) in enumerate(zip(bins, shares, strict=True)):
            size = 5 + 9 * math.sqrt(one["count"] / most)
            axes.plot(one["mean"], share, "o", color=_INK, markersize=size, gid=f"bin-{number}", clip_on=False)
            left = one["mean"] > _BESIDE
            axes.annotate(
                f"{one['count']:,}",
                (one["mean"], share),
                xytext=(-size / 2 - 5 if left else size / 2 + 5, 0),
                textcoords="offset points",
                ha="right" if left else "left",
                va="center" if share > 0 else "bottom",
                color=_SOFT,
                fontsize=_SIZE - 1,
            )
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1)
        axes.set_aspect("equal")
        axes.grid(linewidth=0.8)
        axes.set_xlabel("score")
        axes.set_ylabel("share that is right")

    return _draw(name, title, 340, paint)


def curves(name: str, title: str, points: dict[str, Sequence[Row]], colours: dict[str, int]) -> str:
    """Precision over recall as the threshold rises, for all mentions and each label, named where each line begins."""
    lowest = min((row["precision"] for rows in points.values() for row in rows), default=0.0)

    def paint(axes: Axes) -> None:
        drawn = [(row, values) for row, values in points.items() if values]
        for row, values in drawn:
            recall, precision = ([one[key] for one in values] for key in ("recall", "precision"))
            known = row in colours
            colour = _colour(row, colours) if known else _INK
            style: dict[str, Any] = {"linestyle": _DASHES[colours[row] % len(_DASHES)] if known else "solid"}
            style |= {"label": row if known else "all", "linewidth": 2 if known else 2.6}
            axes.plot(recall, precision, color=colour, **style)
            axes.plot(recall[0], precision[0], "o", color=colour, markersize=6)
        axes.set_xlim(_down(min((v["recall"] for _, values in drawn for v in values), default=0.0)), 1)
        axes.set_ylim(_down(lowest), 1.0)
        axes.grid(linewidth=0.8)
        axes.set_xlabel("recall: found of what there is")
        axes.set_ylabel("precision: right of what is marked")
        axes.legend(loc="lower left", frameon=False, labelcolor=_INK, handlelength=2.6)

    return _draw(name, title, 340, paint)
