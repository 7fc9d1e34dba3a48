"""The communicator of this run: MPI's, or one process when there is no MPI library."""

from __future__ import annotations

import os
import sys
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from hpcfit.errors import EXIT_BAD_INPUT, RunError
from hpcfit.parallel.communicator import Communicator, MpiCommunicator, SerialCommunicator
from hpcfit.parallel.launcher import Launch, cannot_join, detect_launch
from hpcfit.parallel.roll_call import tell_the_end

#: how long the other processes of a wrong mpirun wait before they leave: many an mpirun ends all processes
#: as soon as one returns an error, and the one that has the message must come first
_SECONDS_FOR_THE_MESSAGE = 3.0

_world: Communicator | None = None


def world() -> Communicator:
    """The ranks of this job; initializes MPI at the first call.

    Without an MPI library a SerialCommunicator whose `note` says so.

    Raises:
        RunError: an mpirun that does not belong to the MPI library started this process. Only in the
            process that is the launcher's rank 0; the others end by themselves, silently, with the
            same exit code.
    """
    global _world
    if _world is None:
        _world = _connect(os.environ)
        tell_the_end(_world)
    return _world


def _connect(environment: Mapping[str, str]) -> Communicator:
    launch, known = detect_launch(environment), "mpi4py" in sys.modules
    try:
        with _suspicion_ignored():
            import mpi4py

            # Some libraries abort in an environment that is not theirs: ask which one it is before.
            mpi4py.rc.initialize, mpi4py.rc.finalize = False, True
            from mpi4py import MPI
    except (ImportError, RuntimeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        if launch is not None and launch.size > 1:
            _refuse(launch, no_library_message(launch, reason))
        _forget_mpi4py(known)
        return SerialCommunicator(
            f"No MPI library could be loaded ({reason}): running on one process. "
            "For several, install one (pip install 'hpcfit[mpich]') or load your cluster's MPI module."
        )
    described = MPI.Get_library_version().rstrip("\x00")
    library = " ".join(described.splitlines()[0].split()).rstrip(",")
    if launch is not None and cannot_join(launch, described):
        if launch.size > 1:
            _refuse(launch, mismatch_message(launch, library))
        _forget_mpi4py(known)
        return SerialCommunicator(f"{launch.launcher} is not that of {library}: running on one process.")
    with _suspicion_ignored():
        if not MPI.Is_initialized():
            MPI.Init_thread()
    if launch is not None and launch.size > 1 and MPI.COMM_WORLD.Get_size() == 1:
        _refuse(launch, mismatch_message(launch, library))
    return MpiCommunicator(MPI.COMM_WORLD, library)


def _forget_mpi4py(known: bool) -> None:
    """Take back the import of an mpi4py that cannot be used, unless the program has imported it itself.

    Others, such as ASE, take an imported mpi4py for one that works.
    """
    if not known:
        for name in [name for name in sys.modules if name.partition(".")[0] == "mpi4py"]:
            del sys.modules[name]


@contextmanager
def _suspicion_ignored() -> Iterator[None]:
    """mpi4py warns of a wrong mpirun in every process; here it is an error, said once."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="suspicious MPI execution environment")
        yield


def mismatch_message(launch: Launch, library: str) -> str:
    """What the user reads when launcher and library do not belong together."""
    return (
        f"{launch.launcher} started {launch.size} processes, but Python loads another MPI library "
        f"({library}), in which each of them is alone. Start hpcfit with the mpirun of that library, or "
        "make mpi4py load the library of this mpirun: load its module, set MPI4PY_LIBMPI to its libmpi.so, "
        "or reinstall mpi4py with it (pip install --force-reinstall --no-binary mpi4py mpi4py)."
    )


def no_library_message(launch: Launch, reason: str) -> str:
    """What the user reads when there are several processes but no MPI library to join them."""
    return (
        f"{launch.launcher} started {launch.size} processes, but Python finds no MPI library ({reason}). "
        "Load the MPI module of this mpirun, set MPI4PY_LIBMPI to its libmpi.so, or install a library "
        "together with its mpirun (pip install 'hpcfit[mpich]')."
    )


def _refuse(launch: Launch, message: str) -> None:
    if launch.rank == 0:
        raise RunError(message)
    time.sleep(_SECONDS_FOR_THE_MESSAGE)
    sys.exit(EXIT_BAD_INPUT)
