"""`hpcfit check` under mpirun: one process checks and speaks."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.mpi
JOB = Path(__file__).resolve().parents[2] / "jobs" / "silicon-sw" / "job.toml"


def test_check_speaks_once_on_two_ranks(hpcfit) -> None:
    done = hpcfit("check", JOB, ranks=2)
    assert done.code == 0
    assert done.out.count("nothing is wrong") == 1


def test_check_tells_a_fault_once_and_exits_2_on_two_ranks(hpcfit, tmp_path) -> None:
    job = tmp_path / "job.toml"
    job.write_text(
        JOB.read_text().replace("silicon-t", f"{JOB.parent}/silicon-t").replace("A      =", "AA =")
    )
    done = hpcfit("check", job, ranks=2)
    assert done.code == 2
    assert done.err.count("unknown parameter AA") == 1
