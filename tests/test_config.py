"""The configuration: what is shipped loads, every key is read by something, and every error names file and line."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from data.errors import InputError
from data.schema import LABELS
from tests.conftest import ROOT
from train.__main__ import main
from train.config import Config, read_config, read_pretrain_config

PRETRAINING = [ROOT / "configs" / name for name in ("pretrain-mini.yaml", "adapt-phobert.yaml")]
SHIPPED = [path for path in sorted((ROOT / "configs").glob("*.yaml")) if path not in PRETRAINING]

# line by line, so that the numbers in the tests can be counted
SMALL = """data:
  source: articles
model:
  scratch:
    layers: 2
    hidden_size: 64
    heads: 4
    dropout: 0.1
  vocabulary: vocabulary
training:
  output: runs/small
  epochs: 3
  batch_size: 8
  learning_rate: 1.0e-3
"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL, encoding="utf-8")
    return path


def message(path: Path, *overrides: str, text: str | None = None) -> str:
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_config(path, overrides)
    return str(caught.value)


# ------------------------------------------------------------------ what is right


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_a_shipped_file_loads_and_points_to_what_is_there(path: Path) -> None:
    config = read_config(path)
    assert config.data.source is not None
    assert (ROOT / config.data.source / "train").is_dir()
    if config.model.vocabulary:
        assert (ROOT / config.model.vocabulary / "vocab.txt").is_file()
    assert config.labels == list(LABELS)


