"""A checkpoint's model on onnxruntime: starts at once, needs neither torch nor transformers.

In: a checkpoint folder in which `python -m train.export` has put `model.onnx`, a graph that points into the weights'
file beside it. Out: a `Forward` (see infer/runtime.py) on the CPU.
"""

from __future__ import annotations

import hashlib
from os import PathLike
from pathlib import Path

import numpy as np

from data.errors import InputError
from infer.checkpoint import WEIGHTS_FILE
from infer.runtime import Forward

ONNX_FILE = "model.onnx"
REPORT_FILE = "model.onnx.json"  # how the graph compares with torch
DIGEST = "weights"  # the key in the graph's metadata under which the digest of its weights is kept
# the weights' file begins with its table of contents and the classifier, which every training changes
_DIGESTED = 1 << 18
# subwords, padding included, that go through the graph at once: few enough for the caches
_SLICE = 512


def weights_digest(folder: str | PathLike[str]) -> str:
    """SHA-256 of the beginning of a checkpoint's weights, where another training shows for certain."""
    with open(Path(folder, WEIGHTS_FILE), "rb") as file:
        return hashlib.sha256(file.read(_DIGESTED)).hexdigest()


def session_options(threads: int):  # type: ignore[no-untyped-def]  # onnxruntime is imported where it is needed
    """How onnxruntime runs graphs in int8 beside other work, in `threads` threads."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # threads that wait asleep: spinning ones take the cores from segmentation and records
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if not has_dot_products():
        # such CPUs add pairs of products in 16 bits, which overflow; this makes weights uint8, which do not
        options.add_session_config_entry("session.x64quantprecision", "1")
    return options


def has_dot_products(file: str | PathLike[str] = "/proc/cpuinfo") -> bool:
    """Whether this CPU is known to add products of int8 in 32 bits; where it does, uint8 takes three times as long."""
    try:
        flags = Path(file).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return "avx512_vnni" in flags or "avx_vnni" in flags


def load_onnx(folder: str | PathLike[str], threads: int) -> Forward:
    """A checkpoint's model on onnxruntime, in `threads` threads.

    Raises: InputError when `model.onnx` is missing, broken or of other weights.
    """
    import onnxruntime
    from onnxruntime.capi.onnxruntime_pybind11_state import Fail, InvalidArgument, InvalidGraph, InvalidProtobuf

    file = Path(folder, ONNX_FILE)
    mend = f"`python -m train.export {folder}` writes it anew (needs giaoban[train]), or take --backend torch"
    if not file.is_file():
        raise InputError(f"no {ONNX_FILE}", expected="the graph of the model", mend=mend, path=folder)
    options = session_options(threads)
    try:
        session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    except (Fail, InvalidArgument, InvalidGraph, InvalidProtobuf, RuntimeError) as error:
        raise InputError(
            f"a graph that onnxruntime refuses ({str(error).splitlines()[0]})",
            expected="a model that `python -m train.export` wrote",
            mend=mend,
            path=file,
        ) from None
    if session.get_modelmeta().custom_metadata_map.get(DIGEST) != weights_digest(folder):
        raise InputError("a graph of other weights", expected=f"that of {WEIGHTS_FILE}", mend=mend, path=file)
    return _forward(session)


def _forward(session) -> Forward:  # type: ignore[no-untyped-def]  # onnxruntime is not imported here
    def run(ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        return np.asarray(session.run(None, {"input_ids": ids, "attention_mask": mask})[0])

    def forward(ids: np.ndarray, mask: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        rows = max(1, _SLICE // ids.shape[1])
        parts = [slice(at, at + rows) for at in range(0, len(ids), rows)]
        return np.concatenate([run(ids[part], mask[part])[wanted[part]] for part in parts])

    return forward
