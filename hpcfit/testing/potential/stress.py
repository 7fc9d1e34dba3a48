"""Promise: stress is the derivative of the energy by strain, over the volume."""

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

_PLACES = ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))


def check_stress(subject: Subject, structure: Configuration, tolerance: float) -> float:
    """The largest deviation, over the largest stress; ConformanceError where it is above the tolerance.

    0 for a structure without a cell.
    """
    volume = structure.volume
    if not volume > 0.0:
        return 0.0
    found = subject.predict([structure])[0].stress
    expected, error = np.empty(6), np.empty(6)
    for k in range(6):
        direction = np.zeros(6)
        direction[k] = 1.0
        slope, estimate = derivative(lambda e: _energy(subject, structure, e), np.zeros(6), direction)
        expected[k], error[k] = slope[0] / volume, estimate[0] / volume
    scale = float(max(np.abs(found).max(), np.abs(expected).max(), tolerance / volume))
    wrong = worst(found, expected, allowed_error(error, scale, tolerance))
    if wrong is not None:
        row = 1 + 3 * structure.natoms + wrong
        raise ConformanceError(
            f"{place(subject, structure)}: {element(structure, row)} is not the derivative of the energy by "
            f"strain, over the volume: {difference(found[wrong], expected[wrong])} eV/angstrom^3."
        )
    return float(np.abs(found - expected).max() / scale)


def _energy(subject: Subject, structure: Configuration, strain: FloatArray) -> FloatArray:
    """Energy under a strain in Voigt order, whose shear elements stand for both of the tensor's."""
    stretch = np.eye(3)
    for value, (a, b) in zip(strain, _PLACES, strict=True):
        stretch[a, b] += 0.5 * value
        stretch[b, a] += 0.5 * value
    moved = replace(structure, positions=structure.positions @ stretch, cell=structure.cell @ stretch)
    return np.array([subject.predict([moved])[0].energy])
