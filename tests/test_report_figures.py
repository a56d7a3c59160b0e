"""The figures behind a report: against seqeval and nervaluate on the test split, by hand, and against one another."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nervaluate import Evaluator
from scipy.stats import bootstrap
from seqeval.metrics import classification_report
from seqeval.scheme import IOB2

from data.compare import Pair, mention
from data.formats import read_articles
from data.schema import LABELS, Article, parse_article
from tests.conftest import ARTICLES, FEW
from tests.reports import figures_of, harmed
from train.calibration import calibration
from train.mistakes import KINDS, context, edges, link_mistakes, sentences_of, span_mistakes, value_mistakes
from train.partial import SCHEMES, partial_matches
from train.significance import SAMPLES, SEED, difference, f1_of, score
from train.slices import precision_recall, slices


@pytest.fixture(scope="module")
def whole() -> list[Pair]:
    """The test split and a harmed copy of it."""
    gold = read_articles(ARTICLES / "test")
    return [(article, harmed(article, 7)) for article in gold]


@pytest.fixture(scope="module")
def figures(whole: list[Pair]) -> dict[str, Any]:
    return figures_of([gold for gold, _ in whole], 7, records=False, trained=read_articles(FEW / "dev"))


def characters(article: Article) -> list[str]:
    """IOB2 tags, one for each character."""
    tags = ["O"] * len(article.text)
    for entity in article.entities:
        tags[entity.start : entity.end] = [f"I-{entity.label}"] * (entity.end - entity.start)
        tags[entity.start] = f"B-{entity.label}"
    return tags


# ------------------------------------------------------------------ against the libraries


def test_strict_scores_on_the_test_split_are_seqevals(whole: list[Pair], figures: dict[str, Any]) -> None:
    gold, predicted = ([characters(pair[side]) for pair in whole] for side in (0, 1))
    report = classification_report(gold, predicted, mode="strict", scheme=IOB2, output_dict=True, zero_division=0)
    for ours, theirs in [("micro", "micro avg"), ("macro", "macro avg"), *((label, label) for label in LABELS)]:
        for key, name in (("precision", "precision"), ("recall", "recall"), ("f1", "f1-score")):
            assert figures["entities"][ours][key] == pytest.approx(report[theirs][name]), (ours, key)
    assert figures["entities"]["micro"]["gold"] == report["micro avg"]["support"]
    assert 0.5 < figures["entities"]["micro"]["f1"] < 0.95  # there is something to be wrong about


def test_partial_matches_on_the_test_split_are_nervaluates(whole: list[Pair], figures: dict[str, Any]) -> None:
    sides = ([characters(pair[side]) for pair in whole] for side in (0, 1))
    result = Evaluator(*sides, tags=list(LABELS), loader="list").evaluate()
    for ours, theirs in SCHEMES.items():
        groups = {"micro": result["overall"][theirs]} | {label: result["entities"][label][theirs] for label in LABELS}
        for name, group in groups.items():
            found = figures["nervaluate"][ours][name]
            assert {key: getattr(group, key) for key in found} == pytest.approx(found), (ours, name)
    for name in ("micro", *LABELS):
        strict = figures["nervaluate"]["strict"][name]
        assert {key: strict[key] for key in ("precision", "recall", "f1")} == pytest.approx(
            {key: figures["entities"][name][key] for key in ("precision", "recall", "f1")}
        )


def two_words(*spans: tuple[int, int], score: float = 0.9) -> Article:
    """An article of ten letters with some of its spans tagged."""
    entities = [
        {
            "id": f"e{start}",
            "label": "AGENCY",
            "start": start,
            "end": end,
            "text": "abcdefghij"[start:end],
            "score": score,
        }
        for start, end in spans
    ]
    return parse_article({"id": "a", "text": "abcdefghij", "entities": entities})


def test_neighbours_do_not_overlap() -> None:
    found = partial_matches([(two_words((0, 5)), two_words((5, 10)))], LABELS)["partial"]["micro"]
    assert (found["partial"], found["missed"], found["spurious"]) == (0, 1, 1)


def test_intervals_are_those_of_scipys_bootstrap() -> None:
    counts = np.random.default_rng(3).integers(5, 30, size=(40, 3))
    counts[:, 0] = counts.min(axis=1)
    found = score(counts)["f1_interval"]
    theirs = bootstrap(
        (np.arange(len(counts)),),
        lambda drawn, axis: f1_of(counts[drawn].sum(axis=-2)),
        method="percentile",
        n_resamples=4000,
        rng=np.random.default_rng(1),
    ).confidence_interval
    assert found == pytest.approx([theirs.low, theirs.high], abs=0.006)


# ------------------------------------------------------------------ calibration


def test_calibration_by_hand() -> None:
    found = calibration([(0.95, True), (0.91, True), (1.0, False), (0.5, True), (0.0, False)])
    assert [(one["low"], one["right"], one["count"]) for one in found["bins"]] == [
        (0.0, 0, 1),
        (0.5, 1, 1),
        (0.9, 2, 3),
    ]
    assert found["bins"][2]["mean"] == pytest.approx(2.86 / 3)
    assert found["ece"] == pytest.approx((0.0 + 0.5 + abs(2 - 2.86)) / 5)
    assert calibration([]) == {"bins": [], "ece": 0.0}


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60))
@settings(max_examples=60)
def test_every_prediction_is_in_the_bin_of_its_score(scored: list[tuple[float, bool]]) -> None:
    found = calibration(scored)
    assert sum(one["count"] for one in found["bins"]) == len(scored)
    assert all(one["low"] - 1e-9 <= one["mean"] <= one["high"] + 1e-9 for one in found["bins"])
    assert 0 <= found["ece"] <= 1


# ------------------------------------------------------------------ significance


def test_a_difference_by_hand_and_both_ways() -> None:
    better = np.array([[9, 10, 10]] * 20)
    worse = np.array([[7 + number % 3, 10, 10] for number in range(20)])
    one, other = difference(better, worse), difference(worse, better)
    assert one["difference"] == pytest.approx(0.9 - (7 * 7 + 8 * 7 + 9 * 6) / 200)
    assert one["p"] < 0.01
    assert one["better"] == 1.0
    assert other["difference"] == -one["difference"]
    assert other["interval"] == pytest.approx([-edge for edge in reversed(one["interval"])])
    assert other["p"] == one["p"]
    assert other["better"] == 0.0


def test_p_is_what_the_paper_says() -> None:
    """Berg-Kirkpatrick and others 2012, figure 1: the share of samples whose gain exceeds twice the real one."""
    first = np.array([[6 + number % 4, 10, 10] for number in range(12)])
    second = np.array([[6 + number % 3, 10, 10] for number in range(12)])
    found = difference(first, second)

    def gain(rows: list[int]) -> float:
        one, other = ([sum(side[row][column] for row in rows) for column in range(3)] for side in (first, second))
        return float(2 * one[0] / (one[1] + one[2]) - 2 * other[0] / (other[1] + other[2]))

    gains = [gain(rows) for rows in np.random.default_rng(SEED).integers(12, size=(SAMPLES, 12)).tolist()]
    real = gain(list(range(12)))
    assert found["difference"] == pytest.approx(real)
    assert found["p"] == np.mean([one > 2 * real for one in gains])
    assert found["better"] == pytest.approx(np.mean([one > 0 for one in gains]), abs=0.02)  # of ties, by rounding
    assert 0 < found["p"] < 0.5


def test_what_is_equal_or_nearly_so_is_not_significant() -> None:
    counts = np.array([[5 + number % 4, 10, 10] for number in range(20)])
    assert difference(counts, counts)["p"] == 1.0
    once = np.roll(counts, 1, axis=0)
    once[0, 0] += 1
    assert difference(once, counts)["difference"] > 0
    assert difference(once, counts)["p"] > 0.1


# ------------------------------------------------------------------ breakdowns


def test_every_breakdown_counts_every_mention_once(figures: dict[str, Any]) -> None:
    micro = figures["entities"]["micro"]
    groups = {name: rows for name, rows in figures["slices"].items() if name != "surface_forms"}
    groups["seen or not"] = figures["slices"]["surface_forms"]["micro"]
    assert set(groups) == {"mention_length", "article_length", "level", "topic", "seen or not"}
    for name, rows in groups.items():
        for key in ("gold", "predicted"):
            assert sum(row[key] for row in rows) == micro[key], name
        right = sum(row["precision"] * row["predicted"] for row in rows)
        assert right == pytest.approx(micro["precision"] * micro["predicted"]), name
    for label in LABELS:
        rows = figures["slices"]["surface_forms"][label]
        assert sum(row["gold"] for row in rows) == figures["entities"][label]["gold"]


def test_wordings_of_the_training_articles_are_seen_ones(whole: list[Pair]) -> None:
    everything = [gold for gold, _ in whole]
    for trained, name in ((everything, "seen"), ([], "unseen")):
        forms = slices([(one, one) for one in everything], LABELS, trained)["surface_forms"]
        assert all([row["name"] for row in rows] == [name] for rows in forms.values())
    assert "surface_forms" not in slices(whole, LABELS, None)


def test_precision_and_recall_by_score(whole: list[Pair], figures: dict[str, Any]) -> None:
    for name in ("micro", *LABELS):
        rows = precision_recall(whole, LABELS)[name]
        assert rows[0]["threshold"] == 0
        for key in ("precision", "recall", "f1"):
            assert rows[0][key] == pytest.approx(figures["entities"][name][key])
        assert all(one["predicted"] >= other["predicted"] for one, other in itertools.pairwise(rows))
        assert all(one["recall"] >= other["recall"] for one, other in itertools.pairwise(rows))
    kept = [e for _, own in whole for e in own.entities if e.score is not None and e.score >= 0.9]
    assert next(row for row in rows if row["threshold"] == 0.9)["predicted"] == sum(e.label == name for e in kept)


def test_a_mention_at_the_threshold_is_kept() -> None:
    rows = precision_recall([(two_words((0, 5)), two_words((0, 5), score=0.9))], LABELS)["AGENCY"]
    assert [row["threshold"] for row in rows][-1] == 0.9


# ------------------------------------------------------------------ mistakes


def test_mistakes_account_for_every_mention_that_is_not_right(whole: list[Pair], figures: dict[str, Any]) -> None:
    found = figures["mistakes"]["spans"]
    micro = figures["entities"]["micro"]
    right = round(micro["precision"] * micro["predicted"])
    kinds = Counter(one["kind"] for one in found)
    assert set(kinds) == set(KINDS)
    assert kinds["missed"] + kinds["boundary"] + kinds["label"] == micro["gold"] - right
    same = Counter[str]()
    for one in figures["errors"]:
        same[one["kind"]] += one["count"]
    assert kinds == same
    assert sum(row["all"] for row in figures["mistakes"]["kinds"].values()) == len(found)
    confused = sum(figures["confusion"][a][b] for a in LABELS for b in LABELS if a != b)
    assert confused >= kinds["label"]


def test_every_mistake_stands_in_its_sentence(whole: list[Pair], figures: dict[str, Any]) -> None:
    texts = {gold.id: gold.text for gold, _ in whole}
    everything = figures["mistakes"]
    for one in [*everything["spans"], *everything["links"], *everything["values"]]:
        around = one["context"]
        end = around["start"] + len(around["text"])
        assert texts[one["article"]][around["start"] : end] == around["text"]
        for side in ("gold", "predicted"):
            if isinstance(one.get(side), dict):
                assert around["start"] <= one[side]["start"] < one[side]["end"] <= end
    assert json.loads(json.dumps(everything)) == everything


def test_long_sentences_are_cut_at_words() -> None:
    text = "một hai ba " * 60 + "ĐÍCH" + " bốn năm" * 60
    at = text.index("ĐÍCH")
    found = context(text, [(0, len(text))], at, at + 4)
    assert found["cut"] == [True, True]
    assert found["text"].split()[0] in ("một", "hai", "ba")
    assert text[found["start"] - 1] == " "
    assert text[found["start"] + len(found["text"])] == " "
    assert context("Họp.", [(0, 4)], 0, 3) == {"start": 0, "text": "Họp.", "cut": [False, False]}


@pytest.mark.parametrize(
    ("gold", "predicted", "wrong"),
    [
        ((5, 9), (3, 9), ["starts early"]),
        ((5, 9), (6, 8), ["starts late", "ends early"]),
        ((5, 9), (5, 12), ["ends late"]),
        ((5, 9), (5, 9), []),
    ],
)
def test_which_edge_is_wrong(gold: tuple[int, int], predicted: tuple[int, int], wrong: list[str]) -> None:
    one, other = ({"start": start, "end": end} for start, end in (gold, predicted))
    assert edges(one, other) == wrong


def test_link_and_value_mistakes_add_up(whole: list[Pair], figures: dict[str, Any]) -> None:
    strict = figures["links"]["strict"]
    right = round(strict["precision"] * strict["predicted"])
    kinds = Counter(one["kind"] for one in link_mistakes(whole))
    assert kinds == {"missed": strict["gold"] - right, "spurious": strict["predicted"] - right}
    # nothing of the records was touched but by mentions that are gone
    assert {one["cause"] for one in link_mistakes(whole)} <= {"mention", "record"}
    assert not link_mistakes([(gold, gold) for gold, _ in whole])
    assert not value_mistakes([(gold, gold) for gold, _ in whole])
    assert not span_mistakes([(gold, gold) for gold, _ in whole])


def test_a_link_that_lacks_a_mention_is_the_mentions_fault() -> None:
    gold = next(one for one in read_articles(FEW / "dev") if one.directives and one.directives[0].assignees)
    lost = gold.directives[0].assignees[0]
    bare = gold.model_copy(
        update={"entities": [e for e in gold.entities if e.id != lost], "directives": []},
    )
    kept = gold.model_copy(update={"directives": []})
    causes = {one["cause"] for one in link_mistakes([(gold, kept)])}
    assert causes == {"record"}
    text = next(e.text for e in gold.entities if e.id == lost)
    found = [one for one in link_mistakes([(gold, bare)]) if one["assignee"] == text and one["field"] == "assignee"]
    assert {one["cause"] for one in found} >= {"mention"}


def test_a_wrong_value_is_shown_with_the_right_one() -> None:
    gold = read_articles(FEW / "test")[0]
    wrong = gold.model_copy(
        update={
            "entities": [
                e.model_copy(update={"normalized": {"from": None, "until": "1999-01-01"}})
                if e.label == "DEADLINE"
                else e
                for e in gold.entities
            ]
        }
    )
    found = value_mistakes([(gold, wrong)])
    dated = [e for e in gold.entities if e.label == "DEADLINE" and e.normalized and e.normalized["until"]]
    assert [one["gold"] for one in found if one["field"] == "DEADLINE.until"] == [e.normalized["until"] for e in dated]  # type: ignore[index]
    assert {one["predicted"] for one in found if one["field"] == "DEADLINE.until"} == {"1999-01-01"}


def test_sentences_do_not_depend_on_a_model() -> None:
    gold = read_articles(FEW / "dev")[0]
    assert sentences_of(gold) == sentences_of(gold.model_copy(update={"entities": []}))


# ------------------------------------------------------------------ comparison


def test_what_one_gets_right_and_the_other_wrong() -> None:
    gold = read_articles(FEW / "dev")
    found = figures_of(gold, 1, 2, records=False)
    (other,) = found["comparison"]["others"]
    one, two = ([harmed(article, seed) for article in gold] for seed in (1, 2))
    rights = [
        {
            (a.id, mention(e))
            for a, g in zip(side, gold, strict=True)
            for e in a.entities
            if mention(e) in {mention(x) for x in g.entities}
        }
        for side in (one, two)
    ]
    for key, (right, wrong) in (("only_first", rights), ("only_other", rights[::-1])):
        lost = {
            (m["article"], (m["gold"]["start"], m["gold"]["end"], m["gold"]["label"])) for m in other[key] if m["gold"]
        }
        assert lost == {(id_, tuple(at)) for id_, at in right - wrong}
        assert len(lost) > 3
    assert other["differences"]["micro"]["difference"] == pytest.approx(
        found["comparison"]["models"][0]["entities"]["micro"]["f1"]
        - found["comparison"]["models"][1]["entities"]["micro"]["f1"]
    )
    assert found["comparison"]["models"][0]["entities"] == found["entities"]
