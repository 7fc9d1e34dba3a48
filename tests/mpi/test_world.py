"""Which communicator a process gets, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).parent / "programs" / "connect.py"
NO_LIBRARY = {"MPI4PY_LIBMPI": "/nowhere/libmpi.so"}

pytestmark = pytest.mark.mpi


def test_mpirun_gives_every_process_its_rank(mpirun: Callable[..., Any]) -> None:
    finished = mpirun(3, PROGRAM, cold=True)
    assert finished.code == 0, finished.err
    # mpirun may join the lines of several ranks.
    assert all(finished.out.count(f"{rank} of 3; ") == 1 for rank in range(3)), finished.out


def test_a_program_started_by_hand_is_alone_without_a_note(alone: Callable[..., Any]) -> None:
    assert alone(PROGRAM, cold=True).out == "0 of 1; \n"


def test_without_an_mpi_library_one_process_runs_and_says_so(alone: Callable[..., Any]) -> None:
    finished = alone(PROGRAM, environment=NO_LIBRARY, cold=True)
    assert finished.code == 0, finished.err
    assert finished.out == (
        "0 of 1; No MPI library could be loaded (cannot load MPI library): running on one process. For "
        "several, install one (pip install 'hpcfit[mpich]') or load your cluster's MPI module.\n"
    )


@pytest.mark.parametrize("library", [{}, NO_LIBRARY])
def test_the_wrong_mpirun_is_refused_once(alone: Callable[..., Any], library: dict[str, str]) -> None:
    first = {"OMPI_COMM_WORLD_SIZE": "2", "OMPI_COMM_WORLD_RANK": "0", **library}
    finished = alone(PROGRAM, environment=first, cold=True)
    assert finished.code == 2
    assert finished.err.startswith("the mpirun of Open MPI started 2 processes, but Python")
    second = {**first, "OMPI_COMM_WORLD_RANK": "1"}
    finished = alone(PROGRAM, environment=second, cold=True)
    assert (finished.code, finished.out, finished.err) == (2, "", "")


def test_ranks_of_one_machine_know_of_each_other(
    mpirun: Callable[..., Any], alone: Callable[..., Any]
) -> None:
    program = PROGRAM.with_name("on_machine.py")
    finished = mpirun(3, program)
    assert finished.code == 0, finished.err
    assert all(finished.out.count(f"rank {rank} of [0, 1, 2]") == 1 for rank in range(3)), finished.out
    assert alone(program, environment=NO_LIBRARY).out == "rank 0 of [0]\n"
