"""`python -m train.export`: the graph computes what torch computes, and is refused where it does not."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import train.export
from data.bpe import PhobertBPE
from data.errors import InputError
from data.schema import LABELS
from infer import Extractor
from infer.checkpoint import WEIGHTS_FILE, Settings
from infer.onnx_backend import DIGEST, ONNX_FILE, load_onnx, weights_digest
from infer.runtime import pad
from infer.torch_backend import load_torch
from tests.conftest import FEW, ROOT
from train.export import main
from train.graph import FLOAT32, INT8, build


@pytest.fixture(scope="module")
def checkpoint(phobert_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint with random weights, large ones, so that every part of the model shows in its scores."""
    import torch
    from transformers import AutoConfig

    from train.checkpoint import write_checkpoint
    from train.crf import Tagger
    from train.model import tag_maps

    torch.manual_seed(1)
    shape = {"num_hidden_layers": 2, "hidden_size": 48, "num_attention_heads": 3, "intermediate_size": 96}
    model = Tagger(AutoConfig.from_pretrained(phobert_folder, **shape, **tag_maps(LABELS)))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(torch.randn_like(parameter) * 0.2 + name.endswith("Norm.weight"))
    settings = Settings(
        labels=list(LABELS), segmenter="none", max_length=256, stride=16, fingerprints={}, versions={}, dev={}
    )
    folder = tmp_path_factory.mktemp("export") / "checkpoint"
    write_checkpoint(folder, model, PhobertBPE.load(phobert_folder), settings, 256, {})
    return folder


def graph(checkpoint: Path, folder: Path, precision: str) -> Path:
    """A copy of a checkpoint with its graph, written without a comparison."""
    shutil.copytree(checkpoint, folder)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    model = build(folder / WEIGHTS_FILE, config, precision)
    model.metadata_props.add(key=DIGEST, value=weights_digest(folder))
    (folder / ONNX_FILE).write_bytes(model.SerializeToString())
    return folder


def windows(lengths: list[int]) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(len(lengths))
    return pad([np.array([0, *rng.integers(4, 100, size - 2), 2]) for size in lengths], 1)


BATCHES = [[2], [9], [256], [40, 40, 40], [30, 7, 2], [256, 256, 200, 31, 3]]


@pytest.mark.parametrize(("precision", "tolerance"), [(FLOAT32, 2e-5), (INT8, 0.2)])
def test_the_graph_gives_the_scores_of_torch(
    checkpoint: Path, tmp_path: Path, precision: str, tolerance: float
) -> None:
    ours = load_onnx(graph(checkpoint, tmp_path / "c", precision), 1)
    torch = load_torch(checkpoint, "cpu", exact=True)
    for lengths in BATCHES:
        ids, mask = windows(lengths)
        wanted, found = torch(ids, mask, mask > 0), ours(ids, mask, mask > 0)
        assert found.shape == wanted.shape
        assert found.dtype == np.float32
        assert wanted.std(axis=0).mean() > 0.2 or lengths == [2]  # scores differ from subword to subword
        np.testing.assert_allclose(found, wanted, atol=tolerance)


@pytest.mark.parametrize("precision", [FLOAT32, INT8])
def test_scores_of_a_window_do_not_depend_on_its_batch(checkpoint: Path, tmp_path: Path, precision: str) -> None:
    forward = load_onnx(graph(checkpoint, tmp_path / "c", precision), 1)
    ids, mask = windows([200, 180, 90, 33, 5])
    together = forward(ids, mask, mask > 0)
    begins = np.cumsum(mask.sum(axis=1)) - mask.sum(axis=1)
    for row, (length, begin) in enumerate(zip(mask.sum(axis=1), begins, strict=True)):
        whole = mask[row : row + 1, :length]
        alone = forward(ids[row : row + 1, :length], whole, whole > 0)
        np.testing.assert_allclose(alone, together[begin : begin + length], atol=1e-4 if precision == FLOAT32 else 0.05)


def test_the_command_writes_a_small_graph_that_tags_alike(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Path(shutil.copytree(trained, tmp_path / "c"))
    assert main([str(folder), "--articles", str(FEW / "test"), "--precision", "float32"]) == 0
    assert (folder / ONNX_FILE).stat().st_size < 200_000
    report = json.loads((folder / f"{ONNX_FILE}.json").read_text(encoding="utf-8"))
    assert report["articles"] == 5
    assert report["equal"] == report["mentions"] > 100
    assert report["largest_difference"] < 1e-3
    assert "(100.00%)" in capsys.readouterr().out
    text = (ROOT / "data" / "samples" / "thanh-hoa-phien-hop-thang-9-2023.txt").read_text(encoding="utf-8")
    found, wanted = (Extractor.load(folder, backend=name).extract(text) for name in ("onnx", "torch-float32"))
    assert [(e.label, e.start, e.end) for e in found.entities] == [(e.label, e.start, e.end) for e in wanted.entities]


def test_a_graph_that_tags_otherwise_is_refused_and_nothing_is_written(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Path(shutil.copytree(trained, tmp_path / "c"))
    before = sorted(path.name for path in folder.iterdir())

    def wrong(*args: Any) -> Callable[..., np.ndarray]:
        forward = load_onnx(*args)

        def run(*batch: np.ndarray) -> np.ndarray:
            scores = forward(*batch)
            scores[20:23, 0] += 100
            return scores

        return run

    monkeypatch.setattr(train.export, "load_onnx", wrong)
    assert main([str(folder), "--articles", str(FEW / "test")]) == 1
    assert "expected at least 99.5%" in capsys.readouterr().err
    assert sorted(path.name for path in folder.iterdir()) == before


def test_a_model_of_another_kind_is_refused(checkpoint: Path) -> None:
    config = json.loads((checkpoint / "config.json").read_text(encoding="utf-8"))
    with pytest.raises(InputError, match="hidden_act 'relu'"):
        build(checkpoint / WEIGHTS_FILE, config | {"hidden_act": "relu"}, INT8)


def test_missing_broken_and_foreign_graphs_are_told_apart(checkpoint: Path, tmp_path: Path) -> None:
    folder = graph(checkpoint, tmp_path / "c", FLOAT32)
    raw = (folder / ONNX_FILE).read_bytes()
    (folder / ONNX_FILE).write_bytes(raw[: len(raw) // 2])
    with pytest.raises(InputError, match="a graph that onnxruntime refuses"):
        load_onnx(folder, 1)
    (folder / ONNX_FILE).unlink()
    with pytest.raises(InputError, match=r"no model\.onnx.*python -m train\.export"):
        load_onnx(folder, 1)
    (folder / ONNX_FILE).write_bytes(raw)
    weights = bytearray((folder / WEIGHTS_FILE).read_bytes())
    weights[-len(weights) // 2] ^= 1
    (folder / WEIGHTS_FILE).write_bytes(weights)
    with pytest.raises(InputError, match="a graph of other weights"):
        load_onnx(folder, 1)


def test_the_shipped_model_carries_its_graph() -> None:
    folder = ROOT / "models" / "mini"
    load_onnx(folder, 1)
    assert sum(file.stat().st_size for file in folder.iterdir()) < 30_000_000
