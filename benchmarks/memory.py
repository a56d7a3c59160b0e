"""Whether memory stays flat: `python -m infer` over very many short articles, and over a hundredth of them.

    python -m benchmarks.memory                       # 100,000 articles: some half an hour on two busy cores
    python -m benchmarks.memory --articles 10000 --workers 1

In: openings of the shipped articles, with figures and names of their own, so that what is remembered from article
to article meets new words all the time. Out: the most memory of both runs and by how much they differ, as a goal; exit
status 1 where it is missed. Both runs have the same number of processes and the same runtime: more text would otherwise
take more of them. A run's memory is that of all its processes at once, the most each has held until then (VmHWM of
Linux, which a process begins anew, unlike `ru_maxrss`); pages that they share count for each.
"""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from benchmarks.sides import ROOT, Goal, machine
from data.command import make_parser
from data.errors import InputError
from data.formats import read_articles
from infer.checkpoint import SHIPPED

PART = 100  # the smaller run has one article in so many
MOST_MORE = 200  # MB
PAUSE = 0.2  # seconds between looks
_FIGURE = re.compile(r"\d")
_NAME = re.compile(r"(?<=\w )[^\W\d_]+\b")


def short_articles(count: int, syllables: int) -> Iterator[str]:
    """`count` texts of at most so many syllables, hardly two alike: digits and names are drawn anew for each."""
    folder = ROOT / "data" / "articles"
    openings = [_opening(a.text, syllables) for split in ("train", "dev") for a in read_articles(folder / split)]
    names = sorted({m[0] for text in openings for m in _NAME.finditer(text) if m[0].istitle()})
    chance = random.Random(13)
    for number in range(count):
        text = _FIGURE.sub(lambda m: chance.choice("123456789"), openings[number % len(openings)])
        yield _NAME.sub(lambda m: chance.choice(names) if m[0].istitle() else m[0], text)


def _opening(text: str, syllables: int) -> str:
    """The first lines, the last of them cut."""
    kept: list[str] = []
    for line in text.splitlines():
        words = line.split()[:syllables]
        kept.append(" ".join(words))
        syllables -= len(words)
    return "\n".join(kept).strip()


def peak(command: list[str]) -> float:
    """The most memory that a command and its processes have held at once, in MB (10⁶ bytes).

    Raises InputError for one that fails.
    """
    most = 0
    with tempfile.TemporaryFile(mode="w+") as said:
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=said)
        while process.poll() is None:
            with suppress(psutil.NoSuchProcess):  # it ends this very moment
                started = psutil.Process(process.pid).children(recursive=True)
                most = max(most, sum(map(_held, [process.pid, *(one.pid for one in started)])))
            time.sleep(PAUSE)
        if process.returncode:
            said.seek(0)
            raise InputError(
                f"status {process.returncode} of {' '.join(command)}: {said.read()[-500:].strip()}",
                expected="a run without errors",
                mend="run it by itself",
            )
    return most / 1e6


def _held(pid: int) -> int:
    """The most bytes that a process has held so far; 0 of one that is gone."""
    with suppress(OSError):
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
        if line := re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE):
            return int(line[1]) * 1024
    return 0


def main(argv: list[str] | None = None) -> int:
    """Run the command; gives the exit status."""
    parser = make_parser("python -m benchmarks.memory", __doc__)
    parser.add_argument("--articles", type=int, default=100_000, help="of the larger run (%(default)s)")
    parser.add_argument("--syllables", type=int, default=30, help="of an article (%(default)s)")
    parser.add_argument("--workers", type=int, default=2, help="processes of both runs (%(default)s)")
    parser.add_argument("--backend", default="onnx", help="of both runs (%(default)s)")
    parser.add_argument("--model", default=str(SHIPPED), help="a checkpoint (models/mini)")
    args = parser.parse_args(argv)
    print(machine(), flush=True)
    held: dict[int, float] = {}
    try:
        with tempfile.TemporaryDirectory(prefix="giaoban-") as folder:
            for count in (max(1, args.articles // PART), args.articles):
                source, output = Path(folder, f"{count}.jsonl"), Path(folder, f"{count}-records.jsonl")
                with source.open("w", encoding="utf-8") as out:
                    for number, text in enumerate(short_articles(count, args.syllables)):
                        out.write(json.dumps({"id": str(number), "text": text}, ensure_ascii=False) + "\n")
                options = ["--workers", str(args.workers), "--backend", args.backend, "--model", args.model]
                started = time.perf_counter()
                held[count] = peak([sys.executable, "-m", "infer", str(source), "-o", str(output), *options])
                with output.open(encoding="utf-8") as lines:
                    done = sum(1 for _ in lines)
                seconds = time.perf_counter() - started
                print(f"{done:,} articles: {held[count]:.0f} MB, {seconds:.0f} s", flush=True)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    *_, last = held.values()
    goal = Goal(f"MB more than {min(held):,} articles take", last - held[min(held)], MOST_MORE, most=True)
    print(goal)
    return 0 if goal.holds else 1


if __name__ == "__main__":
    sys.exit(main())
