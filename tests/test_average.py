"""Averaged checkpoints: the mean of the weights, scores of its own; what does not belong together is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from infer import Extractor
from infer.checkpoint import CHAIN_FILE, SETTINGS_FILE, WEIGHTS_FILE
from tests.conftest import FEW
from train.average import main


@pytest.fixture
def other(trained: Path, tmp_path: Path) -> Path:
    """The trained checkpoint with other weights."""
    folder = tmp_path / "other"
    shutil.copytree(trained, folder, ignore=shutil.ignore_patterns("run"))
    for name in (WEIGHTS_FILE, CHAIN_FILE):
        weights = {key: (value * 0.5).astype(value.dtype) for key, value in load_file(folder / name).items()}
        save_file(weights, folder / name, metadata={"format": "pt"})
    return folder


def test_weights_and_chain_are_the_mean(trained: Path, other: Path, tmp_path: Path) -> None:
    output = tmp_path / "mean"
    assert main([str(trained), str(other), "-o", str(output), "--dev", str(FEW / "test")]) == 0
    for name in (WEIGHTS_FILE, CHAIN_FILE):
        first, mean = load_file(trained / name), load_file(output / name)
        assert first.keys() == mean.keys()
        for key, value in mean.items():
            np.testing.assert_allclose(value, first[key].astype(np.float32) * 0.75, rtol=1e-2, atol=1e-4)
    assert not (output / "run").exists()
    assert Extractor.load(output, device="cpu").extract("UBND tỉnh họp.").text == "UBND tỉnh họp."


def test_one_checkpoint_is_its_own_mean(trained: Path, tmp_path: Path) -> None:
    output = tmp_path / "mean"
    assert main([str(trained), "-o", str(output), "--dev", str(FEW / "test")]) == 0
    one, mean = (
        json.loads((folder / SETTINGS_FILE).read_text(encoding="utf-8"))["dev"] for folder in (trained, output)
    )
    assert mean == pytest.approx({name: one[name] for name in mean}, abs=1e-12)


@pytest.mark.parametrize(("file", "named"), [("vocab.txt", "vocab.txt"), (SETTINGS_FILE, "stride")])
def test_what_does_not_belong_together_is_refused(
    trained: Path, other: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], file: str, named: str
) -> None:
    text = (other / file).read_text(encoding="utf-8")
    (other / file).write_text(text.replace('"stride": 16', '"stride": 8') + "\n", encoding="utf-8")
    assert main([str(trained), str(other), "-o", str(tmp_path / "mean"), "--dev", str(FEW / "test")]) == 1
    assert f"{other}: found another {named} than in {trained}" in capsys.readouterr().err
    assert not (tmp_path / "mean").exists()
