"""The four constant factors that nearly every weight scheme begins with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from hpcfit.weights.configuration_weight import ConfigurationWeight

if TYPE_CHECKING:
    from hpcfit.weights.configuration_weight import Weight


@dataclass(frozen=True)
class BaseFactors:
    """Constant factors of a configuration's residuals, which a scheme multiplies by its own."""

    config: float = field(default=1.0, metadata={"help": "factor of every residual", "minimum": 0.0})
    energy: float = field(default=1.0, metadata={"help": "factor of energy residuals", "minimum": 0.0})
    forces: float = field(default=1.0, metadata={"help": "factor of force residuals", "minimum": 0.0})
    stress: float = field(default=1.0, metadata={"help": "factor of stress residuals", "minimum": 0.0})

    def times(
        self, config: float = 1.0, energy: float = 1.0, forces: Weight = 1.0, stress: Weight = 1.0
    ) -> ConfigurationWeight:
        """The weight whose factors are these times the given ones."""
        return ConfigurationWeight(
            self.config * config,
            self.energy * energy,
            np.multiply(self.forces, forces),
            np.multiply(self.stress, stress),
        )
