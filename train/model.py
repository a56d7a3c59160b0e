"""The token classifier that is fine-tuned, and its BPE: from a pre-trained PhoBERT, or a small one from scratch.

In: `Config.model`. Out: a `Tagger` (see crf.py; PhoBERT is a RoBERTa) whose config names the tags, and the `PhobertBPE`
of its vocabulary. A name that is no folder here is fetched from the Hugging Face hub, once.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from data.bpe import CODES_FILE, JSON_FILE, VOCAB_FILE, PhobertBPE
from data.encode import bio_tags
from data.errors import InputError
from data.windows import SPECIALS
from train.config import Config, ModelConfig, PretrainConfig, ScratchConfig

WEIGHTS = ("model.safetensors", "pytorch_model.bin")
CARD_FILE = "README.md"
_FILES = ["config.json", VOCAB_FILE, CODES_FILE, JSON_FILE, CARD_FILE]


def locate(name: str, config_file: str) -> Path:
    """The folder of a pre-trained model: `name` itself, or a copy from the hub.

    Raises: InputError when the folder lacks a file, or the hub cannot be reached and no copy is cached.
    """
    folder = Path(name)
    if folder.is_dir():
        if not (folder / "config.json").is_file() or not any((folder / file).is_file() for file in WEIGHTS):
            raise InputError(
                f"no config.json with {' or '.join(WEIGHTS)}",
                expected="a model in PhoBERT's own layout (config.json, vocab.txt, bpe.codes, weights)",
                mend="copy the whole folder of the model",
                path=folder,
            )
        return folder
    return _fetch(name, config_file)


def _fetch(name: str, config_file: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    try:
        path = Path(snapshot_download(name, allow_patterns=[*_FILES, WEIGHTS[0]]))
        if not (path / WEIGHTS[0]).is_file():
            path = Path(snapshot_download(name, allow_patterns=[*_FILES, WEIGHTS[1]]))
        return path
    # the hub's own errors, and what its HTTP client raises without a network: all of them are OSError or ValueError
    except (OSError, ValueError, HfHubHTTPError, HFValidationError) as error:
        raise InputError(
            f"no folder {name!r} here, and nothing fetched from the hub ({type(error).__name__})",
            expected="a folder, or the name of a model on the Hugging Face hub and a network to fetch it",
            mend=f"name a local copy: python -m train {config_file} model.name=FOLDER "
            "(a folder with config.json, vocab.txt, bpe.codes and the weights)",
        ) from None


def bfloat16_pays() -> bool:
    """Whether this CPU multiplies matrices in bfloat16 itself."""
    import torch

    # builds without oneDNN do not have the question either
    return bool(torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported())


def load_model(config: Config, config_file: str) -> tuple[Any, PhobertBPE]:
    """The model to fine-tune, in training mode, and its BPE. Raises InputError before weights are read."""
    if config.model.scratch is not None and config.model.vocabulary is not None:
        bpe = PhobertBPE.load(config.model.vocabulary)
        return _from_scratch(config.model.scratch, bpe, config.labels, config.window.max_length), bpe
    return _pretrained(config, locate(str(config.model.name), config_file))


def tag_maps(labels: Sequence[str]) -> dict[str, Any]:
    """`id2label` and `label2id` as transformers' configs keep them."""
    tags = bio_tags(labels)
    return {"id2label": dict(enumerate(tags)), "label2id": {tag: number for number, tag in enumerate(tags)}}


def load_for_pretraining(config: PretrainConfig, config_file: str) -> tuple[Any, PhobertBPE]:
    """A stock masked language model, pre-trained or with random weights, and its BPE."""
    from transformers import AutoModelForMaskedLM, RobertaForMaskedLM

    longest = max(config.pretraining.windows)
    if config.model.scratch is not None and config.model.vocabulary is not None:
        bpe = PhobertBPE.load(config.model.vocabulary)
        return RobertaForMaskedLM(_roberta_config(config.model.scratch, bpe, longest)), bpe
    folder = locate(str(config.model.name), config_file)
    bpe = PhobertBPE.load(folder)
    safe = (folder / WEIGHTS[0]).is_file()
    model = AutoModelForMaskedLM.from_pretrained(folder, use_safetensors=safe, **_dropout(config.model))
    _check_fit(config.model, "pretraining.windows", longest, model.config, bpe, folder)
    return model.float(), bpe


def _from_scratch(scratch: ScratchConfig, bpe: PhobertBPE, labels: Sequence[str], max_length: int) -> Any:
    from train.crf import Tagger

    return Tagger(_roberta_config(scratch, bpe, max_length, **tag_maps(labels)))


def _roberta_config(scratch: ScratchConfig, bpe: PhobertBPE, max_length: int, **more: Any) -> Any:
    from transformers import RobertaConfig

    return RobertaConfig(
        vocab_size=bpe.size,
        hidden_size=scratch.hidden_size,
        num_hidden_layers=scratch.layers,
        num_attention_heads=scratch.heads,
        intermediate_size=4 * scratch.hidden_size,
        hidden_dropout_prob=scratch.dropout,
        attention_probs_dropout_prob=scratch.dropout,
        max_position_embeddings=max_length + SPECIALS,  # RoBERTa counts positions from pad_token_id + 1
        type_vocab_size=1,
        layer_norm_eps=1e-5,
        bos_token_id=bpe.bos,
        pad_token_id=bpe.pad,
        eos_token_id=bpe.eos,
        tokenizer_class="PhobertTokenizer",
        **more,
    )


def _pretrained(config: Config, folder: Path) -> tuple[Any, PhobertBPE]:
    from transformers import AutoConfig

    from train.crf import Tagger

    bpe = PhobertBPE.load(folder)
    model_config = AutoConfig.from_pretrained(folder, **tag_maps(config.labels), **_dropout(config.model))
    _check_fit(config.model, "window.max_length", config.window.max_length, model_config, bpe, folder)
    safe = (folder / WEIGHTS[0]).is_file()
    model = Tagger.from_pretrained(folder, config=model_config, use_safetensors=safe, ignore_mismatched_sizes=False)
    return model.float(), bpe


def _dropout(model: ModelConfig) -> dict[str, float]:
    """Dropout of hidden states; of attention none, which takes a quarter of the time of a step on a CPU."""
    return {} if model.dropout is None else {"hidden_dropout_prob": model.dropout, "attention_probs_dropout_prob": 0.0}


def _check_fit(model: ModelConfig, key: str, max_length: int, config: Any, bpe: PhobertBPE, folder: Path) -> None:
    longest = config.max_position_embeddings - SPECIALS
    if max_length > longest:
        raise InputError(
            f"{key} = {max_length} for {model.name}",
            expected=f"at most the {longest} positions the model has",
            mend=f"at most {longest} in {key}" if key != "window.max_length" else f"{key}={longest}",
        )
    if bpe.size > config.vocab_size:
        raise InputError(
            f"a tokenizer of {bpe.size} subwords for a model of {config.vocab_size}",
            expected="the tokenizer that belongs to the model",
            mend="copy vocab.txt and bpe.codes from where the weights came",
            path=folder,
        )
