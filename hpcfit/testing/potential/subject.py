"""A potential as the checks see it: values for its parameters, and predictions for structures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpcfit.data import Configuration, ConfigurationBlock, gather
from hpcfit.formula.potential import AnyBound
from hpcfit.geometry import Geometry, build_geometry
from hpcfit.kernels import AnyModel, compile_model
from hpcfit.kernels.hand_written import HandWritten
from hpcfit.kernels.model_facts import cutoffs_of
from hpcfit.problem.groups import species_index

FloatArray = NDArray[np.float64]

#: angstrom; the search for bonds is slow when its cells are small, and longer bonds do nothing
_SHORTEST = 2.0


@dataclass(frozen=True)
class Prediction:
    """Energy (eV), forces (natoms, 3) in eV/angstrom and stress (6,) in eV/angstrom^3, NaN without a cell."""

    energy: float
    forces: FloatArray
    stress: FloatArray

    @property
    def rows(self) -> FloatArray:
        """[energy, forces.ravel(), stress], shape (7 + 3 natoms,)."""
        return np.concatenate([[self.energy], self.forces.ravel(), self.stress])


class Subject:
    """A potential for given species with a value for each of its numbers.

    Attributes:
        values: the numbers of `labels`, shape (V,).
        model: computes predictions and their derivatives by all V numbers.
    """

    def __init__(self, bound: AnyBound, values: FloatArray) -> None:
        self.bound, self.values = bound, values
        self.model: AnyModel = compile_model(
            [bound], bound.species, range(len(values)), stress=True, checked=True
        )

    @property
    def name(self) -> str:
        """How messages call it."""
        return f"{self.bound.formula.name} of {', '.join(self.species)}"

    @property
    def species(self) -> tuple[str, ...]:
        return self.bound.species

    @property
    def differs(self) -> bool:
        """Whether derivatives by the values are central differences."""
        form = self.bound.formula
        return isinstance(form, HandWritten) and form.derivatives == "central differences"

    @property
    def labels(self) -> tuple[str, ...]:
        """Name of each value."""
        return tuple(self.bound.label(instance) for instance in self.bound.instances)

    @property
    def cutoffs(self) -> tuple[float, ...]:
        """The distances (angstrom) at which some term ends for some pair of species, shortest first."""
        return tuple(sorted(set(cutoffs_of(self.bound, self.values)) - {0.0}))

    def predict(
        self, structures: Sequence[Configuration], values: FloatArray | None = None
    ) -> list[Prediction]:
        """Predictions for structures, at other values of the parameters if given."""
        values = self.values if values is None else values
        cutoff = self.model.cutoff(values)
        if not 0.0 <= cutoff < np.inf:
            return [nothing(each.natoms) for each in structures]
        geometry = self.geometry(gather(structures), cutoff)
        return split(self.model.predict(geometry, values), structures)

    def jacobian(self, structure: Configuration) -> FloatArray:
        """Derivatives of the rows of a prediction by all values, shape (7 + 3 natoms, V)."""
        geometry = self.geometry(gather([structure]), self.model.cutoff(self.values))
        return self.model.predict_jacobian(geometry, 0, 1, self.values)[:, :-1]

    def geometry(self, block: ConfigurationBlock, cutoff: float) -> Geometry:
        """The bonds of a block up to a cutoff in angstrom."""
        species = species_index(block, self.species)
        return build_geometry(block, species, max(cutoff, _SHORTEST), allow_overlaps=True)


def split(rows: FloatArray, structures: Sequence[Configuration]) -> list[Prediction]:
    """The rows of several structures, one after the other, as predictions."""
    found, start = [], 0
    for structure in structures:
        forces = start + 1 + 3 * structure.natoms
        found.append(
            Prediction(float(rows[start]), rows[start + 1 : forces].reshape(-1, 3), rows[forces : forces + 6])
        )
        start = forces + 6
    return found


def nothing(natoms: int) -> Prediction:
    """What is known where the parameters' values give no cutoff."""
    return Prediction(np.nan, np.full((natoms, 3), np.nan), np.full(6, np.nan))
