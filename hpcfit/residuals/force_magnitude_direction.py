"""Forces compared by their size and by their direction."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import DataError
from hpcfit.residuals.natoms import METADATA, Normalization
from hpcfit.residuals.vector_residual import ENERGY, FORCES, PredictionRows, RowsFunction, VectorResidual

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class ForceMagnitudeDirection(VectorResidual):
    """Four residuals for the force F of each atom, and energy and stress as in `energy-forces`.

    With |F|_f = sqrt(F^2 + floor^2), F_0 the reference and w the atom's weight::

        w magnitude (|F|_f - |F_0|_f)
        w direction (F/|F|_f - F_0/|F_0|_f)      three components

    The floor makes both smooth where a force vanishes, and lets the direction of a force count less the
    further it is below the floor. For forces well above it they are |F| - |F_0| and the difference of the
    unit vectors, which is the angle between the two where that is small. The derivative is exact.
    """

    magnitude: float = field(
        default=1.0, metadata={"help": "factor of the difference of the sizes", "minimum": 0.0}
    )
    direction: float = field(
        default=1.0,
        metadata={"help": "factor of the difference of the directions, in eV/angstrom", "minimum": 0.0},
    )
    floor: float = field(
        default=0.05,
        metadata={"help": "size of a force, in eV/angstrom, that is small", "minimum": 1e-6},
    )
    normalize_by_natoms: Normalization = field(default=True, metadata=METADATA)

    def of_rows(self, rows: PredictionRows) -> RowsFunction:
        return _RowForces(self, rows)


class _RowForces(RowsFunction):
    """Sizes and directions at some rows.

    Computed one kind after the other (energy and stress, sizes, x, y and z of directions), then put into
    the order of the rows.
    """

    def __init__(self, options: ForceMagnitudeDirection, rows: PredictionRows) -> None:
        natoms = rows.natoms[rows.owner]
        quantity = rows.quantity
        by = options.normalize_by_natoms
        divided = quantity == ENERGY if by == "energy" else np.full(len(quantity), bool(by))
        factor = np.where(divided, rows.weight / natoms, rows.weight)
        counts = rows.present & (factor != 0.0)
        self._floor = options.floor
        self._plain = np.flatnonzero(counts & (quantity != FORCES))
        self._plain_factor, self._plain_reference = factor[self._plain], rows.reference[self._plain]
        forces = _force_rows(rows, counts & (quantity == FORCES))
        self._forces = forces
        self._size_factor = options.magnitude * factor[forces[0]]
        self._turn_factor = options.direction * factor[forces[0]]
        self._size, self._unit = self._polar(rows.reference[forces])
        kept = [np.full(forces.shape[1], options.magnitude > 0.0)]
        kept += [np.full(forces.shape[1], options.direction > 0.0)] * 3
        wanted = np.flatnonzero(np.concatenate([np.ones(len(self._plain), dtype=bool), *kept]))
        self._computed = len(self._plain) + 4 * forces.shape[1]
        source = np.concatenate([self._plain, forces[0], *forces])[wanted]
        order = np.argsort(source, kind="stable")
        self._order, self.source = wanted[order], source[order]

    def value(self, prediction: FloatArray) -> FloatArray:
        size, unit = self._polar(prediction[self._forces])
        return self._residual(prediction, size, unit)

    def linearized(self, columns: FloatArray) -> FloatArray:
        forces = np.take(columns, self._forces, axis=1)
        size, unit = self._polar(forces[-1])
        n, m = len(self._plain), len(size)
        found = np.empty((len(columns), self._computed))
        found[:-1, :n] = np.take(columns[:-1], self._plain, axis=1) * self._plain_factor
        along = (forces[:-1] * unit).sum(axis=1)
        found[:-1, n : n + m] = self._size_factor * along
        turned = (forces[:-1] - unit * along[:, None, :]) * (self._turn_factor / size)
        found[:-1, n + m :] = turned.reshape(len(columns) - 1, 3 * m)
        linearized: FloatArray = np.take(found, self._order, axis=1)
        linearized[-1] = self._residual(columns[-1], size, unit)
        return linearized

    def _polar(self, forces: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Size (n,) and direction (3, n) of forces (3, n), both softened by the floor."""
        size = np.sqrt((forces**2).sum(axis=0) + self._floor**2)
        return size, forces / size

    def _residual(self, prediction: FloatArray, size: FloatArray, unit: FloatArray) -> FloatArray:
        plain = self._plain_factor * (prediction[self._plain] - self._plain_reference)
        turned = self._turn_factor * (unit - self._unit)
        grown = self._size_factor * (size - self._size)
        both: FloatArray = np.concatenate([plain, grown, turned.reshape(-1)])
        return np.asarray(both[self._order])


def _force_rows(rows: PredictionRows, counts: NDArray[np.bool_]) -> IntArray:
    """Rows of x, y and z of the forces that take part, shape (3, n).

    Raises:
        DataError: naming a configuration whose weights differ between the components of an atom.
    """
    forces = np.flatnonzero(rows.quantity == FORCES).reshape(-1, 3)
    forces = forces[counts[forces].any(axis=1)]
    weight = rows.weight[forces]
    uneven = (weight != weight[:, :1]).any(axis=1)
    if uneven.any():
        row = int(forces[np.flatnonzero(uneven)[0], 0])
        raise DataError(
            f"configuration {rows.identifiers[int(rows.owner[row])]!r}: the residual "
            "force-magnitude-direction needs one weight for each atom, and the three components of a force "
            "have different ones; give the forces a number, or one weight for each atom."
        )
    return np.ascontiguousarray(forces.T)
