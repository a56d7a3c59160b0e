"""Scores that mean what they say: what counts as right, the bins, the fit, and the command that writes its weights."""

from __future__ import annotations

import json
from math import log
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.schema import Article, Directive, Entity
from infer import confidence
from infer.confidence import directive_score, evidence, surety
from infer.directives import find_directives
from infer.extractor import link
from infer.triggers import split_sentences
from tests.conftest import FEW
from train.calibration import calibration, scored_mentions
from train.directive_calibration import fit, main, right_directives, scored_directives

TEXT = "UBND tỉnh giao Sở Y tế báo cáo Tỉnh ủy trước ngày 5/6."
SPANS = {"u": ("AGENCY", 0, 9), "y": ("AGENCY", 15, 22), "t": ("AGENCY", 31, 38), "d": ("DEADLINE", 39, 53)}


def article(spans: dict[str, tuple[str, int, int]], *directives: Directive, score: float | None = None) -> Article:
    entities = [
        Entity(id=id_, label=label, start=start, end=end, text=TEXT[start:end], score=score)
        for id_, (label, start, end) in spans.items()
    ]
    return Article(id="a", text=TEXT, entities=entities, directives=list(directives))


GOLD = article(SPANS, Directive(issuer="u", assignees=["y"], recipients=["t"], deadlines=["d"]))


@pytest.mark.parametrize(
    ("directive", "right"),
    [
        (Directive(issuer="u", assignees=["y"], recipients=["t"], deadlines=["d"]), True),
        (Directive(issuer="u", assignees=["y"]), True),  # too little, but nothing wrong
        (Directive(issuer="t", assignees=["y"]), False),
        (Directive(issuer="u", assignees=["y", "t"]), False),
        (Directive(issuer="u", deadlines=["d"]), False),
    ],
)
def test_a_directive_is_right_if_nothing_in_it_is_wrong(directive: Directive, right: bool) -> None:
    assert right_directives((GOLD, article(SPANS, directive))) == [right]


def test_a_directive_is_right_with_mentions_that_overlap_gold_ones() -> None:
    longer = SPANS | {"y": ("AGENCY", 10, 22)}
    found = article(longer, Directive(issuer="u", assignees=["y"]))
    assert right_directives((GOLD, found)) == [True]
    assert right_directives((GOLD, article(SPANS | {"y": ("OFFICIAL", 15, 22)}, found.directives[0]))) == [False]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1))
def test_every_score_falls_into_one_bin(scored: list[tuple[float, bool]]) -> None:
    figures = calibration(scored)
    assert sum(b["count"] for b in figures["bins"]) == len(scored)
    assert sum(b["right"] for b in figures["bins"]) == sum(right for _, right in scored)
    assert all(b["low"] - 1e-9 <= b["mean"] <= b["high"] + 1e-9 for b in figures["bins"])
    assert 0 <= figures["ece"] <= 1


def test_what_has_no_score_is_left_out() -> None:
    directive = Directive(issuer="u", assignees=["y"], score=0.9)
    wrong = Directive(issuer="t", assignees=["y"], score=0.4)
    pairs = [(GOLD, article(SPANS, directive, score=0.95)), (GOLD, article(SPANS, wrong)), (GOLD, GOLD)]
    assert scored_mentions(pairs) == [(0.95, True)] * 4
    assert scored_directives(pairs) == [(0.9, True), (0.4, False)]


def test_the_fit_finds_the_weights_that_made_the_examples() -> None:
    random = np.random.default_rng(3)
    features = np.column_stack([np.ones(20_000), -random.exponential(0.5, (20_000, 2))])
    truth = np.array([1.5, 2.0, 0.7])
    right = random.random(20_000) < 1 / (1 + np.exp(-features @ truth))
    np.testing.assert_allclose(fit(features, right.astype(np.float64)), truth, atol=0.15)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.floats(0, 1), st.lists(st.floats(0, 1), max_size=6), st.floats(0, 1), st.floats(-2, 0))
def test_a_score_is_a_probability_and_falls_with_its_parts(
    chance: float, scores: list[float], less: float, around: float
) -> None:
    whole = directive_score(chance, scores, around)
    assert 0 <= directive_score(chance * less, scores, around) <= whole <= 1
    assert directive_score(chance, [*scores, less], around) <= whole <= directive_score(chance, scores, 0.0)


def test_evidence_is_made_of_logarithms() -> None:
    assert evidence(1.0, [1.0, 1.0], 0.0) == (1.0, 0.0, 0.0, 0.0)
    assert evidence(0.5, [0.5, 0.25], -0.1) == pytest.approx((1.0, log(0.5), log(0.125), -0.1))
    assert surety([0.5, 0.25, 1.0]) == pytest.approx(log(0.125) / 3)
    assert surety([]) == 0.0
    assert surety([0.0]) == log(1e-6)


def test_every_directive_has_a_score_and_unsure_mentions_lower_it() -> None:
    sentences = split_sentences(TEXT, [])
    (sure,) = link(TEXT, article(SPANS, score=0.99).entities, sentences)
    (unsure,) = link(TEXT, article(SPANS, score=0.6).entities, sentences)
    (gold,) = link(TEXT, GOLD.entities, sentences)
    assert sure.score is not None and unsure.score is not None and gold.score is not None
    assert unsure.score < sure.score < gold.score
    (found,) = find_directives(TEXT, GOLD.entities, sentences)
    assert 0 < found.chance < 1
    assert gold.score == round(directive_score(found.chance, [1.0] * 4, 0.0), 4)


def test_the_command_writes_weights_that_the_records_read(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "score.json"
    assert main([str(trained), str(FEW / "dev"), "-o", str(file)]) == 0
    assert "score.json" in capsys.readouterr().out
    written = json.loads(file.read_text(encoding="utf-8"))
    assert written.keys() == json.loads(confidence.WEIGHTS.read_text(encoding="utf-8")).keys()


def test_articles_without_a_right_directive_are_refused(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "plain.txt.jsonl").write_text(json.dumps({"id": "x", "text": "Trời mưa."}), encoding="utf-8")
    assert main([str(trained), str(tmp_path / "plain.txt.jsonl"), "-o", str(tmp_path / "score.json")]) == 1
    assert "no directive is right" in capsys.readouterr().err
    assert not (tmp_path / "score.json").exists()
