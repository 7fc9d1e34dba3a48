"""What a file of an embedded-atom potential holds: functions on equidistant points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

#: pair_style of LAMMPS by style
STYLES = {"funcfl": "eam", "alloy": "eam/alloy", "fs": "eam/fs", "adp": "adp"}


@dataclass(frozen=True)
class EamTable:
    """Functions of n elements; those of the distance begin at r = 0, the embedding at rho = 0.

    Attributes:
        style: a key of `STYLES`.
        species: chemical symbols (n,).
        cutoff: where all functions of the distance end, in angstrom.
        embedding: in eV, shape (n, points); the points are `drho` apart.
        density: of the atom (first index) at which it is, due to a neighbour (second), shape (n, n, points).
        pair: r times the pair energy in eV angstrom, shape (n, n, points), symmetric. Points are `dr` apart.
        dipole, quadrupole: the functions u and w of an ADP, shape (n, n, points), symmetric; None without.
    """

    style: str
    species: tuple[str, ...]
    cutoff: float
    drho: float
    dr: float
    embedding: FloatArray
    density: FloatArray
    pair: FloatArray
    dipole: FloatArray | None = None
    quadrupole: FloatArray | None = None
