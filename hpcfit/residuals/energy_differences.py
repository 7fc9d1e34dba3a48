"""Energies measured from those of reference configurations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import JobError
from hpcfit.residuals.natoms import METADATA, Normalization, normalized
from hpcfit.residuals.scaled_difference import ScaledDifference
from hpcfit.weights.tags import check_tags

if TYPE_CHECKING:
    from hpcfit.data import Configuration
    from hpcfit.weights.survey import Survey

FloatArray = NDArray[np.float64]

LOWEST = "lowest"


@dataclass(frozen=True)
class EnergyDifferences(ScaledDifference):
    """As `energy-forces`, with every energy measured from that of a reference configuration.

    The energy residual of a configuration of n times the composition of its reference configuration is
    weight * [(E - n E_ref) predicted - (E - n E_ref) of the data]: what both predictions have in common,
    such as a constant energy per atom of each species, does not count. n need not be a whole number, but
    the two must have the same elements in the same proportions. A reference configuration has no energy
    residual of its own. In a job file::

        [residual]
        name = "energy-differences"
        [residual.data]
        reference = "lowest"
        tags = { Vacancy = "crystal-64" }
    """

    reference: str = field(
        default=LOWEST,
        metadata={
            "help": 'identifier of the reference configuration, or "lowest": of each composition, the '
            "training configuration with the lowest energy per atom"
        },
    )
    tags: Mapping[str, str] = field(
        default_factory=dict, metadata={"help": "for a tag: its own reference, as for `reference`"}
    )
    normalize_by_natoms: Normalization = field(default=True, metadata=METADATA)

    def __post_init__(self) -> None:
        problems = [
            f"residual.data.tags.{tag}: a text in quotes is expected, not {value!r}."
            for tag, value in self.tags.items()
            if not isinstance(value, str)
        ]
        if problems:
            raise JobError(problems)

    def factors(self, weights: FloatArray, configuration: Configuration) -> FloatArray:
        return normalized(weights, configuration.natoms, self.normalize_by_natoms)

    @property
    def named(self) -> dict[str, str]:
        """The identifiers that the options name, and the option of each."""
        options = {"reference": self.reference} | {
            f"tags.{tag}": identifier for tag, identifier in self.tags.items()
        }
        return {name: option for option, name in reversed(options.items()) if name != LOWEST}

    def references(self, survey: Survey) -> tuple[str, ...]:
        """For each configuration of the training data, the identifier of its reference configuration.

        "" for a configuration without energy, which needs none.

        Raises:
            JobError: naming a tag that does not occur.
        """
        check_tags("residual.data.tags", self.tags, set(survey.tags))
        lowest = _lowest(survey)
        wanted = [self.tags.get(tag, self.reference) for tag in survey.tags]
        return tuple(
            "" if np.isnan(energy) else lowest[_ratio(composition)] if name == LOWEST else name
            for name, energy, composition in zip(wanted, survey.energy, survey.compositions, strict=True)
        )


def _lowest(survey: Survey) -> dict[tuple[int, ...], str]:
    """The configuration of lowest energy per atom, the first of several, by composition."""
    found: dict[tuple[int, ...], tuple[float, str]] = {}
    for k, name in enumerate(survey.identifiers):
        energy = float(survey.energy[k] / survey.natoms[k])
        ratio = _ratio(survey.compositions[k])
        if energy < found.get(ratio, (np.inf, ""))[0]:
            found[ratio] = energy, name
    return {ratio: name for ratio, (_, name) in found.items()}


def _ratio(composition: NDArray[np.int64]) -> tuple[int, ...]:
    """The proportions of the elements in the smallest whole numbers."""
    return tuple((composition // max(int(np.gcd.reduce(composition)), 1)).tolist())
