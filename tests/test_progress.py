"""Progress of long work: quiet lines in a log, a bar on a terminal."""

from __future__ import annotations

import io
import sys

import pytest

import data.progress
from data.progress import Meter


def test_a_log_gets_a_line_now_and_then(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 1.0, 31.0, 32.0])
    monkeypatch.setattr(data.progress.time, "monotonic", lambda: next(clock))
    with Meter("reading", 200) as meter:
        meter.update(10, "1 article")
        meter.update(50, "5 articles")
        meter.update(60, "6 articles")
    assert capsys.readouterr().err == "reading: 5 articles, 25%, 31 s\n"


def test_work_of_unknown_size_has_no_share(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 40.0])
    monkeypatch.setattr(data.progress.time, "monotonic", lambda: next(clock))
    with Meter("reading", None) as meter:
        meter.update(50, "5 articles")
    assert capsys.readouterr().err == "reading: 5 articles, 40 s\n"


def test_a_terminal_gets_a_bar_and_lines_that_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with Meter("training", 4) as meter:
        meter.update(2, "epoch 1")
        meter.say("epoch 1: dev F1 0.5")
    shown = terminal.getvalue()
    assert "training: epoch 1" in shown
    assert "50%" in shown
    assert "epoch 1: dev F1 0.5" in shown
