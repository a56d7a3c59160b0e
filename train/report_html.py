"""`report.html`: what `metrics.json` says, as one page to look at.

In: the figures. Out: HTML that needs nothing else, in the style of the article pages (infer/pages.py). Every figure in
it knows its place in `metrics.json` (report_parts.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from data.schema import LABELS
from infer.pages import ROLES, asset, foot, head
from train import report_comparison, report_mistakes, report_plots
from train.mistakes import KINDS
from train.report_parts import figure, label, lookup, prose, scores, span, table
from train.summary import sentences

SCRIPT = "report.js"
_COLOURS = len(LABELS)  # that many in style.css
_SCHEMES = {
    "strict": "span and label are right",
    "exact": "the span is right, whatever the label",
    "partial": "the span overlaps; half a point where its edges differ",
    "type": "the label is right and the span overlaps",
}


def colours_of(figures: dict[str, Any]) -> dict[str, int]:
    """Label → number of its colour: the four labels have theirs, others take them in turn."""
    labels = [name for name in figures["entities"] if name not in ("micro", "macro")]
    known = {name: LABELS.index(name) for name in labels if name in LABELS}
    others = [name for name in labels if name not in known]
    return {name: known.get(name, others.index(name) % _COLOURS if name in others else 0) for name in labels}


def page(figures: dict[str, Any]) -> str:
    """The whole report."""
    about, colours = figures["about"], colours_of(figures)
    sections = [
        (
            "compared",
            "Models compared",
            report_comparison.compared(figures, colours) if "comparison" in figures else "",
        ),
        ("labels", "Labels", _labels(figures, colours)),
        ("scores", "Scores", _scores(figures, colours)),
        ("where", "Where it is good and where not", _where(figures, colours)),
        ("mentions", "Mistakes in mentions", _mistakes(figures, colours)),
        ("in-records", "Records", _records(figures)),
        ("in-values", "Normalised values", _values(figures)),
        ("reading", "How to read this", asset("reading.html", "train")),
    ]
    there = [(name, title, body) for name, title, body in sections if body]
    script = asset(SCRIPT, "train")
    facts = [f"{figures['articles']:,} articles of {about['articles']}", about["date"], about["machine"]]
    facts.append(f"segmenter {about['segmenter']}, windows of {about['max_length']} subwords")
    return (
        head(f"Evaluation of {about['model']} · giaoban", script, asset("report.css", "train"))
        + '<body class="report">\n<a class="skip" href="#mentions">Skip to the mistakes</a>\n<header>\n'
        + f'<p class="over">Evaluation</p>\n<h1>{escape(about["model"])}</h1>\n'
        + f'<p class="facts">{" · ".join(f"<span>{escape(fact)}</span>" for fact in facts)}</p>\n'
        + '<nav aria-label="Sections">'
        + "".join(f'<a href="#{name}">{escape(title)}</a>' for name, title, _ in there)
        + f"</nav>\n</header>\n<main>\n{_short(figures)}"
        + "".join(f'<section id="{name}">\n<h2>{escape(title)}</h2>\n{body}</section>\n' for name, title, body in there)
        + "</main>\n"
        + foot(script)
    )


# ------------------------------------------------------------------ at the top


def _short(figures: dict[str, Any]) -> str:
    """The summary in words beside the headline figures."""
    interval = '<span class="interval">95% interval {}</span>'.format
    tiles = [
        ("All mentions, F1", ("entities", "micro", "f1"), interval(span(figures, "entities", "micro", "f1_interval"))),
        ("Precision", ("entities", "micro", "precision"), "of what it marks"),
        ("Recall", ("entities", "micro", "recall"), "of what there is"),
    ]
    if "given_gold_mentions" in figures:
        tiles.append(
            ("Links of records, F1", ("links", "strict", "f1"), span(figures, "links", "strict", "f1_interval"))
        )
    if "sure" in figures["summary"]:
        tiles.append(("Calibration error", ("calibration", "mentions", "ece"), "of scores"))
    shown = "".join(
        f"<div><dt>{name}</dt><dd>{figure(figures, *place)} <span>{note}</span></dd></div>\n"
        for name, place, note in tiles
    )
    first, *rest = [prose(one, figures) for one in sentences(figures)]
    said = "".join(f"<li>{one}</li>\n" for one in rest)
    return (
        f'<section id="short" aria-label="In short">\n<div class="said"><p>{first}</p>\n<ul>\n{said}</ul></div>\n'
        f'<dl class="tiles">{shown}</dl>\n</section>\n'
    )


def _plot(svg: str, caption: str, numbers: str = "") -> str:
    """A picture with its caption, and its figures as a table to unfold."""
    more = f"<details><summary>Figures</summary>{numbers}</details>" if numbers else ""
    return f'<figure class="plot">{svg}<figcaption>{caption}</figcaption>{more}</figure>\n'


def _grid(parts: Iterable[str]) -> str:
    return f'<div class="grid">\n{"".join(parts)}</div>\n'


# ------------------------------------------------------------------ sections


def _labels(figures: dict[str, Any], colours: dict[str, int]) -> str:
    rows = []
    for name, title in [
        ("micro", "all"),
        ("macro", "mean of labels"),
        *((one, label(one, colours)) for one in colours),
    ]:
        place = ("entities", name)
        counts = [
            figure(figures, *place, key, style="count") if name != "macro" else "" for key in ("gold", "predicted")
        ]
        rows.append([title, *scores(figures, *place), span(figures, *place, "f1_interval"), *counts])
    rows.append(
        ["all, overlaps count", *scores(figures, "entities_overlap"), "", *_counts(figures, "entities_overlap")]
    )
    bars = report_plots.label_bars("labels", "F1 of each label", figures["entities"], colours)
    wrong = [_kinds_row(figures, name, colours) for name in colours]
    return (
        _grid(
            [
                _plot(bars, "F1 by label; the line on a bar's end is the 95% interval."),
                '<div class="beside">'
                + table(["label", *KINDS, "all"], wrong, "What goes wrong, in mentions", "heat links")
                + _confusion(figures, colours)
                + "</div>",
            ]
        )
        + table(
            ["", "precision", "recall", "F1", "95% interval", "gold", "predicted"], rows, "Strict scores", "numbers"
        )
        + _partial(figures, colours)
    )


def _counts(figures: Any, *place: str | int) -> list[str]:
    return [figure(figures, *place, key, style="count") for key in ("gold", "predicted")]


def _kinds_row(figures: dict[str, Any], name: str, colours: dict[str, int]) -> list[str]:
    """Mistakes of a label by kind; a number leads to those mistakes."""
    place = ("mistakes", "kinds")
    most = max(row[kind] for row in lookup(figures, place).values() for kind in KINDS)
    cells = []
    for kind in KINDS:
        count = lookup(figures, (*place, name, kind))
        shown = figure(figures, *place, name, kind, style="count")
        link = f'<a href="#mentions" data-kind="{kind}" data-label="{escape(name)}">{shown}</a>' if count else shown
        cells.append(_heat(link, count / most if most else 0, "wrong"))
    total = figure(figures, *place, name, "all", style="count")
    total = f'<a href="#mentions" data-kind="" data-label="{escape(name)}">{total}</a>'
    return [label(name, colours), *cells, total]


def _heat(cell: str, share: float, kind: str) -> str:
    """A cell tinted by a share of 1; small ones are seen, too."""
    tint = f' class="{kind}" style="--heat:{share**0.5:.2f}"' if share else ""
    return f"<td{tint}>{cell}</td>"


def _confusion(figures: dict[str, Any], colours: dict[str, int]) -> str:
    table_ = figures["confusion"]
    rows = []
    for gold, row in table_.items():
        total = sum(row.values()) or 1
        cells = [
            _heat(
                figure(figures, "confusion", gold, own, style="count"),
                count / total,
                "right" if own == gold else "wrong",
            )
            if (gold, own) != ("none", "none")
            else '<td aria-label="not counted"></td>'
            for own, count in row.items()
        ]
        rows.append([label(gold, colours) if gold != "none" else "nothing", *cells])
    header = ["annotators ↓ model →", *(escape(own) if own != "none" else "nothing" for own in table_)]
    return table(header, rows, "Which label is taken for which, by greatest overlap", "heat")


def _partial(figures: dict[str, Any], colours: dict[str, int]) -> str:
    found = figures["nervaluate"]
    rows = []
    for scheme, words in _SCHEMES.items():
        f1 = [
            figure(figures, "nervaluate", scheme, name, "f1") if name in found[scheme] else ""
            for name in ["micro", *colours]
        ]
        rows.append([f'{scheme} <span class="note">{words}</span>', *f1])
    return table(
        ["F1 when …", "all", *(label(name, colours) for name in colours)],
        rows,
        "Partial matches (nervaluate)",
        "numbers words",
    )


def _scores(figures: dict[str, Any], colours: dict[str, int]) -> str:
    parts: list[str] = []
    for name, one in figures["calibration"].items():
        if not one["bins"]:
            continue
        place = ("calibration", name)
        rows = [
            [
                " – ".join(figure(figures, *place, "bins", number, edge, style="short") for edge in ("low", "high")),
                figure(figures, *place, "bins", number, "mean"),
                figure(figures, *place, "bins", number, "right", style="count"),
                figure(figures, *place, "bins", number, "count", style="count"),
            ]
            for number in range(len(one["bins"]))
        ]
        svg = report_plots.reliability(f"reliability-{len(parts)}", f"Reliability of the scores of {name}", one["bins"])
        caption = (
            f"Scores of {escape(name)}: on the dashed line a score of 80% would be right 8 times in 10. "
            f"Expected calibration error {figure(figures, *place, 'ece')}. Numbers count predictions."
        )
        parts.append(_plot(svg, caption, table(["score", "mean", "right", "of"], rows, kind="numbers")))
    curves = figures["precision_recall"]
    if not curves["micro"]:
        return _grid(parts) if parts else ""
    rows = [
        [
            figure(figures, "precision_recall", "micro", number, "threshold"),
            *scores(figures, "precision_recall", "micro", number),
            figure(figures, "precision_recall", "micro", number, "predicted", style="count"),
        ]
        for number in range(len(curves["micro"]))
    ]
    svg = report_plots.curves("curves", "Precision over recall", curves, colours)
    caption = "What is gained and lost by keeping only mentions that score at least a threshold; each dot keeps all."
    numbers = table(["threshold", "precision", "recall", "F1", "kept"], rows, "All labels", "numbers")
    return _grid([*parts, _plot(svg, caption, numbers)])


def _slice_rows(figures: dict[str, Any], *place: str | int) -> list[list[str]]:
    return [
        [
            escape(row["name"]),
            figure(figures, *place, number, "articles", style="count"),
            *_counts(figures, *place, number),
            *scores(figures, *place, number),
            span(figures, *place, number, "f1_interval"),
        ]
        for number, row in enumerate(lookup(figures, place))
    ]


_SLICE_HEADER = ["", "articles", "gold", "predicted", "precision", "recall", "F1", "95% interval"]


def _where(figures: dict[str, Any], colours: dict[str, int]) -> str:
    slices = figures["slices"]
    captions = {
        "mention_length": ("F1 by length of mention", "By length of the mention, in syllables."),
        "article_length": ("F1 by length of article", "By length of the article, in syllables."),
        "level": ("F1 by level", "By level of government."),
    }
    parts = []
    for name, (title, caption) in captions.items():
        if slices[name]:
            svg = report_plots.dots(name.replace("_", "-"), title, slices[name])
            parts.append(
                _plot(svg, caption, table(_SLICE_HEADER, _slice_rows(figures, "slices", name), kind="numbers"))
            )
    if "surface_forms" in slices:
        parts.append(_seen(figures, colours))
    topics = ""
    if slices["topic"]:
        rows = [
            [escape(row["name"]), *_topic(figures, ("slices", "topic", number), row)]
            for number, row in enumerate(slices["topic"])
        ]
        topics = table(["topic", "articles", "gold", "F1", ""], rows, "By topic, the lowest F1 first", "numbers topics")
    return _grid(parts) + topics


def _topic(figures: dict[str, Any], place: Sequence[str | int], row: dict[str, Any]) -> list[str]:
    bar = f'<td class="share"><span style="--share:{row["f1"]:.3f}"></span></td>'
    counts = [figure(figures, *place, key, style="count") for key in ("articles", "gold")]
    return [*counts, figure(figures, *place, "f1"), bar]


def _seen(figures: dict[str, Any], colours: dict[str, int]) -> str:
    forms, about = figures["slices"]["surface_forms"], figures["about"]["trained"]
    rows = []
    for name, groups in forms.items():
        for number, row in enumerate(groups):
            place = ("slices", "surface_forms", name, number)
            title = "all" if name == "micro" else label(name, colours)
            rows.append([title, row["name"], figure(figures, *place, "gold", style="count"), *scores(figures, *place)])
    svg = report_plots.seen_dots("seen", "F1 of wordings seen in training and of others", forms, colours)
    known = "" if about["all"] else " The model learned from others, too, which are not counted here."
    caption = (
        "Full: the same words with the same label stand in the "
        f"{figure(figures, 'about', 'trained', 'articles', style='count')} articles of {escape(about['from'])}. "
        f"Hollow: they do not.{known}"
    )
    return _plot(svg, caption, table(["", "", "gold", "precision", "recall", "F1"], rows, kind="numbers"))


def _mistakes(figures: dict[str, Any], colours: dict[str, int]) -> str:
    kinds = "".join(f"<div><dt>{kind}</dt><dd>{words}</dd></div>" for kind, words in report_mistakes.KIND_WORDS.items())
    reading = (
        '<p>In each sentence <mark class="gold c0">underlined</mark> is what the annotators marked, '
        '<mark class="model c0">tinted</mark> what the model did.</p>\n'
    )
    return f'<div class="mistakes">{reading}</div>\n<dl class="kinds">{kinds}</dl>\n' + report_mistakes.spans(
        figures, ("mistakes", "spans"), "spans", colours
    )


def _records(figures: dict[str, Any]) -> str:
    if "given_gold_mentions" not in figures:
        return ""
    rows = []
    for name in figures["links"]:
        title = {"strict": "all links", "overlap": "all, overlaps count"}.get(name) or ROLES.get(
            name, ROLES["assignees"]
        )
        place = ("links", name)
        given = figure(figures, "given_gold_mentions", "links", name, "f1")
        rows.append(
            [title, *scores(figures, *place), span(figures, *place, "f1_interval"), *_counts(figures, *place), given]
        )
    header = ["", "precision", "recall", "F1", "95% interval", "gold", "predicted", "F1 given the annotators' mentions"]
    note = "<p>A link is one thing that a record says of one whom it tells: who tells, with whom, what, by when.</p>\n"
    return (
        note
        + table(header, rows, kind="numbers")
        + "<h3>Mistakes in links</h3>\n"
        + report_mistakes.links(figures["mistakes"]["links"], "links")
    )


def _values(figures: dict[str, Any]) -> str:
    if not figures["normalized"]:
        return ""
    given = figures.get("given_gold_mentions", {}).get("normalized", {})
    rows = []
    for name in figures["normalized"]:
        cells = [figure(figures, "normalized", name, key, style="count") for key in ("right", "gold")]
        cells.append(figure(figures, "normalized", name, "share", style="percent"))
        if name in given:
            place = ("given_gold_mentions", "normalized", name)
            cells.append(figure(figures, *place, "share", style="percent"))
            cells += [figure(figures, *place, key, style="count") for key in ("given_right", "given")]
        rows.append([escape(name), *cells])
    header = ["", "right", "of", "share", "share given the annotators' mentions", "right", "of those given a value"]
    mistakes = report_mistakes.values(figures["mistakes"]["values"], "values-list")
    return table(header, rows, kind="numbers") + "<h3>Mistakes in values</h3>\n" + mistakes
