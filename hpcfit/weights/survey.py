"""What a weight scheme may know of all training configurations together.

A weight that depends on the others (the lowest energy of a composition, how many share a tag) cannot be
told from its own configuration. A scheme with a method `surveyed` is shown a survey before it is asked for
any weight; all ranks are shown the same one, in the order of the dataset.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import DataError
from hpcfit.weights.configuration_weight import WeightScheme


@dataclass(frozen=True, eq=False)
class Survey:
    """One entry for each of n training configurations, in the order of the dataset.

    Attributes:
        identifiers, tags: their texts, n each.
        natoms: atoms of each, shape (n,).
        energy: reference energies in eV, NaN where there is none, shape (n,).
        species: chemical symbols that occur.
        compositions: atoms of each species, shape (n, len(species)).
        influence: for energy, forces and stress the sum, over the rows that are targets and have
            references, of the squared factor that the residual applies where all weights are 1; for
            a residual function, the number of those rows. Shape (n, 3).
    """

    identifiers: tuple[str, ...]
    tags: tuple[str, ...]
    natoms: NDArray[np.int64]
    energy: NDArray[np.float64]
    species: tuple[str, ...]
    compositions: NDArray[np.int64]
    influence: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.identifiers)

    @classmethod
    def joined(cls, parts: Sequence[Survey]) -> Survey:
        """The survey of several runs of configurations (at least one, of the same species), in order."""
        return cls(
            identifiers=tuple(name for part in parts for name in part.identifiers),
            tags=tuple(tag for part in parts for tag in part.tags),
            natoms=np.concatenate([part.natoms for part in parts]),
            energy=np.concatenate([part.energy for part in parts]),
            species=parts[0].species,
            compositions=np.concatenate([part.compositions for part in parts]),
            influence=np.concatenate([part.influence for part in parts]),
        )


@runtime_checkable
class SurveyedScheme(Protocol):
    """A weight scheme that depends on all training configurations."""

    def surveyed(self, survey: Survey) -> WeightScheme:
        """The scheme to use; called once on every rank, with the same survey."""
        ...


def not_surveyed(name: str) -> DataError:
    """The error of a scheme that is asked for weights before it was shown a survey."""
    return DataError(
        f"{name} weights depend on all training configurations: call surveyed(survey) first, and use the "
        "scheme that it returns."
    )
