"""One run per folder: a lock that the system releases when its process dies.

The lock is the operating system's (flock), so a killed run leaves nothing behind that would block the next
one. Who holds it stands in a file beside it, for the message only.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from filelock import BaseFileLock as AnyLock
from filelock import FileLock, SoftFileLock, Timeout

from hpcfit.errors import RunError
from hpcfit.output.atomic import write_atomically
from hpcfit.output.jsontext import one_line

LOCK = ".lock"
HOLDER = ".lock.json"


@contextmanager
def folder_lock(folder: Path) -> Iterator[None]:
    """Hold `folder` for this process while the body runs.

    Raises:
        RunError: another run holds it; the message names its host, process and start.
    """
    lock = _acquire(folder)
    holder = folder / HOLDER
    try:
        started = datetime.now().astimezone().isoformat(sep=" ", timespec="seconds")
        write_atomically(
            holder, one_line({"host": socket.gethostname(), "process": os.getpid(), "started": started})
        )
        yield
    finally:
        with contextlib.suppress(OSError):
            holder.unlink(missing_ok=True)
        lock.release()


def _acquire(folder: Path) -> AnyLock:
    lock: AnyLock = FileLock(folder / LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise RunError(_message(folder, _holder(folder))) from None
    except NotImplementedError:
        # Parallel file systems are sometimes mounted without locks (Lustre without -o flock).
        return _acquire_without_system(folder)
    return lock


def _acquire_without_system(folder: Path) -> AnyLock:
    """A lock that is a file; one whose process on this host is gone is taken over."""
    path = folder / f"{LOCK}.file"
    holder = _holder(folder)
    if path.exists() and _is_gone(holder):
        path.unlink(missing_ok=True)
    lock: AnyLock = SoftFileLock(path, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        advice = f" If that run is gone, remove {path}."
        raise RunError(_message(folder, holder) + advice) from None
    return lock


def _holder(folder: Path) -> dict[str, Any]:
    try:
        holder = json.loads((folder / HOLDER).read_text())
    except (OSError, ValueError):
        return {}
    return holder if isinstance(holder, dict) else {}


def _is_gone(holder: dict[str, Any]) -> bool:
    """The holder ran on this host, and no such process exists any more."""
    if holder.get("host") != socket.gethostname() or not isinstance(holder.get("process"), int):
        return False
    try:
        os.kill(holder["process"], 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _message(folder: Path, holder: dict[str, Any]) -> str:
    who = "another run"
    if holder:
        who = (
            f"another run (host {holder.get('host')}, process {holder.get('process')}, "
            f"started {holder.get('started')})"
        )
    return f"{folder}: in use by {who}. Wait for it, stop it, or give this job another run.folder."
