"""`report.md`: what `metrics.json` says, in short, for a terminal or a pull request.

In: the figures. Out: Markdown; texts of articles and names of files are escaped.
"""

from __future__ import annotations

from typing import Any

from train.markdown import escape, table
from train.mistakes import KINDS
from train.report_parts import STYLES, plain
from train.summary import sentences

SHOWN_ERRORS = 30
_SCORES = ("precision", "recall", "f1")


def markdown(figures: dict[str, Any]) -> str:
    """The whole report."""
    about = figures["about"]
    about_data = (
        f"{figures['articles']} articles of {escape(about['articles'])}; {about['date']}, {escape(about['machine'])}."
    )
    parts = [
        f"# Evaluation of {escape(about['model'])}",
        f"{about_data} Segmenter `{about['segmenter']}`, windows of {about['max_length']} subwords.",
        "\n".join(f"- {escape(plain(one, figures))}" for one in sentences(figures)),
        *(_compared(figures) if "comparison" in figures else []),
        "## Mentions\nStrict: start, end and label are right. Intervals: 95%, 1,000 bootstrap samples over articles.",
        _entity_table(figures),
        "## Mistakes by kind",
        table(
            ["", *KINDS, "all"],
            [
                [name, *(f"{row[kind]:,}" for kind in (*KINDS, "all"))]
                for name, row in figures["mistakes"]["kinds"].items()
            ],
        ),
        "## Confusion of labels\nRows: gold, columns: predicted, by greatest overlap.",
        table(
            ["gold", *figures["confusion"]],
            [[name, *map(str, row.values())] for name, row in figures["confusion"].items()],
        ),
        "## Partial matches\nF1 as nervaluate counts it.",
        _partial_table(figures["nervaluate"]),
        "## Calibration",
        table(
            ["scores of", "expected calibration error", "predictions"],
            [
                [name, f"{one['ece']:.3f}", f"{sum(row['count'] for row in one['bins']):,}"]
                for name, one in figures["calibration"].items()
                if one["bins"]
            ],
        ),
        "## Where it is good and where not",
        _slice_table(figures["slices"]),
    ]
    if "given_gold_mentions" in figures:
        parts += ["## Directive links", _link_table(figures)]
    if figures["normalized"]:
        parts += ["## Normalised values", _normalized_table(figures)]
    rows = [
        [str(e["count"]), e["kind"], e["label"], e["text"], e["predicted_label"], e["predicted_text"], e["article"]]
        for e in figures["errors"][:SHOWN_ERRORS]
    ]
    shown = f"The {len(rows)} most frequent of {len(figures['errors'])} kinds."
    parts += [
        f"## Errors\n{shown}",
        table(["count", "kind", "gold", "text", "predicted", "text", "in"], rows),
    ]
    return "\n\n".join(parts) + "\n"


def _compared(figures: dict[str, Any]) -> list[str]:
    models = figures["comparison"]["models"]
    rows = [
        [
            model["name"],
            f"{model['entities']['micro']['f1']:.3f}",
            _interval(model["entities"]["micro"]),
            f"{model['links']['strict']['f1']:.3f}",
        ]
        for model in models
    ]
    parts = ["## Models compared", table(["", "F1", "interval", "links"], rows)]
    for other in figures["comparison"]["others"]:
        differences = [
            [
                name,
                f"{one['difference']:+.3f}",
                " – ".join(f"{edge:+.3f}" for edge in one["interval"]),
                STYLES["chance"](one["p"]),
            ]
            for name, one in other["differences"].items()
        ]
        title = (
            f"F1 of {escape(models[0]['name'])} less that of {escape(other['name'])}, paired bootstrap over articles."
        )
        alone = f"{len(other['only_first'])} mistakes are the second's alone, {len(other['only_other'])} the first's."
        parts += [
            f"{title} {alone}",
            table(["", "difference", "interval", "p"], differences),
        ]
    return parts


def _interval(score: dict[str, Any]) -> str:
    return " – ".join(f"{edge:.3f}" for edge in score["f1_interval"]) if "f1_interval" in score else ""


def _entity_table(figures: dict[str, Any]) -> str:
    rows = []
    for name, score in [*figures["entities"].items(), ("overlap", figures["entities_overlap"])]:
        values = [f"{score[key]:.3f}" for key in _SCORES]
        rows.append([name, *values, _interval(score), str(score.get("gold", "")), str(score.get("predicted", ""))])
    return table(["", "P", "R", "F1", "interval", "gold", "predicted"], rows)


def _partial_table(found: dict[str, Any]) -> str:
    names = list(found["strict"])
    rows = [[scheme, *(f"{row[name]['f1']:.3f}" for name in names)] for scheme, row in found.items()]
    return table(["", *names], rows)


def _slice_table(slices: dict[str, Any]) -> str:
    groups = [(name.replace("_", " "), rows) for name, rows in slices.items() if name != "surface_forms"]
    groups += [(f"wording, {name}", rows) for name, rows in slices.get("surface_forms", {}).items()]
    rows = [
        [group, row["name"], f"{row['articles']:,}", f"{row['gold']:,}", f"{row['f1']:.3f}", _interval(row)]
        for group, members in groups
        for row in members
    ]
    return table(["", "", "articles", "gold", "F1", "interval"], rows)


def _link_table(figures: dict[str, Any]) -> str:
    rows = []
    given = figures["given_gold_mentions"]["links"]
    for name, score in figures["links"].items():
        values = [f"{score[key]:.3f}" for key in _SCORES]
        rows.append([name, *values, str(score["gold"]), f"{given[name]['f1']:.3f}"])
    return table(["", "P", "R", "F1", "gold", "F1 given gold mentions"], rows)


def _normalized_table(figures: dict[str, Any]) -> str:
    given = figures.get("given_gold_mentions", {}).get("normalized", {})
    rows = []
    for name, score in figures["normalized"].items():
        row = [name, f"{score['right']}/{score['gold']}", f"{score['share']:.3f}"]
        if name in given:
            row += [f"{given[name]['share']:.3f}", f"{given[name]['given_right']}/{given[name]['given']}"]
        rows.append(row)
    return table(["", "right", "share", "share given gold mentions", "right of those given a value"], rows)
