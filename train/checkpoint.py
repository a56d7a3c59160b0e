"""A trained model → a checkpoint folder that is all inference needs, and that stock transformers can load.

In: the model, its BPE, what `giaoban.json` is to say and files for people. Out: `model.safetensors`, `config.json`, the
tokenizer's files, those for people, and last of all `giaoban.json`.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from safetensors.numpy import save_file as save_numpy

from data.bpe import PhobertBPE
from data.files import atomic_file
from data.schema import Article
from data.windows import SPECIALS
from infer.checkpoint import CHAIN_FILE, SETTINGS_FILE, WEIGHTS_FILE, Settings
from infer.onnx_backend import ONNX_FILE

_LIBRARIES = ("torch", "transformers", "tokenizers", "numpy")
_TOKENIZER_CONFIG = {
    "tokenizer_class": "PhobertTokenizer",
    "bos_token": "<s>",
    "cls_token": "<s>",
    "eos_token": "</s>",
    "sep_token": "</s>",
    "pad_token": "<pad>",
    "unk_token": "<unk>",
    "mask_token": "<mask>",
}


def fingerprint(articles: Iterable[Article]) -> str:
    """SHA-256 over the articles' lines in the public form: the same for the same articles in the same order."""
    digest = hashlib.sha256()
    for article in articles:
        digest.update(article.to_line().encode() + b"\n")
    return digest.hexdigest()


def library_versions() -> dict[str, str]:
    """Versions of Python and of the libraries that decide a model's scores."""
    return {"python": platform.python_version()} | {name: version(name) for name in _LIBRARIES}


def write_encoder(folder: Path, model: Any, bpe: PhobertBPE) -> None:
    """Write a pre-trained model in PhoBERT's own layout, its weights in float16."""
    folder.mkdir(parents=True, exist_ok=True)
    model.half().save_pretrained(folder)
    _write_tokenizer(folder, bpe, model.config.max_position_embeddings - SPECIALS)


def round_weights(model: Any) -> None:
    """Round weights to float16, as a checkpoint keeps them in half the space, so that scores are those of the file."""
    for name, weight in model.named_parameters():
        if not name.startswith("crf."):
            weight.data.copy_(weight.data.half())


def write_checkpoint(
    folder: Path, model: Any, bpe: PhobertBPE, settings: Settings, max_length: int, more: Mapping[str, bytes]
) -> None:
    """Write everything but `giaoban.json`, then that: a folder without it is no checkpoint.

    more: name → content of files that inference does not need.
    """
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    (folder / SETTINGS_FILE).unlink(missing_ok=True)
    (folder / ONNX_FILE).unlink(missing_ok=True)  # of the weights before
    # the chain stays out of the weights' file: stock transformers must find there what it expects
    named = model.state_dict().items()
    weights = {name: value.half().contiguous() for name, value in named if not name.startswith("crf.")}
    model.config.architectures = ["RobertaForTokenClassification"]
    model.config.save_pretrained(folder)
    save_file(weights, folder / WEIGHTS_FILE, metadata={"format": "pt"})
    save_numpy(model.crf.learned(), folder / CHAIN_FILE)
    _write_tokenizer(folder, bpe, max_length)
    for name, content in more.items():
        with atomic_file(folder / name, "wb") as out:
            out.write(content)
    with atomic_file(folder / SETTINGS_FILE) as out:
        out.write(json.dumps(settings.model_dump(), ensure_ascii=False, indent=2) + "\n")


def _write_tokenizer(folder: Path, bpe: PhobertBPE, max_length: int) -> None:
    bpe.save(folder)
    tokenizer = _TOKENIZER_CONFIG | {"model_max_length": max_length}
    (folder / "tokenizer_config.json").write_text(json.dumps(tokenizer, indent=2) + "\n", encoding="utf-8")
