"""The two forms of a residual: factors of (prediction - reference), or any Python function."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hpcfit.weights import ConfigurationWeight

if TYPE_CHECKING:
    from hpcfit.data import Configuration

FloatArray = NDArray[np.float64]


class ScaledDifference(ABC):
    """A residual whose elements are factor * (prediction - reference).

    These run inside the compiled kernels. A subclass is a frozen dataclass whose fields are
    the keys of the job's [residual.data] table.
    """

    @abstractmethod
    def factors(self, weights: FloatArray, configuration: Configuration) -> FloatArray:
        """The factors of one configuration.

        Args:
            weights: weights in the order [energy, forces.ravel(), stress], shape (7 + 3 natoms,).
            configuration: atoms and references; its `natoms`, `numbers`, `energy`, `forces`, ...

        Returns:
            Factors in the same order and shape.
        """


@dataclass(frozen=True)
class WeightView:
    """What a residual function gets as `weight`.

    Attributes:
        config_weight, energy_weight, forces_weight, stress_weight: as the weight scheme gave them.
        vector: their products, one factor per element of `prediction`, shape (m,).
    """

    config_weight: float
    energy_weight: float
    forces_weight: float | FloatArray
    stress_weight: float | FloatArray
    vector: FloatArray

    @classmethod
    def of(cls, weight: ConfigurationWeight, vector: FloatArray) -> WeightView:
        """View of `weight` whose expanded factors, for the elements present, are `vector`."""
        return cls(weight.config, weight.energy, weight.forces, weight.stress, vector)


#: residual_fn(identifier, natoms, weight, prediction, reference, data) -> (k,) residuals.
#: prediction and reference are [energy, forces.ravel(), stress], each present if it is a target
#: and the configuration has a reference for it.
ResidualFunction = Callable[
    [str, int, WeightView, FloatArray, FloatArray, Mapping[str, Any]],
    FloatArray,
]
