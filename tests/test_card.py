"""What a checkpoint says about itself to people: its card, the summary and the picture of its training."""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import ModelCard, metadata_load
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from data.formats import read_articles
from infer.checkpoint import Settings, make_encoder, read_settings
from tests.conftest import FEW
from train.card import card_metadata, model_card
from train.config import Config, read_config
from train.markdown import escape, fenced, table
from train.plots import plain
from train.training_report import draw, summarize

MARKDOWN = MarkdownIt("gfm-like", {"linkify": False})
MARKS = "*a* **b** _c_ `d` [e](f) ![g](h) <i> <!--j--> &amp; k|l # ## 1. 2) - + --- ~~m~~ $n$ <http://o> [q]: \\ \\* x"
LINES = st.text(st.characters(exclude_categories=["Cc", "Cs"])) | st.lists(
    st.sampled_from([*MARKS.split(), " ", "\n", "  \n\n"]), max_size=8
).map("".join)


def card_text(folder: Path) -> str:
    return (folder / "README.md").read_text(encoding="utf-8")


def training_of(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "training.json").read_text(encoding="utf-8"))


# ------------------------------------------------------------------ Markdown


@given(LINES)
@settings(derandomize=True, deadline=None, max_examples=300)
def test_escaped_text_is_shown_as_it_stands(text: str) -> None:
    shown = " ".join(text.split())
    for before in ("- x ", "x ", "- "):  # in a line, and where a list item begins
        blocks = MARKDOWN.parse(before + escape(text))
        inline = [token for token in blocks if token.type == "inline"]
        assert {token.type for token in blocks} <= {
            "inline", "paragraph_open", "paragraph_close",
            "bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close",
        }  # fmt: skip
        children = [child for token in inline for child in token.children or []]
        assert {child.type for child in children} <= {"text", "text_special"}
        content = "".join(child.content for child in children)
        assert content == (before.removeprefix("- ") + shown).strip(" ")


@given(st.lists(LINES, min_size=2, max_size=2))
@settings(derandomize=True, deadline=None, max_examples=200)
def test_a_table_has_a_cell_for_each_text(texts: list[str]) -> None:
    tokens = MARKDOWN.parse(table(["a", "b"], [texts, texts]))
    cells = ["".join(child.content for child in token.children or []) for token in tokens if token.type == "inline"]
    assert cells == ["a", "b", *(" ".join(text.split()) for text in texts * 2)]


@pytest.mark.parametrize("text", ["a: 1", "```\nx", "a ```` b", "~~~\n```python\n"])
def test_a_fence_is_not_closed_by_its_text(text: str) -> None:
    (token,) = MARKDOWN.parse(fenced(text, "yaml"))
    assert (token.type, token.info, token.content) == ("fence", "yaml", text.rstrip() + "\n")


# ------------------------------------------------------------------ the card of a run


def test_metadata_are_valid_and_hold_the_scores_on_dev(trained: Path) -> None:
    metadata = metadata_load(trained / "README.md")
    assert metadata is not None
    assert (metadata["language"], metadata["license"]) == ("vi", "apache-2.0")
    assert (metadata["library_name"], metadata["pipeline_tag"]) == ("transformers", "token-classification")
    assert "base_model" not in metadata  # from scratch
    results = ModelCard.load(trained / "README.md").data.eval_results
    dev = read_settings(trained).dev
    assert {result.metric_name: result.metric_value for result in results} == {
        **{f"{key} of mentions (strict, micro)": round(dev[key], 4) for key in ("f1", "precision", "recall")},
        **{f"f1 of {label} (strict)": round(dev[f"f1_{label}"], 4) for label in read_settings(trained).labels},
    }


def test_card_says_what_the_model_learned_from_and_how_good_it_is(trained: Path, small_config: Path) -> None:
    text, own, data = card_text(trained), read_settings(trained), read_config(small_config).data
    for split, place in (("train", data.train), ("dev", data.dev)):
        articles = read_articles(str(place))
        counts = [sum(e.label == label for a in articles for e in a.entities) for label in own.labels]
        row = [split, str(place), str(len(articles)), *map(str, counts), own.fingerprints[split]]
        assert f"| {' | '.join(map(escape, row))} |" in text
    for label in own.labels:
        assert f"| {label} |  |  | {own.dev[f'f1_{label}']:.3f} |" in text
    assert f"| torch | {own.versions['torch']} |" in text
    assert "learning_rate: 0.006" in text
    assert f"{training_of(trained)['words']:,.0f} words in" in text
    assert "![" in text
    assert "(training.png)" in text
    assert (trained / "training.png").read_bytes().startswith(b"\x89PNG\r\n")


