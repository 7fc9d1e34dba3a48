"""The bonds of some configurations as flat arrays, the only form in which kernels see structures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Structures(Protocol):
    """What the geometry is made from: n configurations with N atoms altogether, lengths in angstrom.

    first_atom (n+1,); position (N, 3); cell (n, 3, 3) lattice vectors as rows, zeros for none;
    pbc (n, 3); identifier (n,) names for messages. `hpcfit.data.ConfigurationBlock` is one.
    """

    @property
    def identifier(self) -> Sequence[str]: ...
    @property
    def first_atom(self) -> NDArray[np.int64]: ...
    @property
    def position(self) -> NDArray[np.float64]: ...
    @property
    def cell(self) -> NDArray[np.float64]: ...
    @property
    def pbc(self) -> NDArray[np.bool_]: ...


@dataclass(frozen=True, eq=False)
class Geometry:
    """Full neighbour lists (every bond in both directions) of n configurations, N atoms, B bonds.

    Attributes:
        first_atom: (n+1,) atoms of configuration i are first_atom[i]:first_atom[i+1].
        species: (N,) index into the model's species.
        volume: (n,) |det cell|, angstrom^3; NaN without a cell.
        first_bond: (N+1,) bonds of atom a are first_bond[a]:first_bond[a+1].
        neighbor: (B,) index of the neighbour atom.
        vector: (B, 3) position of the neighbour's image minus that of the centre, angstrom.
        distance: (B,) length of the vector, at most `cutoff`.
        cutoff: angstrom; all bonds up to it are there.
        structures: what the bonds were made from, for potentials that need more than bonds.

    The bonds of an atom are sorted by neighbour, then by image. So leaving out those beyond a
    shorter cutoff leaves the others in the same order, with the same bits.
    """

    first_atom: NDArray[np.int64]
    species: NDArray[np.int32]
    volume: NDArray[np.float64]
    first_bond: NDArray[np.int64]
    neighbor: NDArray[np.int32]
    vector: NDArray[np.float64]
    distance: NDArray[np.float64]
    cutoff: float
    structures: Structures | None = None

    def __len__(self) -> int:
        return len(self.first_atom) - 1

    @property
    def centre(self) -> NDArray[np.int64]:
        """(B,) index of the atom that each bond starts from."""
        return np.repeat(np.arange(len(self.species)), np.diff(self.first_bond))
