"""The weights of one configuration, and what a weight scheme has to offer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import DataError
from hpcfit.suggest import counted

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
        full[0] = _factors("energy", self.energy, ())
        forces = _factors("forces", self.forces, (), (natoms,), (natoms, 3))
        full[1:-6].reshape(natoms, 3)[:] = forces[:, None] if forces.ndim == 1 else forces
        full[-6:] = _factors("stress", self.stress, (), (6,))
        full *= _factors("config", self.config, ())
        return full


def _factors(name: str, value: object, *shapes: tuple[int, ...]) -> NDArray[np.float64]:
    """The factors of one quantity, which must have one of these shapes; () is a number."""
    given = np.asarray(value)
    if given.dtype.kind not in "iuf":
        raise ValueError(f"{name} is {repr(value)[:60]}, not a number{' or an array' * (len(shapes) > 1)}")
    if given.shape in shapes:
        return given.astype(np.float64, copy=False)
    if name == "forces" and given.ndim == 1:
        raise ValueError(
            f"weights for {counted(len(given), 'atom')}, but the configuration has {shapes[1][0]}"
        )
    possible = " or ".join("one number" if shape == () else f"shape {shape}" for shape in shapes)
    raise ValueError(f"{name} has shape {given.shape}, where {possible} is expected")


class WeightScheme(Protocol):
    """What gives every configuration its weights; plugins register classes of this shape.

    The class is constructed with the options of the job's [weights] table as keyword
    arguments; a frozen dataclass does that, and lets the job file be checked. One whose weights
    depend on all configurations has a method `surveyed` besides (hpcfit.weights.survey).
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
    if not isinstance(weight, ConfigurationWeight):
        raise DataError(
            f"{where}: the scheme in [weights] returned {repr(weight)[:60]}, not a ConfigurationWeight; "
            "return ConfigurationWeight(config=..., energy=..., forces=..., stress=...)."
        )
    try:
        vector = weight.vector(len(configuration.numbers))
    except (ValueError, TypeError) as error:
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