@pytest.mark.parametrize("path", PRETRAINING, ids=lambda path: path.name)
def test_a_shipped_file_of_pre_training_loads(path: Path) -> None:
    config = read_pretrain_config(path)
    assert (config.model.name is None) == (path.name == "pretrain-mini.yaml")


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("pretraining.windows={4: 1.0}", "lengths of 8 subwords and more"),
        ("pretraining.windows={64: 0}", "lengths of 8 subwords and more"),
        ("pretraining.tokens=5", "unknown key pretraining.tokens"),
        ("model.name=x", "model with both name and scratch"),
    ],
)
def test_a_wrong_value_of_pre_training_is_named(override: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_pretrain_config(PRETRAINING[0], [override])


def test_there_are_shipped_files() -> None:
    assert {path.name for path in SHIPPED} >= {"mini.yaml", "phobert-base.yaml", "phobert-large.yaml"}


def test_defaults_and_values(small: Path) -> None:
    config = read_config(small)
    assert (config.labels, config.segmenter) == (list(LABELS), "rdr")
    assert (config.window.max_length, config.window.stride) == (256, 64)
    assert config.training.learning_rate == 1e-3
    assert (config.training.evaluate_every, config.training.patience, config.training.seed) == (None, None, 13)
    assert config.model.scratch is not None
    assert config.model.scratch.hidden_size == 64


def test_a_configuration_survives_being_written(small: Path, tmp_path: Path) -> None:
    """As train does it for --resume."""
    config = read_config(small, ["training.evaluate_every=5", "labels=[A, B]", "data.dev=other"])
    again = tmp_path / "again.yaml"
    again.write_text(yaml.safe_dump(config.model_dump(), allow_unicode=True, sort_keys=False), encoding="utf-8")
    assert read_config(again) == config


def keys(section: type[BaseModel]) -> list[tuple[str, str]]:
    """(name of the section's class, key) of every key, nested ones included."""
    found = []
    for name, field in section.model_fields.items():
        found.append((section.__name__, name))
        options = [field.annotation, *getattr(field.annotation, "__args__", ())]
        for option in options:
            if isinstance(option, type) and issubclass(option, BaseModel):
                found += keys(option)
    return found


def test_every_key_is_read_somewhere() -> None:
    """A key that nothing reads would be a promise that nobody keeps. Looked for: `X.key` where X is called like a part
    of the configuration."""
    holders = {"config", "scratch", *Config.model_fields}
    read = set()
    for file in (ROOT / "train").glob("*.py"):
        if file.name == "config.py":
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                holder = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", None)
                if holder in holders:
                    read.add(node.attr)
    known = keys(Config)
    assert len(known) >= 28
    assert [f"{section}.{key}" for section, key in known if key not in read] == []


# ------------------------------------------------------------------ overrides


@pytest.mark.parametrize(
    ("override", "value"),
    [
        ("training.learning_rate=3e-5", 3e-5),
        ("training.learning_rate=5.0e-5", 5e-5),
        ("training.epochs=7", 7),
        ("training.evaluate_every=20", 20),
        ("training.patience=null", None),
        ("training.output=a=b c", "a=b c"),
        ("training.schedule=cosine", "cosine"),
        ("segmenter=none", "none"),
        ("segmenter=vncorenlp:/opt/models", "vncorenlp:/opt/models"),
        ("labels=[ORG, PER]", ["ORG", "PER"]),
        ("window.stride=0", 0),
        ("data.train=mine.jsonl", "mine.jsonl"),
        ("model.scratch.dropout=0", 0.0),
    ],
)
def test_an_override(small: Path, override: str, value: Any) -> None:
    place: Any = read_config(small, [override])
    for part in override.partition("=")[0].split("."):
        place = getattr(place, part)
    assert place == value
    assert type(place) is type(value)


LOWEST = {
    "model.scratch.layers": (1, 0),
    "model.scratch.hidden_size": (8, 7),
    "model.scratch.heads": (1, 0),
    "model.scratch.dropout": (0.0, -0.1),
    "window.max_length": (8, 7),
    "training.epochs": (1, 0),
    "training.batch_size": (1, 0),
    "training.accumulate": (1, 0),
    "training.warmup": (0.0, -0.1),
    "training.weight_decay": (0.0, -0.1),
    "training.evaluate_every": (1, 0),
    "training.patience": (1, 0),
}


@pytest.mark.parametrize(("key", "values"), LOWEST.items(), ids=LOWEST)
def test_the_lowest_value(small: Path, key: str, values: tuple[float, float]) -> None:
    lowest, below = values
    place: Any = read_config(small, ["window.stride=0", f"{key}={lowest}"])
    for part in key.split("."):
        place = getattr(place, part)
    assert place == lowest
    assert f"{key.rpartition('.')[2]}" in message(small, f"{key}={below}")


@pytest.mark.parametrize("key", ["model.scratch.dropout", "training.warmup"])
def test_a_share_is_less_than_one(small: Path, key: str) -> None:
    assert "input should be less than 1" in message(small, f"{key}=1.0")


def test_overrides_apply_in_order_and_together(small: Path) -> None:
    config = read_config(
        small, ["training.epochs=1", "training.epochs=2", "model.scratch=null", "model.vocabulary=null", "model.name=x"]
    )
    assert config.training.epochs == 2
    assert (config.model.name, config.model.scratch) == ("x", None)


@pytest.mark.parametrize("override", ["training", "=3", ".epochs=3", "training..epochs=3", "training.=3"])
def test_an_override_that_is_none(small: Path, override: str) -> None:
    assert message(small, override) == (
        f"found the override {override!r}; expected KEY=VALUE. To mend it: for instance training.learning_rate=3e-5."
    )


def test_an_override_below_a_value(small: Path) -> None:
    assert message(small, "training.epochs.x=3") == (
        "found the override 'training.epochs.x=3': epochs is no section; expected a key that the configuration has. "
        "To mend it: write training.epochs=VALUE."
    )


def test_an_override_that_is_no_yaml(small: Path) -> None:
    told = message(small, "labels=[a")
    assert told.startswith("found the override 'labels=[a': broken YAML (expected ',' or ']'")
    assert told.endswith("; expected a YAML value. To mend it: quote it.")


def test_an_override_that_yaml_takes_for_a_day_that_does_not_exist(small: Path) -> None:
    """It is text, or an error that names the override; no traceback."""
    override = "training.output=2020-02-31"
    try:
        assert read_config(small, [override]).training.output == "2020-02-31"
    except InputError as error:
        assert override in str(error)


@pytest.mark.parametrize("odd", ["{[a]: b}", "0x_", "9" * 5000, "!!int x", "!!bool x"], ids=lambda text: text[:8])
def test_yaml_that_python_cannot_make_anything_of(small: Path, odd: str) -> None:
    """Never another exception than ours."""
    assert f"'training.seed={odd}'" in message(small, f"training.seed={odd}")
    assert message(small, text=SMALL.replace("epochs: 3", f"epochs: {odd}")).startswith(f"{small}:12")


@pytest.mark.parametrize(
    ("override", "key", "hint"),
    [
        ("training.epoks=3", "training.epoks", "did you mean 'epochs'?"),
        ("segmentor=none", "segmentor", "did you mean 'segmenter'?"),
        ("model.scratch.layer=3", "model.scratch.layer", "did you mean 'layers'?"),
    ],
)
def test_an_unknown_key_in_an_override(small: Path, override: str, key: str, hint: str) -> None:
    assert message(small, override) == (
        f"{small}: found unknown key {key} (from {override!r}); expected only known keys. To mend it: {hint}."
    )


def test_an_unknown_section_in_an_override(small: Path) -> None:
    text = message(small, "trainng.epochs=3")
    assert "found unknown key trainng" in text
    assert "(from 'trainng.epochs=3')" in text  # the file itself has no such key
    assert text.endswith("expected only known keys. To mend it: did you mean 'training'?.")


def test_a_wrong_value_in_an_override(small: Path) -> None:
    assert message(small, "training.epochs=many").startswith(
        f"{small}: found training.epochs (from 'training.epochs=many') = 'many'; expected input should be a valid "
    )


def test_a_wrong_item_of_a_list_in_an_override(small: Path) -> None:
    text = message(small, "labels=[A, 5]", text="labels: [A, B]\n" + SMALL)
    assert "found labels.1 " in text
    assert "(from 'labels=[A, 5]') = 5; expected input should be a valid string" in text


# ------------------------------------------------------------------ errors in the file


@pytest.mark.parametrize(
    ("old", "new", "place", "key", "hint"),
    [
        ("training:", "traning:", 10, "traning", "did you mean 'training'?"),
        ("  epochs:", "  epoch:", 12, "training.epoch", "did you mean 'epochs'?"),
        ("    heads:", "    head:", 7, "model.scratch.head", "did you mean 'heads'?"),
        ("  source:", "  zzz:", 2, "data.zzz", "known: source, train, dev"),
    ],
)
def test_an_unknown_key(small: Path, old: str, new: str, place: int, key: str, hint: str) -> None:
    assert message(small, text=SMALL.replace(old, new)) == (
        f"{small}:{place}: found unknown key {key}; expected only known keys. To mend it: {hint}."
    )


@pytest.mark.parametrize(
    ("old", "place", "key"),
    [("  epochs: 3\n", ":10", "training.epochs"), ("    layers: 2\n", ":4", "model.scratch.layers")],
)
def test_a_missing_key_has_its_sections_line(small: Path, old: str, place: str, key: str) -> None:
    assert message(small, text=SMALL.replace(old, "")) == (
        f"{small}{place}: found no key {key}; expected it to be set. To mend it: see configs/mini.yaml."
    )


def test_a_missing_section(small: Path) -> None:
    assert message(small, text=SMALL.partition("training:")[0]) == (
        f"{small}: found no key training; expected it to be set. To mend it: see configs/mini.yaml."
    )


@pytest.mark.parametrize(
    ("old", "new", "place", "found"),
    [
        ("epochs: 3", "epochs: many", 12, "training.epochs = 'many'"),
        ("epochs: 3", "epochs: 0", 12, "training.epochs = 0"),
        ("epochs: 3", "epochs: 2.5", 12, "training.epochs = 2.5"),
        ("epochs: 3", "epochs: [3]", 12, "training.epochs = [3]"),
        ("runs/small", "5", 11, "training.output = 5"),
        ("1.0e-3", "-1", 14, "training.learning_rate = -1"),
        ("1.0e-3", ".nan", 14, "training.learning_rate = nan"),
        ("dropout: 0.1", "dropout: 1.0", 8, "model.scratch.dropout = 1.0"),
        ("  source: articles", "  source: [a]", 2, "data.source = ['a']"),
    ],
)
def test_a_wrong_type(small: Path, old: str, new: str, place: int, found: str) -> None:
    text = message(small, text=SMALL.replace(old, new))
    assert text.startswith(f"{small}:{place}: found {found}; expected input should be ")
    assert text.endswith(". To mend it: correct the value.")


@pytest.mark.parametrize("written", ["epochs: true", "epochs: yes"])
def test_a_number_is_no_truth_value(small: Path, written: str) -> None:
    """`epochs: yes` must not train for one epoch in silence."""
    assert message(small, text=SMALL.replace("epochs: 3", written)).startswith(f"{small}:12: found training.epochs = ")


def test_an_infinite_learning_rate(small: Path) -> None:
    assert message(small, text=SMALL.replace("1.0e-3", ".inf")).startswith(f"{small}:14: found training.learning_rate")


def test_a_key_that_stands_twice(small: Path) -> None:
    """Of two values one would be ignored in silence."""
    text = message(small, text=SMALL.replace("  epochs: 3\n", "  epochs: 3\n  epochs: 50\n"))
    assert text.startswith(f"{small}:13")


def test_a_section_that_is_none(small: Path) -> None:
    text = SMALL.replace("data:\n  source: articles", "data: articles")
    assert message(small, text=text).startswith(f"{small}:1: found data = 'articles'; expected input should be a valid")


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        (SMALL.partition("  vocabulary")[0].replace("dropout: 0.1", "dropout: [0.1"), ":9:1", "expected ',' or ']'"),
        (SMALL.replace("epochs: 3", "epochs: 3: 4"), ":12:12", "mapping values are not allowed here"),
        (SMALL.replace("  epochs", "\tepochs"), ":12:1", "found character '\\t' that cannot start any token"),
    ],
)
def test_broken_yaml(small: Path, text: str, place: str, problem: str) -> None:
    told = message(small, text=text)
    assert told.startswith(f"{small}{place}: found broken YAML ({problem}")
    assert "; expected valid YAML. To mend it: mend the line; " in told


