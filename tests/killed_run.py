"""Runs `python -m train` and kills itself at a chosen moment, as a power cut would: `killed_run.py WHEN ARGS…`.

WHEN: `during` the second checkpoint (its weights are written, its optimizer is not), `between` the second and third
checkpoint, or `marking` (all files of the second checkpoint written, its mark not).
"""

import os
import signal
import sys
from pathlib import Path

import torch

import train.trainer
from train.__main__ import main

when = sys.argv[1]
seen = {"optimizers": 0, "marks": 0, "steps": 0}


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


real_save, real_touch, real_step = torch.save, Path.touch, train.trainer.TaggerTrainer.training_step


def save(value, path, *rest, **named):
    if str(path).endswith("optimizer.pt"):
        seen["optimizers"] += 1
        if when == "during" and seen["optimizers"] == 2:
            Path(path).write_bytes(b"half an optimizer")
            die()
    return real_save(value, path, *rest, **named)


def touch(path, *rest, **named):
    if path.name == train.trainer.WHOLE:
        seen["marks"] += 1
        if when == "marking" and seen["marks"] == 2:
            die()
    return real_touch(path, *rest, **named)


def step(trainer, *rest, **named):
    if seen["marks"] == 2:
        seen["steps"] += 1
        if when == "between" and seen["steps"] == 3:
            die()
    return real_step(trainer, *rest, **named)


torch.save, Path.touch, train.trainer.TaggerTrainer.training_step = save, touch, step
sys.exit(main(sys.argv[2:]))
