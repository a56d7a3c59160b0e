"""Long work: a bar with an ETA on a terminal, a quiet line now and then in a log.

In: how much work there is, if that is known, and how much is done. Out: lines on standard error.
"""

from __future__ import annotations

import sys
import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

QUIET_SECONDS = 30.0


class Meter:
    """`with Meter("articles", total=bytes) as meter: meter.update(done, "12 articles")`."""

    def __init__(self, name: str, total: int | None) -> None:
        """total: the units that `update` counts in; None or 0 where it is not known beforehand."""
        self._name, self._total = name, total or None
        self._started = self._told = time.monotonic()
        self._bar: Progress | None = None
        if sys.stderr.isatty():
            columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
            self._bar = Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True)
            self._task = self._bar.add_task(name, total=self._total)

    def __enter__(self) -> Meter:
        if self._bar:
            self._bar.start()
        return self

    def update(self, done: int, note: str) -> None:
        """done: units finished so far; note: what to say beside the bar."""
        if self._bar:
            self._bar.update(self._task, completed=done, description=f"{self._name}: {note}")
            return
        now = time.monotonic()
        if now - self._told >= QUIET_SECONDS:
            self._told = now
            share = f", {done / self._total:.0%}" if self._total else ""
            print(f"{self._name}: {note}{share}, {now - self._started:.0f} s", file=sys.stderr, flush=True)

    def say(self, line: str) -> None:
        """A line that stays, above the bar where there is one."""
        if self._bar:
            self._bar.console.print(line, highlight=False)
        else:
            print(line, file=sys.stderr, flush=True)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.stop()
