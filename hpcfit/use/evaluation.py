"""Energies, forces and stress of some configurations, and the one vector that kernels put them into."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


class Evaluation(NamedTuple):
    """Predictions for n configurations.

    Attributes:
        energy: (n,) eV.
        forces: n arrays of shape (natoms, 3), eV/angstrom.
        stress: (n, 6) eV/angstrom^3, ASE's sign and order (xx yy zz yz xz xy); NaN without a cell of
            some volume.
    """

    energy: FloatArray
    forces: tuple[FloatArray, ...]
    stress: FloatArray


def split_rows(rows: FloatArray, offsets: NDArray[np.int64]) -> Evaluation:
    """Predictions of one vector, as `FittedPotential.rows` gives them, by their quantity."""
    return Evaluation(
        energy=rows[offsets[:-1]],
        forces=tuple(rows[a + 1 : b - 6].reshape(-1, 3) for a, b in pairwise(offsets)),
        stress=rows[offsets[1:, None] + np.arange(-6, 0)],
    )
