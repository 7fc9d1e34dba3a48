"""How long the shortest bonds are beside the sums of the covalent radii: about as long, in angstrom.

Radii of Cordero et al., Covalent radii revisited, Dalton Trans. 2008, 2832 (carbon sp3; manganese, iron
and cobalt of low spin). Noble gases bond to nothing and have none here, nor have elements beyond curium.
"""

from __future__ import annotations

import numpy as np

from hpcfit.data.block import ConfigurationBlock
from hpcfit.data.configuration import Floats
from hpcfit.data.elements import MAX_NUMBER
from hpcfit.geometry.bonds import Geometry

_RADII = """
0.31 nan
1.28 0.96 0.84 0.76 0.71 0.66 0.57 nan
1.66 1.41 1.21 1.11 1.07 1.05 1.02 nan
2.03 1.76 1.70 1.60 1.53 1.39 1.39 1.32 1.26 1.24 1.32 1.22 1.22 1.20 1.19 1.20 1.20 nan
2.20 1.95 1.90 1.75 1.64 1.54 1.47 1.46 1.42 1.39 1.45 1.44 1.42 1.39 1.39 1.38 1.39 nan
2.44 2.15 2.07 2.04 2.03 2.01 1.99 1.98 1.98 1.96 1.94 1.92 1.92 1.89 1.90 1.87 1.87
1.75 1.70 1.62 1.51 1.44 1.41 1.36 1.36 1.32 1.45 1.46 1.48 1.40 1.50 nan
2.60 2.21 2.15 2.06 2.00 1.96 1.90 1.87 1.80 1.69
"""
_KNOWN = np.array(_RADII.split(), dtype=np.float64)
#: angstrom, by atomic number (119,); NaN for none
COVALENT_RADII: Floats = np.full(MAX_NUMBER + 1, np.nan)
COVALENT_RADII[1 : len(_KNOWN) + 1] = _KNOWN


def shortest_bonds(block: ConfigurationBlock, geometry: Geometry) -> Floats:
    """For each configuration (n,), the smallest distance over sum of radii, or a lower bound of it
    where no two atoms are within the cutoff; NaN where that says nothing.

    The species of `geometry` are atomic numbers.
    """
    radius = COVALENT_RADII[geometry.species]
    starts = block.first_atom[:-1]
    largest = np.maximum.reduceat(radius, starts)  # NaN where one atom has none
    edges = geometry.first_bond[geometry.first_atom]
    shortest = geometry.cutoff / (2.0 * largest)
    # An atom alone, not repeated either, has no neighbour at any distance.
    shortest[(block.natoms == 1) & ~block.pbc.any(axis=1)] = np.nan
    filled = np.flatnonzero(np.diff(edges))
    if len(filled):
        ratio = geometry.distance / (radius[geometry.centre] + radius[geometry.neighbor])
        shortest[filled] = np.fmin.reduceat(ratio, edges[filled])
    return shortest
