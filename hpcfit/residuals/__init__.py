"""Residuals: what is compared, and how; the loss is half the sum of their squares."""

from hpcfit.residuals.energy_differences import EnergyDifferences
from hpcfit.residuals.energy_forces import EnergyForces, EnergyOnly, ForcesOnly
from hpcfit.residuals.force_magnitude_direction import ForceMagnitudeDirection
from hpcfit.residuals.formula import FormulaResidual
from hpcfit.residuals.function import ResidualFunction
from hpcfit.residuals.relative import Relative
from hpcfit.residuals.scaled_difference import ScaledDifference
from hpcfit.residuals.species_forces import SpeciesForces
from hpcfit.residuals.surveyed import SurveyedResidual
from hpcfit.residuals.vector_residual import VectorResidual
from hpcfit.residuals.weight_view import WeightView

#: any form of residual
Residual = ScaledDifference | VectorResidual | ResidualFunction

#: the built-in residuals, by the name a job file uses
RESIDUALS: dict[str, type[ScaledDifference] | type[VectorResidual] | ResidualFunction] = {
    "energy-forces": EnergyForces,
    "energy": EnergyOnly,
    "forces": ForcesOnly,
    "energy-differences": EnergyDifferences,
    "force-magnitude-direction": ForceMagnitudeDirection,
    "relative": Relative,
    "species-forces": SpeciesForces,
    "formula": FormulaResidual,
}

__all__ = [
    "RESIDUALS",
    "EnergyDifferences",
    "EnergyForces",
    "EnergyOnly",
    "ForceMagnitudeDirection",
    "ForcesOnly",
    "FormulaResidual",
    "Relative",
    "Residual",
    "ResidualFunction",
    "ScaledDifference",
    "SpeciesForces",
    "SurveyedResidual",
    "VectorResidual",
    "WeightView",
]
