"""How fast training goes: words and seconds of its steps, told each time that a loss is.

In: the labels of every batch, and the moments that a Trainer tells its callbacks. Out: for each interval between two
logs the words read in it, the wall time of its steps (batches fetched, forward, backward, update; looks at dev and the
writing of checkpoints are no part of it), and their ratio. A word that stands in two windows counts once, a varied copy
of an article counts as an article.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from transformers import TrainerCallback, TrainingArguments

from data.encode import IGNORED

POINTS = 100  # logs in a whole run: enough for a curve, few enough to cost nothing


class Pace(TrainerCallback):
    """Asks for logs at even distances, and knows what was read between them."""

    def __init__(self) -> None:
        self._words: Any = 0
        self._since: float | None = None

    def count(self, labels: torch.Tensor) -> None:
        """labels: int64 [batch, longest], one for each word, as `window_labels` makes them."""
        self._words = self._words + (labels != IGNORED).sum()  # stays on the device: reading it would wait for it

    def on_step_begin(self, args: TrainingArguments, state: Any, control: Any, **_: Any) -> None:
        if self._since is None:
            self._since = time.monotonic()

    def on_step_end(self, args: TrainingArguments, state: Any, control: Any, **_: Any) -> None:
        if state.global_step % max(1, state.max_steps // POINTS) == 0:
            control.should_log = True

    def on_evaluate(self, args: TrainingArguments, state: Any, control: Any, **_: Any) -> None:
        self._since = None

    def on_save(self, args: TrainingArguments, state: Any, control: Any, **_: Any) -> None:
        self._since = None

    def take(self, accelerator: Any, history: Sequence[Mapping[str, float]]) -> dict[str, float]:
        """`words_per_second` since the last call, `words` and `seconds` since the run began, over all processes.

        history: what was logged so far, by a run that this one resumes as well.
        """
        now = time.monotonic()
        words = float(accelerator.reduce(torch.as_tensor(self._words, device=accelerator.device), "sum"))
        seconds = now - (now if self._since is None else self._since)
        self._words, self._since = 0, now
        before: Mapping[str, float] = next((row for row in reversed(history) if "words" in row), {})
        return {
            "words_per_second": words / seconds if seconds else 0.0,
            "words": before.get("words", 0) + words,
            "seconds": before.get("seconds", 0.0) + seconds,
        }
