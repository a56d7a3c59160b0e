"""What a run of fine-tuning looked like: loss, dev scores, learning rate and speed over its steps.

In: the log that a Trainer kept (see pace.py). Out: `training.json`, and a picture of it, `training.png`, which the
checkpoint's card shows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from train.plots import BLUE, GREY, INK, new_figure, png, styles

TRAINING_FILE, PICTURE_FILE = "training.json", "training.png"
_TRAIN = ("step", "epoch", "loss", "learning_rate", "words_per_second", "words", "seconds")


def summarize(history: Sequence[Mapping[str, float]], best_step: int) -> dict[str, Any]:
    """`train` and `dev`, rows by rising step, and what they come to.

    history: `TrainerState.log_history`. best_step: the look at dev whose weights are kept.
    `words` counts every word each time it was read, `seconds` is the wall time of the steps alone.
    """
    train = [{key: row[key] for key in _TRAIN} for row in history if "loss" in row]
    dev = [
        {"step": row["step"], "epoch": row["epoch"]}
        | {key.removeprefix("eval_"): value for key, value in row.items() if key.startswith("eval_")}
        for row in history
        if "eval_f1" in row
    ]
    words, seconds = (train[-1]["words"], train[-1]["seconds"]) if train else (0, 0.0)
    return {
        "best_step": best_step,
        "words": words,
        "seconds": seconds,
        "words_per_second": words / seconds if seconds else 0.0,
        "train": train,
        "dev": dev,
    }


def as_json(summary: Mapping[str, Any]) -> bytes:
    """The content of `training.json`."""
    return (json.dumps(summary, indent=1) + "\n").encode()


def draw(summary: Mapping[str, Any], labels: Sequence[str]) -> bytes:
    """The content of `training.png`: four curves over one axis of steps, the kept step marked."""
    train, dev = summary["train"], summary["dev"]
    figure, axes = new_figure(9, 5.6, 2, 2, sharex=True)
    (loss, scores), (rate, speed) = axes
    for one, key, title in (
        (loss, "loss", "loss"),
        (rate, "learning_rate", "learning rate"),
        (speed, "words_per_second", f"words a second (mean {summary['words_per_second']:,.0f})"),
    ):
        one.plot([row["step"] for row in train], [row[key] for row in train], color=BLUE)
        one.set_title(title, fontsize=10)
    steps = [row["step"] for row in dev]
    for label, style in styles(labels):
        scores.plot(steps, [row[f"f1_{label}"] for row in dev], **style)
    scores.plot(steps, [row["f1"] for row in dev], "o-", color=INK, linewidth=2, label="all mentions")
    scores.legend(fontsize=7)
    scores.set_title("F1 on dev (strict)", fontsize=10)
    for one in axes.flat:
        one.axvline(summary["best_step"], color=GREY, linestyle=":", linewidth=1)
        one.set_ylim(bottom=0)
    for one in (rate, speed):
        one.set_xlabel("step", fontsize=9)
    return png(figure)
