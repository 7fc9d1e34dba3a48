"""Promise: forces are minus the derivatives of the energy by the positions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from hpcfit.data import Configuration
from hpcfit.testing.compare import allowed_error, derivative, difference, worst
from hpcfit.testing.conformance_error import ConformanceError
from hpcfit.testing.potential.subject import Subject
from hpcfit.testing.potential.wording import element, place

FloatArray = NDArray[np.float64]


def check_forces(subject: Subject, structure: Configuration, tolerance: float) -> float:
    """The largest deviation, over the largest force; ConformanceError where it is above the tolerance."""
    found = subject.predict([structure])[0].forces.ravel()
    expected, error = np.empty_like(found), np.empty_like(found)
    for k in range(len(found)):
        direction = np.zeros(len(found))
        direction[k] = 1.0
        slope, estimate = derivative(
            lambda x: _energy(subject, structure, x), structure.positions.ravel(), direction
        )
        expected[k], error[k] = -slope[0], estimate[0]
    scale = float(max(np.abs(found).max(), np.abs(expected).max(), tolerance))
    wrong = worst(found, expected, allowed_error(error, scale, tolerance))
    if wrong is not None:
        raise ConformanceError(
            f"{place(subject, structure)}: {element(structure, 1 + wrong)} is not minus the derivative of "
            f"the energy: {difference(found[wrong], expected[wrong])} eV/angstrom."
        )
    return float(np.abs(found - expected).max() / scale)


def _energy(subject: Subject, structure: Configuration, positions: FloatArray) -> FloatArray:
    moved = replace(structure, positions=positions.reshape(-1, 3))
    return np.array([subject.predict([moved])[0].energy])
