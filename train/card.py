"""The model card of a checkpoint: its README.md, complete as it is written.

In: a run's configuration, settings, articles and training summary. Out: the card's text, metadata for the Hugging Face
hub (https://huggingface.co/docs/hub/model-cards) above Markdown for people. What stands in a configuration (labels,
paths) is a user's own text, and escaped.
"""

from __future__ import annotations

import datetime as dt
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from huggingface_hub import EvalResult, ModelCard, ModelCardData, metadata_load, try_to_load_from_cache

from data.schema import LABELS, Article
from infer.checkpoint import CHAIN_FILE, Settings
from train.config import Config
from train.markdown import escape, fenced, table
from train.model import CARD_FILE
from train.training_report import PICTURE_FILE, TRAINING_FILE

LANGUAGE, LIBRARY, TASK = "vi", "transformers", "token-classification"
OUR_LICENSE = "apache-2.0"  # what a model from scratch is made of is this project's, or the user's own
NO_LICENSE = "unknown"  # the hub's own word for it
_LICENSE_KEYS = ("license", "license_name", "license_link")
_METRICS = ("f1", "precision", "recall")
_EXAMPLE = "Chủ_tịch UBND tỉnh yêu_cầu Sở Tài_chính báo_cáo trước ngày 30/11/2020 ."


def model_card(
    name: str,
    config: Config,
    settings: Settings,
    splits: Mapping[str, Sequence[Article]],
    training: Mapping[str, Any],
    parameters: int,
) -> str:
    """The text of a checkpoint's README.md.

    Args:
        name: what the model is called.
        splits: the articles of train and dev, without varied copies.
        training: as `training_report.summarize` gives it.
        parameters: how many weights the model has.
    """
    sections = [
        f"# {escape(name)}\n\n{_introduction(config, parameters)}",
        "## Use\n\n" + _use(name, config, settings),
        "## Data\n\n" + _data(config, settings, splits),
        "## Recipe\n\n" + _recipe(config, training),
        "## Figures\n\n" + _figures(config, settings, splits),
        "## Limits\n\n" + _limits(config, settings, splits),
        "## Versions\n\n" + table(["", "version"], sorted(settings.versions.items())),
    ]
    metadata = card_metadata(name, config, settings).to_yaml()
    return str(ModelCard("---\n" + metadata + "\n---\n" + "\n\n".join(sections) + "\n"))


def card_metadata(name: str, config: Config, settings: Settings) -> ModelCardData:
    """What the hub reads: language, licence, task, tags, the pre-trained model, scores on dev."""
    base = config.model.name
    scores = [(f"{key} of mentions (strict, micro)", key, settings.dev[key]) for key in _METRICS]
    scores += [(f"f1 of {label} (strict)", "f1", settings.dev[f"f1_{label}"]) for label in settings.labels]
    results = [
        EvalResult(
            task_type=TASK,
            task_name="named entity recognition",
            dataset_type="annotated-articles",
            dataset_name=f"dev split of {config.data.dev or config.data.source}",
            dataset_split="dev",
            metric_type=kind,
            metric_name=title,
            metric_value=round(float(str(value)), 4),
        )
        for title, kind, value in scores
    ]
    data = ModelCardData(
        language=LANGUAGE,
        library_name=LIBRARY,
        pipeline_tag=TASK,
        tags=["giaoban", "phobert", "named-entity-recognition", "vietnamese", "news"],
        base_model=base if base and not Path(base).is_dir() else None,
        model_name=name,
        eval_results=results,
    )
    for key, value in _licence(config).items():
        data[key] = value
    return data


def _licence(config: Config) -> dict[str, str]:
    """The weights' licence: as configured, else the pre-trained model's, for what is made from it is bound by it."""
    if config.license:
        return {"license": config.license}
    if config.model.name is None:
        return {"license": OUR_LICENSE}
    metadata = _metadata_of(config.model.name)
    found = {key: metadata[key] for key in _LICENSE_KEYS if isinstance(metadata.get(key), str)}
    return found if "license" in found else {"license": NO_LICENSE}


def _metadata_of(base: str) -> dict[str, Any]:
    """The metadata of a pre-trained model's own card; empty where it has none that can be read."""
    file = Path(base) / CARD_FILE if Path(base).is_dir() else try_to_load_from_cache(base, CARD_FILE)
    if not isinstance(file, (str, Path)) or not Path(file).is_file():
        return {}
    try:
        return metadata_load(file) or {}
    except (OSError, ValueError, yaml.YAMLError):
        return {}


# ------------------------------------------------------------------ sections