def test_commands_and_code_of_the_card_run(trained: Path, tmp_path: Path) -> None:
    from infer.__main__ import main

    blocks = dict(re.findall(r"^```(sh|python)\n(.*?)^```$", card_text(trained), re.DOTALL | re.MULTILINE))
    article = tmp_path / "article.txt"
    article.write_text("UBND tỉnh giao Sở Tài chính báo cáo trước ngày 30/11.", encoding="utf-8")
    found = tmp_path / "found.jsonl"
    first, second, third = (line.split("#")[0].split() for line in blocks["sh"].splitlines())
    assert third[:3] == ["python", "-m", "train.evaluate"]
    places = {"MODEL": str(trained), "article.txt": str(article), "articles": str(tmp_path), "found.jsonl": str(found)}
    with contextlib.redirect_stdout(io.StringIO()):
        assert main([places.get(word, word) for word in first[3:]]) == 0
    assert main([places.get(word, word) for word in second[3:]]) == 0
    assert found.is_file()
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(blocks["python"].replace('"MODEL"', repr(str(trained))), {})
    assert set(re.findall(r"'([A-Z]+)(?:-|')", printed.getvalue())) <= {"O", "B", "I"}


# ------------------------------------------------------------------ cards of other configurations


def configuration(small_config: Path, **changes: Any) -> Config:
    return read_config(small_config).model_copy(update=changes)


def made_settings(labels: list[str]) -> Settings:
    dev = {"f1": 0.5, "precision": 0.4, "recall": 0.6} | {f"f1_{label}": 0.5 for label in labels}
    return Settings(
        labels=labels, segmenter="rdr", max_length=64, stride=16, dev=dev,
        fingerprints={"train": "a" * 64, "dev": "b" * 64}, versions={"torch": "2"},
    )  # fmt: skip


@pytest.mark.parametrize(
    "label", ["A|B", "<script>alert(1)</script>", "`x`", "[x](http://x)", "![y](z)", "1. # A", "$A$"]
)
def test_a_label_or_path_of_any_kind_breaks_no_card(label: str, small_config: Path) -> None:
    config = configuration(small_config, labels=[label, "B"])
    config = config.model_copy(
        update={"data": config.data.model_copy(update={"train": f"```\n# {label}", "dev": label})}
    )
    training = summarize([], 0)
    text = model_card(f"x {label}", config, made_settings([label, "B"]), {"train": [], "dev": []}, training, 1)
    card = ModelCard(text)
    assert card.data.eval_results[3].metric_name == f"f1 of {label} (strict)"
    tokens = MARKDOWN.parse(card.text)
    flat = [child for token in tokens for child in [token, *(token.children or [])]]
    assert not [token for token in flat if token.type in ("html_block", "html_inline", "link_open")]
    assert [token.attrs["src"] for token in flat if token.type == "image"] == ["training.png"]
    assert next(token.content for token in flat if token.type == "inline").startswith("x ")
    assert sum(token.type == "heading_open" for token in flat) == 7


@pytest.mark.parametrize(
    ("own", "base_card", "expected"),
    [
        ("mit", "license: agpl-3.0", {"license": "mit"}),
        (None, "license: agpl-3.0", {"license": "agpl-3.0"}),
        (None, "license: other\nlicense_name: x", {"license": "other", "license_name": "x"}),
        (None, "language: vi", {"license": "unknown"}),
        (None, "license: [", {"license": "unknown"}),
        (None, None, {"license": "unknown"}),
    ],
)
def test_licence_is_the_configured_one_or_that_of_the_pretrained_model(
    own: str | None, base_card: str | None, expected: dict[str, str], small_config: Path, tmp_path: Path
) -> None:
    if base_card:
        (tmp_path / "README.md").write_text(f"---\n{base_card}\n---\n# x\n", encoding="utf-8")
    config = configuration(small_config, license=own)
    model = config.model.model_copy(update={"name": str(tmp_path), "scratch": None, "vocabulary": None})
    data = card_metadata("x", config.model_copy(update={"model": model}), made_settings(config.labels)).to_dict()
    assert {key: data[key] for key in data if key.startswith("license")} == expected
    assert "base_model" not in data  # a folder is no name on the hub


