"""What the sections of benchmarks/speed.py share: sides timed in turn, goals, the machine in a line, the articles.

In: sides, each a function that does its work once and gives its seconds. Out: the best seconds of each, lines to print.
"""

from __future__ import annotations

import datetime as dt
import os
import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from data.formats import read_articles
from data.progress import Meter
from data.schema import Article
from train.augment import augment

ROOT = Path(__file__).parent.parent
PACKAGES = ("torch", "transformers", "onnxruntime", "ray")

Side = Callable[[], float]  # does the work once, gives its seconds


@dataclass(frozen=True, slots=True)
class Settings:
    """What a section is run with.

    articles: texts for our side end to end; the other sides and sections take shares of them. rounds: how often each
    side is run. model: the tagger, a checkpoint folder. encoder: what is trained on. device: auto or cpu, for training.
    """

    articles: int
    rounds: int
    model: str
    encoder: str
    device: str


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure and what it should reach: at least `bound`, or at most where `most` is set."""

    what: str
    value: float
    bound: float
    most: bool = False

    @property
    def holds(self) -> bool:
        return self.value <= self.bound if self.most else self.value >= self.bound

    def __str__(self) -> str:
        sign = "at most" if self.most else "at least"
        verdict = "holds" if self.holds else "MISSED"
        shown = f"{self.value:,.2f}" if self.value < 100 else f"{self.value:,.0f}"
        return f"goal: {self.what} {sign} {self.bound:,g}; {shown}: {verdict}"


def seconds(work: Callable[[], object]) -> float:
    """How long one call takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def in_turn(name: str, sides: Mapping[str, Side], rounds: int) -> dict[str, list[float]]:
    """Seconds of every run of each side; in every round each side runs once, so that all meet the same noise."""
    times: dict[str, list[float]] = {side: [] for side in sides}
    with Meter(name, rounds * len(sides)) as meter:
        for turn in range(rounds):
            for number, (side, run) in enumerate(sides.items()):
                meter.update(turn * len(sides) + number, f"{side}, round {turn + 1} of {rounds}")
                times[side].append(run())
    return times


def best(times: Mapping[str, list[float]]) -> dict[str, float]:
    """The least seconds of each side: what else the machine does only adds to them."""
    return {side: min(runs) for side, runs in times.items()}


def machine() -> str:
    """Date, processor, cores that may be used, versions."""
    model = platform.machine()
    if (cpuinfo := Path("/proc/cpuinfo")).is_file():
        lines = cpuinfo.read_text(encoding="utf-8").splitlines()
        model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), model)
        model += " with bfloat16 matrix units" * any(" amx_bf16" in line for line in lines)
    versions = [f"Python {platform.python_version()}", *(f"{name} {version_of(name)}" for name in PACKAGES)]
    return f"{dt.date.today().isoformat()}, {model}, {len(os.sched_getaffinity(0))} cores, {', '.join(versions)}"


def version_of(package: str) -> str:
    """The installed version, or that there is none."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def shipped_articles(count: int) -> list[Article]:
    """`count` articles: the shipped ones, then varied copies (train/augment.py), as no real text comes twice."""
    shipped = [
        article for split in ("train", "dev", "test") for article in read_articles(ROOT / "data" / "articles" / split)
    ]
    return (shipped + augment(shipped, -(-max(0, count - len(shipped)) // len(shipped)), 13))[:count]


def syllables(texts: list[str]) -> int:
    """Space-separated tokens."""
    return sum(len(text.split()) for text in texts)