def _introduction(config: Config, parameters: int) -> str:
    labels = ", ".join(map(escape, config.labels))
    base = escape(config.model.name) if config.model.name else "random weights"
    records = (
        "giaoban ties what it marks into records: who told whom to deliver what, by when."
        if _makes_records(config)
        else "It marks mentions alone; giaoban's records need its own four labels."
    )
    return (
        f"A tagger of Vietnamese news that marks {labels}. {records} Fine-tuned from {base} with "
        f"giaoban: PhoBERT's architecture and file formats, {parameters:,} parameters, weights in float16.\n\n"
        f"![Loss, scores on dev, learning rate and speed over the steps of the training]({PICTURE_FILE})"
    )


def _makes_records(config: Config) -> bool:
    return set(LABELS) <= set(config.labels)


def _use(name: str, config: Config, settings: Settings) -> str:
    gives = "records on the terminal" if _makes_records(config) else "mentions on the terminal"
    commands = "\n".join(
        (
            f"python -m infer article.txt --model MODEL                # {gives}",
            "python -m infer articles -o found.jsonl --model MODEL    # a folder of them, JSON lines",
            "python -m train.evaluate MODEL articles -o report        # annotated ones: how good it is on them",
        )
    )
    stock = f'''from transformers import AutoModelForTokenClassification, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("MODEL")
model = AutoModelForTokenClassification.from_pretrained("MODEL")
words = "{_EXAMPLE}"
tags = model(**tokenizer(words, return_tensors="pt")).logits.argmax(-1)[0]
print([model.config.id2label[int(tag)] for tag in tags])'''
    return (
        f"MODEL is the path of this folder, {escape(name)}. With giaoban, which takes raw text of any length and gives "
        f"mentions with offsets in it and scores:\n\n{fenced(commands, 'sh')}\n\n"
        "Stock transformers load it, too. They take text whose words are segmented as the segmenter "
        f"{escape(settings.segmenter)} does it (syllables of a word joined with an underscore), at most "
        f"{settings.max_length} subwords at a time, and do without the scores of tag after tag that are in "
        f"{escape(CHAIN_FILE)}. A word's tag is that of its first subword:\n\n{fenced(stock, 'python')}"
    )


def _data(config: Config, settings: Settings, splits: Mapping[str, Sequence[Article]]) -> str:
    places = {"train": config.data.train, "dev": config.data.dev}
    rows = [
        [
            name,
            str(places[name] or f"{name} of {config.data.source}"),
            f"{len(articles):,}",
            *(f"{sum(e.label == label for a in articles for e in a.entities):,}" for label in config.labels),
            settings.fingerprints[name],
        ]
        for name, articles in splits.items()
    ]
    copies = config.training.augmented
    varied = f" Of each training article {copies} varied {'copy' if copies == 1 else 'copies'} was read as well."
    return (
        table(["split", "from", "articles", *config.labels, "SHA-256 of the articles"], rows)
        + f"\n\nThe epoch was chosen on dev.{varied if copies else ''}"
    )


def _recipe(config: Config, training: Mapping[str, Any]) -> str:
    epochs = training["train"][-1]["epoch"] if training["train"] else 0
    configuration = yaml.safe_dump(config.model_dump(), allow_unicode=True, sort_keys=False)
    return (
        f"`python -m train CONFIG` with the configuration below, {dt.date.today().isoformat()}, on "
        f"{escape(f'{platform.machine()}, {platform.system()}')}: {epochs:.1f} epochs, of which the weights after step "
        f"{training['best_step']} were kept; {training['words']:,.0f} words in {training['seconds'] / 60:.1f} minutes "
        f"of training steps, {training['words_per_second']:,.0f} words a second ({TRAINING_FILE}).\n\n"
        + fenced(configuration, "yaml")
    )


def _figures(config: Config, settings: Settings, splits: Mapping[str, Sequence[Article]]) -> str:
    rows = [["all mentions", *(_figure(settings, key) for key in ("precision", "recall", "f1"))]]
    rows += [[label, "", "", _figure(settings, f"f1_{label}")] for label in config.labels]
    return (
        f"On the {len(splits['dev']):,} articles of dev; a mention is right when start, end and label are.\n\n"
        + table(["", "P", "R", "F1"], rows)
    )


def _figure(settings: Settings, key: str) -> str:
    return f"{float(str(settings.dev[key])):.3f}"


def _limits(config: Config, settings: Settings, splits: Mapping[str, Sequence[Article]]) -> str:
    worst = min(config.labels, key=lambda label: float(str(settings.dev[f"f1_{label}"])))
    articles = len(splits["train"])
    many = f"{articles:,} article{'s' if articles != 1 else ''}"
    return f"""\
- The epoch was chosen on dev: other articles of the same kind come out somewhat worse, and articles of another kind
  much worse. Evaluate it on articles of yours.
- {escape(worst)} is what it errs in most (F1 {_figure(settings, f"f1_{worst}")} on dev).
- It has learned its labels from {many}, and its language from what its encoder has read; the biases of both are its
  own.
- A mention is decided on within a window of {settings.max_length} subwords.
- What it finds is found by a machine: read the sentence before you hold somebody to a deadline."""
