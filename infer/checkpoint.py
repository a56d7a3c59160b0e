"""What a checkpoint folder says about itself: `giaoban.json`, beside the weights and the tokenizer's files.

In: a folder. Out: `Settings`: how text must be segmented, encoded and windowed for this model, and what its scores
were. A folder without it, or without its tokenizer or weights, is an `InputError` that says what is missing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from os import PathLike
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from data.bpe import PhobertBPE
from data.encode import Encoder, bio_tags
from data.errors import InputError
from data.files import read_bytes, read_text
from data.segment import load_segmenter
from infer.decode import Chain, legal_chain

SETTINGS_FILE = "giaoban.json"
WEIGHTS_FILE = "model.safetensors"
CONFIG_FILE = "config.json"  # the model's shape, as transformers keeps it
CHAIN_FILE = "crf.safetensors"  # beside the weights, which stock transformers reads
SHIPPED = Path(__file__).parent.parent / "models" / "mini"
TRAINED = Path("runs") / "mini"
_KIND = {"model_type": "roberta", "hidden_act": "gelu"}  # what both backends compute


class Settings(BaseModel):
    """The content of `giaoban.json`.

    segmenter: the name of the word segmenter the model was trained with. fingerprints: SHA-256 of the articles of each
    split. versions: of Python and the libraries it was trained with. dev: scores on the dev split.
    """

    model_config = ConfigDict(extra="forbid")

    labels: list[str]
    segmenter: str
    max_length: int
    stride: int
    fingerprints: dict[str, str]
    versions: dict[str, str]
    dev: dict[str, JsonValue]


def default_model() -> Path:
    """The shipped model, else the one that `make demo` trains. Raises InputError when there is neither."""
    for folder in (SHIPPED, TRAINED):
        if (folder / SETTINGS_FILE).is_file():
            return folder
    raise InputError(
        f"no model at {SHIPPED} nor at {TRAINED}",
        expected="a trained checkpoint",
        mend="run `make demo`, or name one with --model",
    )


def read_settings(folder: str | PathLike[str]) -> Settings:
    """The settings of a checkpoint. Raises InputError when the folder is no checkpoint or is not complete."""
    path = Path(folder)
    if not path.is_dir():
        raise InputError("no such folder", expected="a checkpoint folder", mend="check --model", path=path)
    file = path / SETTINGS_FILE
    if not file.is_file():
        raise InputError(
            f"no {SETTINGS_FILE}",
            expected="a checkpoint that `python -m train` wrote",
            mend="train one: it keeps segmenter, labels and windows there",
            path=path,
        )
    if not (path / WEIGHTS_FILE).is_file():
        raise InputError(
            f"no {WEIGHTS_FILE}", expected="the model's weights", mend="copy the whole checkpoint folder", path=path
        )
    text = read_text(file)
    try:
        return Settings.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise InputError(
            f"{where}: {first['msg'][0].lower()}{first['msg'][1:]}",
            expected="the settings as `python -m train` wrote them",
            mend="copy the file anew from where the checkpoint came",
            path=file,
        ) from None


def check_kind(config: Mapping[str, JsonValue], folder: str | PathLike[str], mend: str) -> None:
    """Raises InputError unless config.json is that of a model as PhoBERT is."""
    found = {key: config.get(key) for key in _KIND}
    if found != _KIND or config.get("position_embedding_type", "absolute") != "absolute":
        raise InputError(
            f"a model with {', '.join(f'{key} {value!r}' for key, value in found.items())}",
            expected="a RoBERTa with GELU and absolute positions, as PhoBERT is",
            mend=mend,
            path=folder,
        )


def fingerprint(files: Iterable[Path]) -> str:
    """SHA-256 over the names and contents of files, in the order of their names."""
    total = hashlib.sha256()
    for file in sorted(path for path in files if path.is_file()):
        with open(file, "rb") as handle:
            total.update(f"{file.name} {hashlib.file_digest(handle, 'sha256').hexdigest()}\n".encode())
    return total.hexdigest()


def make_encoder(folder: str | PathLike[str], settings: Settings, segmenter: str | None = None) -> Encoder:
    """The encoder a checkpoint was trained with; `segmenter` replaces its own (a folder for vncorenlp, or another)."""
    bpe = PhobertBPE.load(folder)
    return Encoder(load_segmenter(segmenter or settings.segmenter), bpe, settings.max_length, settings.stride)


def read_chain(folder: str | PathLike[str], settings: Settings) -> Chain:
    """The scores of tag after tag that the checkpoint's tagger learned. Raises InputError where they do not fit."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    file = Path(folder) / CHAIN_FILE
    legal = legal_chain(len(bio_tags(settings.labels)))
    try:
        learned = Chain(**load(read_bytes(file)))
        fits = all(a.shape == b.shape and np.isfinite(a).all() for a, b in zip(learned, legal, strict=True))
    except (SafetensorError, TypeError):
        fits = False
    if not fits:
        raise InputError(
            "no scores of tag after tag that belong to the model's labels",
            expected=f"transitions [{len(legal.start)}, {len(legal.start)}] and start [{len(legal.start)}]",
            mend="copy the whole checkpoint folder anew",
            path=file,
        )
    return Chain(legal.transitions + learned.transitions, legal.start + learned.start)
