"""How much memory a rank will need: what is held per atom, bond and residual, and what that allows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: bytes of a rank before any data: Python, NumPy, numba, SciPy, h5py, MPI and the kernels
BASELINE = 230 * 2**20
#: positions, forces, number, species, weights, references and predictions of an atom and its rows
PER_ATOM = 24 + 24 + 1 + 4 + 8 + 3 * (8 + 8 + 8)
#: vector, distance, neighbour of a bond
PER_BOND = 24 + 8 + 4
#: what building the list needs besides, per bond: pairs, shifts, sort keys, sorted copies
PER_BOND_BUILDING = 84
#: source, weight, reference, value of a residual
PER_RESIDUAL = 8 + 8 + 8 + 8


@dataclass(frozen=True)
class Amounts:
    """What a rank holds (or one chunk): numbers of atoms, directed bonds and residuals."""

    atoms: int
    bonds: float
    residuals: int


@dataclass(frozen=True)
class MemoryPlan:
    """What is kept between evaluations so that a rank stays below its limit.

    Attributes:
        keep_jacobian: [J | r] is held; else the curvature computes it again.
        keep_geometry: bonds are held; else they are rebuilt for each evaluation.
        group_bonds: most bonds of the chunks that are evaluated together.
        predicted: bytes at the peak.
    """

    keep_jacobian: bool
    keep_geometry: bool
    group_bonds: float
    predicted: int


def estimate_bonds(
    natoms: NDArray[np.int64], volume: NDArray[np.float64], cutoff: float
) -> NDArray[np.float64]:
    """Directed bonds of each configuration (n,) at its mean density.

    Without a cell, the density of a dense solid (one atom in 12 cubic angstrom) bounds it.
    """
    room = np.where(np.isfinite(volume) & (volume > 0.0), volume, 12.0 * natoms)
    return natoms * natoms / room * (4.0 / 3.0) * np.pi * cutoff**3


def plan_memory(amounts: Amounts, n_parameters: int, limit: int | None) -> MemoryPlan:
    """Keep as much as the limit (bytes per rank, None for no limit) allows, the Jacobian last."""
    fixed = BASELINE + amounts.atoms * PER_ATOM + amounts.residuals * PER_RESIDUAL
    bonds = int(amounts.bonds * PER_BOND)
    building = int(amounts.bonds * PER_BOND_BUILDING)
    jacobian = amounts.residuals * (n_parameters + 1) * 8
    # Building is over when the Jacobian is first formed, so the two do not add up.
    everything = fixed + bonds + max(building, jacobian)
    if limit is None or everything <= limit:
        return MemoryPlan(True, True, np.inf, everything)
    share = max(limit - fixed, 0) / max(bonds + building, 1)
    if fixed + bonds + int(0.1 * building) <= limit:
        return MemoryPlan(False, True, 0.1 * amounts.bonds, fixed + bonds + int(0.1 * building))
    group = min(max(share, 1e-3), 1.0) * amounts.bonds
    return MemoryPlan(False, False, group, fixed + int(group * (PER_BOND + PER_BOND_BUILDING)))
