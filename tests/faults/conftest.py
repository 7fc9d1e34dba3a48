"""Runs that tests interrupt: a plugin that takes its time, notes every rank's process and fails on demand."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

PLUGIN = """
import os
import resource
import threading
import time
from pathlib import Path

from hpcfit.problem.local_objective import LocalObjective
from hpcfit.registry import hookimpl

try:
    from mpi4py import MPI

    RANK = MPI.COMM_WORLD.Get_rank()
except (ImportError, RuntimeError):
    RANK = 0
(Path(__file__).parent / f"{RANK}.pid").write_text(str(os.getpid()))
linearize = LocalObjective.linearize
calls = []


def strike(text):
    raise ZeroDivisionError(text)


def linearize_or_fail(self, theta):
    calls.append(theta)
    if len(calls) == 3 and os.environ.get("FAIL_IN_HPCFIT") == str(RANK):
        strike("struck in hpcfit")
    if len(calls) == 3 and os.environ.get("FAIL_IN_THREAD") == str(RANK):
        threading.Thread(target=strike, args=("struck in a thread",), name="helper").start()
        time.sleep(60)
    return linearize(self, theta)


LocalObjective.linearize = linearize_or_fail


@hookimpl
def hpcfit_iteration(event):
    if os.environ.get("FAIL_IN_PLUGIN") == str(event.iteration):
        strike("struck in the plugin")
    if os.environ.get("NO_SPACE_FROM") == str(event.iteration):
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
    time.sleep(float(os.environ.get("SECONDS_PER_ITERATION", "0")))
"""
#: what makes the silicon job use the plugin
WITH_PLUGIN = ("[run]", '[plugins]\nload = ["slow.py"]\n\n[run]')


class Interruptible:
    """The silicon job with the plugin, and one run of it at a time that can be signalled."""

    def __init__(self, silicon: Any, command: Callable[..., list[str]], start: Callable[..., Any]) -> None:
        self.job = silicon
        self._command, self._start = command, start
        self._process: subprocess.Popen[str] | None = None
        self._size = 1
        (silicon.folder / "slow.py").write_text(PLUGIN)
        self.write()

    def write(self, *edits: tuple[str, str]) -> None:
        self.job.write(WITH_PLUGIN, *edits)

    def begin(
        self, ranks: int = 1, seconds: float = 0.4, environment: Mapping[str, str] | None = None
    ) -> None:
        """Start a run whose iterations take `seconds` each."""
        for path in self.job.folder.glob("*.pid"):
            path.unlink()
        self._size = ranks
        command = self._command("run", "job.toml", ranks=ranks)
        slow = {"SECONDS_PER_ITERATION": str(seconds), **(environment or {})}
        self._process = self._start(command, slow, self.job.folder)

    def reaches_iteration(self, number: int) -> bool:
        """Wait until the run has completed an iteration; False when it ended before that."""
        events = self.job.run / "events.jsonl"
        for _ in range(1200):
            # Ranks write their files before the first event, and what an earlier run left may be there.
            begun = len(self._ranks()) == self._size
            if begun and events.exists() and events.read_bytes().count(b"\n") > number:
                return True
            if self.process.poll() is not None:
                return False
            time.sleep(0.05)
        raise AssertionError(f"iteration {number} was not reached in a minute")

    @property
    def process(self) -> subprocess.Popen[str]:
        assert self._process is not None
        return self._process

    def signal(self, number: signal.Signals, rank: int | None = None) -> None:
        """Send a signal to one rank, or to what was started (hpcfit itself, or mpirun)."""
        pid = self.process.pid if rank is None else int((self.job.folder / f"{rank}.pid").read_text())
        os.kill(pid, number)

    def kill(self, rank: int | None = None) -> None:
        """kill -9 of a rank, or of all of them and what started them; return when all have ended."""
        if rank is not None:
            self.signal(signal.SIGKILL, rank)
        else:
            for pid in (*self._ranks(), self.process.pid):
                _kill(pid)
        self.end()

    def end(self, timeout: float = 60.0) -> tuple[int, str, str]:
        """Exit code, output and errors, once the run and all its ranks have ended."""
        try:
            out, err = self.process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            self.stop()
            raise AssertionError(f"the run did not end in {timeout} s") from None
        for _ in range(200):
            if not any(Path(f"/proc/{pid}").exists() for pid in self._ranks()):
                break
            time.sleep(0.05)
        else:
            raise AssertionError("a rank is still there")
        return self.process.returncode, out, err

    def stop(self) -> None:
        """Leave nothing running behind."""
        if self._process is not None:
            for pid in self._ranks():
                _kill(pid)
            if self._process.poll() is None:
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.communicate()

    def _ranks(self) -> list[int]:
        texts = [path.read_text() for path in self.job.folder.glob("*.pid")]
        return [int(text) for text in texts if text]


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


@pytest.fixture
def interruptible(
    silicon: Any, hpcfit_command: Callable[..., list[str]], start_process: Callable[..., Any]
) -> Iterator[Interruptible]:
    """The silicon job, made slow enough to be interrupted."""
    run = Interruptible(silicon, hpcfit_command, start_process)
    yield run
    run.stop()
