"""checkpoint.h5: the optimizer's whole state after an iteration, and what job it belongs to.

A checkpoint is complete in the file system before the next iteration begins, so a killed process loses at
most the iteration in progress. Putting it on disk (fsync), which matters when the whole machine fails, is
left to a thread: it may take longer than an iteration. checkpoint.previous.h5 is only ever replaced by a
checkpoint that is on disk.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import RunError
from hpcfit.output.atomic import sync_folder, temporary_name

FORMAT = "hpcfit-checkpoint"
VERSION = 1

Value = NDArray[np.float64] | float | int | str | bool


@dataclass(frozen=True)
class Checkpoint:
    """What a run needs to go on.

    Attributes:
        iteration: the iteration that was completed last.
        state: the optimizer's state, as it gave it.
        fingerprint: what the job depends on, by name (see fingerprint.py).
        elapsed: seconds the run had taken.
    """

    iteration: int
    state: Mapping[str, Value]
    fingerprint: Mapping[str, str]
    elapsed: float = 0.0


class CheckpointWriter:
    """Writes checkpoints of one run; a context manager that ends with the last one on disk.

    Args:
        path: the checkpoint's file.
        previous: the file that keeps the checkpoint before it.
    """

    def __init__(self, path: Path, previous: Path) -> None:
        self.path, self.previous = path, previous
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="checkpoint")
        self._syncing: Future[None] | None = None

    def write(self, checkpoint: Checkpoint) -> None:
        """Replace the checkpoint. On return, killing this process does not lose it.

        Raises:
            RunError: no space, or the like; the checkpoint before is still there.
        """
        try:
            self._write(to_image(checkpoint))
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
            checkpoint = from_file(candidate)
        except (OSError, ValueError, KeyError) as error:
            notes.append(f"{candidate.name} cannot be read ({error}).")
            continue
        if notes:
            notes.append(f"Going on from {candidate.name}, iteration {checkpoint.iteration}.")
        return checkpoint, notes
    return None, notes


def to_image(checkpoint: Checkpoint) -> bytes:
    """The checkpoint as the bytes of an HDF5 file.

    One dataset holds all arrays and one attribute, as JSON, all else: an HDF5 object for each would
    take longer than a small fit's iteration. JSON keeps floats exactly.
    """
    import h5py

    arrays = {name: value for name, value in checkpoint.state.items() if isinstance(value, np.ndarray)}
    header = {
        "iteration": checkpoint.iteration,
        "elapsed": checkpoint.elapsed,
        "fingerprint": dict(checkpoint.fingerprint),
        "digest": _digest(checkpoint),
        "shapes": {name: list(value.shape) for name, value in arrays.items()},
        "scalars": {
            name: value.item() if isinstance(value, np.generic) else value
            for name, value in checkpoint.state.items()
            if name not in arrays
        },
    }
    numbers = [np.asarray(value, dtype=np.float64).ravel() for value in arrays.values()]
    with h5py.File("checkpoint", "w", driver="core", backing_store=False, libver="latest") as file:
        file.attrs["format"] = FORMAT
        file.attrs["version"] = VERSION
        file.attrs["header"] = np.void(json.dumps(header).encode())
        file.create_dataset("arrays", data=np.concatenate([np.zeros(0), *numbers]))
        file.flush()
        image: bytes = file.id.get_file_image()
    return image


def from_file(path: Path) -> Checkpoint:
    """Read a checkpoint.

    Raises:
        OSError, KeyError, ValueError: not a checkpoint, of a newer version, torn or altered.
    """
    import h5py

    with h5py.File(path, "r") as file:
        if file.attrs.get("format") != FORMAT:
            raise ValueError("not a checkpoint of hpcfit")
        if int(file.attrs["version"]) > VERSION:
            raise ValueError(f"written by a newer hpcfit, format version {int(file.attrs['version'])}")
        header = json.loads(file.attrs["header"].tobytes())
        numbers = file["arrays"][()]
    state: dict[str, Value] = dict(header["scalars"])
    first = 0
    for name, shape in header["shapes"].items():
        last = first + math.prod(shape)
        state[name] = numbers[first:last].reshape(shape)
        first = last
    checkpoint = Checkpoint(header["iteration"], state, header["fingerprint"], header["elapsed"])
    if header["digest"] != _digest(checkpoint):
        raise ValueError("its content does not match its digest")
    return checkpoint


def _digest(checkpoint: Checkpoint) -> str:
    """SHA-256 of everything that a resumed run depends on."""
    digest = hashlib.sha256(repr((checkpoint.iteration, sorted(checkpoint.fingerprint.items()))).encode())
    for name, value in sorted(checkpoint.state.items()):
        if isinstance(value, np.ndarray):
            digest.update(repr((name, value.dtype.str, value.shape)).encode())
            digest.update(np.ascontiguousarray(value).tobytes())
        else:
            digest.update(repr((name, value.item() if isinstance(value, np.generic) else value)).encode())
    return digest.hexdigest()


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
