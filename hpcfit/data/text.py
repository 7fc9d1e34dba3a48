"""Text in flat arrays: fixed-length UTF-8 in the file, tuples of str in Python."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import DataError

if TYPE_CHECKING:
    import h5py


def encode(texts: Sequence[str]) -> NDArray[np.bytes_]:
    """`texts` (n,) as fixed-length UTF-8 bytes, padded with NUL to the longest."""
    encoded = [text.encode() for text in texts]
    width = max((len(text) for text in encoded), default=0)
    return np.array(encoded, dtype=f"S{max(width, 1)}")


def decode(raw: NDArray[np.bytes_], where: str) -> tuple[str, ...]:
    """The texts of `raw` (n,); DataError that names `where` when they are not UTF-8."""
    try:
        # One decode of the joined bytes: twenty times as fast as one for each of 20,000 short strings.
        joined = b"\0".join(raw.tolist()).decode()
    except UnicodeDecodeError as error:
        raise DataError(f"{where}: not valid UTF-8 text ({error}); import the data again.") from error
    texts = tuple(joined.split("\0")) if len(raw) else ()
    if len(texts) != len(raw):
        raise DataError(f"{where}: contains NUL characters; import the data again.")
    return texts


def file_type(width: int) -> np.dtype[np.bytes_]:
    """The HDF5 type of UTF-8 text of at most `width` bytes."""
    import h5py

    made: np.dtype[np.bytes_] = h5py.string_dtype("utf-8", width)
    return made


def read_text(dataset: h5py.Dataset, where: str) -> tuple[str, ...]:
    """All texts of a text dataset; DataError that names `where` when they are not UTF-8."""
    return decode(np.asarray(dataset[:], dtype=f"S{dataset.dtype.itemsize}"), where)
