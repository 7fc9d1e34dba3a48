"""Two runs never share a folder, and a dead one does not keep it."""

from __future__ import annotations

import json
import multiprocessing
import os
import socket
from pathlib import Path

import filelock
import pytest

from hpcfit.errors import RunError
from hpcfit.output.lock import HOLDER, folder_lock


def test_a_second_run_is_refused_and_told_who_holds_the_folder(tmp_path: Path) -> None:
    with folder_lock(tmp_path):
        started = json.loads((tmp_path / HOLDER).read_text())["started"]
        with pytest.raises(RunError) as refused, folder_lock(tmp_path):
            pass
    assert str(refused.value) == (
        f"{tmp_path}: in use by another run (host {socket.gethostname()}, process {os.getpid()}, started "
        f"{started}). Wait for it, stop it, or give this job another run.folder."
    )


def test_the_folder_is_free_afterwards(tmp_path: Path) -> None:
    for _ in range(2):
        with folder_lock(tmp_path):
            assert (tmp_path / HOLDER).exists()
    assert not (tmp_path / HOLDER).exists()


def test_a_killed_run_does_not_keep_the_folder(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_hold, args=(tmp_path,))
    process.start()
    process.join()
    assert (tmp_path / HOLDER).exists()
    with folder_lock(tmp_path):
        pass


def test_without_system_locks_a_dead_process_is_taken_over_and_a_living_one_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsupported(self: object) -> None:
        raise NotImplementedError

    monkeypatch.setattr(filelock.FileLock, "_acquire", unsupported)
    with (
        folder_lock(tmp_path),
        pytest.raises(RunError, match=r"remove .*\.lock\.file"),
        folder_lock(tmp_path),
    ):
        pass
    (tmp_path / ".lock.file").touch()
    holder = {"host": socket.gethostname(), "process": _dead_process(), "started": "yesterday"}
    (tmp_path / HOLDER).write_text(json.dumps(holder))
    with folder_lock(tmp_path):
        pass


def _hold(folder: Path) -> None:
    with folder_lock(folder):
        os._exit(9)


def _dead_process() -> int:
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=int)
    process.start()
    process.join()
    assert process.pid is not None
    return process.pid
