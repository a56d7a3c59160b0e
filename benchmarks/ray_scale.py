"""One single-core process beside Ray with a worker on each of two cores, and what that makes for a billion articles.

    python -m benchmarks.ray_scale                                   # some minutes on two quiet cores
    python -m benchmarks.ray_scale --copies 1 --rounds 1 --price 0.03

In: annotated articles (their text is taken, with ids of its own for every copy), a checkpoint. Both sides are the
command itself, `python -m infer`, run in turn and in processes of their own, pinned to their cores; a run of one
article gives each side's start-up, which is taken off for the rate. Out: whether the outputs are equal byte for byte
(exit status 1 where they are not), seconds, syllables a second, the ratio, and a table of what a billion articles cost.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from data.errors import InputError
from data.formats import read_articles
from data.schema import Article

ROOT = Path(__file__).parent.parent
BILLION = 1_000_000_000
NODES = (1, 10, 100, 1_000)
SIDES = {"one process": (1, []), "Ray": (2, ["--ray"])}  # cores, options


@dataclass(frozen=True)
class Figures:
    """Seconds of each side: of one article (start-up), and of all, the best of several rounds; MB, the most of all."""

    articles: int
    syllables: int
    startup: dict[str, float]
    whole: dict[str, float]
    memory: dict[str, float]
    equal: bool

    def rate(self, side: str) -> float:
        """Syllables a second without the start-up."""
        return self.syllables / (self.whole[side] - self.startup[side])

    @property
    def ratio(self) -> float:
        return self.rate("Ray") / self.rate("one process")


def write_input(articles: Sequence[Article], copies: int, path: Path) -> None:
    """JSON lines of raw text, every copy under ids of its own."""
    with open(path, "w", encoding="utf-8") as handle:
        for number in range(copies):
            for article in articles:
                value = {"id": f"{article.id}-{number}", "text": article.text}
                if article.date:
                    value["date"] = article.date.isoformat()
                handle.write(json.dumps(value, ensure_ascii=False) + "\n")


def run(side: str, source: Path, output: Path, model: str | None) -> tuple[float, float]:
    """Seconds that `python -m infer` takes on one side, and the most MB that one that extracts is seen to take.

    Raises: CalledProcessError where it fails.
    """
    cores, options = SIDES[side]
    pinned = sorted(os.sched_getaffinity(0))[:cores]
    # one backend for all runs: with "auto" the one article of the start-up has another than all of them
    command = [sys.executable, "-m", "infer", str(source), "-o", str(output), "--backend", "torch", *options]
    command += ["--model", model] if model else []
    most = 0.0
    started = time.perf_counter()
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1", "RAY_worker_niceness": "0"},  # both at one priority
        preexec_fn=lambda: os.sched_setaffinity(0, pinned),  # the children of the child inherit it
        stderr=subprocess.DEVNULL,
    ) as child:
        while True:
            try:
                status = child.wait(timeout=1)
                break
            except subprocess.TimeoutExpired:
                most = max(most, memory(psutil.Process(child.pid), bool(options)))
    took = time.perf_counter() - started
    if status:
        raise subprocess.CalledProcessError(status, command)
    return took, most


def memory(process: psutil.Process, workers: bool) -> float:
    """Resident MB of a process, or the most of one of the workers it started on Ray."""
    found = [0.0]
    for one in process.children(recursive=True) if workers else [process]:
        try:
            if not workers or "".join(one.cmdline()[:1]).startswith("ray::MapWorker"):
                found.append(one.memory_info().rss / 1e6)
        except psutil.Error:
            continue  # it has just ended
    return max(found)


def measure(articles: Sequence[Article], copies: int, rounds: int, model: str | None = None) -> Figures:
    """Both sides on `copies` of the articles, in turn, `rounds` times."""
    startup, whole = (dict.fromkeys(SIDES, float("inf")) for _ in range(2))
    taken = dict.fromkeys(SIDES, 0.0)
    with tempfile.TemporaryDirectory() as folder:
        source, short = Path(folder, "all.jsonl"), Path(folder, "short.jsonl")
        write_input(articles, copies, source)
        write_input(articles[:1], 1, short)
        outputs = {side: Path(folder, f"{number}.jsonl") for number, side in enumerate(SIDES)}
        for _ in range(rounds):
            for times, file in ((startup, short), (whole, source)):
                for side, output in outputs.items():
                    took, most = run(side, file, output, model)
                    times[side], taken[side] = min(times[side], took), max(taken[side], most)
        equal = len({output.read_bytes() for output in outputs.values()}) == 1
    syllables = copies * sum(len(article.text.split()) for article in articles)
    return Figures(copies * len(articles), syllables, startup, whole, taken, equal)


def bill(rate: float, kept: float, syllables: float, cores: int, price: float) -> list[str]:
    """What a billion articles take, as the lines of a table.

    Args:
        rate: syllables a second of one core. kept: the share of it that is left where many work together.
        syllables: of an article. cores: of a node. price: of a core-hour, in dollars.
    """
    hours = BILLION * syllables / (rate * kept) / 3600
    lines = [f"{BILLION:,} articles of {syllables:,.0f} syllables: {hours:,.0f} core-hours, ${hours * price:,.0f}"]
    lines += [f"{'nodes':>8}{'cores':>9}{'hours':>11}{'days':>9}"]
    for nodes in NODES:
        wall = hours / (nodes * cores)
        lines.append(f"{nodes:8,}{nodes * cores:9,}{wall:11,.1f}{wall / 24:9,.1f}")
    return lines


def main(argv: list[str] | None = None) -> int:
    """Print the figures; gives the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ray_scale", description=__doc__.split("\n")[0])
    parser.add_argument("--articles", default="data/articles/train", help="(%(default)s)")
    parser.add_argument("--copies", type=int, default=4, help="of every article (%(default)s)")
    parser.add_argument("--rounds", type=int, default=2, help="the best of which counts (%(default)s)")
    parser.add_argument("--model", help="a checkpoint (the shipped one)")
    parser.add_argument("--price", type=float, default=0.04, help="dollars of a core-hour (%(default)s)")
    parser.add_argument("--node", type=int, default=32, help="cores of a node (%(default)s)")
    args = parser.parse_args(argv)
    try:
        articles = read_articles(Path(args.articles))
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    found = measure(articles, args.copies, args.rounds, args.model)
    print(f"{dt.date.today().isoformat()}, {platform.machine()}, Python {platform.python_version()}")
    print(f"{found.articles:,} articles, {found.syllables:,} syllables; outputs {'equal' if found.equal else 'DIFFER'}")
    print(f"{'':12}{'cores':>6}{'start-up':>10}{'whole':>9}{'syllables/s':>13}{'memory':>10}")
    for side, (cores, _) in SIDES.items():
        row = f"{side:12}{cores:6}{found.startup[side]:8.1f} s{found.whole[side]:7.1f} s{found.rate(side):13,.0f}"
        print(f"{row}{found.memory[side]:7.0f} MB")
    print(f"ratio {found.ratio:.2f}, with start-up {found.whole['one process'] / found.whole['Ray']:.2f}")
    kept = min(1.0, found.ratio / SIDES["Ray"][0])
    for line in bill(found.rate("one process"), kept, found.syllables / found.articles, args.node, args.price):
        print(line)
    return 0 if found.equal else 1


if __name__ == "__main__":
    sys.exit(main())
