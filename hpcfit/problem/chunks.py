"""Chunks: runs of consecutive configurations that are evaluated and folded together.

They depend on the data and the job alone, never on the number of ranks, because the tree that
merges their triangles must have one shape for the bits to be the same on any number of ranks.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: at most this many atoms in a chunk, so that its Jacobian block stays in the L2 cache
LARGEST = 512
#: at least this many, so that the work per chunk hides what every chunk costs
SMALLEST = 32
#: how many chunks to aim at: enough for an even spread over ranks
WANTED = 256
#: the same where a single configuration takes long, so that many ranks find work
WANTED_OF_SLOW = 4096
#: atoms in a chunk at most where a rank has a device, which folds it by many blocks of threads; a triangle
#: for each comes back
LARGEST_ON_DEVICE = 65536
#: parameters from which on triangles are merged by the processor even so (linalg/wide.py), and take so long
#: that a quarter of the chunks is better
_MANY_PARAMETERS = 200


def chunk_bounds(
    natoms: NDArray[np.int64], n_parameters: int, *, slow: bool = False, on_device: bool = False
) -> NDArray[np.int64]:
    """First configuration of every chunk and the end, shape (n_chunks + 1,).

    Args:
        natoms: atoms of each selected configuration, shape (n,).
        n_parameters: columns of the Jacobian; a chunk has several times as many rows, for a block
            with fewer rows than columns is not compressed by its triangle.
        slow: a configuration takes so long that all else of a chunk does not matter.
        on_device: some rank computes on a device.
    """
    total = int(natoms.sum())
    floor = 1 if slow else max(SMALLEST, 2 * n_parameters)
    size = max(floor, min(LARGEST, total // (WANTED_OF_SLOW if slow else WANTED)))
    if on_device and not slow:
        wanted = WANTED if n_parameters < _MANY_PARAMETERS else WANTED // 4
        size = max(floor, min(LARGEST_ON_DEVICE, total // wanted))
    bounds = [0]
    held = 0
    for c, count in enumerate(natoms):
        if held and held + int(count) > size:
            bounds.append(c)
            held = 0
        held += int(count)
    bounds.append(len(natoms))
    return np.array(bounds, dtype=np.int64)
