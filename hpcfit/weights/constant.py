"""The same weights for every configuration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpcfit.weights.base_factors import BaseFactors
from hpcfit.weights.configuration_weight import ConfigurationWeight

if TYPE_CHECKING:
    from hpcfit.data import Configuration


@dataclass(frozen=True)
class ConstantWeights(BaseFactors):
    """One weight per kind of quantity; a residual is multiplied by config times its own."""

    def weights(self, configuration: Configuration) -> ConfigurationWeight:
        return ConfigurationWeight(self.config, self.energy, self.forces, self.stress)
