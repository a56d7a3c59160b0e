"""`python -m train.curve`: nested subsets, folds, the power law, what is written, and what is not done twice."""

from __future__ import annotations

import functools
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import train.curve
from data.formats import read_articles
from data.schema import Article
from infer.checkpoint import read_settings
from tests.conftest import ARTICLES
from train.config import read_config
from train.curve import CURVE_FILES, folds, main, nested
from train.curve_report import cross_validated, extrapolated, lines, markdown, picture
from train.power_law import fit, interval

SIZES = [24, 60, 120, 240]
NUMBERED = [Article(id=str(number), text=f"Số {number}.") for number in range(40)]

# ------------------------------------------------------------------ articles


@given(st.integers(1, 40), st.floats(0.01, 1), st.floats(0.01, 1), st.integers(0, 9))
@settings(derandomize=True, deadline=None, max_examples=100)
def test_a_smaller_share_is_part_of_a_greater_one(count: int, one: float, other: float, seed: int) -> None:
    articles = NUMBERED[:count]
    small, great = (nested(articles, fraction, seed) for fraction in sorted((one, other)))
    assert {a.id for a in small} <= {a.id for a in great}
    assert len(small) == max(1, round(min(one, other) * count))
    assert [int(a.id) for a in great] == sorted(int(a.id) for a in great)
    assert nested(articles, 1, seed) == articles


def test_another_seed_draws_other_articles() -> None:
    assert nested(NUMBERED, 0.5, 1) == nested(NUMBERED, 0.5, 1)
    assert nested(NUMBERED, 0.5, 1) != nested(NUMBERED, 0.5, 2)


@given(st.integers(2, 40), st.integers(2, 40), st.integers(0, 9))
@settings(derandomize=True, deadline=None, max_examples=100)
def test_folds_score_each_article_once_and_never_learn_from_it(count: int, number: int, seed: int) -> None:
    articles = NUMBERED[:count]
    made = folds(articles, min(number, count), seed)
    assert sorted(int(a.id) for _, held in made for a in held) == list(range(count))
    for train_, held in made:
        assert sorted(int(a.id) for a in [*train_, *held]) == list(range(count))
        assert held


# ------------------------------------------------------------------ the power law


@pytest.mark.parametrize(("a", "b", "c"), [(1, 0.5, 0.02), (2, 0.7, 0.05), (0.8, 0.3, 0), (0.5, 1.2, 0.1)])
def test_a_power_law_is_found_again(a: float, b: float, c: float) -> None:
    law = fit(SIZES, 1 - (a * np.power(SIZES, -b) + c))
    assert law is not None
    assert law.f1(960) == pytest.approx(1 - (a * 960**-b + c), abs=2e-4)
    assert law.residual < 1e-5


def test_three_points_have_no_floor_and_two_no_law() -> None:
    law = fit([10, 100, 1000], [0.5, 0.75, 0.875])
    assert law is not None
    assert law.c == 0
    assert (law.a, law.b) == (pytest.approx(1), pytest.approx(np.log10(2)))
    assert fit([10, 100], [0.5, 0.75]) is None
    assert fit([10, 10, 10, 100], [0.5, 0.5, 0.5, 0.75]) is None


@given(st.lists(st.floats(0, 1), min_size=4, max_size=4))
@settings(derandomize=True, deadline=None, max_examples=60)
def test_more_articles_never_cost_and_never_bring_more_than_all(scores: list[float]) -> None:
    law = fit(SIZES, scores)
    assert law is not None
    ahead = law.f1(np.array([240, 480, 960, 1e6]))
    assert (np.diff(ahead) >= -1e-12).all()
    assert (ahead <= 1).all()


def test_interval_holds_the_law_and_widens_with_the_distance_and_the_spread() -> None:
    scores = [0.80, 0.86, 0.90, 0.92]
    law = fit(SIZES, scores)
    assert law is not None
    narrow, wide = (interval(SIZES, scores, [spread] * 4, [480, 960]) for spread in (0.002, 0.01))
    for found in (narrow, wide):
        assert all(low < law.f1(n) < high for (low, high), n in zip(found, (480, 960), strict=True))
        assert found[1][1] - found[1][0] > found[0][1] - found[0][0]
    assert wide[0][1] - wide[0][0] > 2 * (narrow[0][1] - narrow[0][0])


# ------------------------------------------------------------------ what is written of it


def made_run(articles: int, split: str, f1: float, name: str = "run") -> dict[str, Any]:
    score = {"precision": f1, "recall": f1, "f1": f1}
    micro = score | {"f1_interval": [f1 - 0.0392, f1 + 0.0392]}
    return {
        "name": name,
        "articles": articles,
        "mentions": 9,
        "scores": {split: {"articles": 3, "micro": micro, "A|B": score}},
    }


