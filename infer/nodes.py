"""Ray's nodes: a connection to them, and how their cores and GPUs are dealt to workers.

In: an address, what a cluster has, what a user asks for. Out: a connection as long as a block lasts, and a `Share`.
Ray is imported when it is asked for, not before.
"""

from __future__ import annotations

import importlib
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from data.errors import InputError
from infer.backends import AUTO

LOCAL = "local"
DEVICES = (AUTO, "cpu", "cuda")
STORE = 2**30  # bytes of the object store that a local run starts: the model and what waits; taken as it fills


def import_ray() -> Any:
    """Ray with Ray Data. Raises: InputError that names the extra where it is not installed."""
    # read by Ray when it is imported or started; what a user has set stays
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    try:
        ray = importlib.import_module("ray")
        importlib.import_module("ray.data")
    except ImportError:
        raise InputError(
            "no package ray", expected="it to be installed for --ray", mend="pip install 'giaoban[ray]'"
        ) from None
    return ray


@contextmanager
def connect(address: str) -> Iterator[None]:
    """Ray, until the block ends: LOCAL starts it on this machine's cores, an address is that of a running cluster.

    A program that has connected by itself stays connected, and `address` does not count.
    Raises: InputError where Ray is missing or no cluster answers.
    """
    if address not in (LOCAL, "auto") and os.path.exists(address):
        raise InputError(
            f"{address!r} as the address of a Ray cluster",
            expected="auto, HOST:PORT, ray://HOST:PORT or nothing after --ray",
            mend="name the articles first and --ray last",
        )
    ray = import_ray()
    if ray.is_initialized():
        yield
        return
    # one logical core more than there are, for reading and cutting into blocks, which cost next to nothing
    local = {"num_cpus": len(os.sched_getaffinity(0)) + 1, "object_store_memory": STORE, "include_dashboard": False}
    try:
        ray.init(address, logging_level=logging.ERROR, log_to_driver=False, **(local if address == LOCAL else {}))
    except Exception as error:  # ConnectionError, ValueError, and bare ones where a start takes too long
        ray.shutdown()
        raise InputError(
            f"no Ray cluster at {address!r} ({str(error).splitlines()[0]})",
            expected="one that runs (`ray start --head`), or a machine that has room to start it on",
            mend="check the address, or leave it out to use this machine",
        ) from None
    try:
        yield
    finally:
        ray.shutdown()


class Share(NamedTuple):
    """What each worker gets, and how many there are."""

    workers: int
    cpus: float
    gpus: float


def share_out(cpus: float, gpus: float, device: str, workers: int | None = None, threads: int = 1) -> Share:
    """A cluster's cores and GPUs dealt to workers: a GPU each where there are any and `device` takes them, else cores.

    Args:
        cpus, gpus: of the whole cluster; one core is left to reading.
        device: auto, cpu or cuda.
        workers: how many; None for as many as there is room for. More than GPUs share them.
        threads: the cores of a worker.
    Raises: InputError for what the cluster has no room for.
    """
    if device not in DEVICES:
        raise InputError(
            f"the device {device!r}", expected=f"{', '.join(DEVICES)}: Ray deals out the GPUs", mend="use --device cuda"
        )
    if device == "cuda" and not gpus:
        raise InputError("no GPU in the Ray cluster", expected="at least one", mend="leave --device out, or add a node")
    gpu = device != "cpu" and gpus > 0
    room = (int(cpus) - 1) // threads
    most = room if not gpu else min(room, int(gpus))
    wanted = most if workers is None else workers
    if not 0 < wanted <= room:
        raise InputError(
            f"{int(cpus)} cores in the Ray cluster",
            expected=f"at least {max(wanted, 1) * threads + 1}: {threads} for each worker and one for reading",
            mend="start it with more (`ray start --num-cpus`), or ask for fewer workers",
        )
    return Share(wanted, float(threads), min(1.0, gpus / wanted) if gpu else 0.0)
