"""The weights of one configuration, and what a weight scheme has to offer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import DataError

if TYPE_CHECKING:
    from hpcfit.data import Configuration

Weight = float | NDArray[np.float64]


@dataclass(frozen=True)
class ConfigurationWeight:
    """Factors of a configuration's residuals (not of their squares); all dimensionless.

    Attributes:
        config: factor of every residual of the configuration.
        energy: factor of the energy residual.
        forces: factor of the force residuals: one number, or (natoms,), or (natoms, 3).
        stress: factor of the stress residuals: one number, or (6,).
    """

    config: float = 1.0
    energy: float = 1.0
    forces: Weight = 1.0
    stress: Weight = 1.0

    # The names that residual functions written for KLIFF use.
    @property
    def config_weight(self) -> float:
        return self.config

    @property
    def energy_weight(self) -> float:
        return self.energy

    @property
    def forces_weight(self) -> Weight:
        return self.forces

    @property
    def stress_weight(self) -> Weight:
        return self.stress

    def vector(self, natoms: int) -> NDArray[np.float64]:
        """All factors in the order [energy, forces.ravel(), stress], shape (1 + 3 natoms + 6,).

        Raises:
            ValueError: when a per-atom or per-component weight has the wrong shape.
        """
        full = np.empty(7 + 3 * natoms)
        full[0] = self.energy
        forces = np.asarray(self.forces, dtype=np.float64)
        if forces.ndim == 1:
            forces = forces[:, None]
        if forces.ndim == 2 and forces.shape[0] != natoms:
            raise ValueError(f"weights for {forces.shape[0]} atoms, but the configuration has {natoms}")
        full[1:-6].reshape(natoms, 3)[:] = forces
        full[-6:] = self.stress
        full *= self.config
        return full


class WeightScheme(Protocol):
    """What gives every configuration its weights; plugins register classes of this shape.

    The class is constructed with the options of the job's [weights] table as keyword
    arguments; a frozen dataclass does that, and lets the job file be checked.
    """

    def weights(self, configuration: Configuration) -> ConfigurationWeight:
        """The weights of one configuration."""
        ...


def weight_vector(scheme: WeightScheme, configuration: Configuration) -> NDArray[np.float64]:
    """The checked factors of one configuration, shape (1 + 3 natoms + 6,).

    Raises:
        DataError: naming the configuration, when a weight has the wrong shape, is not finite or
            negative, or when all of them vanish.
    """
    return checked_vector(scheme.weights(configuration), configuration)


def checked_vector(weight: ConfigurationWeight, configuration: Configuration) -> NDArray[np.float64]:
    """The factors of a weight that a scheme returned, checked; see `weight_vector`."""
    where = f"configuration {configuration.identifier!r}"
    try:
        vector = weight.vector(len(configuration.numbers))
    except (ValueError, TypeError, AttributeError) as error:
        raise DataError(f"{where}: its weights cannot be used: {error}") from error
    if not np.isfinite(vector).all():
        raise DataError(f"{where}: a weight is not finite; check the scheme in [weights].")
    if (vector < 0.0).any():
        raise DataError(f"{where}: a weight is negative; weights multiply residuals and must be >= 0.")
    if not vector.any():
        raise DataError(
            f"{where}: all of its weights are zero; leave it out by its tag in [data], or give it a weight."
        )
    return vector
