"""Promise: turning the whole turns forces and stress with it and keeps the energy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from hpcfit.data import Configuration
from hpcfit.testing.potential.moved import check_moved
from hpcfit.testing.potential.subject import Prediction, Subject

FloatArray = NDArray[np.float64]

_TO_TENSOR = np.array([[0, 5, 4], [5, 1, 3], [4, 3, 2]])
_TO_VOIGT = ([0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1])


def check_rotation(
    subject: Subject, structure: Configuration, random: np.random.Generator, roughness: float
) -> float:
    """The largest deviation; ConformanceError above rounding."""
    turn = _rotation(random)
    moved = replace(structure, positions=structure.positions @ turn, cell=structure.cell @ turn)
    found = subject.predict([structure])[0]
    stress = (turn.T @ found.stress[_TO_TENSOR] @ turn)[_TO_VOIGT]
    expected = Prediction(found.energy, found.forces @ turn, stress)
    return check_moved(subject, structure, moved, expected, "atoms and cell are turned together", roughness)


def _rotation(random: np.random.Generator) -> FloatArray:
    """A random rotation (3, 3), without reflection."""
    turn = np.linalg.qr(random.normal(size=(3, 3)))[0]
    return np.asarray(turn * np.linalg.det(turn))