@functools.cache
def made_figures() -> dict[str, Any]:
    about = {"config": "a_b.yaml", "labels": ["A|B"], "seed": 13, "date": "2026-01-01", "machine": "x"}
    runs = [made_run(n, "dev", 1 - n**-0.5) for n in SIZES]
    held = [made_run(9, "held out", f1, f"fold-{n}-of-3") for n, f1 in enumerate((0.5, 0.6, 0.7), 1)]
    return {
        "about": about, "fractions": runs, "extrapolated": extrapolated(runs), "folds": cross_validated(held, ["A|B"]),
    }  # fmt: skip


def test_report_has_the_measured_and_marks_the_extrapolated() -> None:
    figures = made_figures()
    ahead = figures["extrapolated"]["dev"]["ahead"]
    assert [row["articles"] for row in ahead] == [480, 960]
    assert [row["f1"] for row in ahead] == pytest.approx([1 - 480**-0.5, 1 - 960**-0.5], abs=1e-4)
    text = markdown(figures)
    assert f"| 240 | 9 | {1 - 240**-0.5:.3f} (" in text
    before, after = text.split("**Extrapolated**, not measured")
    assert "| 480 | 0.954 (" in after
    assert "480" not in before
    assert "Hestness et al. 2017" in after
    assert "| A\\|B |" in before
    first = next(line for line in lines(figures) if line.endswith("extrapolated"))
    assert first.startswith("   480 articles  dev F1 0.954")


def test_folds_have_mean_and_deviation_beside_each_of_them() -> None:
    figures = made_figures()
    found = figures["folds"]
    for name in ("micro", "A|B"):
        assert found["mean"][name]["f1"] == pytest.approx(0.6)
        assert found["deviation"][name]["f1"] == pytest.approx(0.1)
    text = markdown(figures)
    for row in (
        "| fold-2-of-3 | 9 | 0.600 | 0.600 |",
        "| mean |  | 0.600 | 0.600 |",
        "| deviation |  | 0.100 | 0.100 |",
    ):
        assert row in text


def test_two_fractions_are_reported_without_a_law() -> None:
    figures = made_figures() | {"fractions": made_figures()["fractions"][:2], "extrapolated": {}}
    del figures["folds"]
    assert "Three numbers of articles or more" in markdown(figures)
    assert picture(figures).startswith(b"\x89PNG\r\n")
    assert picture(made_figures()).startswith(b"\x89PNG\r\n")


# ------------------------------------------------------------------ the command


@pytest.fixture(scope="module")
def arguments(small_config: Path, trained: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """A curve of two points and two folds, one epoch each, with a test split: a trained tagger goes on with little."""
    folder = tmp_path_factory.mktemp("curve")
    short = sorted((ARTICLES / "train").glob("*.article"), key=lambda file: file.stat().st_size)
    for split, files in (("train", short[:4]), ("dev", short[4:6]), ("test", short[6:7]), ("other", short[7:8])):
        (folder / split).mkdir()
        for file in files:
            shutil.copy(file, folder / split)
    return [
        str(small_config), "--fractions", "0.5,1", "--folds", "2", "--test", str(folder / "test"),
        "-o", str(folder / "curve"), f"data.train={folder / 'train'}", f"data.dev={folder / 'dev'}",
        "model.scratch=null", "model.vocabulary=null", f"model.name={trained}",
        "training.epochs=1", "training.learning_rate=1e-4",
    ]  # fmt: skip


@pytest.fixture(scope="module")
def curve(arguments: list[str]) -> Path:
    """The output of a curve that was stopped in its second run and then went on."""
    real = train.curve.fine_tune
    begun: list[str] = []

    def stopped(config: Any, *rest: Any, **options: Any) -> int:
        begun.append(config.training.output)
        if len(begun) == 2:
            raise KeyboardInterrupt
        return real(config, *rest, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train.curve, "fine_tune", stopped)
        patch.setattr("train.training_report.draw", lambda *_: b"a picture, which takes its time")
        with pytest.raises(KeyboardInterrupt):
            main(arguments)
        assert main(arguments) == 0
    names = [Path(output).name for output in begun]
    assert names == ["fraction-0.5", "fraction-1", "fraction-1", "fold-1-of-2", "fold-2-of-2"]
    return Path(after(arguments, "-o"))


def after(arguments: list[str], option: str) -> str:
    return arguments[arguments.index(option) + 1]


def figures_of(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "curve.json").read_text(encoding="utf-8"))


def test_the_whole_is_what_training_alone_makes(curve: Path, arguments: list[str], tmp_path: Path) -> None:
    from train.__main__ import main as train_alone

    overrides = [word for word in arguments if "=" in word]
    assert train_alone([arguments[0], *overrides, f"training.output={tmp_path / 'alone'}"]) == 0
    own, alone = read_settings(curve / "fraction-1"), read_settings(tmp_path / "alone")
    assert (own.dev, own.fingerprints) == (alone.dev, alone.fingerprints)
    weights = [(folder / "model.safetensors").read_bytes() for folder in (curve / "fraction-1", tmp_path / "alone")]
    assert weights[0] == weights[1]


