"""What the pictures of a model's story have in common: colours, marks, and PNG bytes.

In: nothing but matplotlib. Out: figures that need no display, in colours that the colour-blind can tell apart (Okabe
and Ito, https://jfly.uni-koeln.de/color/), each with a mark of its own.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any

INK, BLUE, GREY = "#000000", "#0072b2", "#999999"
_COLOURS = ("#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
_MARKS = "os^Dv*"
_DPI = 100


def new_figure(width: float, height: float, rows: int, columns: int, **more: Any) -> tuple[Any, Any]:
    """A figure of so many inches, and its axes, numpy [rows, columns]."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, columns, squeeze=False, **more)
    for one in axes.flat:
        one.grid(alpha=0.3)
        one.tick_params(labelsize=8)
    # set by hand: matplotlib's own layout takes half of the time of drawing
    figure.subplots_adjust(
        left=0.6 / width, right=1 - 0.15 / width, bottom=0.55 / height, top=1 - 0.35 / height, wspace=0.16, hspace=0.22
    )
    return figure, axes


def styles(labels: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each label with what its line is drawn in."""
    for number, label in enumerate(labels):
        yield (
            label,
            {
                "color": _COLOURS[number % len(_COLOURS)],
                "marker": _MARKS[number % len(_MARKS)],
                "markersize": 4,
                "linewidth": 1,
                "label": plain(label),
            },
        )


def plain(label: str) -> str:
    """A label as matplotlib shows it as it stands: no formula between `$`, not hidden for a leading `_`."""
    shown = label.replace("$", r"\$")
    return f" {shown}" if shown.startswith("_") else shown


def png(figure: Any) -> bytes:
    """The figure's picture."""
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=_DPI)
    return out.getvalue()
