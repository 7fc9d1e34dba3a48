"""Residuals: what is compared, and how; the loss is half the sum of their squares."""

from hpcfit.residuals.energy_forces import EnergyForces, EnergyOnly, ForcesOnly
from hpcfit.residuals.function import ResidualFunction
from hpcfit.residuals.relative import Relative
from hpcfit.residuals.scaled_difference import ScaledDifference
from hpcfit.residuals.species_forces import SpeciesForces
from hpcfit.residuals.weight_view import WeightView

#: the built-in residuals, by the name a job file uses
RESIDUALS: dict[str, type[ScaledDifference] | ResidualFunction] = {
    "energy-forces": EnergyForces,
}

__all__ = [
    "RESIDUALS",
    "EnergyForces",
    "EnergyOnly",
    "ForcesOnly",
    "Relative",
    "ResidualFunction",
    "ScaledDifference",
    "SpeciesForces",
    "WeightView",
]
