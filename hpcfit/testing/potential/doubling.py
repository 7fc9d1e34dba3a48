"""Promise: energy is extensive; a doubled cell has twice the energy, and the same forces and stress."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hpcfit.data import Configuration
from hpcfit.testing.potential.moved import check_moved
from hpcfit.testing.potential.subject import Prediction, Subject


def check_doubling(subject: Subject, structure: Configuration, roughness: float) -> float:
    """The largest deviation over the periodic directions; ConformanceError above rounding."""
    found = subject.predict([structure])[0]
    largest = 0.0
    for direction in np.flatnonzero(structure.pbc).tolist():
        cell = structure.cell.copy()
        cell[direction] *= 2.0
        moved = replace(
            structure,
            numbers=np.tile(structure.numbers, 2),
            positions=np.concatenate([structure.positions, structure.positions + structure.cell[direction]]),
            cell=cell,
        )
        expected = Prediction(2.0 * found.energy, np.tile(found.forces, (2, 1)), found.stress)
        how = f"the cell is doubled along lattice vector {direction}"
        largest = max(largest, check_moved(subject, structure, moved, expected, how, 2.0 * roughness))
    return largest
