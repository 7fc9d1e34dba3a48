"""Residuals: what is compared, and how; the loss is half the sum of their squares."""

from hpcfit.residuals.energy_forces import EnergyForces
from hpcfit.residuals.scaled_difference import ResidualFunction, ScaledDifference, WeightView

#: the built-in residuals, by the name a job file uses
RESIDUALS: dict[str, type[ScaledDifference] | ResidualFunction] = {"energy-forces": EnergyForces}

__all__ = ["RESIDUALS", "EnergyForces", "ResidualFunction", "ScaledDifference", "WeightView"]
