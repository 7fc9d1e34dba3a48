"""Chunks of tables: runs of rows that are evaluated and folded together, whatever the number of ranks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: at most this many residuals in a chunk, so that its block of the Jacobian stays in the cache
LARGEST = 4096
#: at least this many, so that the work of a chunk hides what every chunk costs
SMALLEST = 64
#: how many chunks to aim at: enough for an even spread over ranks
WANTED = 256
#: rows of a chunk for each column: what is folded into a triangle must be taller than that
PER_COLUMN = 4
#: numbers in the triangles of all chunks, about; beyond that there are fewer chunks
TRIANGLES = 2**24
#: but so many are worth their memory, so that there is something to spread over ranks
FEWEST = 16
#: at most so many where a rank has a device, which has no use for a cache; a triangle for each chunk comes
#: back, and the processor merges them
LARGEST_ON_DEVICE = 2**20
#: columns from which on merging takes so long that few chunks are better there
_MANY, _FEW_CHUNKS, _FEWEST_ON_DEVICE = 64, 64, 8


def row_chunk_bounds(
    n_rows: int, n_outputs: int, n_columns: int, *, on_device: bool = False
) -> NDArray[np.int64]:
    """First row of every chunk and the end, shape (n_chunks + 1,).

    Args:
        n_outputs: residuals of each row.
        n_columns: of the Jacobian.
        on_device: some rank computes on a device.
    """
    least = max(SMALLEST, PER_COLUMN * n_columns)
    largest, wanted, fewest = LARGEST, WANTED, FEWEST
    if on_device:
        wanted = WANTED if n_columns < _MANY else _FEW_CHUNKS
        largest, fewest = LARGEST_ON_DEVICE, _FEWEST_ON_DEVICE
    size = max(least, min(largest, n_rows * n_outputs // wanted))
    most = max(fewest, TRIANGLES // (n_columns + 1) ** 2)
    size = max(size, -(-n_rows * n_outputs // most))
    return np.append(np.arange(0, n_rows, max(1, size // n_outputs)), n_rows).astype(np.int64)
