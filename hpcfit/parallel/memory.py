"""The memory that processes really took."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from hpcfit.parallel.communicator import Communicator


def peak_memory() -> int:
    """Bytes of memory this process held at most so far."""
    try:
        # ru_maxrss on Linux may be inherited from the process that started this one.
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def peak_memories(comm: Communicator) -> list[int] | None:
    """Every rank's peak_memory in bytes, on rank 0; None elsewhere. Collective."""
    return comm.gather(peak_memory())
