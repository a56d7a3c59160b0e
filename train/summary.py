"""What the figures say, in plain words: the first thing that a reader of a report sees.

In: all figures of `metrics.json`. Out: the few that only the summary needs (key `summary`), and sentences. A sentence
is a list of parts: words, figures (by their place in `metrics.json`, so that no number is written twice), and quotes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from train.mistakes import KINDS, edges, label_of

TOP_BIN = 0.9  # from which score on a mention is spoken of as sure
_BEST_CONTEXT = 110  # characters: short enough to read at once, long enough to understand


class Figure(NamedTuple):
    """A value of `metrics.json` by its place there, and how it is shown (report_parts.STYLES)."""

    place: tuple[str | int, ...]
    style: str = "score"


class Quote(NamedTuple):
    """Words of an article."""

    text: str


class Strong(NamedTuple):
    """Words that the eye should find first."""

    text: str


Part = str | Figure | Quote | Strong
Sentences = list[list[Part]]

_WHAT = {
    "missed": "are missed: the model marks nothing there",
    "spurious": "are spurious: the model marks what the annotators did not",
    "boundary": "are boundaries: the model finds the mention, but not its exact edges",
    "label": "are labels: the span is right, but it is called something else",
}
_EDGE = {
    "starts early": "because it starts too early",
    "starts late": "because it starts too late",
    "ends early": "because it ends too early",
    "ends late": "because it ends too late",
}


def summarize(figures: dict[str, Any]) -> dict[str, Any]:
    """The weakest label and what goes wrong with it; shares are of 1.

    Empty where nothing is wrong. `example` is the number of a mistake in `mistakes.spans`, or null.
    """
    kinds = figures["mistakes"]["kinds"]
    scores = {name: figures["entities"][name] for name in kinds if figures["entities"][name]["gold"]}
    total = sum(row["all"] for row in kinds.values())
    if not total or not scores:
        return {}
    weakest = min(scores, key=lambda name: scores[name]["f1"])
    row = kinds[weakest]
    found: dict[str, Any] = {
        "weakest": weakest,
        "others_from": min((score["f1"] for name, score in scores.items() if name != weakest), default=None),
        "mistakes": total,
        "share_of_mistakes": row["all"] / total,
    }
    if row["all"]:
        kind = max(KINDS, key=lambda name: row[name])
        sides = figures["mistakes"]["edges"][weakest]
        edge = max(sides, key=lambda name: sides[name]) if kind == "boundary" else None
        found |= {"kind": kind, "kind_share": row[kind] / row["all"], "edge": edge}
        found["example"] = _example(figures["mistakes"]["spans"], weakest, kind, edge)
    if "given_gold_mentions" in figures:
        given = figures["given_gold_mentions"]["links"]["strict"]["f1"]
        found["links_lost_to_mentions"] = given - figures["links"]["strict"]["f1"]
    sure = [one for one in figures["calibration"]["mentions"]["bins"] if one["low"] >= TOP_BIN]
    if sure:
        found |= {"sure": sum(one["count"] for one in sure)}
        found["sure_right"] = sum(one["right"] for one in sure) / found["sure"]
    return found


def _example(mistakes: Sequence[dict[str, Any]], label: str, kind: str, edge: str | None) -> int | None:
    """The mistake of a kind whose sentence is the easiest to read."""
    fitting = [
        number
        for number, mistake in enumerate(mistakes)
        if label_of(mistake) == label
        and mistake["kind"] == kind
        and (edge is None or edges(mistake["gold"], mistake["predicted"]) == [edge])
    ]
    return min(fitting, key=lambda n: abs(len(mistakes[n]["context"]["text"]) - _BEST_CONTEXT), default=None)


def sentences(figures: dict[str, Any]) -> Sentences:
    """The summary, the most important first."""
    return [
        list(one)
        for one in (_overall(figures), *_weakest(figures), *_seen(figures), *_records(figures), *_scores(figures))
    ]


def _overall(figures: dict[str, Any]) -> Iterator[Part]:
    micro = ("entities", "micro")
    yield "Of the "
    yield Figure((*micro, "gold"), "count")
    yield " mentions that annotators marked in "
    yield Figure(("articles",), "count")
    yield f" {'article' if figures['articles'] == 1 else 'articles'}, the model finds "
    yield Figure((*micro, "recall"), "percent")
    yield " exactly: start, end and label. Of what it marks itself, "
    yield Figure((*micro, "precision"), "percent")
    yield " is right."


def _weakest(figures: dict[str, Any]) -> Iterator[list[Part]]:
    found = figures["summary"]
    if not found:
        yield ["It makes no mistake in mentions."]
        return
    name = found["weakest"]
    first: list[Part] = [Strong(f"{name} fails most:"), " F1 ", Figure(("entities", name, "f1")), " of 1"]
    if found["others_from"] is not None:
        first += [", where every other label reaches ", Figure(("summary", "others_from")), " or more. It makes "]
        first += [Figure(("summary", "share_of_mistakes"), "percent"), " of all "]
        first += [Figure(("summary", "mistakes"), "count"), " mistakes"]
    yield [*first, "."]
    if "kind" not in found:
        return
    why: list[Part] = [Strong("Why: "), Figure(("summary", "kind_share"), "percent"), " of its "]
    why += [Figure(("mistakes", "kinds", name, "all"), "count"), f" mistakes {_WHAT[found['kind']]}"]
    if found["edge"]:
        edge = found["edge"]
        why += [f", most often {_EDGE[edge]} (", Figure(("mistakes", "edges", name, edge), "count"), " times)"]
    yield [*why, "."]
    if found["example"] is not None:
        mistake = figures["mistakes"]["spans"][found["example"]]
        sides = [("the annotators marked ", mistake["gold"]), ("the model ", mistake["predicted"])]
        said = [[words, Quote(side["text"]) if side else "nothing"] for words, side in sides]
        yield ["For example, ", *said[0], "; ", *said[1], "."]


def _seen(figures: dict[str, Any]) -> Iterator[list[Part]]:
    rows = {
        row["name"]: (number, row)
        for number, row in enumerate(figures["slices"].get("surface_forms", {}).get("micro", []))
    }
    if len(rows) == 2:
        place = ("slices", "surface_forms", "micro")
        harder = rows["unseen"][1]["f1"] < rows["seen"][1]["f1"]
        yield [
            f"New wordings are {'harder' if harder else 'no harder'}: ",
            "mentions whose words stand in the training articles reach F1 ",
            Figure((*place, rows["seen"][0], "f1")),
            ", others ",
            Figure((*place, rows["unseen"][0], "f1")),
            ".",
        ]


def _records(figures: dict[str, Any]) -> Iterator[list[Part]]:
    if "links_lost_to_mentions" in figures["summary"]:
        said: list[Part] = ["Who told whom to do what: the links of records reach F1 "]
        said += [Figure(("links", "strict", "f1")), ". With the annotators' own mentions it would be "]
        said += [Figure(("given_gold_mentions", "links", "strict", "f1"))]
        if figures["summary"]["links_lost_to_mentions"] > 0:
            lost = Figure(("summary", "links_lost_to_mentions"))
            said += [": wrong mentions cost ", lost, ", the making of records the rest"]
        yield [*said, "."]


def _scores(figures: dict[str, Any]) -> Iterator[list[Part]]:
    if "sure" in figures["summary"]:
        last = len(figures["calibration"]["mentions"]["bins"]) - 1
        yield [
            "Scores: the model is at least ",
            Figure(("calibration", "mentions", "bins", last, "low"), "percent"),
            " sure of ",
            Figure(("summary", "sure"), "count"),
            " mentions, and ",
            Figure(("summary", "sure_right"), "percent"),
            " of these are right. Over all scores, what it claims and what is true lie ",
            Figure(("calibration", "mentions", "ece"), "percent"),
            " apart (expected calibration error).",
        ]
