"""A checkpoint's model on torch: a GPU in bfloat16, a CPU in bfloat16 where it multiplies so itself, else float32.

In: a checkpoint folder, or a model that is being trained. Out: a `Forward` (see infer/runtime.py). torch is not
imported before one is made, transformers never.
"""

from __future__ import annotations

import ctypes
import sys
from functools import cache
from os import PathLike
from pathlib import Path

import numpy as np

from data.errors import InputError
from data.extras import missing, need
from infer.runtime import Forward

_CPUINFO = Path("/proc/cpuinfo")
# what the drivers of NVIDIA and AMD leave where there is a GPU: looked for before torch is asked, which takes seconds
_GPU_FILES = ("/dev/nvidia0", "/dev/nvidiactl", "/dev/kfd", "/dev/dxg")
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # glibc's malloc.h
_KEPT = 1 << 28  # bytes


def torch_installed() -> bool:
    """Whether torch can be imported; it is not."""
    return not missing("torch")


@cache
def gpu_found() -> bool:
    """Whether torch is installed and has a GPU; it is imported only where a driver is."""
    if not torch_installed() or not any(Path(file).exists() for file in _GPU_FILES):
        return False
    import torch

    return bool(torch.cuda.is_available())


@cache
def bfloat16_pays() -> bool:
    """Whether this CPU multiplies matrices of bfloat16 itself (Intel AMX), as far as Linux says so."""
    try:
        return "amx_bf16" in _CPUINFO.read_text(encoding="ascii", errors="replace").partition("flags")[2].split("\n")[0]
    except OSError:
        return False


def load_torch(
    folder: str | PathLike[str], device: str = "auto", threads: int | None = None, *, exact: bool = False
) -> Forward:
    """A checkpoint's model on torch.

    Args:
        folder: a checkpoint folder (safetensors).
        device: `cpu`, `cuda`, `cuda:1`, …; `auto` takes a GPU where there is one.
        threads: of the CPU, in this whole process; None leaves torch's own number.
        exact: float32, as scores are computed in training, even where bfloat16 is faster.
    Raises: InputError when torch or the device is not there.
    """
    need("train", "the backend torch", "torch")
    import torch

    from infer.roberta import Roberta

    if threads is not None:
        torch.set_num_threads(threads)
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cpu":
        keep_memory()
    fast = (
        torch.cuda.is_bf16_supported() if device.startswith("cuda") and torch.cuda.is_available() else bfloat16_pays()
    )
    try:
        model = Roberta.load(folder, device, torch.bfloat16 if fast and not exact else torch.float32)
    except (RuntimeError, AssertionError) as error:  # what torch raises for a device it does not have
        raise InputError(
            f"the device {device!r} ({str(error).splitlines()[0]})",
            expected="auto, cpu, or a device that torch has",
            mend="take --device auto",
        ) from None

    def forward(*batch: np.ndarray) -> np.ndarray:
        return np.asarray(model(*map(torch.from_numpy, batch)).numpy())

    return forward


def keep_memory() -> None:
    """Have memory that one batch frees serve the next: given back and taken anew it takes a tenth of the model's time,
    which the system needs to clear its pages. Where the C library is not glibc nothing happens."""
    if sys.platform == "linux" and hasattr(c := ctypes.CDLL(None), "mallopt"):
        c.mallopt(_M_MMAP_THRESHOLD, _KEPT)
        c.mallopt(_M_TRIM_THRESHOLD, _KEPT)


def torch_forward(model) -> Forward:  # type: ignore[no-untyped-def]  # torch is not imported here
    """A token classifier of transformers as a `Forward`; the caller has put it into eval mode and on its device."""
    import torch

    def forward(ids: np.ndarray, mask: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            device = next(model.parameters()).device
            logits = model(
                input_ids=torch.from_numpy(ids).to(device), attention_mask=torch.from_numpy(mask).to(device)
            ).logits
            return np.asarray(logits.float().cpu().numpy()[wanted])

    return forward
