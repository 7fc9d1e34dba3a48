"""Weights that fall with the energy above the lowest of the same composition."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from hpcfit.errors import DataError, JobError
from hpcfit.weights.base_factors import BaseFactors
from hpcfit.weights.configuration_weight import ConfigurationWeight
from hpcfit.weights.survey import Survey, not_surveyed

if TYPE_CHECKING:
    from hpcfit.data import Configuration


@dataclass(frozen=True, kw_only=True)
class BoltzmannWeights(BaseFactors):
    """config is multiplied by exp(-(e - e_lowest) / scale), but at least by `floor`.

    e is the reference energy per atom, e_lowest the lowest one among the training configurations of the
    same composition: those with the same elements in the same proportions, such as Si2C2 and Si64C64.
    """

    scale: float = field(metadata={"help": "energy per atom, in eV, by which the weight falls to 1/e"})
    floor: float = field(
        default=0.0, metadata={"help": "the factor does not fall below this", "minimum": 0.0, "maximum": 1.0}
    )
    default: float | None = field(
        default=None, metadata={"help": "factor of configurations without an energy", "minimum": 0.0}
    )

    def __post_init__(self) -> None:
        if not self.scale > 0.0:
            raise JobError(f"weights.scale: must be above 0, not {self.scale!r}.")

    def surveyed(self, survey: Survey) -> BoltzmannFromLowest:
        """The scheme with the lowest energy per atom of every composition."""
        lowest: dict[str, float] = {}
        energies = survey.energy / survey.natoms
        for counts, energy in zip(survey.compositions.tolist(), energies.tolist(), strict=True):
            if not math.isnan(energy):
                name = _reduced(dict(zip(survey.species, counts, strict=True)))
                lowest[name] = min(energy, lowest.get(name, math.inf))
        return BoltzmannFromLowest(self, lowest)

    def weights(self, configuration: Configuration) -> ConfigurationWeight:
        raise not_surveyed("boltzmann")


@dataclass(frozen=True)
class BoltzmannFromLowest:
    """Boltzmann weights, with the lowest energy (eV per atom) of each composition."""

    scheme: BoltzmannWeights
    lowest: Mapping[str, float]

    def weights(self, configuration: Configuration) -> ConfigurationWeight:
        return self.scheme.times(self._factor(configuration))

    def _factor(self, configuration: Configuration) -> float:
        where = f"configuration {configuration.identifier!r}"
        scheme = self.scheme
        if configuration.energy is None:
            if scheme.default is None:
                raise DataError(
                    f"{where}: it has no energy, by which boltzmann weights are told; give weights.default, "
                    "or leave it out by its tag in [data]."
                )
            return scheme.default
        name = composition(configuration.symbols)
        above = configuration.energy / configuration.natoms - self.lowest[name]
        factor = max(scheme.floor, math.exp(-above / scheme.scale))
        if factor == 0.0:
            raise DataError(
                f"{where}: its weight vanishes, since it lies {above:.6g} eV per atom above the lowest energy"
                f" of {name}, {above / scheme.scale:.3g} times weights.scale; give a weights.floor or a "
                "larger scale, or leave it out by its tag in [data]."
            )
        return factor


def composition(symbols: Sequence[str]) -> str:
    """The reduced formula of atoms, elements by name: C2Si2 and C64Si64 are both CSi."""
    names, counts = np.unique(np.array(symbols), return_counts=True)
    return _reduced(dict(zip(names.tolist(), counts.tolist(), strict=True)))


def _reduced(counts: Mapping[str, int]) -> str:
    divisor = math.gcd(*counts.values())
    present: Iterable[tuple[str, int]] = ((name, counts[name] // divisor) for name in sorted(counts))
    return "".join(f"{name}{count if count > 1 else ''}" for name, count in present if count)