def test_a_day_that_does_not_exist(small: Path) -> None:
    assert message(small, text=SMALL.replace("epochs: 3", "epochs: 2020-02-31")).startswith(f"{small}:12")


@pytest.mark.parametrize(("text", "found"), [("", "a NoneType"), ("- data\n", "a list"), ("data\n", "a str")])
def test_a_file_that_is_no_mapping(small: Path, text: str, found: str) -> None:
    assert message(small, text=text) == (
        f"{small}:1: found {found}; expected a mapping of keys. To mend it: see configs/mini.yaml."
    )


def test_a_file_in_another_encoding_and_no_file(small: Path, tmp_path: Path) -> None:
    small.write_bytes(SMALL.replace("articles", "café").encode("latin-1"))
    assert message(small).startswith(f"{small}:2:14: found byte 0xe9, which is not UTF-8; expected text in UTF-8.")
    none = tmp_path / "none.yaml"
    assert message(none) == (
        f"{none}: found No such file or directory; expected a readable file. To mend it: check the path."
    )


# ------------------------------------------------------------------ contradictions


@pytest.mark.parametrize(
    ("overrides", "found", "expected", "mend"),
    [
        (
            ["model.name=vinai/phobert-base"],
            "model with both name and scratch",
            "one of them",
            "name a pre-trained model, or describe one from scratch",
        ),
        (
            ["model.scratch=null"],
            "model with neither name and scratch",
            "one of them",
            "name a pre-trained model, or describe one from scratch",
        ),
        (
            ["model.vocabulary=null"],
            "model.scratch without model.vocabulary",
            "a vocabulary for a model from scratch, and for it alone",
            "make one with `python -m train.vocabulary`",
        ),
        (
            ["model.dropout=0.2"],
            "model.dropout beside model.scratch",
            "one dropout",
            "set model.scratch.dropout alone",
        ),
        (
            ["model.scratch=null", "model.name=x"],
            "model.vocabulary beside model.name",
            "a vocabulary for a model from scratch, and for it alone",
            "delete it: a model has its own",
        ),
        (
            ["model.scratch.heads=3"],
            "hidden_size 64 and 3 heads",
            "a size that the heads divide",
            "change one of them",
        ),
        (
            ["window.stride=128"],
            "stride = 128 with max_length = 256",
            "0 to 127, half of what a window holds beside <s> and </s>",
            "a quarter of max_length is a good start",
        ),
        (
            ["window.stride=-1"],
            "stride = -1 with max_length = 256",
            "0 to 127, half of what a window holds beside <s> and </s>",
            "a quarter of max_length is a good start",
        ),
        (["window.max_length=7"], "max_length = 7", "at least 8 subwords", "256 is what PhoBERT takes"),
        (
            ["data.source=null"],
            "no data.source and not both of data.train and data.dev",
            "articles to train on and articles to choose on",
            "name data.source, a folder that holds train and dev",
        ),
        (
            ["data.source=null", "data.train=a"],
            "no data.source and not both of data.train and data.dev",
            "articles to train on and articles to choose on",
            "name data.source, a folder that holds train and dev",
        ),
        (["labels=[]"], "labels = []", "labels, each once", "correct the list"),
        (["labels=[A, B, A]"], "labels = ['A', 'B', 'A']", "labels, each once", "correct the list"),
    ],
)
def test_a_contradiction(small: Path, overrides: list[str], found: str, expected: str, mend: str) -> None:
    assert message(small, *overrides) == f"{small}: found {found}; expected {expected}. To mend it: {mend}."


def test_what_is_no_contradiction(small: Path) -> None:
    assert read_config(small, ["window.stride=127"]).window.stride == 127
    assert read_config(small, ["data.source=null", "data.train=a", "data.dev=b"]).data.source is None


# ------------------------------------------------------------------ the command


def test_the_train_command_prints_the_error_and_gives_1(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(small), "training.epoks=3"]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == (
        f"error: {small}: found unknown key training.epoks (from 'training.epoks=3'); expected only known keys. "
        "To mend it: did you mean 'epochs'?.\n"
    )


def test_only_the_main_process_speaks(
    small: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RANK", "1")
    assert main([str(small), "training.epoks=3"]) == 1
    assert capsys.readouterr().err == ""
