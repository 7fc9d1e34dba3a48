"""The residual that nearly every fit uses: differences of energy, forces and stress."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from hpcfit.residuals.scaled_difference import ScaledDifference

if TYPE_CHECKING:
    from hpcfit.data import Configuration


@dataclass(frozen=True)
class EnergyForces(ScaledDifference):
    """weight * (prediction - reference), divided by the number of atoms if asked.

    With normalize_by_natoms true, every element of a configuration is divided by its number of
    atoms, as KLIFF's `energy_forces_residual` does; with "energy" only the energy is, which makes
    the loss a sum of squared errors of energy per atom and of forces. Stress is intensive and is
    divided with the rest only when the value is true.
    """

    normalize_by_natoms: bool | Literal["energy"] = field(
        default=True,
        metadata={"help": "divide residuals by the number of atoms", "choices": (True, False, "energy")},
    )

    def factors(self, weights: NDArray[np.float64], configuration: Configuration) -> NDArray[np.float64]:
        natoms = configuration.natoms
        if self.normalize_by_natoms == "energy":
            factors = weights.copy()
            factors[0] /= natoms
            return factors
        return weights / natoms if self.normalize_by_natoms else weights
