"""The residual that nearly every fit uses, differences of energy, forces and stress; and parts of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hpcfit.residuals.natoms import METADATA, Normalization, normalized
from hpcfit.residuals.scaled_difference import ScaledDifference

if TYPE_CHECKING:
    from hpcfit.data import Configuration

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class EnergyForces(ScaledDifference):
    """weight * (prediction - reference), divided by the number of atoms if asked.

    With normalize_by_natoms true, every element of a configuration is divided by its number of
    atoms, as KLIFF's `energy_forces_residual` does; with "energy" only the energy is, which makes
    the loss a sum of squared errors of energy per atom and of forces. Stress is intensive and is
    divided with the rest only when the value is true.
    """

    normalize_by_natoms: Normalization = field(default=True, metadata=METADATA)

    def factors(self, weights: FloatArray, configuration: Configuration) -> FloatArray:
        return normalized(weights, configuration.natoms, self.normalize_by_natoms)


@dataclass(frozen=True)
class EnergyOnly(ScaledDifference):
    """weight * (prediction - reference) of the energy; forces and stress are left out.

    As KLIFF's `energy_residual`. What it leaves out may be a target nevertheless: the errors of it are
    reported.
    """

    normalize_by_natoms: bool = field(default=True, metadata={"help": METADATA["help"]})

    def factors(self, weights: FloatArray, configuration: Configuration) -> FloatArray:
        factors = normalized(weights, configuration.natoms, self.normalize_by_natoms)
        factors[1:] = 0.0
        return factors


@dataclass(frozen=True)
class ForcesOnly(ScaledDifference):
    """weight * (prediction - reference) of the force components; energy and stress are left out.

    As KLIFF's `forces_residual`. What it leaves out may be a target nevertheless: the errors of it are
    reported.
    """

    normalize_by_natoms: bool = field(default=True, metadata={"help": METADATA["help"]})

    def factors(self, weights: FloatArray, configuration: Configuration) -> FloatArray:
        factors = normalized(weights, configuration.natoms, self.normalize_by_natoms)
        factors[0] = 0.0
        factors[-6:] = 0.0
        return factors
