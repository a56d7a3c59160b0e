"""Figures of an evaluation against seqeval and against counts made by hand."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.compare import link_scores
from data.encode import tag_spans
from data.schema import LABELS, Article, Directive, Entity, parse_article
from train.metrics import confusion, errors, evaluate, normalized_scores, same_value
from train.scores import seqeval_scores

WORDS = 30
TEXT = " ".join(f"w{index:02d}" for index in range(WORDS))


def article(tags: np.ndarray, name: str = "a") -> Article:
    """An article of 30 three-letter words whose mentions are those of `tags`."""
    entities = []
    for number, (label, first, last) in enumerate(tag_spans(tags), 1):
        start, end = first * 4, last * 4 - 1
        entities.append(
            {"id": f"e{number}", "label": LABELS[label], "start": start, "end": end, "text": TEXT[start:end]}
        )
    return parse_article({"id": name, "text": TEXT, "entities": entities})


def legal_tags(seed: int) -> np.ndarray:
    generator = random.Random(seed)
    tags: list[int] = []
    for _ in range(WORDS):
        choices = [0, *range(1, 9, 2)]
        if tags and tags[-1]:
            choices += [tags[-1] + tags[-1] % 2] * 4  # the I of what is open
        tags.append(generator.choice(choices))
    return np.array(tags)


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)), min_size=1, max_size=6))
def test_strict_scores_equal_seqeval(seeds: list[tuple[int, int]]) -> None:
    gold = [legal_tags(one) for one, _ in seeds]
    # half of the words right, so that there is something to find
    predicted = [np.concatenate([g[:15], legal_tags(other)[15:]]) for g, (_, other) in zip(gold, seeds, strict=True)]
    predicted = [
        np.where((p % 2 == 0) & (p > 0) & (np.roll(p, 1) // 2 + np.roll(p, 1) % 2 != p // 2), 0, p) for p in predicted
    ]
    theirs = seqeval_scores(gold, predicted, LABELS)
    ours = evaluate([article(tags) for tags in gold], [article(tags) for tags in predicted], LABELS)["entities"]
    assert ours["micro"]["f1"] == pytest.approx(theirs["f1"])
    assert ours["micro"]["precision"] == pytest.approx(theirs["precision"])
    assert ours["micro"]["recall"] == pytest.approx(theirs["recall"])
    for label in LABELS:
        assert ours[label]["f1"] == pytest.approx(theirs[f"f1_{label}"])


def entity(id_: str, label: str, first: int, last: int, **more: object) -> Entity:
    start, end = first * 4, last * 4 - 1
    return Entity(id=id_, label=label, start=start, end=end, text=TEXT[start:end], **more)  # type: ignore[arg-type]


GOLD = Article(
    id="a",
    text=TEXT,
    entities=[
        entity("o1", "OFFICIAL", 0, 2, normalized={"name": "w00", "positions": ["W01"]}),
        entity("a1", "AGENCY", 3, 5),
        entity("a2", "AGENCY", 6, 7),
        entity("i1", "INDICATOR", 8, 10, normalized={"name": "x", "value": 95.86, "unit": None}),
        entity("d1", "DEADLINE", 11, 13, normalized={"from": None, "until": "2020-11-30"}),
    ],
    directives=[Directive(issuer="o1", assignees=["a1", "a2"], indicators=["i1"], deadlines=["d1"])],
)
PREDICTED = Article(
    id="a",
    text=TEXT,
    entities=[
        entity("x1", "OFFICIAL", 0, 2, normalized={"name": "W00", "positions": []}),
        entity("x2", "AGENCY", 3, 4),  # boundary
        entity("x3", "OFFICIAL", 6, 7),  # label
        entity("x4", "INDICATOR", 8, 10, normalized={"name": "y", "value": 95.860000001, "unit": "%"}),
        entity("x5", "AGENCY", 20, 21),  # spurious
    ],
    directives=[Directive(issuer="x1", assignees=["x2"], indicators=["x4"])],
)


def test_links_by_hand() -> None:
    scores = link_scores([(GOLD, PREDICTED)])
    # gold: 2 assignees, and for each an issuer, an indicator and a deadline; predicted: one of each but the deadline
    assert (scores["strict"]["gold"], scores["strict"]["predicted"]) == (8, 3)
    assert scores["strict"]["f1"] == 0.0  # every link names the assignee, whose edge is wrong
    assert scores["overlap"]["precision"] == 1.0
    assert scores["overlap"]["recall"] == pytest.approx(3 / 8)
    own = link_scores([(GOLD, GOLD)])
    assert {score["f1"] for score in own.values() if score["gold"]} == {1.0}


def test_links_without_assignee_hang_on_nobody() -> None:
    gold = GOLD.model_copy(update={"directives": [Directive(issuer="o1", deadlines=["d1"])]})
    assert link_scores([(gold, gold)])["strict"]["gold"] == 2
    assert link_scores([(gold, GOLD)])["strict"]["f1"] == 0.0


def test_confusion_and_errors_by_hand() -> None:
    table = confusion([(GOLD, PREDICTED)], LABELS)
    assert table["AGENCY"] == {"OFFICIAL": 1, "AGENCY": 1, "INDICATOR": 0, "DEADLINE": 0, "none": 0}
    assert table["DEADLINE"]["none"] == 1
    assert table["none"]["AGENCY"] == 1
    kinds = {(e["kind"], e["text"], e["predicted_text"]) for e in errors([(GOLD, PREDICTED)])}
    assert kinds == {
        ("boundary", "w03 w04", "w03"),
        ("label", "w06", "w06"),
        ("missed", "w11 w12", ""),
        ("spurious", "", "w20"),
    }


def test_normalised_values_by_hand() -> None:
    scores = normalized_scores([(GOLD, PREDICTED)])
    assert scores["OFFICIAL.name"]["right"] == 1  # case does not matter
    assert scores["OFFICIAL.positions"] == {"right": 0, "gold": 1, "given_right": 0, "given": 0, "share": 0.0}
    assert scores["INDICATOR.value"]["right"] == 1
    assert scores["INDICATOR.unit"] == {"right": 0, "gold": 0, "given_right": 0, "given": 1, "share": 0.0}
    assert scores["DEADLINE.until"]["gold"] == 1  # null values are no values
    assert "DEADLINE.from" in scores
    assert scores["DEADLINE.from"]["gold"] == 0


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [(1, 1.0, True), (1, 1.1, False), ("Sở  Y tế", "sở y tế", True), (["A", "b"], ["a", "B"], True), (None, "", False)],
)
def test_same_value(one: object, other: object, same: bool) -> None:
    assert same_value(one, other) is same


def test_intervals_hold_the_score_and_repeat() -> None:
    gold = [article(legal_tags(seed)) for seed in range(12)]
    predicted = [article(legal_tags(seed if seed % 2 else seed + 99)) for seed in range(12)]
    first, second = (evaluate(gold, predicted, LABELS)["entities"] for _ in range(2))
    assert first == second
    low, high = first["micro"]["f1_interval"]
    assert 0 <= low < first["micro"]["f1"] < high <= 1


def test_other_texts_are_refused() -> None:
    with pytest.raises(ValueError, match="differ in their texts"):
        evaluate([GOLD], [PREDICTED.model_copy(update={"text": TEXT[1:]})], LABELS)
