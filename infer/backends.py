"""Which runtime a checkpoint's model runs on, and why.

In: a checkpoint folder, what the user asked for, how much text there is, and the machine. Out: a `Forward` (see
infer/runtime.py), from onnxruntime or from torch.

onnxruntime (int8, on the CPU) starts at once. torch takes seconds to start; it is the way to a GPU, and on CPUs that
multiply matrices of bfloat16 themselves it is faster, which pays where there is enough to do.
"""

from __future__ import annotations

import argparse
import logging
import os
from os import PathLike
from pathlib import Path
from typing import NamedTuple

from data.errors import InputError, nearest
from infer import torch_backend
from infer.checkpoint import WEIGHTS_FILE
from infer.onnx_backend import ONNX_FILE, load_onnx
from infer.runtime import Forward

log = logging.getLogger("giaoban")

AUTO, ONNX, TORCH, EXACT = BACKENDS = ("auto", "onnx", "torch", "torch-float32")

# bytes of text times bytes of weights from which on torch's faster matrices have made good its slower start
MUCH = 1e13


class Facts(NamedTuple):
    """What `choose` goes by.

    device: as asked for. exported: the checkpoint has a graph for onnxruntime. torch, gpu: installed, there. bfloat16:
    the CPU multiplies so itself. much: there is enough text for torch to make good its slower start.
    """

    device: str
    exported: bool
    torch: bool
    gpu: bool
    bfloat16: bool
    much: bool


def choose(facts: Facts) -> tuple[str, str]:
    """The backend that `auto` takes, and why, in words: the first rule that holds."""
    rules = (
        (facts.device not in (AUTO, "cpu"), TORCH, f"on {facts.device}"),
        (facts.exported and not facts.torch, ONNX, "torch is not installed"),
        (not facts.torch, ONNX, f"neither torch nor {ONNX_FILE} is there"),
        (facts.device == AUTO and facts.gpu, TORCH, "on a GPU"),
        (not facts.exported, TORCH, f"no {ONNX_FILE}; one from `python -m train.export` starts sooner"),
        (facts.bfloat16 and facts.much, TORCH, "much text, and a CPU with matrix units for bfloat16"),
        (facts.bfloat16, ONNX, "little text: it starts at once"),
    )
    return next(((name, why) for holds, name, why in rules if holds), (ONNX, "a CPU without matrix units for bfloat16"))


def pick(folder: str | PathLike[str], backend: str, device: str, text_bytes: int) -> tuple[str, str]:
    """The backend that `load_forward` takes with these arguments, and why."""
    return choose(_facts(Path(folder), device, text_bytes)) if backend == AUTO else (backend, "as asked for")


def load_forward(
    folder: str | PathLike[str],
    *,
    backend: str = AUTO,
    device: str = AUTO,
    threads: int | None = None,
    text_bytes: int = 0,
) -> Forward:
    """A checkpoint's model.

    Args:
        folder: a checkpoint folder.
        backend: one of BACKENDS; `torch-float32` computes as training does.
        device: `auto`, `cpu`, `cuda`, `cuda:1` …
        threads: of the CPU; None takes `default_threads()`.
        text_bytes: how much text there is to read, as far as that is known.
    Raises: InputError for a backend or device that is not there, or a checkpoint that lacks what it needs.
    """
    if backend not in BACKENDS:
        raise InputError(
            f"the backend {backend!r}", expected=f"one of {', '.join(BACKENDS)}", mend=nearest(backend, BACKENDS)
        )
    if threads is not None and threads < 1:
        raise InputError(f"{threads} threads", expected="1 or more", mend="leave it out for all cores")
    if backend == ONNX and device not in (AUTO, "cpu"):
        raise InputError(
            f"the backend onnx with the device {device!r}", expected="onnx on the CPU", mend="take --backend torch"
        )
    threads = threads or default_threads()
    backend, why = pick(folder, backend, device, text_bytes)
    log.info("backend %s (%s), %d threads", backend, why, threads)
    if backend == ONNX:
        return load_onnx(folder, threads)
    return torch_backend.load_torch(folder, device, threads, exact=backend == EXACT)


def add_runtime(parser: argparse.ArgumentParser) -> None:
    """The options of every command that runs a model: --backend, --device, --threads."""
    parser.add_argument("--backend", default=AUTO, metavar="NAME", help=f"{', '.join(BACKENDS)} (%(default)s)")
    parser.add_argument("--device", default=AUTO, help="auto, cpu, cuda, cuda:1 … (%(default)s)")
    parser.add_argument("--threads", type=int, metavar="N", help="of the CPU (all cores that this process may use)")


def show_log() -> None:
    """Which backend runs and why, and warnings, as lines on standard error."""
    logging.basicConfig(format="%(levelname)s: %(message)s")
    log.setLevel(logging.INFO)


def default_threads() -> int:
    """OMP_NUM_THREADS where it is set, else the cores that this process may use."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    if asked.isdecimal() and int(asked):
        return int(asked)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _facts(folder: Path, device: str, text_bytes: int) -> Facts:
    weights = folder / WEIGHTS_FILE
    return Facts(
        device=device,
        exported=(folder / ONNX_FILE).is_file(),
        torch=torch_backend.torch_installed(),
        gpu=device == AUTO and torch_backend.gpu_found(),
        bfloat16=torch_backend.bfloat16_pays(),
        much=text_bytes * weights.stat().st_size >= MUCH,
    )