def test_figures_are_those_of_evaluate(curve: Path, arguments: list[str]) -> None:
    from infer import Extractor
    from train.metrics import evaluate

    articles = read_articles(curve.parent / "train")
    gold = read_articles(after(arguments, "--test"))
    figures = figures_of(curve)
    assert [run["articles"] for run in figures["fractions"]] == [2, 4]
    assert figures["fractions"][1]["mentions"] == sum(len(article.entities) for article in articles)
    assert figures["extrapolated"] == {}  # of two points
    extractor = Extractor.load(curve / "fraction-1", device="cpu")
    expected = evaluate(gold, list(extractor.extract_many(gold)), extractor.labels)["entities"]
    assert figures["fractions"][1]["scores"]["test"] == {"articles": 1} | expected
    assert expected["micro"]["f1"] > 0
    assert [run["scores"]["held out"]["articles"] for run in figures["folds"]["runs"]] == [2, 2]
    assert all((curve / name).stat().st_size for name in CURVE_FILES)
    assert not list(curve.glob("*/run/checkpoints"))


def no_training(*_: Any, **__: Any) -> int:
    raise AssertionError("trained again")


def test_what_is_done_is_not_done_again(
    curve: Path, arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = figures_of(curve)
    monkeypatch.setattr(train.curve, "fine_tune", no_training)
    assert main(arguments) == 0
    assert figures_of(curve) == before
    assert capsys.readouterr().out.count("trained already") == 4
    with pytest.raises(AssertionError, match="trained again"):  # a fraction more is a run more
        main([*arguments[:2], "0.5,0.75,1", *arguments[3:]])
    with pytest.raises(AssertionError, match="trained again"):
        main([*arguments, "--overwrite", "-o", str(curve / "other")])


def test_other_test_articles_are_scored_without_training(
    curve: Path, arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train.curve, "fine_tune", no_training)
    old = figures_of(curve)["fractions"]
    other = str(curve.parent / "other")
    assert main([other if word == after(arguments, "--test") else word for word in arguments]) == 0
    new = figures_of(curve)["fractions"]
    assert [run["scores"]["dev"] for run in old] == [run["scores"]["dev"] for run in new]
    assert [run["scores"]["test"] for run in old] != [run["scores"]["test"] for run in new]
    assert main(arguments) == 0  # as it was


@pytest.mark.parametrize("override", ["training.epochs=2", "window.stride=8"])
def test_a_run_of_another_configuration_is_not_gone_on_with(
    override: str, curve: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.read_bytes() for path in curve.rglob("metrics.json")}
    assert main([*arguments, override]) == 1
    message = capsys.readouterr().err
    assert f"another configuration than this run's ({override.partition('.')[0]} differ)" in message
    assert "--overwrite" in message
    assert {path: path.read_bytes() for path in curve.rglob("metrics.json")} == before


def test_a_run_on_other_articles_is_not_gone_on_with(
    curve: Path, arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = train.curve.read_splits
    monkeypatch.setattr(train.curve, "read_splits", lambda config: real(config) | {"dev": real(config)["dev"][:-1]})
    assert main(arguments) == 1
    message = capsys.readouterr().err
    assert "a run on other articles" in message
    assert "--overwrite" in message


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--fractions", "0.3,0.4"], "fractions that come to 2, 2 articles"),
        (["--folds", "6"], "6 folds of 5 training articles"),
        (["--folds", "1"], "1 folds"),
    ],
)
def test_too_few_articles_are_told(
    options: list[str], said: str, small_config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(small_config), *options, "-o", str(tmp_path / "curve")]) == 1
    assert said in capsys.readouterr().err
    assert not (tmp_path / "curve").exists()


def test_test_articles_that_were_trained_on_are_refused(
    small_config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train_ = str(read_config(small_config).data.train)
    assert main([str(small_config), "--fractions", "1", "--test", train_, "-o", str(tmp_path / "curve")]) == 1
    assert "among the training articles" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "give --fractions, --folds, or both"),
        (["--folds", "2", "--test", "x"], "--test goes with --fractions"),
        (["--fractions", "0.1,2"], "shares above 0"),
        (["--fractions", "0.5,0.5"], "different shares"),
        (["--fractions", "half"], "half"),
    ],
)
def test_arguments_that_do_not_go_together(
    options: list[str], said: str, small_config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([str(small_config), *options])
    assert said in capsys.readouterr().err


def test_several_processes_are_refused(
    small_config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert main([str(small_config), "--folds", "2"]) == 1
    assert "without `accelerate launch`" in capsys.readouterr().err
