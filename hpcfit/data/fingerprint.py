"""Which configurations are the same atoms at the same places."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from hpcfit.data.block import ConfigurationBlock

#: Positions and cells that agree to this many decimals (angstrom) are the same.
_DECIMALS = 5


def fingerprints(block: ConfigurationBlock) -> NDArray[np.bytes_]:
    """A hash (n,) of each configuration's species, rounded positions, cell and periodicity."""
    return np.array(list(_hashes(block)), dtype="S16")


def _hashes(block: ConfigurationBlock) -> Iterator[bytes]:
    # Adding zero makes -0.0 the same bytes as 0.0.
    position, cell = np.round(block.position, _DECIMALS) + 0.0, np.round(block.cell, _DECIMALS) + 0.0
    for index in range(len(block)):
        atoms = slice(block.first_atom[index], block.first_atom[index + 1])
        digest = hashlib.blake2b(block.number[atoms].tobytes(), digest_size=8)
        digest.update(position[atoms].tobytes())
        digest.update(cell[index].tobytes())
        digest.update(block.pbc[index].tobytes())
        yield digest.hexdigest().encode()
