"""How this process was started, as its environment tells it.

An mpirun of one MPI library that starts a program linked to another gives N processes that each believe
to be alone. The environment knows better: every launcher writes into it how many processes it started.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Launch:
    """What a launcher says of this process.

    Attributes:
        launcher: its name in words.
        size: processes it started.
        rank: which of them this is.
    """

    launcher: str
    size: int
    rank: int


OPEN_MPI = "the mpirun of Open MPI"

#: launcher, variable of the size, variable of the rank; the innermost launcher first, because an mpirun
#: inside a batch job starts its processes through srun and leaves srun's variables in place
_KNOWN = (
    (OPEN_MPI, "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"),
    ("the mpirun of MVAPICH", "MV2_COMM_WORLD_SIZE", "MV2_COMM_WORLD_RANK"),
    ("an mpirun of the MPICH family (MPICH, Intel MPI, Cray MPICH)", "PMI_SIZE", "PMI_RANK"),
    # SLURM_NTASKS is also set in the batch script itself, which srun did not start.
    ("srun", "SLURM_STEP_NUM_TASKS", "SLURM_PROCID"),
)


def detect_launch(environment: Mapping[str, str]) -> Launch | None:
    """The launcher that started this process, or None when it was started by hand."""
    for launcher, size, rank in _KNOWN:
        try:
            return Launch(launcher, int(environment[size]), int(environment.get(rank, "0")))
        except (KeyError, ValueError):
            continue
    return None


def cannot_join(launch: Launch, library: str) -> bool:
    """Whether a library, by the text in which it describes itself, would abort under this launcher.

    Open MPI's mpirun speaks PMIx only, which libraries of the MPICH family take for an error unless they
    were configured with it. (The other way round, Open MPI's library finds itself alone and says so.)
    """
    if launch.launcher != OPEN_MPI:
        return False
    return "MPICH" in library and "pmix" not in library.lower()


def hides_terminal(environment: Mapping[str, str]) -> bool:
    """Whether the launcher gives every process a terminal of its own, wherever the output goes in the end."""
    launch = detect_launch(environment)
    return launch is not None and launch.launcher == OPEN_MPI
