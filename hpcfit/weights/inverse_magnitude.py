"""Weights that fall with the size of what is fitted: large values may be missed by more."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import DataError, JobError
from hpcfit.weights.configuration_weight import ConfigurationWeight

if TYPE_CHECKING:
    from hpcfit.data import Configuration

FloatArray = NDArray[np.float64]

_UNITS = {"energy": "eV", "forces": "eV/angstrom", "stress": "eV/angstrom^3"}


def _pair(quantity: str) -> tuple[float, ...]:
    text = f"c1 ({_UNITS[quantity]}) and c2 of the {quantity}"
    made: tuple[float, ...] = field(default=(1.0, 0.0), metadata={"help": text})
    return made


@dataclass(frozen=True)
class InverseMagnitudeWeights:
    """Every residual is divided by sigma, sigma^2 = c1^2 + (c2 |q|)^2, q being its own reference.

    c1 is an absolute error (in the unit of the quantity) and c2 a relative one. |q| is the size of the
    component itself; with magnitude = "norm" it is, for a force, the length of the atom's force and, for
    a stress, the Frobenius norm of the tensor, as in KLIFF's MagnitudeInverseWeight. Such weights were
    used by Lenosky et al., Phys. Rev. B 55, 1528 (1997).
    """

    config: float = field(default=1.0, metadata={"help": "factor of every residual", "minimum": 0.0})
    energy: tuple[float, ...] = _pair("energy")
    forces: tuple[float, ...] = _pair("forces")
    stress: tuple[float, ...] = _pair("stress")
    magnitude: Literal["component", "norm"] = field(
        default="component",
        metadata={"help": "what the size of a force or stress is", "choices": ("component", "norm")},
    )

    def __post_init__(self) -> None:
        problems = [
            f"weights.{name}: {fault}" for name in _UNITS if (fault := _fault(name, getattr(self, name)))
        ]
        if problems:
            raise JobError(problems)

    def weights(self, configuration: Configuration) -> ConfigurationWeight:
        energy = configuration.energy
        forces, stress = configuration.forces, configuration.stress
        if self.magnitude == "norm":
            forces = None if forces is None else np.linalg.norm(forces, axis=1)
            stress = None if stress is None else _tensor_norm(stress)
        return ConfigurationWeight(
            self.config,
            float(self._inverse("energy", None if energy is None else np.array(energy), configuration)),
            self._inverse("forces", forces, configuration),
            self._inverse("stress", stress, configuration),
        )

    def _inverse(self, name: str, values: FloatArray | None, configuration: Configuration) -> FloatArray:
        """1 / sigma of each value; 1 where the configuration has none, and hence no residual."""
        if values is None:
            return np.ones(())
        c1, c2 = getattr(self, name)
        sigma = np.hypot(c1, c2 * values)
        if not np.all(sigma):
            raise DataError(
                f"configuration {configuration.identifier!r}: where a reference of the {name} is 0, its "
                f"weight is infinite; give a c1 above 0 in weights.{name}."
            )
        return np.asarray(1.0 / sigma)


def _tensor_norm(stress: FloatArray) -> FloatArray:
    """Frobenius norm of the symmetric tensor, whose last three (shear) components occur twice."""
    return np.asarray(np.sqrt(np.square(stress[:3]).sum() + 2.0 * np.square(stress[3:]).sum()))


def _fault(name: str, pair: Sequence[float]) -> str | None:
    if len(pair) != 2 or not all(math.isfinite(c) and c >= 0.0 for c in pair):
        return f"two numbers of at least 0, [c1, c2], are expected, not {list(pair)}."
    if not any(pair):
        return (
            f"c1 and c2 are both 0, which would make every weight infinite. To leave the {name} out, write "
            f"{name} = false in [targets]."
        )
    return None