def test_a_model_of_the_hub_is_named_as_the_base(small_config: Path) -> None:
    config = configuration(small_config)
    model = config.model.model_copy(update={"name": "vinai/phobert-base-v2", "scratch": None, "vocabulary": None})
    config = config.model_copy(update={"model": model})
    assert card_metadata("x", config, made_settings(config.labels)).base_model == "vinai/phobert-base-v2"


# ------------------------------------------------------------------ the summary of a training


def test_summary_counts_every_word_of_every_epoch_once(trained: Path) -> None:
    encoder = make_encoder(trained, read_settings(trained))
    words = sum(len(encoder.encode(article.text).words) for article in read_articles(FEW / "dev"))
    summary = training_of(trained)
    assert summary["words"] == 4 * words
    rows = summary["train"]
    assert summary["seconds"] == rows[-1]["seconds"]
    assert summary["words_per_second"] == pytest.approx(4 * words / summary["seconds"])
    assert [row["step"] for row in rows] == list(range(1, rows[-1]["step"] + 1))  # fewer steps than points
    for one, other in itertools.pairwise(rows):
        passed = other["seconds"] - one["seconds"]
        assert other["words_per_second"] == pytest.approx((other["words"] - one["words"]) / passed)


def test_summary_has_the_loss_the_rate_and_the_looks_at_dev(trained: Path) -> None:
    summary = training_of(trained)
    rows, looks = summary["train"], summary["dev"]
    assert rows[-1]["loss"] < rows[0]["loss"]
    assert max(row["learning_rate"] for row in rows) == pytest.approx(6e-3)
    assert [look["epoch"] for look in looks] == [1, 2, 3, 4]
    best = max(looks, key=lambda look: look["f1"])
    assert summary["best_step"] == best["step"]
    assert {"precision", "recall", "f1_OFFICIAL"} <= best.keys()


def test_labels_of_any_kind_are_drawn_as_they_stand() -> None:
    labels = ["_hidden", "$\\frac$", "Ủy ban"]
    look = {"step": 1, "f1": 0.5} | {f"f1_{label}": 0.5 for label in labels}
    assert draw(summarize([], 1) | {"dev": [look]}, labels).startswith(b"\x89PNG\r\n")
    assert [plain(label) for label in labels] == [" _hidden", "\\$\\frac\\$", "Ủy ban"]


def test_tensorboard_is_told_the_same(trained: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    told: dict[str, list[float]] = {}
    for file in sorted((trained / "run" / "logs").glob("events*")):
        log = EventAccumulator(str(file)).Reload()
        for tag in log.Tags()["scalars"]:
            told.setdefault(tag, []).extend(event.value for event in log.Scalars(tag))
    summary = training_of(trained)
    for key in ("loss", "learning_rate", "words_per_second"):
        assert told[f"train/{key}"] == pytest.approx([row[key] for row in summary["train"]], rel=1e-6)
    # the last look is at the rounded weights of the best epoch
    assert told["eval/f1"][:-1] == pytest.approx([look["f1"] for look in summary["dev"]], rel=1e-6)


def test_pace_leaves_out_what_is_no_step(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch
    from accelerate import Accelerator
    from transformers import TrainerControl, TrainerState

    import train.pace

    now = 0.0
    monkeypatch.setattr(train.pace.time, "monotonic", lambda: now)
    pace, accelerator, history = train.pace.Pace(), Accelerator(cpu=True), []
    moment: Any = (None, TrainerState(), TrainerControl())
    for seconds, other in ((2.0, 100.0), (3.0, 7.0)):
        pace.on_step_begin(*moment)
        pace.count(torch.tensor([[1, 0, -100], [-100, 2, 2]]))
        now += seconds
        history.append(pace.take(accelerator, history))
        now += other  # a look at dev
        pace.on_evaluate(*moment)
    assert history == [
        {"words_per_second": 2.0, "words": 4, "seconds": 2.0},
        {"words_per_second": pytest.approx(4 / 3), "words": 8, "seconds": 5.0},
    ]
