"""Promise: the columns of the Jacobian are the derivatives of energy, forces and stress by the parameters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hpcfit.data import Configuration
from hpcfit.testing.compare import allowed_error, derivative, difference, worst
from hpcfit.testing.conformance_error import ConformanceError
from hpcfit.testing.potential.subject import Subject
from hpcfit.testing.potential.wording import element, place

FloatArray = NDArray[np.float64]

#: how far central differences may be off, over the quantity itself and by a parameter of size one
_DIFFERENCES = 1e-7


def at_bound(subject: Subject) -> tuple[str, ...]:
    """The numbers that stand at a bound of their parameter, beyond which they have no meaning."""
    found = []
    for label, instance, value in zip(subject.labels, subject.bound.instances, subject.values, strict=True):
        spec = subject.bound.formula.parameter(instance.name)
        if value in (spec.minimum, spec.maximum):
            found.append(label)
    return tuple(found)


def check_parameters(subject: Subject, structures: Sequence[Configuration], tolerance: float) -> float:
    """The largest deviation of a column, over its largest element among those of its quantity.

    Numbers that stand at a bound are left out.

    Raises:
        ConformanceError: a deviation above the tolerance.
    """
    left_out, largest = at_bound(subject), 0.0
    tables = [subject.jacobian(structure) for structure in structures]
    for k, label in enumerate(subject.labels):
        if label not in left_out:
            columns = [table[:, k] for table in tables]
            largest = max(largest, _check_column(subject, structures, columns, k, tolerance))
    return largest


def _check_column(
    subject: Subject,
    structures: Sequence[Configuration],
    columns: Sequence[FloatArray],
    k: int,
    tolerance: float,
) -> float:
    size = abs(float(subject.values[k])) or 1.0
    direction = np.zeros(len(subject.values))
    direction[k] = size
    slope, estimate = derivative(lambda values: _rows(subject, structures, values), subject.values, direction)
    predictions = _rows(subject, structures, subject.values)
    inexact = _DIFFERENCES if subject.differs else 0.0
    largest, start = 0.0, 0
    for structure, found in zip(structures, columns, strict=True):
        forces = 1 + 3 * structure.natoms
        for first, last in ((0, 1), (1, forces), (forces, forces + 6)):
            if last > forces and not structure.volume > 0.0:
                continue
            own, expected = found[first:last], slope[start + first : start + last] / size
            scale = float(max(np.abs(own).max(), np.abs(expected).max(), tolerance / size))
            error = estimate[start + first : start + last] / size
            room = inexact * float(np.abs(predictions[start + first : start + last]).max()) / size
            i = worst(own, expected, allowed_error(error, scale, tolerance) + room)
            if i is not None:
                raise ConformanceError(
                    f"{place(subject, structure)}: the derivative of {element(structure, first + i)} by "
                    f"{subject.labels[k]} is {difference(own[i], expected[i])}, found by differences."
                )
            largest = max(largest, float(np.abs(own - expected).max() / scale))
        start += len(found)
    return largest


def _rows(subject: Subject, structures: Sequence[Configuration], values: FloatArray) -> FloatArray:
    """All rows of all structures; 0 for the stress of those that have none, so that differences converge."""
    rows = [each.rows for each in subject.predict(structures, values)]
    for row, structure in zip(rows, structures, strict=True):
        if not structure.volume > 0.0:
            row[-6:] = 0.0
    return np.concatenate(rows)
