"""What several tests need: small checkpoints in PhoBERT's own file format, small articles, a small configuration."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, settings

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["TOKENIZERS_PARALLELISM"] = "false"

settings.register_profile(
    "tests", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
settings.load_profile("tests")

ROOT = Path(__file__).parent.parent
ARTICLES = ROOT / "data" / "articles"
VOCABULARY = ROOT / "models" / "mini-encoder"

# five articles of dev and five of test: enough to see everything work, few enough to train on in seconds
_FOLDER = tempfile.TemporaryDirectory(prefix="giaoban-tests-")
FEW = Path(_FOLDER.name)
for _split in ("dev", "test"):
    (FEW / _split).mkdir()
    for _file in sorted((ARTICLES / _split).glob("*.article"))[::4][:5]:
        shutil.copy(_file, FEW / _split)


@pytest.fixture(scope="session", autouse=True)
def float32() -> Iterator[None]:
    """torch computes in float32 on every machine, also where a CPU's bfloat16 would be taken."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("infer.torch_backend.bfloat16_pays", lambda: False)
        yield


@pytest.fixture(scope="session")
def phobert_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny PhoBERT with random weights in the original layout: config.json, vocab.txt, bpe.codes, pytorch_model.bin.

    Like the original it is a masked language model with 258 positions and the tokenizer class in its config.
    """
    import torch
    from transformers import RobertaConfig, RobertaForMaskedLM

    from data.bpe import PhobertBPE
    from train.vocabulary import write_vocabulary

    folder = tmp_path_factory.mktemp("phobert") / "phobert-tiny"
    text = "UBND tỉnh yêu_cầu các sở , ngành báo_cáo trước ngày 30/11 . Chủ_tịch giao Sở Tài_chính"
    write_vocabulary(Counter(text.split() * 2), 200, folder)
    torch.manual_seed(0)
    config = RobertaConfig(
        vocab_size=PhobertBPE.load(folder).size,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=258,
        type_vocab_size=1,
        layer_norm_eps=1e-5,
        bos_token_id=0,
        pad_token_id=1,
        eos_token_id=2,
        tokenizer_class="PhobertTokenizer",
    )
    model = RobertaForMaskedLM(config)
    config.architectures = ["RobertaForMaskedLM"]
    config.save_pretrained(folder)
    torch.save(model.state_dict(), folder / "pytorch_model.bin")
    return folder


@pytest.fixture(scope="session")
def small_config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A configuration that trains in seconds, on five dev articles, with five test articles as dev."""
    path = tmp_path_factory.mktemp("config") / "small.yaml"
    value = {
        "data": {"train": str(FEW / "dev"), "dev": str(FEW / "test")},
        "window": {"max_length": 64, "stride": 16},
        "model": {
            "scratch": {"layers": 1, "hidden_size": 64, "heads": 2, "dropout": 0.1},
            "vocabulary": str(VOCABULARY),
        },
        "training": {
            "output": str(path.parent / "run"),
            "epochs": 4,
            "batch_size": 8,
            "learning_rate": 6e-3,
            "device": "cpu",
        },
    }
    path.write_text(yaml.safe_dump(value), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def trained(small_config: Path) -> Path:
    """A checkpoint that an unbroken run of `small_config` wrote."""
    from train.__main__ import main

    assert main([str(small_config), "--overwrite"]) == 0
    return small_config.parent / "run"
