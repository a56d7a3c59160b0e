"""`accelerate launch --cpu --num_processes N`: the processes that accelerate leaves to MPI, started here.

In: the environment that accelerate leaves. Out: how many processes it was asked for, and a run of that many. On CPUs
accelerate starts a single process and expects `mpirun` to multiply it; without MPI the wish for several would be lost
in silence. What it was asked for stands in its command line alone.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

# set in every process of a run that something else has multiplied already: torchrun, and the MPIs accelerate knows
_RANKS = ("RANK", "LOCAL_RANK", "PMI_RANK", "OMPI_COMM_WORLD_RANK", "MV2_COMM_WORLD_RANK")


def processes_wanted() -> int:
    """How many processes this one has to become: 1 but under `accelerate launch --cpu --num_processes N`."""
    environment = os.environ
    on_cpu = environment.get("ACCELERATE_USE_CPU", "").lower() == "true"
    if not on_cpu or "MASTER_ADDR" not in environment or any(rank in environment for rank in _RANKS):
        return 1
    import psutil

    return _asked_for(psutil.Process(os.getppid()).cmdline())


def _asked_for(command: Sequence[str]) -> int:
    """The number after `--num_processes` in accelerate's command line; 1 where there is none."""
    words = [part for word in command for part in word.replace("--num-processes", "--num_processes").split("=", 1)]
    if "--num_processes" not in words[:-1]:
        return 1
    number = words[words.index("--num_processes") + 1]
    return int(number) if number.isdigit() else 1


def run_processes(number: int, arguments: Sequence[str]) -> int:
    """`python -m train ARGUMENTS` in `number` processes of one run; gives the exit status."""
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", str(number)]
    return subprocess.call([*launcher, "-m", "train", *arguments])
