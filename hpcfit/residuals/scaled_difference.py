"""Residuals that are factors of (prediction - reference)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from hpcfit.data import Configuration

FloatArray = NDArray[np.float64]


class ScaledDifference(ABC):
    """A residual whose elements are factor * (prediction - reference).

    These run inside the compiled kernels. A subclass is a frozen dataclass whose fields are
    the keys of the job's [residual.data] table::

        @dataclass(frozen=True)
        class PerRoot(ScaledDifference):
            power: float = 0.5

            def factors(self, weights, configuration):
                return weights / configuration.natoms**self.power
    """

    @abstractmethod
    def factors(self, weights: FloatArray, configuration: Configuration) -> FloatArray:
        """The factors of one configuration.

        Args:
            weights: weights in the order [energy, forces.ravel(), stress], shape (7 + 3 natoms,).
            configuration: atoms and references; its `natoms`, `numbers`, `energy`, `forces`, ...

        Returns:
            Factors in the same order and shape; a row whose factor is 0 is left out.
        """
