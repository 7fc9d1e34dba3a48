"""What the environment tells about the launcher."""

from __future__ import annotations

import pytest

from hpcfit.parallel.launcher import OPEN_MPI, Launch, cannot_join, detect_launch, hides_terminal
from hpcfit.parallel.world import mismatch_message, no_library_message


@pytest.mark.parametrize(
    ("environment", "word", "size", "rank"),
    [
        ({"PMI_SIZE": "4", "PMI_RANK": "3"}, "MPICH", 4, 3),
        ({"OMPI_COMM_WORLD_SIZE": "2", "OMPI_COMM_WORLD_RANK": "1"}, "Open MPI", 2, 1),
        ({"SLURM_STEP_NUM_TASKS": "8", "SLURM_PROCID": "5"}, "srun", 8, 5),
    ],
)
def test_every_launcher_is_recognized(environment: dict[str, str], word: str, size: int, rank: int) -> None:
    launch = detect_launch(environment)
    assert launch is not None
    assert word in launch.launcher
    assert (launch.size, launch.rank) == (size, rank)


def test_a_batch_script_outside_srun_is_no_launcher() -> None:
    assert detect_launch({"SLURM_NTASKS": "64", "SLURM_PROCID": "0", "SLURM_JOB_ID": "7"}) is None


def test_an_mpirun_inside_a_batch_job_counts_before_srun() -> None:
    environment = {"SLURM_STEP_NUM_TASKS": "2", "SLURM_PROCID": "0", "PMI_SIZE": "64", "PMI_RANK": "9"}
    launch = detect_launch(environment)
    assert launch is not None
    assert launch.size == 64


@pytest.mark.parametrize(
    ("launcher", "library", "cannot"),
    [
        (OPEN_MPI, "MPICH Version: 5.0.2\nMPICH configure: --with-device=ch4:ucx", True),
        (OPEN_MPI, "MPICH Version: 4.2\nMPICH configure: --with-pmix=/usr", False),
        (OPEN_MPI, "Open MPI v5.0.11", False),
        ("srun", "MPICH Version: 5.0.2", False),
    ],
)
def test_a_library_that_would_abort_under_this_mpirun_is_known_before_it_does(
    launcher: str, library: str, cannot: bool
) -> None:
    assert cannot_join(Launch(launcher, 2, 0), library) is cannot


def test_the_terminal_of_a_process_of_open_mpi_is_not_that_of_the_user() -> None:
    assert hides_terminal({"OMPI_COMM_WORLD_SIZE": "2", "OMPI_COMM_WORLD_RANK": "0"})
    assert not hides_terminal({"PMI_SIZE": "2", "PMI_RANK": "0"})
    assert not hides_terminal({})


def test_the_messages_say_which_mpirun_which_library_and_what_to_do() -> None:
    launch = Launch("the mpirun of Open MPI", 4, 0)
    assert mismatch_message(launch, "MPICH Version: 5.0") == (
        "the mpirun of Open MPI started 4 processes, but Python loads another MPI library "
        "(MPICH Version: 5.0), in which each of them is alone. Start hpcfit with the mpirun of that "
        "library, or make mpi4py load the library of this mpirun: load its module, set MPI4PY_LIBMPI to "
        "its libmpi.so, or reinstall mpi4py with it (pip install --force-reinstall --no-binary mpi4py "
        "mpi4py)."
    )
    assert no_library_message(launch, "cannot load MPI library") == (
        "the mpirun of Open MPI started 4 processes, but Python finds no MPI library (cannot load MPI "
        "library). Load the MPI module of this mpirun, set MPI4PY_LIBMPI to its libmpi.so, or install a "
        "library together with its mpirun (pip install 'hpcfit[mpich]')."
    )
