"""How much there is to compute in each configuration, and how close its atoms come."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpcfit.geometry.bonds import Geometry


@dataclass(frozen=True, eq=False)
class InteractionCounts:
    """Per configuration (n,): directed bonds, triplets (pairs of bonds at a centre), and the
    smallest distance between atoms, angstrom, infinite without bonds."""

    bonds: NDArray[np.int64]
    triplets: NDArray[np.int64]
    smallest_distance: NDArray[np.float64]


def count_interactions(geometry: Geometry, cutoff: float | None = None) -> InteractionCounts:
    """Count bonds and triplets up to `cutoff` (angstrom; at most, and by default, the geometry's)."""
    neighbors = neighbor_counts(geometry, cutoff)
    atoms = geometry.first_atom
    bond_edges = geometry.first_bond[atoms]
    smallest = np.full(len(geometry), np.inf)
    filled = np.flatnonzero(np.diff(bond_edges))
    if len(filled):
        smallest[filled] = np.minimum.reduceat(geometry.distance, bond_edges[filled])
    return InteractionCounts(
        bonds=_sum_over_atoms(neighbors, atoms),
        triplets=_sum_over_atoms(neighbors * (neighbors - 1) // 2, atoms),
        smallest_distance=smallest,
    )


def neighbor_counts(geometry: Geometry, cutoff: float | None = None) -> NDArray[np.int64]:
    """Neighbours of each atom (N,) up to `cutoff` (angstrom)."""
    if cutoff is None:
        return np.diff(geometry.first_bond)
    before = np.concatenate(([0], np.cumsum(geometry.distance <= cutoff)))
    return np.asarray(np.diff(before[geometry.first_bond]), dtype=np.int64)


def _sum_over_atoms(values: NDArray[np.int64], first_atom: NDArray[np.int64]) -> NDArray[np.int64]:
    before = np.concatenate(([0], np.cumsum(values)))
    return np.asarray(np.diff(before[first_atom]), dtype=np.int64)
