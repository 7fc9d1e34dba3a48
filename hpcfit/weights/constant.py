"""The same weights for every configuration."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hpcfit.weights.configuration_weight import ConfigurationWeight

if TYPE_CHECKING:
    from hpcfit.data import Configuration


@dataclass(frozen=True)
class ConstantWeights:
    """One weight per kind of quantity; a residual is multiplied by config times its own."""

    config: float = field(default=1.0, metadata={"help": "factor of every residual", "minimum": 0.0})
    energy: float = field(default=1.0, metadata={"help": "factor of energy residuals", "minimum": 0.0})
    forces: float = field(default=1.0, metadata={"help": "factor of force residuals", "minimum": 0.0})
    stress: float = field(default=1.0, metadata={"help": "factor of stress residuals", "minimum": 0.0})

    def weights(self, configuration: Configuration) -> ConfigurationWeight:
        return ConfigurationWeight(self.config, self.energy, self.forces, self.stress)
