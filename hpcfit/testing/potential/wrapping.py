"""Promise: an atom may be moved by lattice vectors of periodic directions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hpcfit.data import Configuration
from hpcfit.testing.potential.moved import check_moved
from hpcfit.testing.potential.subject import Subject


def check_wrapping(
    subject: Subject, structure: Configuration, random: np.random.Generator, roughness: float
) -> float:
    """The largest deviation, 0 where nothing is periodic; ConformanceError above rounding."""
    if not structure.pbc.any():
        return 0.0
    shifts = random.integers(-2, 3, (structure.natoms, 3)) * structure.pbc
    shifts[0] = structure.pbc  # at least one atom moves
    moved = replace(structure, positions=structure.positions + shifts @ structure.cell)
    how = "atoms are moved across the periodic cell by whole lattice vectors"
    return check_moved(subject, structure, moved, subject.predict([structure])[0], how, roughness)
