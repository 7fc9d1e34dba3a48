"""The communicator of a process, and what it leaves to the rest of the program."""

from __future__ import annotations

import os
import subprocess
import sys

ASKS_ASE = """
from hpcfit.parallel.world import world

note = world().note
from ase.parallel import world as ranks

print(ranks.size, note)
"""


def test_without_an_mpi_library_ase_runs_on_one_process_too() -> None:
    """ASE takes an mpi4py that was imported for one that works."""
    environment = {**os.environ, "MPI4PY_LIBMPI": "no-such-libmpi.so"}
    finished = subprocess.run(
        [sys.executable, "-c", ASKS_ASE], env=environment, capture_output=True, text=True, timeout=60
    )
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.startswith("1 No MPI library could be loaded")
