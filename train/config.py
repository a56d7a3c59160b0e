"""The typed configuration of a training run: YAML plus `key=value` overrides.

In: a YAML file and overrides such as `training.learning_rate=3e-5`. Out: `Config`, in which every key is known, typed,
and agrees with the others, or an `InputError` before anything is loaded. What a key means stands beside it here; the
defaults stand here alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from data.errors import InputError, nearest
from data.files import read_text
from data.schema import LABELS
from data.segment import DEFAULT
from data.windows import check_limits
from data.yamlfile import read_yaml


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class DataConfig(_Section):
    """Where the articles are."""

    source: str | None = Field(default=None, description="folder that holds train, dev and test")
    train: str | None = Field(default=None, description="articles to train on, instead of source's")
    dev: str | None = Field(default=None, description="articles to choose the best epoch on, instead of source's")


class WindowConfig(_Section):
    """How long articles are cut; see data/windows.py."""

    max_length: int = Field(default=256, description="most subwords in a window, <s> and </s> included")
    stride: int = Field(default=64, description="subwords that neighbouring windows share")


class ScratchConfig(_Section):
    """A small PhoBERT with random weights, for where no pre-trained one is."""

    layers: int = Field(ge=1)
    hidden_size: int = Field(ge=8)
    heads: int = Field(ge=1)
    dropout: float = Field(ge=0, lt=1)


class ModelConfig(_Section):
    """What is fine-tuned: a pre-trained model by `name`, or one from `scratch` over a `vocabulary`."""

    name: str | None = Field(default=None, description="a folder in PhoBERT's layout, or a name on the hub")
    scratch: ScratchConfig | None = None
    vocabulary: str | None = Field(default=None, description="folder of vocab.txt and bpe.codes, for scratch")
    dropout: float | None = Field(default=None, ge=0, lt=1, description="instead of the pre-trained model's own")


class TrainingConfig(_Section):
    """How it is fine-tuned."""

    output: str = Field(description="folder of the checkpoint")
    epochs: int = Field(ge=1)
    batch_size: int = Field(ge=1, description="windows in a step, on each device")
    accumulate: int = Field(default=1, ge=1, description="batches whose gradients make one step")
    learning_rate: float = Field(gt=0, allow_inf_nan=False)
    warmup: float = Field(default=0.1, ge=0, lt=1, description="share of the steps in which the rate rises")
    schedule: Literal["linear", "cosine", "constant_with_warmup"] = "linear"
    weight_decay: float = Field(default=0.01, ge=0, allow_inf_nan=False)
    augmented: int = Field(default=0, ge=0, description="varied copies of each training article, see train/augment.py")
    hidden: float = Field(default=0.0, ge=0, lt=1, description="share of the subwords that it sees as <mask>")
    evaluate_every: int | None = Field(default=None, ge=1, description="steps between looks at dev; null: each epoch")
    patience: int | None = Field(default=None, ge=1, description="looks at dev without a gain until it stops")
    seed: int = 13
    device: Literal["auto", "cpu"] = "auto"


class Config(_Section):
    """A whole run of fine-tuning."""

    data: DataConfig
    labels: list[str] = list(LABELS)
    segmenter: str = DEFAULT
    window: WindowConfig = WindowConfig()
    model: ModelConfig
    training: TrainingConfig
    license: str | None = Field(
        default=None,
        pattern=r"^[a-z0-9][a-z0-9.-]*$",
        description="of the weights, as the hub names it; null: what the pre-trained model's card says, else unknown",
    )


class DomainConfig(_Section):
    """Which documents are read more often than others, and last: those most like some articles."""

    articles: str = Field(description="annotated articles that show what the encoder is for")
    segmenter: str = Field(default=DEFAULT, description="their segmenter, where the text is segmented already (none)")
    share: float = Field(gt=0, le=1, description="share of the text that is read so")
    passes: int = Field(ge=1, description="how many times it is read, after the whole text")


class PretrainingConfig(_Section):
    """How an encoder is pre-trained."""

    output: str = Field(description="folder of the encoder")
    windows: dict[int, float] = Field(min_length=1, description="window length: share of the training, in this order")
    tokens_per_step: int = Field(ge=8)
    learning_rate: float = Field(gt=0, allow_inf_nan=False)
    warmup: float = Field(default=0.04, ge=0, lt=1, description="share of the steps in which the rate rises")
    masked: float = Field(default=0.2, gt=0, lt=1, description="share of the words that are to be guessed")
    weight_decay: float = Field(default=0.01, ge=0, allow_inf_nan=False)
    passes: int = Field(default=1, ge=0, description="how many times the whole text is read; 0: its domain alone")
    domain: DomainConfig | None = None
    save_every: int = Field(default=500, ge=1, description="steps between checkpoints")
    seed: int = 13
    device: Literal["auto", "cpu"] = "auto"


class PretrainConfig(_Section):
    """A whole run of pre-training: masked language modelling on raw text."""

    text: list[str] = Field(description="text files and folders, plain or compressed")
    segmenter: str = DEFAULT
    model: ModelConfig
    pretraining: PretrainingConfig


AnyConfig = TypeVar("AnyConfig", Config, PretrainConfig)


def read_config(path: str | PathLike[str], overrides: Sequence[str] = ()) -> Config:
    """Read a YAML file, apply `key=value` overrides, check everything.

    Raises: InputError naming file and line, or the override.
    """
    config = _read(Config, path, overrides)
    try:
        _contradictions(config)
    except InputError as error:
        raise error.at(path) from None
    return config


def read_pretrain_config(path: str | PathLike[str], overrides: Sequence[str] = ()) -> PretrainConfig:
    """The same for a run of pre-training."""
    config = _read(PretrainConfig, path, overrides)
    try:
        _check_model(config.model)
        for length, share in config.pretraining.windows.items():
            if length < 8 or not 0 < share <= 1:
                raise InputError(
                    f"pretraining.windows = {config.pretraining.windows}",
                    expected="lengths of 8 subwords and more, each with its share of the training",
                    mend="for instance {64: 0.5, 128: 0.5}",
                )
    except InputError as error:
        raise error.at(path) from None
    return config


def _read(kind: type[AnyConfig], path: str | PathLike[str], overrides: Sequence[str]) -> AnyConfig:
    text = read_text(path)
    value, node = read_yaml(text, path)
    if not isinstance(value, dict):
        raise InputError(
            f"a {type(value).__name__}", expected="a mapping of keys", mend="see configs/mini.yaml", path=path, line=1
        )
    for override in overrides:
        _apply(value, override)
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        raise _as_input_error(kind, error, node, path, overrides) from None


def _apply(value: dict[str, Any], override: str) -> None:
    key, equals, written = override.partition("=")
    if not equals or not all(key.split(".")):
        raise InputError(
            f"the override {override!r}", expected="KEY=VALUE", mend="for instance training.learning_rate=3e-5"
        )
    *sections, last = key.split(".")
    place = value
    for depth, section in enumerate(sections):
        inner = place.get(section)
        if inner is None:
            inner = place[section] = {}
        if not isinstance(inner, dict):
            raise InputError(
                f"the override {override!r}: {section} is no section",
                expected="a key that the configuration has",
                mend=f"write {'.'.join(sections[: depth + 1])}=VALUE",
            )
        place = inner
    try:
        place[last] = read_yaml(written, None)[0]
    except InputError as error:
        raise InputError(
            f"the override {override!r}: {error.found}", expected="a YAML value", mend="quote it"
        ) from None


def _as_input_error(
    kind: type[BaseModel],
    error: ValidationError,
    node: yaml.Node | None,
    path: str | PathLike[str],
    overrides: Sequence[str],
) -> InputError:
    # an unknown key explains a missing one better than the other way round
    first = min(error.errors(), key=lambda item: item["type"] != "extra_forbidden")
    loc = [str(part) for part in first["loc"]]
    key = ".".join(loc)
    blamed = next((o for o in overrides if f"{o.partition('=')[0]}.".startswith(f"{key}.") or _under(key, o)), None)
    line = None if blamed else _line(node, loc)
    name = f"{key} (from {blamed!r})" if blamed else key
    if first["type"] == "extra_forbidden":
        hint = nearest(loc[-1], _section(kind, loc[:-1]).model_fields)
        return InputError(f"unknown key {name}", expected="only known keys", mend=hint, path=path, line=line)
    if first["type"] == "missing":
        return InputError(f"no key {name}", expected="it to be set", mend="see configs/mini.yaml", path=path, line=line)
    return InputError(
        f"{name} = {first['input']!r}",
        expected=first["msg"][0].lower() + first["msg"][1:],
        mend="correct the value",
        path=path,
        line=line,
    )


def _under(key: str, override: str) -> bool:
    """Whether `key` is what an override set, or a part of it."""
    return f"{key}.".startswith(f"{override.partition('=')[0]}.")


def _section(section: type[BaseModel], loc: Sequence[str]) -> type[BaseModel]:
    for part in loc:
        annotation = section.model_fields[part].annotation
        options = [annotation, *getattr(annotation, "__args__", ())]
        section = next(option for option in options if isinstance(option, type) and issubclass(option, BaseModel))
    return section


def _line(node: yaml.Node | None, loc: Sequence[str]) -> int | None:
    """The line of a key in the YAML text, as deep as it can be followed."""
    line = None
    for part in loc:
        pairs = node.value if isinstance(node, yaml.MappingNode) else []
        found = next(((key, value) for key, value in pairs if key.value == part), None)
        if found is None:
            break
        line, node = found[0].start_mark.line + 1, found[1]
    return line


def _contradictions(config: Config) -> None:
    data = config.data
    _check_model(config.model)
    if data.source is None and (data.train is None or data.dev is None):
        raise InputError(
            "no data.source and not both of data.train and data.dev",
            expected="articles to train on and articles to choose on",
            mend="name data.source, a folder that holds train and dev",
        )
    if len(set(config.labels)) != len(config.labels) or not config.labels:
        raise InputError(f"labels = {config.labels}", expected="labels, each once", mend="correct the list")
    check_limits(config.window.max_length, config.window.stride)


def _check_model(model: ModelConfig) -> None:
    if (model.name is None) == (model.scratch is None):
        raise InputError(
            f"model with {'both' if model.name else 'neither'} name and scratch",
            expected="one of them",
            mend="name a pre-trained model, or describe one from scratch",
        )
    if (model.scratch is None) != (model.vocabulary is None):
        raise InputError(
            "model.scratch without model.vocabulary" if model.scratch else "model.vocabulary beside model.name",
            expected="a vocabulary for a model from scratch, and for it alone",
            mend="make one with `python -m train.vocabulary`" if model.scratch else "delete it: a model has its own",
        )
    if model.scratch and model.dropout is not None:
        raise InputError(
            "model.dropout beside model.scratch", expected="one dropout", mend="set model.scratch.dropout alone"
        )
    if model.scratch and model.scratch.hidden_size % model.scratch.heads:
        raise InputError(
            f"hidden_size {model.scratch.hidden_size} and {model.scratch.heads} heads",
            expected="a size that the heads divide",
            mend="change one of them",
        )
