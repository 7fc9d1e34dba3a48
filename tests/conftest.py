"""Fixtures that several folders of tests share."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

#: Open MPI's mpirun refuses root and more ranks than cores unless told otherwise
_PERMISSIVE = {
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
    "OMPI_MCA_rmaps_base_oversubscribe": "1",
}


@dataclass(frozen=True)
class Finished:
    """A process that has ended."""

    code: int
    out: str
    err: str


Launch = Callable[..., Finished]


@pytest.fixture(scope="session", autouse=True)
def _kernel_cache(pytestconfig: pytest.Config) -> Iterator[None]:
    """One cache of compiled kernels for all tests and the processes they start, kept between sessions.

    What is in it is named by its content, so it is never out of date.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HPCFIT_CACHE_DIR", str(pytestconfig.cache.mkdir("kernels")))
        yield


def run_to_the_end(
    command: list[str], environment: Mapping[str, str] | None = None, timeout: float = 60.0
) -> Finished:
    """Run a command; when it does not end in time, kill it and all it has started, and fail."""
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        env={**os.environ, **_PERMISSIVE, **(environment or {})},
        start_new_session=True,
    )
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
        pytest.fail(f"not ended after {timeout} s: {' '.join(command)}\nstdout: {out}\nstderr: {err}")
    return Finished(process.returncode, out, err)


def find_mpirun() -> str | None:
    """The mpirun of the environment that runs the tests, or else the first on the path."""
    beside = Path(sys.executable).parent / "mpirun"
    return str(beside) if beside.exists() else shutil.which("mpirun")


@pytest.fixture(scope="session")
def mpirun() -> Launch:
    """launch(ranks, program, *arguments, environment=, timeout=) runs a Python program under mpirun."""
    found = find_mpirun()
    if found is None:
        pytest.skip("no mpirun: pip install 'hpcfit[mpich]', or load an MPI module")

    def launch(
        ranks: int,
        program: str | Path,
        *arguments: object,
        environment: Mapping[str, str] | None = None,
        timeout: float = 60.0,
    ) -> Finished:
        command = [found, "-n", str(ranks), sys.executable, str(program), *map(str, arguments)]
        return run_to_the_end(command, environment, timeout)

    return launch


@pytest.fixture(scope="session")
def alone() -> Launch:
    """launch(program, *arguments, environment=, timeout=) runs a Python program by itself."""

    def launch(
        program: str | Path,
        *arguments: object,
        environment: Mapping[str, str] | None = None,
        timeout: float = 60.0,
    ) -> Finished:
        return run_to_the_end([sys.executable, str(program), *map(str, arguments)], environment, timeout)

    return launch
