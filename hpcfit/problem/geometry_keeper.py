"""The geometry of some configurations: built once, kept if memory allows, rebuilt when outgrown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hpcfit.geometry import Geometry, build_geometry

if TYPE_CHECKING:
    from hpcfit.data import ConfigurationBlock

#: how much longer lists are made when the cutoff is moved by a free parameter
MARGIN = 1.1
#: a model without bonds (constant energies) still gets lists, empty ones; angstrom
SHORTEST = 0.1


@dataclass
class GeometryKeeper:
    """Builds the bonds of `block` on demand.

    Attributes:
        species: index of each atom's species in the model, shape (natoms,).
        moving: the cutoff depends on a free parameter, so lists get a margin. Bits do not depend on
            the margin, because bonds are in a canonical order and those beyond the cutoff do nothing.
        keep: hold the geometry between calls instead of rebuilding it.
    """

    block: ConfigurationBlock
    species: NDArray[np.int32]
    moving: bool
    keep: bool = True
    _held: Geometry | None = None

    def hold(self, geometry: Geometry) -> None:
        """Keep a geometry of `block` that was built before."""
        self._held = geometry

    def release(self) -> None:
        """Let go of the geometry that is held."""
        self._held = None

    def at(self, cutoff: float) -> Geometry:
        """Geometry with all bonds up to `cutoff` (angstrom), and perhaps longer ones."""
        if self._held is not None and cutoff <= self._held.cutoff:
            return self._held
        length = max(cutoff, SHORTEST) * (MARGIN if self.moving else 1.0)
        geometry = build_geometry(self.block, self.species, length)
        self._held = geometry if self.keep else None
        return geometry
