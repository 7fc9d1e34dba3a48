"""Weights: how much each configuration, and each of its quantities, counts."""

from hpcfit.weights.balance import BalancedWeights
from hpcfit.weights.boltzmann import BoltzmannWeights
from hpcfit.weights.by_tag import ByTagWeights
from hpcfit.weights.configuration_weight import ConfigurationWeight, WeightScheme
from hpcfit.weights.constant import ConstantWeights
from hpcfit.weights.expression import ExpressionWeights
from hpcfit.weights.from_dataset import DatasetWeights
from hpcfit.weights.from_file import FileWeights
from hpcfit.weights.inverse_magnitude import InverseMagnitudeWeights
from hpcfit.weights.survey import Survey

#: the built-in weight schemes, by the name a job file uses
WEIGHTS: dict[str, type] = {
    "constant": ConstantWeights,
    "by-tag": ByTagWeights,
    "inverse-magnitude": InverseMagnitudeWeights,
    "dataset": DatasetWeights,
    "expression": ExpressionWeights,
    "boltzmann": BoltzmannWeights,
    "balance": BalancedWeights,
    "file": FileWeights,
}

__all__ = [
    "WEIGHTS",
    "BalancedWeights",
    "BoltzmannWeights",
    "ByTagWeights",
    "ConfigurationWeight",
    "ConstantWeights",
    "DatasetWeights",
    "ExpressionWeights",
    "FileWeights",
    "InverseMagnitudeWeights",
    "Survey",
    "WeightScheme",
]
