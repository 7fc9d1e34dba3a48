"""jobs/batch/mps.sh finds the number of a rank on its node whatever has started it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "jobs" / "batch" / "mps.sh"


def run(folder: Path, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """The script with a command that is always there, and a daemon that only says that it was called."""
    daemon = folder / "nvidia-cuda-mps-control"
    daemon.write_text('#!/bin/bash\necho "daemon $*"\ntouch "$CUDA_MPS_PIPE_DIRECTORY/control"\n')
    daemon.chmod(0o755)
    usual = {"PATH": f"{folder}:{os.environ['PATH']}", "MPS_FOLDER": str(folder), "PBS_JOBID": "7"}
    (folder / f"mps-{os.getuid()}-7").mkdir(exist_ok=True)
    (folder / f"mps-{os.getuid()}-7" / "control").touch()
    return subprocess.run(
        ["bash", str(SCRIPT), "bash", "-c", "echo fitted; exit 75"],
        env={**usual, **variables},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.mark.parametrize(
    ("variables", "first"),
    [
        ({"SLURM_LOCALID": "0"}, True),
        ({"SLURM_LOCALID": "2"}, False),
        ({"MPI_LOCALRANKID": "0"}, True),
        # Open MPI's mpirun is itself started by SLURM, as the first on each node.
        ({"SLURM_LOCALID": "0", "OMPI_COMM_WORLD_LOCAL_RANK": "3"}, False),
    ],
)
def test_the_first_rank_of_a_node_starts_the_daemon_and_the_code_is_handed_on(
    tmp_path: Path, variables: dict[str, str], first: bool
) -> None:
    found = run(tmp_path, variables)
    assert found.returncode == 75, found.stderr
    assert found.stdout.splitlines() == (["daemon -d", "fitted", "daemon "] if first else ["fitted"])


def test_a_launcher_that_tells_no_number_is_an_error(tmp_path: Path) -> None:
    found = run(tmp_path, {})
    assert found.returncode == 2
    assert "does not tell the number of this rank" in found.stderr
