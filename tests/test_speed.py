"""benchmarks/speed.py: sides get the same work, stand in turn, and a goal says whether it is reached."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import sides, speed, stock
from data.formats import read_articles
from infer import Extractor
from tests.conftest import FEW


def settings(model: Path | str = "", encoder: Path | str = "") -> sides.Settings:
    return sides.Settings(articles=8, rounds=1, model=str(model), encoder=str(encoder), device="cpu")


def test_a_goal_says_whether_it_holds() -> None:
    assert str(sides.Goal("times", 2.5, 2)).endswith("at least 2; 2.50: holds")
    assert str(sides.Goal("times", 1.99, 2)).endswith("MISSED")
    assert str(sides.Goal("MB", 249, 250, most=True)).endswith("at most 250; 249: holds")
    assert not sides.Goal("MB", 251, 250, most=True).holds
    assert "15,000; 14,999: MISSED" in str(sides.Goal("syllables", 14_999, 15_000))


def test_sides_stand_in_turn_and_the_best_round_counts() -> None:
    order: list[str] = []
    durations = iter([3.0, 9.0, 2.0, 8.0, 4.0, 7.0])

    def side(name: str) -> sides.Side:
        def run() -> float:
            order.append(name)
            return next(durations)

        return run

    times = sides.in_turn("test", {"a": side("a"), "b": side("b")}, 3)
    assert order == ["a", "b"] * 3
    assert sides.best(times) == {"a": 2.0, "b": 7.0}


def test_shipped_articles_never_come_twice() -> None:
    articles = sides.shipped_articles(310)
    assert len(articles) == 310
    assert len({article.id for article in articles}) == 310
    assert len({article.text for article in articles}) > 305


def test_pipeline_and_extractor_give_words_the_same_tags_with_the_same_weights(trained: Path, tmp_path: Path) -> None:
    extractor = Extractor.load(trained, device="cpu")
    given = stock.sentences(extractor, list(read_articles(FEW / "test"))[:2])
    assert sum(map(len, given)) > 100
    pipeline = stock.StockPipeline(str(trained))
    assert stock.agreement(extractor, pipeline, given) > 0.999
    forward = extractor.forward
    extractor.forward = lambda *batch: -forward(*batch)
    assert stock.agreement(extractor, pipeline, given) < 0.5


def test_stock_recipe_gets_the_ids_of_its_own_tokenizer_and_labels_on_first_subwords(phobert_folder: Path) -> None:
    from transformers import AutoTokenizer

    from benchmarks.training_speed import stock_rows
    from data.encode import IGNORED
    from data.segment import load_segmenter, segment

    article = next(iter(read_articles(FEW / "test")))
    tokenizer = AutoTokenizer.from_pretrained(phobert_folder)
    words = segment(article.text, load_segmenter("rdr"))
    rows = stock_rows([article], str(phobert_folder), "rdr", 40)
    starts = words.sentences.tolist()[:-1]
    ends = words.sentences.tolist()[1:]
    forms = [words.forms[a:b] for a, b in zip(starts, ends, strict=True)]
    assert any(len(row["input_ids"]) == 40 for row in rows)  # some are cut off
    for row, sentence in zip(rows, forms, strict=True):
        expected = tokenizer(" ".join(sentence), truncation=True, max_length=40)["input_ids"]
        assert row["input_ids"] == expected
        pieces = [len(tokenizer.tokenize(word)) for word in sentence]
        firsts = [1 + sum(pieces[:number]) for number in range(len(pieces))]
        labelled = [place for place, label in enumerate(row["labels"]) if label != IGNORED]
        assert labelled == [place for place in firsts if place < 39]


def test_training_sections_print_rates_of_both_sides(phobert_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from benchmarks import training_speed

    monkeypatch.setattr(training_speed, "STEPS", 1)
    articles = list(read_articles(FEW / "test"))
    rates, told = training_speed.fine_tuning_rates(settings(encoder=phobert_folder), articles[:1])
    assert list(rates) == ["giaoban", "stock, longest", "stock"]
    assert min(rates.values()) > 0
    assert len({line.rpartition(", ")[2] for line in told[1:]}) == 1  # the same words for all
    rates, _ = training_speed.pre_training_rates(settings(encoder=phobert_folder), articles * 8)
    assert list(rates) == ["giaoban", "stock"]
    assert min(rates.values()) > 0


def test_a_tagger_of_phoberts_layout_is_made_and_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stock, "LAYERS", 1)
    monkeypatch.setattr(stock, "WIDTH", 64)
    monkeypatch.setattr(stock, "BATCH_SIZES", (1, 8))
    lines: list[Any] = list(speed.phobert_size(settings()))
    assert any("torch-float32: words with the same tag 100.0000%" in str(line) for line in lines)
    goals = [line for line in lines if isinstance(line, sides.Goal)]
    assert [goal.bound for goal in goals] == [2.5, 1.4]


def test_a_command_is_measured_with_its_memory() -> None:
    held = "x = bytearray(80_000_000); import time; time.sleep(0.2)"
    taken, memory = speed.run_command([sys.executable, "-c", held])
    assert 0.2 < taken < 30
    assert 80 < memory < 200


def test_start_up_and_end_to_end_run_the_command(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[list[str]] = []

    def run(command: list[str]) -> tuple[float, float]:
        commands.append(command)
        return 0.5, 300.0

    monkeypatch.setattr(speed, "run_command", run)
    monkeypatch.setattr(stock, "BATCH_SIZES", (8,))
    goals = [line for line in speed.start_up(settings(trained)) if isinstance(line, sides.Goal)]
    assert [goal.holds for goal in goals] == [True, False]
    assert len(commands) == 1 + speed.STARTS  # one to fill the page cache
    goals = [line for line in speed.end_to_end(settings(trained)) if isinstance(line, sides.Goal)]
    assert goals[0].value == sides.syllables([one.text for one in sides.shipped_articles(8)]) / 0.5
    whole, start = commands[-2:]
    assert whole[1:3] == ["-m", "infer"]
    assert whole[-2:] == ["--model", str(trained)]
    assert start[: len(whole)] == whole  # the same of one article, in the processes that many get
    assert start[len(whole) :: 2] == ["--backend", "--workers"]


def test_a_command_that_fails_is_an_error_and_an_unknown_section_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(speed.os, "sched_setaffinity", lambda *_: None)  # the tests that follow keep their cores
    assert speed.main(["start-up", "--model", str(tmp_path), "--rounds", "1"]) == 1
    assert "no giaoban.json" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        speed.main(["strat-up"])
    assert "there are end-to-end" in capsys.readouterr().err
