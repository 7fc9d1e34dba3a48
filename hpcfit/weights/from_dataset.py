"""Weights that the dataset itself holds, for configurations and for atoms."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hpcfit.errors import DataError
from hpcfit.weights.base_factors import BaseFactors
from hpcfit.weights.configuration_weight import ConfigurationWeight

if TYPE_CHECKING:
    from hpcfit.data import Configuration

_QUANTITIES = ("config", "energy", "forces", "stress")


@dataclass(frozen=True)
class DatasetWeights(BaseFactors):
    """The weights config, energy, forces and stress stored with a configuration, and those of its atoms.

    A stored weight is multiplied by the factor of the same name; an atom's weight multiplies the
    residuals of its force. What a configuration lacks of these counts as 1, but one that has none at all
    is an error unless `default` says what its config weight is.
    """

    default: float | None = field(
        default=None,
        metadata={"help": "config weight of configurations for which the dataset has none", "minimum": 0.0},
    )

    def weights(self, configuration: Configuration) -> ConfigurationWeight:
        stored = configuration.weights
        where = f"configuration {configuration.identifier!r}"
        unknown = [name for name in stored if name not in _QUANTITIES]
        if unknown:
            raise DataError(
                f"{where}: the dataset has a weight {unknown[0]!r}, but residuals have weights "
                f"{', '.join(_QUANTITIES)}; import the data with one of these names."
            )
        if not stored and configuration.atom_weights is None:
            if self.default is None:
                raise DataError(
                    f"{where}: the dataset has no weight for it; import one, or give weights.default."
                )
            return self.times(self.default)
        atoms = 1.0 if configuration.atom_weights is None else configuration.atom_weights
        config, energy, forces, stress = (stored.get(name, 1.0) for name in _QUANTITIES)
        return self.times(config, energy, forces * atoms, stress)
