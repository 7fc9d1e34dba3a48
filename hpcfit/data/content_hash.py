"""Hashes of what a dataset says, whatever its compression, chunking or time of writing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Bytes hashed at a time; a dataset larger than memory can be verified.
_PIECE = 1 << 24


def content_hash(arrays: Mapping[str, Any]) -> str:
    """ "sha256:..." of named arrays (NumPy or HDF5): names, types, shapes and values, in order of name.

    Types are hashed as little-endian NumPy types and text without its padding, so the same
    content has the same hash on every machine.
    """
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = arrays[name]
        kind = "text" if array.dtype.kind == "S" else array.dtype.newbyteorder("<").str
        digest.update(f"{name} {kind} {tuple(array.shape)}\n".encode())
        for piece in _pieces(array):
            digest.update(piece)
    return f"sha256:{digest.hexdigest()}"


def _pieces(array: Any) -> Iterable[bytes]:
    rows = max(1, _PIECE // max(1, array.dtype.itemsize * int(np.prod(array.shape[1:]))))
    for start in range(0, len(array), rows):
        piece = np.asarray(array[start : start + rows])
        if piece.dtype.kind == "S":
            yield b"\0".join(piece.tolist())
            yield b"\0"
        else:
            yield np.ascontiguousarray(piece, dtype=piece.dtype.newbyteorder("<")).tobytes()


def selection_hash(content: str, indices: NDArray[np.int64]) -> str:
    """ "sha256:..." of the configurations `indices` of the dataset whose content hash is `content`."""
    digest = hashlib.sha256(content.encode())
    digest.update(np.ascontiguousarray(indices, dtype="<i8").tobytes())
    return f"sha256:{digest.hexdigest()}"
