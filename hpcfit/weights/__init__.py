"""Weights: how much each configuration, and each of its quantities, counts."""

from hpcfit.weights.by_tag import ByTagWeights
from hpcfit.weights.configuration_weight import ConfigurationWeight, WeightScheme
from hpcfit.weights.constant import ConstantWeights

#: the built-in weight schemes, by the name a job file uses
WEIGHTS: dict[str, type] = {"constant": ConstantWeights, "by-tag": ByTagWeights}

__all__ = ["WEIGHTS", "ByTagWeights", "ConfigurationWeight", "ConstantWeights", "WeightScheme"]
