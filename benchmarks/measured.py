"""Runs a command and writes its wall seconds, its exit status and the most memory it had (KB) to a file.

    python benchmarks/measured.py FILE COMMAND…

A process of its own, and a small one: Linux counts what the process that starts a command holds to that command.
"""

import os
import subprocess
import sys
import time

if __name__ == "__main__":
    began = time.perf_counter()
    process = subprocess.Popen(sys.argv[2:])
    _, status, usage = os.wait4(process.pid, 0)
    taken = time.perf_counter() - began
    with open(sys.argv[1], "w", encoding="ascii") as out:
        out.write(f"{taken} {os.waitstatus_to_exitcode(status)} {usage.ru_maxrss}")
