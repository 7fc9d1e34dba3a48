"""Compiled kernels on disk, shared by all processes and runs.

One file per kernel, named by the hash of everything its machine code depends on, so an entry
is never out of date. The first process that needs a kernel compiles it while the others wait
at a lock; files appear complete or not at all (temporary name, then rename), and carry a
checksum, because executing damaged machine code would crash. A folder that cannot be used
costs one warning and the compilation, nothing else. Compare PyFR's pyfr/cache.py.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_HEAD = b"hpcfit kernel 1\n"
#: how long to wait for another process to compile the same kernel, seconds
LONGEST_WAIT = 300.0


def cache_folder() -> Path:
    """$HPCFIT_CACHE_DIR, or hpcfit in $XDG_CACHE_HOME or ~/.cache."""
    if chosen := os.environ.get("HPCFIT_CACHE_DIR"):
        return Path(chosen).expanduser()
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "hpcfit"


@dataclass
class KernelCache:
    """Files of one folder; every failure of the file system turns into "not there" and a warning."""

    folder: Path
    _warned: bool = False

    def load(self, name: str) -> bytes | None:
        """The stored content, or None if there is none that is undamaged."""
        try:
            stored = (self.folder / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            self.warn(error)
            return None
        head, digest, content = stored[: len(_HEAD)], stored[len(_HEAD) :][:32], stored[len(_HEAD) + 32 :]
        if head != _HEAD or hashlib.sha256(content).digest() != digest:
            self.warn(f"{name} is damaged and is made anew")
            return None
        return content

    def save(self, name: str, content: bytes) -> None:
        """Store content under a name, replacing what is there."""
        self.write(name, _HEAD + hashlib.sha256(content).digest() + content)

    def write(self, name: str, stored: bytes) -> None:
        """Write a file as it is, completely or not at all."""
        temporary = None
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(prefix=f"{name}.", suffix=".tmp", dir=self.folder)
            with os.fdopen(handle, "wb") as file:
                file.write(stored)
            os.replace(temporary, self.folder / name)
        except OSError as error:
            self.warn(error)
            if temporary is not None:
                with contextlib.suppress(OSError):
                    os.unlink(temporary)

    @contextlib.contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Hold the lock of a name, if the file system has locks; it ends with the process."""
        from filelock import FileLock, Timeout

        lock = FileLock(self.folder / f"{name}.lock", timeout=LONGEST_WAIT, poll_interval=0.02)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except (OSError, NotImplementedError, Timeout) as error:
            self.warn(error)
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                lock.release()

    def warn(self, problem: object) -> None:
        """Say once that the folder does not work as it should."""
        if not self._warned:
            self._warned = True
            warnings.warn(
                f"kernel cache {self.folder}: {problem}. Set HPCFIT_CACHE_DIR to a folder that works",
                RuntimeWarning,
                stacklevel=2,
            )
