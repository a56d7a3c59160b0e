"""Our RoBERTa on torch against transformers' with the same weights: scores, shapes of every kind, types, errors."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import train.model
from data.encode import Encoded
from data.errors import InputError
from data.formats import read_articles
from infer import Extractor
from infer.checkpoint import CONFIG_FILE, WEIGHTS_FILE
from infer.roberta import Roberta, cut
from infer.runtime import pad, word_scores
from infer.torch_backend import load_torch, torch_forward
from tests.conftest import ROOT

SHIPPED = ROOT / "models" / "mini"
# one window and many, as long as there are positions and as short as can be, more than go through the layers at once
BATCHES = [[2], [128], [128, 128, 17, 3], [40] * 70, [112, 97, 96], [16] * 9]


@pytest.fixture(scope="module")
def stock() -> Any:
    from transformers import AutoModelForTokenClassification

    return AutoModelForTokenClassification.from_pretrained(SHIPPED, dtype=torch.float32).eval()


@pytest.fixture(scope="module")
def dev() -> list[Encoded]:
    extractor = Extractor.load(SHIPPED, backend="onnx", threads=1)
    return [extractor.prepare(article.text) for article in read_articles(ROOT / "data" / "articles" / "dev")[::4]]


def windows(lengths: list[int]) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(len(lengths))
    return pad([np.array([0, *rng.integers(4, 12_000, size - 2), 2]) for size in lengths], 1)


@pytest.mark.parametrize("lengths", BATCHES)
def test_scores_in_float32_are_those_of_transformers(stock: Any, lengths: list[int]) -> None:
    ids, mask = windows(lengths)
    ours = load_torch(SHIPPED, "cpu", exact=True)(ids, mask, mask > 0)
    theirs = torch_forward(stock)(ids, mask, mask > 0)
    assert ours.dtype == np.float32
    assert ours.shape == (sum(lengths), 9)
    np.testing.assert_allclose(ours, theirs, atol=2e-5)


def test_only_the_wanted_subwords_are_told_in_their_order() -> None:
    forward = load_torch(SHIPPED, "cpu", exact=True)
    ids, mask = windows([90, 60, 31])
    every = np.zeros((*ids.shape, 9), dtype=np.float32)
    every[mask > 0] = forward(ids, mask, mask > 0)
    few = (np.random.default_rng(0).random(ids.shape) < 0.3) & (mask > 0)
    few[1] = False  # a window in which no word is read
    np.testing.assert_allclose(forward(ids, mask, few), every[few], atol=1e-5)
    assert forward(ids, mask, np.zeros_like(few)).shape == (0, 9)


@pytest.mark.parametrize("packs", [True, False])
def test_bfloat16_finds_the_mentions_of_transformers(
    stock: Any, dev: list[Encoded], packs: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Packed weights are a CPU's; the other way is that of GPUs and of builds of torch without oneDNN."""
    monkeypatch.setattr("infer.torch_backend.bfloat16_pays", lambda: True)
    if packs and not train.model.bfloat16_pays():
        pytest.skip("a CPU or a torch without products of bfloat16")
    monkeypatch.setattr("torch.backends.mkldnn.is_available", lambda: packs)
    extractor = Extractor.load(SHIPPED, backend="onnx", threads=1)
    forwards = load_torch(SHIPPED, "cpu", 1), torch_forward(stock)
    sides = [word_scores(dev, extractor.encoder, forward, 9) for forward in forwards]
    ours, theirs = map(np.concatenate, sides)
    assert 0 < np.abs(ours - theirs).max() < 0.5
    # not the best score of each word: where two are close the chain decides
    found, wanted = (
        {
            (n, span.label, span.first, span.last)
            for n, spans in enumerate(extractor.decode(dev, side))
            for span in spans
        }
        for side in sides
    )
    assert len(found & wanted) >= 0.985 * len(found | wanted)  # four of 270; noise of 0.6 on the scores moves seven


@given(count=st.integers(1, 300), most=st.integers(0, 40))
@settings(derandomize=True, deadline=None, max_examples=200)
def test_slices_hold_every_window_and_come_in_few_sizes(count: int, most: int) -> None:
    made = list(cut(count, most))
    begins = [begin for begin, _ in made]
    assert begins[0] == 0
    assert all(later - begin == size for (begin, size), later in zip(made, begins[1:], strict=False))
    begin, size = made[-1]
    assert begin < count <= begin + size < begin + 2 * (count - begin)
    assert {size for _, size in made} <= {max(1, most), *(1 << n for n in range(6))}


def test_transformers_is_not_imported() -> None:
    program = (
        "import sys\nfrom infer import Extractor\n"
        f"article = Extractor.load({str(SHIPPED)!r}, backend='torch', threads=1).extract('Giao Sở Y tế báo cáo.')\n"
        "print(len(article.entities), *sorted({'torch', 'transformers'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.split() == ["1", "torch"], done.stderr


@pytest.mark.parametrize("change", [{"model_type": "bert"}, {"hidden_act": "relu"}])
def test_a_model_of_another_kind_is_refused(tmp_path: Path, change: dict[str, str]) -> None:
    folder = Path(shutil.copytree(SHIPPED, tmp_path / "c"))
    config = json.loads((folder / CONFIG_FILE).read_text(encoding="utf-8")) | change
    (folder / CONFIG_FILE).write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(InputError, match="expected a RoBERTa with GELU"):
        load_torch(folder, "cpu")


def test_weights_that_lack_something_are_refused(tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save_file

    folder = Path(shutil.copytree(SHIPPED, tmp_path / "c"))
    weights = load_file(folder / WEIGHTS_FILE)
    save_file({name: value for name, value in weights.items() if "layer.3.output" not in name}, folder / WEIGHTS_FILE)
    with pytest.raises(InputError, match=r"weights that cannot be read .*layer\.3\.output.*copy the whole"):
        Roberta.load(folder, "cpu", torch.float32)
    (folder / WEIGHTS_FILE).write_bytes(b"nothing")
    with pytest.raises(InputError, match="weights that cannot be read"):
        Roberta.load(folder, "cpu", torch.float32)
