"""How much memory a rank will need: what is held per atom, bond and residual, and what that allows.

The bytes below are those of the arrays that are alive at the two peaks: while bonds are searched,
and while the Jacobian is first formed. BASELINE, and how much of the space of the search stays in use
after it, were measured (Linux, glibc).
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: bytes of a rank before any data: Python, NumPy, numba, SciPy, h5py, MPI and loaded kernels
BASELINE = 205 * 2**20
#: what comes on top where potentials are code: numba's compiler at work, or ASE
CODE = 60 * 2**20
#: position, force, number and species of an atom, and flags of checks
PER_ATOM = 24 + 24 + 1 + 4 + 5
#: reference, factor, flag and running count of a prediction row
PER_ROW = 8 + 8 + 1 + 8
#: source, weight, reference of a residual
PER_RESIDUAL = 8 + 8 + 8
#: vector, distance, neighbour of a bond
PER_BOND = 24 + 8 + 4
#: what the search of bonds needs besides: the lists of single configurations, flags, running sums
PER_BOND_SEARCHING = 58
#: of that, what the allocator does not give back
PER_BOND_LEFT = 40
#: pairs, shifts, sort keys and sorted copies, for the bonds of one configuration at a time
PER_BOND_OF_ONE = 50
#: how many pieces the bonds are searched in when space for all at once is lacking
PIECES = 10


def machine_memory() -> int:
    """Bytes of this machine's memory."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


@dataclass(frozen=True)
class Amounts:
    """What a rank holds.

    Attributes:
        atoms: of its configurations.
        rows: predictions of its configurations.
        residuals: rows that take part.
        bonds: directed bonds.
        largest_rows: rows of the largest chunk.
        largest_bonds: bonds of the largest configuration.
        chunks: of its configurations, each with a triangle of [J | r].
        code: bytes of what code brings whatever the data: a compiler, libraries.
        working: bytes that kernels need for the largest configuration.
    """

    atoms: float
    rows: float
    residuals: float
    bonds: float
    largest_rows: float = 0.0
    largest_bonds: float = 0.0
    chunks: float = 0.0
    code: float = 0.0
    working: float = 0.0


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


def plan_memory(amounts: Amounts, n_columns: int, limit: int | None) -> MemoryPlan:
    """Keep as much as the limit (bytes per rank, None for no limit) allows, the Jacobian last.

    Args:
        n_columns: of [J | r]; 0 where it is never kept.
    """
    bonds, columns = amounts.bonds, 8 * n_columns
    data = BASELINE + amounts.code + amounts.atoms * PER_ATOM
    one = amounts.largest_bonds * PER_BOND_OF_ONE
    rows = amounts.rows * PER_ROW + amounts.residuals * PER_RESIDUAL + 2.0 * amounts.largest_rows * columns
    rows += amounts.chunks * columns * n_columns + amounts.working
    jacobian = amounts.residuals * columns
    searching = data + bonds * (PER_BOND + PER_BOND_SEARCHING) + one
    evaluating = data + rows + jacobian + bonds * (PER_BOND + PER_BOND_LEFT)
    everything = int(max(searching, evaluating))
    if limit is None or everything <= limit:
        return MemoryPlan(True, True, np.inf, everything)
    # From here on a part of the chunks at a time: the bonds searched, and [J | r] for the curvature.
    part = bonds * PER_BOND_SEARCHING + jacobian
    listed = int(data + rows + one + bonds * PER_BOND + part / PIECES)
    if listed <= limit:
        return MemoryPlan(False, True, bonds / PIECES, listed)
    part += bonds * PER_BOND
    room = max(limit - data - rows - one, 0.0)
    fraction = min(max(room / max(part, 1.0), 1e-3), 1.0)
    return MemoryPlan(False, False, fraction * bonds, int(data + rows + one + fraction * part))
