"""benchmarks/memory.py: the memory of a command with all its processes, and articles that differ."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from benchmarks import memory
from data.errors import InputError

HOLDS = "import time; held = bytearray({}); time.sleep(1)"


def test_the_memory_of_a_command_is_that_of_all_its_processes() -> None:
    alone = memory.peak([sys.executable, "-c", HOLDS.format(60_000_000)])
    assert 60 < alone < 120
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {HOLDS.format(60_000_000)!r}])"
    both = memory.peak([sys.executable, "-c", f"held = bytearray(50_000_000); {child}"])
    assert 110 < both < 220
    with pytest.raises(InputError, match="status 3"):
        memory.peak([sys.executable, "-c", "raise SystemExit(3)"])


def test_short_articles_are_short_and_differ() -> None:
    texts = list(memory.short_articles(900, 60))
    assert len(set(texts)) > 890
    assert max(len(text.split()) for text in texts) <= 60
    words = [len(set(re.findall(r"\w+", " ".join(texts[:count])))) for count in (300, 900)]
    assert words[1] > 1.1 * words[0]
    assert texts == list(memory.short_articles(900, 60))


def test_the_command_compares_two_runs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(memory, "PART", 3)
    options = ["--articles", "90", "--syllables", "30", "--workers", "1"]
    assert memory.main(options) == 0
    said = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in said[1:3]] == ["30 articles", "90 articles"]
    assert said[3].startswith("goal: MB more than 30 articles take at most 200") and said[3].endswith("holds")
    monkeypatch.setattr(memory, "MOST_MORE", -1000)
    monkeypatch.setattr(memory, "peak", lambda command: Path(command[5]).write_text("") or 300.0)
    assert memory.main(options) == 1
    assert capsys.readouterr().out.rstrip().endswith("MISSED")
