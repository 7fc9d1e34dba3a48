"""A checkpoint as the bytes of an HDF5 file, and back.

Two datasets: `header`, JSON text (which keeps floats exactly) with all but the arrays, and `arrays`, the
numbers of all arrays one after the other. The file is laid out once, with room to grow; after that
every checkpoint only fills in the two datasets where they lie in it. An iteration of a small fit takes
a few milliseconds, and making an HDF5 file anew would be one of them.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FORMAT = "hpcfit-checkpoint"
VERSION = 1
#: room beyond what the first checkpoint needs: histories grow
_GROWTH = 2

Value = NDArray[np.float64] | float | int | str | bool


@dataclass(frozen=True)
class Checkpoint:
    """What a run needs to go on.

    Attributes:
        iteration: the iteration that was completed last.
        state: the optimizer's state, as it gave it; arrays are of float64.
        fingerprint: what the job depends on, by name (see fingerprint.py).
        elapsed: seconds the run had taken.
    """

    iteration: int
    state: Mapping[str, Value]
    fingerprint: Mapping[str, str]
    elapsed: float = 0.0


class ImageMaker:
    """Turns the checkpoints of one run into images of HDF5 files."""

    def __init__(self) -> None:
        self._empty = b""
        self._room = {"header": 0, "arrays": 0}
        self._place: dict[str, int] = {}

    def image(self, checkpoint: Checkpoint) -> bytes:
        """The bytes of the file."""
        parts = {"header": _header(checkpoint), "arrays": _numbers(checkpoint)}
        if any(len(part) > self._room[name] for name, part in parts.items()):
            self._lay_out({name: _GROWTH * len(part) for name, part in parts.items()})
        image = bytearray(self._empty)
        for name, part in parts.items():
            image[self._place[name] : self._place[name] + len(part)] = part
        return bytes(image)

    def _lay_out(self, room: Mapping[str, int]) -> None:
        import h5py

        with h5py.File("checkpoint", "w", driver="core", backing_store=False, libver="latest") as file:
            file.attrs["format"] = FORMAT
            file.attrs["version"] = VERSION
            # Blanks after JSON text mean nothing.
            file.create_dataset("header", data=np.full(room["header"], ord(" "), dtype=np.uint8))
            file.create_dataset("arrays", data=np.zeros(room["arrays"] // 8, dtype="<f8"))
            file.flush()
            self._place = {name: int(file[name].id.get_offset()) for name in room if room[name]}
            self._empty = file.id.get_file_image()
        self._place = {name: self._place.get(name, 0) for name in room}
        self._room = dict(room)


def read_image(path: Path) -> Checkpoint:
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
        header: dict[str, Any] = json.loads(file["header"][()].tobytes())
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


def _header(checkpoint: Checkpoint) -> bytes:
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
    return json.dumps(header).encode()


def _numbers(checkpoint: Checkpoint) -> bytes:
    arrays = [value for value in checkpoint.state.values() if isinstance(value, np.ndarray)]
    return b"".join(np.asarray(value, dtype="<f8").tobytes() for value in arrays)


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
