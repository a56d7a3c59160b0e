"""The figures of `python -m train.curve`, for people: what they come to, Markdown, a picture.

In: what each run scored. Out: extrapolations (see power_law.py), mean and spread of folds; the text of `curve.md` and
the bytes of `curve.png`.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from train.markdown import escape, table
from train.plots import BLUE, GREY, INK, new_figure, plain, png, styles
from train.power_law import PowerLaw, fit, interval

AHEAD = (2, 4)  # times the articles there are; further than that a law through a few points says nothing
_KEYS = ("precision", "recall", "f1")
_PER_DEVIATION = 2 * 1.96  # standard deviations that a 95% interval is wide
_CITATION = (
    'Hestness et al. 2017, "Deep Learning Scaling Is Predictable, Empirically", <https://arxiv.org/abs/1712.00409>'
)


def extrapolated(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Split → `law` and `ahead`, F1 with its interval at twice and four times the articles; empty for too few runs."""
    sizes = [run["articles"] for run in runs]
    found = {}
    for split in runs[0]["scores"] if runs else ():
        scores = [run["scores"][split]["micro"] for run in runs]
        f1 = [score["f1"] for score in scores]
        law = fit(sizes, f1)
        if law is None:
            continue
        spreads = [(score["f1_interval"][1] - score["f1_interval"][0]) / _PER_DEVIATION for score in scores]
        ahead = [times * max(sizes) for times in AHEAD]
        edges = interval(sizes, f1, spreads, ahead)
        found[split] = {
            "law": {name: getattr(law, name) for name in PowerLaw.__slots__},
            "ahead": [
                {"articles": n, "f1": float(law.f1(n)), "f1_interval": list(pair)}
                for n, pair in zip(ahead, edges, strict=True)
            ],
        }
    return found


def cross_validated(runs: Sequence[Mapping[str, Any]], labels: Sequence[str]) -> dict[str, Any]:
    """`runs` as they are, and for all mentions and each label `mean` and `deviation` (n - 1) of each score."""
    scores = [run["scores"]["held out"] for run in runs]
    names = ["micro", *labels]
    return {
        "runs": list(runs),
        "mean": {name: {key: statistics.fmean(one[name][key] for one in scores) for key in _KEYS} for name in names},
        "deviation": {
            name: {key: statistics.stdev(one[name][key] for one in scores) for key in _KEYS} for name in names
        },
    }


# ------------------------------------------------------------------ text


def lines(figures: Mapping[str, Any]) -> list[str]:
    """What the command prints."""
    out = []
    for run in figures["fractions"]:
        for split, scores in run["scores"].items():
            out.append(f"{run['articles']:>6,} articles  {split} F1 {_with_interval(scores['micro'])}")
    for split, found in figures["extrapolated"].items():
        for row in found["ahead"]:
            out.append(f"{row['articles']:>6,} articles  {split} F1 {_with_interval(row)}, extrapolated")
    if "folds" in figures:
        folds = figures["folds"]
        for run in folds["runs"]:
            out.append(f"{run['name']}  F1 {_with_interval(run['scores']['held out']['micro'])}")
        mean, deviation = (folds[key]["micro"]["f1"] for key in ("mean", "deviation"))
        out.append(f"{len(folds['runs'])} folds  F1 {mean:.3f}, standard deviation {deviation:.3f}")
    return out


def _with_interval(score: Mapping[str, Any]) -> str:
    return f"{score['f1']:.3f} ({' – '.join(f'{edge:.3f}' for edge in score['f1_interval'])})"


def markdown(figures: Mapping[str, Any]) -> str:
    """The text of `curve.md`."""
    about = figures["about"]
    said = f"{about['date']}, {escape(about['machine'])}; seed {about['seed']}."
    how = "Strict F1 (start, end and label), with 95% bootstrap intervals over articles."
    parts = [f"# What articles bring to {escape(about['config'])}", f"{said} {how}"]
    if figures["fractions"]:
        parts.append("## Learning curve\n\nEach number of articles includes those of the numbers before it.")
        parts += [_split(split, figures) for split in figures["fractions"][0]["scores"]]
        parts.append("![F1 by the number of training articles](curve.png)")
    if "folds" in figures:
        parts.append(_folds(figures["folds"], about["labels"]))
    return "\n\n".join(parts) + "\n"


def _split(split: str, figures: Mapping[str, Any]) -> str:
    labels, runs = figures["about"]["labels"], figures["fractions"]
    rows = [
        [
            f"{run['articles']:,}",
            f"{run['mentions']:,}",
            _with_interval(run["scores"][split]["micro"]),
            *(f"{run['scores'][split][label]['f1']:.3f}" for label in labels),
        ]
        for run in runs
    ]
    said = f"### {split} ({runs[0]['scores'][split]['articles']} articles)\n\n"
    said += table(["articles", "mentions", "F1", *labels], rows)
    return f"{said}\n\n{_ahead(figures['extrapolated'].get(split), runs[-1]['scores'][split]['micro']['f1'])}"


