"""Fixtures that several folders of tests share."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from warm import Warm

# A busy machine draws examples slowly; that says nothing of the program.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

#: Open MPI's mpirun refuses root and more ranks than cores unless told otherwise
_PERMISSIVE = {
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
    "OMPI_MCA_rmaps_base_oversubscribe": "1",
}


#: a fit of four parameters to energies and forces, done in a blink
SILICON_JOB = """\
[data]
train = "train.h5"

[targets]
energy = true
forces = true

[[potential]]
name = "stillinger-weber-kim"
species = ["Si"]
[potential.parameters]
A      = { initial = 15.28484792, min = 0.1, max = 500 }
B      = { initial = 0.60222456, min = 1e-3, max = 1e3 }
gamma  = { initial = 2.51412, min = 0.1, max = 10 }
lambda = { initial = 45.5322, min = 0.1, max = 500 }

[weights]
name = "constant"
energy = 10.0

[run]
folder = "run"
"""


@dataclass(frozen=True)
class SmallJob:
    """A folder with a dataset, where jobs are run."""

    folder: Path

    @property
    def path(self) -> Path:
        return self.folder / "job.toml"

    @property
    def run(self) -> Path:
        return self.folder / "run"

    def write(self, *edits: tuple[str, str]) -> None:
        """Write job.toml: the silicon job, each (old, new) text replaced in it once."""
        text = SILICON_JOB
        for old, new in edits:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        self.path.write_text(text)

    def result(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.run / "result.json").read_text())
        return content

    def outcome(self) -> tuple[object, ...]:
        """All that must not depend on ranks or interruptions: parameters, loss, counts, errors, events."""
        result = self.result()
        lines = (self.run / "events.jsonl").read_text().splitlines()
        events = [
            {name: value for name, value in json.loads(line).items() if name != "clock"} for line in lines
        ]
        names = [
            "status",
            "reason",
            "loss",
            "objective_history",
            "parameters",
            "counts",
            "rmse",
            "covariance",
        ]
        return (*(result[name] for name in names), events)


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


def _no_compiler() -> str | None:
    """Why no CUDA C can be compiled here; None where it can."""
    try:
        from cupy.cuda import nvrtc

        nvrtc.getVersion()
    except Exception as error:
        return f"{type(error).__name__}: {str(error).partition(chr(10))[0]} (pip install 'hpcfit[cuda]')"
    return None


def _no_device() -> str | None:
    """Why nothing can be computed on a GPU here; None where it can."""
    from hpcfit.devices.machine import find_machine
    from hpcfit.devices.missing import missing_parts, one_of

    parts = missing_parts(find_machine())
    return str(one_of(parts)) if parts else _no_compiler()


#: what tests with these marks need, found out once
_NEEDS = {"nvrtc": functools.cache(_no_compiler), "gpu": functools.cache(_no_device)}


@pytest.fixture(autouse=True)
def _compiler_and_device(request: pytest.FixtureRequest) -> None:
    for mark, lacking in _NEEDS.items():
        if request.node.get_closest_marker(mark) is not None and (reason := lacking()) is not None:
            pytest.skip(reason)


@pytest.fixture(
    params=[pytest.param("emulated", id="emulated"), pytest.param("cuda", id="cuda", marks=pytest.mark.gpu)]
)
def new_device(request: pytest.FixtureRequest) -> Callable[[], Any]:
    """new_device() makes a device: the stand-in on the processor, and in tests marked `gpu` a GPU."""
    if request.param == "cuda":
        from hpcfit.devices.cuda import CudaDevice

        return CudaDevice
    from emulated import HostDevice, compiler_missing

    if (missing := compiler_missing()) is not None:
        pytest.skip(missing)
    return HostDevice


def start(
    command: list[str],
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    stdin: int = subprocess.DEVNULL,
) -> subprocess.Popen[str]:
    """Start a command in a process group of its own."""
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=stdin,
        text=True,
        env={**os.environ, **_PERMISSIVE, **(environment or {})},
        cwd=folder,
        start_new_session=True,
    )


def run_to_the_end(
    command: list[str],
    environment: Mapping[str, str] | None = None,
    timeout: float = 60.0,
    folder: Path | None = None,
) -> Finished:
    """Run a command; when it does not end in time, kill it and all it has started, and fail."""
    process = start(command, environment, folder)
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
def warm() -> Iterator[Warm]:
    """Commands `hpcfit` and `python` without the seconds that their imports take."""
    with contextlib.closing(Warm()) as commands:
        yield commands


@pytest.fixture(scope="session")
def mpirun_command(warm: Warm) -> Callable[..., list[str]]:
    """command(ranks, program, *arguments, cold=) is the command line of a Python program under mpirun."""
    found = find_mpirun()
    if found is None:
        pytest.skip("no mpirun: pip install 'hpcfit[mpich]', or load an MPI module")

    def command(ranks: int, *words: object, cold: bool = False) -> list[str]:
        python = sys.executable if cold else str(warm.folder / "python")
        return [found, "-n", str(ranks), python, *map(str, words)]

    return command


@pytest.fixture(scope="session")
def mpirun(mpirun_command: Callable[..., list[str]]) -> Launch:
    """launch(ranks, program, *arguments, environment=, timeout=, cold=) runs a program under mpirun."""

    def launch(
        ranks: int,
        program: str | Path,
        *arguments: object,
        environment: Mapping[str, str] | None = None,
        timeout: float = 60.0,
        cold: bool = False,
    ) -> Finished:
        return run_to_the_end(mpirun_command(ranks, program, *arguments, cold=cold), environment, timeout)

    return launch


@pytest.fixture(scope="session")
def alone(warm: Warm) -> Launch:
    """launch(program, *arguments, environment=, timeout=, cold=) runs a Python program by itself."""

    def launch(
        program: str | Path,
        *arguments: object,
        environment: Mapping[str, str] | None = None,
        timeout: float = 60.0,
        cold: bool = False,
    ) -> Finished:
        python = sys.executable if cold else str(warm.folder / "python")
        return run_to_the_end([python, str(program), *map(str, arguments)], environment, timeout)

    return launch


@pytest.fixture(scope="session")
def hpcfit_command(warm: Warm) -> Callable[..., list[str]]:
    """command(*arguments, ranks=, cold=) is the command line of `hpcfit`, under mpirun for several ranks."""

    def command(*arguments: object, ranks: int = 1, cold: bool = False) -> list[str]:
        folder = Path(sys.executable).parent if cold else warm.folder
        own = [str(folder / "hpcfit"), *map(str, arguments)]
        if ranks == 1:
            return own
        found = find_mpirun()
        if found is None:
            pytest.skip("no mpirun: pip install 'hpcfit[mpich]', or load an MPI module")
        return [found, "-n", str(ranks), *own]

    return command


@pytest.fixture(scope="session")
def finished() -> type[Finished]:
    """How the end of a process is told of."""
    return Finished


@pytest.fixture(scope="session")
def start_process() -> Callable[..., subprocess.Popen[str]]:
    """start(command, environment, folder, stdin), for processes that a test must end itself."""
    return start


@pytest.fixture(scope="session")
def hpcfit(hpcfit_command: Callable[..., list[str]]) -> Launch:
    """launch(*arguments, ranks=, folder=, environment=, timeout=, cold=) runs `hpcfit` to its end.

    It does so in forks of a process that has imported everything; cold, by a start of Python.
    """

    def launch(
        *arguments: object,
        ranks: int = 1,
        folder: Path | None = None,
        environment: Mapping[str, str] | None = None,
        timeout: float = 90.0,
        cold: bool = False,
    ) -> Finished:
        return run_to_the_end(
            hpcfit_command(*arguments, ranks=ranks, cold=cold), environment, timeout, folder
        )

    return launch


@pytest.fixture(scope="session")
def silicon_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seven of the configurations of jobs/silicon-sw, one chunk each: a dataset for quick fits."""
    from hpcfit.data import Dataset, write_dataset

    path = tmp_path_factory.mktemp("silicon") / "train.h5"
    with Dataset.open(Path(__file__).parents[1] / "jobs" / "silicon-sw" / "silicon-train.h5") as dataset:
        block = dataset.read([3, 57, 58, 60, 63, 64, 100])
    write_dataset(path, list(block))
    return path


@pytest.fixture(scope="session")
def silicon_run(tmp_path_factory: pytest.TempPathFactory, silicon_data: Path) -> Path:
    """The run folder of the small silicon job, finished; to be copied, not to be changed."""
    from hpcfit.parallel.communicator import SerialCommunicator
    from hpcfit.workflow.run import run_job

    job = SmallJob(tmp_path_factory.mktemp("finished"))
    shutil.copy(silicon_data, job.folder / "train.h5")
    job.write()
    assert run_job(SerialCommunicator(), job.path) == 0
    return job.run


@pytest.fixture
def silicon(tmp_path: Path, silicon_data: Path) -> SmallJob:
    """A folder with the small silicon dataset as train.h5; `write` puts a job beside it."""
    shutil.copy(silicon_data, tmp_path / "train.h5")
    return SmallJob(tmp_path)
