"""`python -m train.evaluate`: the files it writes, and that their figures are those of the predictions."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from data.formats import read_articles
from data.schema import LABELS
from infer import Extractor
from infer.checkpoint import CHAIN_FILE
from tests.conftest import FEW
from tests.test_report import assert_figures_are_those_of
from train.evaluate import given_gold_mentions, main
from train.markdown import escape
from train.metrics import evaluate


def test_report_says_what_the_predictions_are_worth(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(trained), str(FEW / "test"), "-o", str(tmp_path), "--device", "cpu"]) == 0
    printed = capsys.readouterr().out
    figures = json.loads((tmp_path / "metrics.json").read_text(encoding="utf-8"))
    gold = read_articles(FEW / "test")
    predicted = list(Extractor.load(trained, device="cpu").extract_many(gold))
    ours = evaluate(gold, predicted, LABELS)
    assert figures["articles"] == 5
    for part in ("entities", "entities_overlap", "confusion", "links", "normalized", "errors"):
        assert figures[part] == json.loads(json.dumps(ours[part])), part
    assert figures["calibration"]["mentions"] == json.loads(json.dumps(ours["calibration"]["mentions"]))
    scored = sum(one["count"] for one in figures["calibration"]["directives"]["bins"])
    assert scored == sum(len(article.directives) for article in predicted)
    report = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert f"| micro | {figures['entities']['micro']['precision']:.3f} |" in report
    assert f"F1 {figures['entities']['micro']['f1']:.3f}" in printed
    assert_figures_are_those_of((tmp_path / "report.html").read_text(encoding="utf-8"), figures)
    # gold mentions give the record layer all it needs, so it must do better on them
    assert figures["given_gold_mentions"]["links"]["strict"]["f1"] > figures["links"]["strict"]["f1"]


def test_several_models_are_compared_on_the_same_articles(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other"
    shutil.copytree(trained, other)
    # a chain that forbids every mention: the same model, blind
    chain = {name: np.array(value) for name, value in load_file(other / CHAIN_FILE).items()}
    chain["start"][1::2] = chain["transitions"][:, 1::2] = -1e6
    save_file(chain, other / CHAIN_FILE)
    articles = [str(path) for path in sorted((FEW / "test").iterdir())[:2]]
    arguments = [*articles, "-o", str(tmp_path / "r"), "--device", "cpu", "--train", str(FEW / "dev")]
    assert main([str(trained), str(other), *arguments]) == 0
    figures = json.loads((tmp_path / "r" / "metrics.json").read_text(encoding="utf-8"))
    (difference,) = figures["comparison"]["others"]
    assert difference["name"] == str(other)
    assert difference["differences"]["micro"]["difference"] == pytest.approx(figures["entities"]["micro"]["f1"])
    assert figures["entities"]["micro"]["f1"] > 0
    assert f"F1 less that of {other}: +{figures['entities']['micro']['f1']:.3f}" in capsys.readouterr().out
    assert figures["about"]["trained"]["all"] is True  # these five are what the small configuration trains on
    for name, shown in (("report.html", str(other)), ("report.md", escape(str(other)))):
        report = (tmp_path / "r" / name).read_text(encoding="utf-8")
        assert "Models compared" in report
        assert shown in report
    assert_figures_are_those_of((tmp_path / "r" / "report.html").read_text(encoding="utf-8"), figures)

    settings = json.loads((other / "giaoban.json").read_text(encoding="utf-8"))
    settings["labels"] = ["OFFICIAL", "AGENCY", "INDICATOR", "LIMIT"]
    (other / "giaoban.json").write_text(json.dumps(settings), encoding="utf-8")
    assert main([str(trained), str(other), *arguments]) == 1
    assert "found the labels OFFICIAL, AGENCY, INDICATOR, LIMIT" in capsys.readouterr().err


def test_texts_are_escaped_in_the_report(trained: Path, tmp_path: Path) -> None:
    article = {"id": "x", "text": "Sở <script> | `Y` họp", "entities": []}
    article["entities"] = [{"id": "e1", "label": "AGENCY", "start": 0, "end": 16, "text": "Sở <script> | `Y"}]
    file = tmp_path / "odd.jsonl"
    file.write_text(json.dumps(article), encoding="utf-8")
    assert main([str(trained), str(file), "-o", str(tmp_path / "report"), "--device", "cpu"]) == 0
    report = (tmp_path / "report" / "report.md").read_text(encoding="utf-8")
    assert "<script>" not in report
    assert "&lt;script&gt; \\| \\`Y" in report


def test_bad_arguments_end_with_a_message(trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path), str(FEW / "test"), "-o", str(tmp_path / "r")]) == 1
    assert "giaoban.json" in capsys.readouterr().err
    assert main([str(trained), str(tmp_path / "nothing"), "-o", str(tmp_path / "r")]) == 1
    assert "nothing" in capsys.readouterr().err
    assert not (tmp_path / "r").exists()


def test_gold_mentions_need_no_model(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--gold-mentions", str(FEW / "test")]) == 0
    printed = capsys.readouterr().out
    figures = given_gold_mentions(read_articles(FEW / "test"))
    strict, until = figures["links"]["strict"], figures["normalized"]["DEADLINE.until"]
    assert f"F1 {strict['f1']:.3f} (gold {strict['gold']})" in printed
    assert f"{until['right']}/{until['gold']} right" in printed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--gold-mentions", "articles", "-o", "report"], "writes no files"),
        (["--gold-mentions", "articles", "--segmenter", "rdr"], "leave out --segmenter"),
        (["model", "-o", "report"], "give a checkpoint folder, articles and --output"),
        (["model", "articles"], "give a checkpoint folder, articles and --output"),
    ],
)
def test_arguments_that_do_not_go_together(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(arguments)
    assert message in capsys.readouterr().err