def _ahead(found: Mapping[str, Any] | None, last: float) -> str:
    if found is None:
        return "Three numbers of articles or more are needed to say what further ones would bring."
    law = found["law"]
    rows = [[f"{row['articles']:,}", _with_interval(row), f"{row['f1'] - last:+.3f}"] for row in found["ahead"]]
    formula = f"1 - F1 = {law['a']:.3g} · n^-{law['b']:.3g} + {law['c']:.4f}"
    return (
        "**Extrapolated**, not measured, and only as good as the articles to come are like these:\n\n"
        + table(["articles", "F1", "gain"], rows)
        + f"\n\n{formula} for n articles, fitted to the logarithms of 1 - F1; it misses the F1 above by "
        f"{law['residual']:.4f} (root mean square). The form is that of {_CITATION}. Intervals: fits to F1 drawn from "
        "within their own intervals."
    )


def _folds(folds: Mapping[str, Any], labels: Sequence[str]) -> str:
    names = ["micro", *labels]
    rows = [
        [run["name"], f"{run['articles']:,}", *(f"{run['scores']['held out'][name]['f1']:.3f}" for name in names)]
        for run in folds["runs"]
    ]
    for key in ("mean", "deviation"):
        rows.append([key, "", *(f"{folds[key][name]['f1']:.3f}" for name in names)])
    return (
        "## Cross-validation\n\nF1 on the part of the training articles that a fold left out; the epoch was chosen on "
        "dev, which no fold learns from or is scored on. Deviation: the standard deviation over the folds.\n\n"
        + table(["fold", "articles", "all mentions", *labels], rows)
    )


# ------------------------------------------------------------------ picture


def picture(figures: Mapping[str, Any]) -> bytes:
    """The bytes of `curve.png`: F1 by articles, measured and extrapolated, and F1 by fold; whichever there are."""
    labels = figures["about"]["labels"]
    panels = [split for run in figures["fractions"][:1] for split in run["scores"]]
    columns = len(panels) + ("folds" in figures)
    figure, axes = new_figure(4.6 * columns + 0.6, 4.4, 1, columns)
    for one, split in zip(axes[0], panels, strict=False):
        _draw_split(one, split, figures, labels)
    if "folds" in figures:
        _draw_folds(axes[0][-1], figures["folds"], labels)
    return png(figure)


def _draw_split(axes: Any, split: str, figures: Mapping[str, Any], labels: Sequence[str]) -> None:
    runs = figures["fractions"]
    sizes = [run["articles"] for run in runs]
    scores = [run["scores"][split] for run in runs]
    for label, style in styles(labels):
        axes.plot(sizes, [score[label]["f1"] for score in scores], **style)
    f1 = np.array([score["micro"]["f1"] for score in scores])
    edges = np.array([score["micro"]["f1_interval"] for score in scores])
    # the interval of a resampled figure need not hold the figure itself
    missing = np.maximum([f1 - edges[:, 0], edges[:, 1] - f1], 0)
    axes.errorbar(sizes, f1, yerr=missing, fmt="o", color=INK, capsize=3, label="all mentions", zorder=3)
    ticks = list(sizes)
    if found := figures["extrapolated"].get(split):
        law, ahead = PowerLaw(**found["law"]), found["ahead"]
        n = np.geomspace(min(sizes), ahead[-1]["articles"], 200)
        within = n <= max(sizes)
        axes.plot(n[within], law.f1(n[within]), color=INK, linewidth=1.5)
        axes.plot(n[~within], law.f1(n[~within]), color=INK, linewidth=1.5, linestyle="--", label="extrapolated")
        axes.fill_between(
            [max(sizes), *(row["articles"] for row in ahead)],
            [f1[-1], *(row["f1_interval"][0] for row in ahead)],
            [f1[-1], *(row["f1_interval"][1] for row in ahead)],
            color=GREY,
            alpha=0.25,
            linewidth=0,
        )
        ticks += [row["articles"] for row in ahead]
    axes.set_xscale("log")
    axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    axes.minorticks_off()
    axes.set_xlabel("training articles", fontsize=9)
    axes.set_title(f"F1 on {split} (strict)", fontsize=10)
    axes.legend(fontsize=7, loc="lower right")


def _draw_folds(axes: Any, folds: Mapping[str, Any], labels: Sequence[str]) -> None:
    names = ["micro", *labels]
    for place, name in enumerate(names):
        values = [run["scores"]["held out"][name]["f1"] for run in folds["runs"]]
        axes.plot([place] * len(values), values, "o", color=BLUE, alpha=0.6, markersize=5)
        axes.errorbar(
            place + 0.2, folds["mean"][name]["f1"], yerr=folds["deviation"][name]["f1"], fmt="D", color=INK, capsize=3
        )
    axes.set_xticks(range(len(names)), ["all", *map(plain, labels)])
    axes.set_title(f"F1 of {len(folds['runs'])} folds, mean and deviation", fontsize=10)
