"""Residuals of any form that know their derivative, computed for many rows at once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: `PredictionRows.quantity` of a row
ENERGY, FORCES, STRESS = range(3)


@dataclass(frozen=True, eq=False)
class PredictionRows:
    """The prediction rows of n consecutive configurations: energy, forces and, if predicted, stress of each.

    Attributes:
        identifiers: of the configurations.
        first_row: first row of each configuration, and the end, shape (n + 1,).
        natoms: atoms of each, shape (n,).
        volume: in cubic angstrom, NaN without a cell, shape (n,).
        reference: in eV, eV/angstrom, eV/angstrom^3; NaN = none or no target; shape (rows,).
        weight: all weights of a row multiplied, shape (rows,).
    """

    identifiers: tuple[str, ...]
    first_row: IntArray
    natoms: IntArray
    volume: FloatArray
    reference: FloatArray
    weight: FloatArray

    @property
    def owner(self) -> IntArray:
        """Which configuration each row belongs to, shape (rows,)."""
        return np.repeat(np.arange(len(self.natoms)), np.diff(self.first_row))

    @property
    def quantity(self) -> IntArray:
        """ENERGY, FORCES or STRESS of each row, shape (rows,)."""
        place = np.arange(self.first_row[-1]) - self.first_row[self.owner]
        forces = (place > 0).astype(np.int64)
        return forces + (place > 3 * self.natoms[self.owner])

    @property
    def present(self) -> NDArray[np.bool_]:
        """The rows that have a reference, shape (rows,)."""
        return np.asarray(~np.isnan(self.reference))


class RowsFunction(ABC):
    """A residual of some prediction rows; no row of it depends on those of other configurations.

    Attributes:
        source: for each of the k residuals, the prediction row that messages name it by; ascending, (k,).
    """

    source: IntArray

    @abstractmethod
    def value(self, prediction: FloatArray) -> FloatArray:
        """The residual (k,) at a prediction (rows,)."""

    @abstractmethod
    def linearized(self, columns: FloatArray) -> FloatArray:
        """The residual and its derivatives, in the form of the argument.

        Args:
            columns: derivatives of the prediction by the p parameters and, last, the prediction itself,
                shape (p + 1, rows).

        Returns:
            Derivatives of the residual by the parameters and, last, the residual, shape (p + 1, k).
        """


class VectorResidual(ABC):
    """A residual whose value and exact derivative are found for many configurations at once.

    A subclass is a frozen dataclass whose fields are the keys of the job's [residual.data] table.
    """

    @abstractmethod
    def of_rows(self, rows: PredictionRows) -> RowsFunction:
        """The residual of some rows.

        Raises:
            DataError: naming the configuration that it cannot be formed for.
        """
