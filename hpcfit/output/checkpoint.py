"""checkpoint.h5: the optimizer's whole state after an iteration, and what job it belongs to.

A checkpoint is complete in the file system before the next iteration begins, so a killed process loses at
most the iteration in progress. Putting it on disk (fsync), which matters when the whole machine fails, is
left to a thread: it may take longer than an iteration. checkpoint.previous.h5 is only ever replaced by a
checkpoint that is on disk.
"""

from __future__ import annotations

import os
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

from hpcfit.errors import RunError
from hpcfit.output.atomic import sync_folder, temporary_name
from hpcfit.output.checkpoint_image import Checkpoint, ImageMaker, read_image

__all__ = ["Checkpoint", "CheckpointWriter", "read_checkpoint"]


class CheckpointWriter:
    """Writes checkpoints of one run; a context manager that ends with the last one on disk.

    Args:
        path: the checkpoint's file.
        previous: the file that keeps the checkpoint before it.
    """

    def __init__(self, path: Path, previous: Path) -> None:
        self.path, self.previous = path, previous
        self._maker = ImageMaker()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="checkpoint")
        self._syncing: Future[None] | None = None

    def write(self, checkpoint: Checkpoint) -> None:
        """Replace the checkpoint. On return, killing this process does not lose it.

        Raises:
            RunError: no space, or the like; the checkpoint before is still there.
        """
        try:
            self._write(self._maker.image(checkpoint))
        except OSError as error:
            raise RunError(
                f"{self.path}: the checkpoint cannot be written ({error.strerror or error}). "
                "Make room or mend the file system, then run the same command: it goes on from the "
                "last checkpoint."
            ) from error

    def _write(self, image: bytes) -> None:
        temporary = temporary_name(self.path)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
        try:
            _write_all(descriptor, image)
            if self._current_is_on_disk():
                _keep_as(self.path, self.previous)
            os.replace(temporary, self.path)
        except BaseException:
            os.close(descriptor)
            temporary.unlink(missing_ok=True)
            raise
        self._syncing = self._thread.submit(_sync, descriptor, self.path.parent)

    def close(self) -> None:
        """Wait until the last checkpoint is on disk."""
        self._thread.shutdown(wait=True)
        if self._syncing is not None:
            self._syncing.result()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _current_is_on_disk(self) -> bool:
        # What an earlier process left under `path` may be what could not be read.
        if self._syncing is None or not self._syncing.done():
            return False
        self._syncing.result()
        return True


def read_checkpoint(path: Path, previous: Path) -> tuple[Checkpoint | None, list[str]]:
    """The newest readable checkpoint, and a sentence for each one that could not be read."""
    notes = []
    for candidate in (path, previous):
        if not candidate.exists():
            continue
        try:
            checkpoint = read_image(candidate)
        except (OSError, ValueError, KeyError) as error:
            notes.append(f"{candidate.name} cannot be read ({error}).")
            continue
        if notes:
            notes.append(f"Going on from {candidate.name}, iteration {checkpoint.iteration}.")
        return checkpoint, notes
    return None, notes


def _write_all(descriptor: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _keep_as(path: Path, previous: Path) -> None:
    """Give `path` the second name `previous`, without a moment in which `path` is missing."""
    temporary = temporary_name(previous)
    try:
        temporary.unlink(missing_ok=True)
        os.link(path, temporary)
        os.replace(temporary, previous)
    except OSError:
        # File systems without hard links: for a moment there is only the previous checkpoint.
        temporary.unlink(missing_ok=True)
        os.replace(path, previous)


def _sync(descriptor: int, folder: Path) -> None:
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    sync_folder(folder)
