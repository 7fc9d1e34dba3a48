"""Whether energies, forces and stress belong together: the work along small steps.

Where one configuration is another one slightly changed, as along a trajectory or a set of strained
cells, the energy changes by the work of forces and stress, to third order of the step in the
trapezoid rule: dE = -1/2 sum (F1 + F2) dx + 1/2 (V1 stress1 + V2 stress2) : strain.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpcfit.data.block import ConfigurationBlock
from hpcfit.data.configuration import Floats
from hpcfit.data.dataset import Dataset

#: Steps up to this long (angstrom) and this large a strain are small.
LARGEST_STEP, LARGEST_STRAIN = 0.3, 0.1
#: Below these nothing moved, or nothing was strained.
_NO_STEP, _NO_STRAIN = 1e-6, 1e-9
#: Place of xx xy xz yx yy yz zx zy zz among xx yy zz yz xz xy.
_MATRIX = [0, 5, 4, 5, 1, 3, 4, 3, 2]


def gather_work(dataset: Dataset) -> Floats:
    """As work_along, of all configurations of a file, which is read in pieces."""
    parts = [np.zeros((0, 4))]
    for first, last in dataset.pieces():
        parts.append(work_along(dataset.read(first, last), first))
    return np.concatenate(parts)


def work_along(block: ConfigurationBlock, first: int = 0) -> Floats:
    """For every configuration that is the one before it, slightly changed: index (counted from
    `first`), change of energy, work of forces, work of stress, in eV, as (k, 4).

    A work is NaN where the forces or the stress that it needs are missing.
    """
    cell = np.where(np.isnan(block.volume)[:, None, None], np.eye(3), block.cell)
    later = _same_atoms(block)
    # Between a small strain's two cells lies no flat one, as between those of other lattice vectors.
    later = later[_mean_volume(cell, later) > 0.5 * np.abs(np.linalg.det(cell[later]))]
    if not len(later):
        return np.zeros((0, 4))
    natoms = block.natoms[later]
    starts = np.append(0, np.cumsum(natoms)[:-1])
    owner = np.repeat(later, natoms)
    atom = np.arange(len(owner)) - np.repeat(starts - block.first_atom[later], natoms)
    before = atom - block.natoms[owner]
    mean = 0.5 * (cell[later] + cell[later - 1])
    strain = np.linalg.solve(mean, cell[later] - cell[later - 1])
    step = _steps(block, cell, owner, atom, before, np.repeat(mean, natoms, axis=0))
    length = np.maximum.reduceat(np.abs(step).max(axis=1), starts)
    force = -0.5 * ((block.force[atom] + block.force[before]) * step).sum(axis=1)
    force_work = np.where(length < _NO_STEP, 0.0, np.add.reduceat(force, starts))
    size = np.abs(strain).max(axis=(1, 2))
    pull = block.stress * block.volume[:, None]
    mean_pull = 0.5 * (pull[later] + pull[later - 1])[:, _MATRIX]
    stress_work = np.where(size < _NO_STRAIN, 0.0, (mean_pull * strain.reshape(-1, 9)).sum(axis=1))
    change = block.energy[later] - block.energy[later - 1]
    same = np.logical_and.reduceat(block.number[atom] == block.number[before], starts)
    small = same & (length < LARGEST_STEP) & (size < LARGEST_STRAIN)
    steps: Floats = np.stack((later + first, change, force_work, stress_work), axis=1)[small]
    return steps


def _same_atoms(block: ConfigurationBlock) -> NDArray[np.int64]:
    """Indices of the configurations with energies that have as many atoms, and are as periodic, as
    the one before."""
    known = ~np.isnan(block.energy)
    has_cell = ~np.isnan(block.volume)
    usable = known & (has_cell | ~block.pbc.any(axis=1))
    same = (block.natoms[1:] == block.natoms[:-1]) & (block.pbc[1:] == block.pbc[:-1]).all(axis=1)
    same &= has_cell[1:] == has_cell[:-1]
    return np.flatnonzero(same & usable[1:] & usable[:-1]) + 1


def _mean_volume(cell: Floats, later: NDArray[np.int64]) -> Floats:
    """Volume of the mean of each of the cells `later` and the one before it (k,)."""
    volume: Floats = np.abs(np.linalg.det(0.5 * (cell[later] + cell[later - 1])))
    return volume


def _steps(
    block: ConfigurationBlock,
    cell: Floats,
    owner: NDArray[np.int64],
    atom: NDArray[np.int64],
    before: NDArray[np.int64],
    mean: Floats,
) -> Floats:
    """Displacement of each atom at fixed cell (atoms, 3), along the shortest way."""
    inverse = np.linalg.inv(cell)
    now = np.einsum("ai,aij->aj", block.position[atom], inverse[owner])
    then = np.einsum("ai,aij->aj", block.position[before], inverse[owner - 1])
    moved = now - then
    moved -= np.where(block.pbc[owner], np.round(moved), 0.0)
    step: Floats = np.einsum("ai,aij->aj", moved, mean)
    return step
