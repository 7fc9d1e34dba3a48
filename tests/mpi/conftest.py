"""Commands on several ranks without a start of MPI for each."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).parent / "programs" / "serve.py"
#: that are started once; the others wait while a command needs fewer
RANKS = 5


class Server:
    """Five ranks that run one command after the other; started at the first, and again after they died."""

    def __init__(self, start: Callable[[], subprocess.Popen[str]]) -> None:
        self._start = start
        self._process: subprocess.Popen[str] | None = None

    def ask(self, asked: dict[str, Any], timeout: float) -> dict[str, Any]:
        if self._process is None:
            self._process = self._start()
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        print(json.dumps(asked), file=process.stdin, flush=True)
        readable, _, _ = select.select([process.stdout], [], [], timeout)
        line = process.stdout.readline() if readable else ""
        if not line.endswith("\n"):
            why = "the ranks died" if readable else f"not ended after {timeout} s"
            pytest.fail(f"{why}: {asked}\nstderr: {self.end()}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def end(self, patience: float = 0.0) -> str:
        """End the ranks, by force unless they end by themselves in time; what they wrote to stderr."""
        process, self._process = self._process, None
        if process is None:
            return ""
        try:
            _, err = process.communicate(timeout=patience)  # closes their stdin, which ends them
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            _, err = process.communicate()
        return err


@pytest.fixture(scope="session")
def _server(
    mpirun_command: Callable[..., list[str]], start_process: Callable[..., subprocess.Popen[str]]
) -> Iterator[Server]:
    # As the command `hpcfit` does for itself; set here, since it counts before NumPy is imported.
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
    command = mpirun_command(RANKS, PROGRAM, cold=True)
    server = Server(lambda: start_process(command, threads, stdin=subprocess.PIPE))
    yield server
    server.end(patience=10.0)


@pytest.fixture
def on_ranks(_server: Server, tmp_path: Path, finished: Callable[..., Any]) -> Callable[..., Any]:
    """launch(ranks, *words, folder=, timeout=) runs `hpcfit`, or a Python program, on up to five ranks.

    As the fixtures hpcfit and mpirun do, in processes that serve all tests: quick, but for no test of how
    processes start, die or take signals.
    """

    def launch(ranks: int, *words: object, folder: Path = tmp_path, timeout: float = 90.0) -> Any:
        assert 1 <= ranks <= RANKS
        asked = {"ranks": ranks, "folder": str(folder), "words": [str(word) for word in words]}
        return finished(**_server.ask(asked, timeout))

    return launch
