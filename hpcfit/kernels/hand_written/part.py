"""A part of a model: one hand-written potential, which adds its share to predictions and derivatives."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from hpcfit.formula.potential import BoundPotential
from hpcfit.geometry import Geometry
from hpcfit.kernels.hand_written.form import HandWritten

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


class Part(ABC):
    """A potential's share of a `SummedModel`.

    Args:
        first: position of its numbers in the values of the model.
        column_of: column of each active position in the values.
        limits: (lower, upper) bounds of all values, (V,) each, which differences keep to.

    Attributes:
        column_of: (v,) column of each of its own numbers, -1 for none.
    """

    def __init__(
        self,
        bound: BoundPotential[HandWritten],
        species: Sequence[str],
        first: int,
        column_of: Mapping[int, int],
        limits: tuple[FloatArray, FloatArray],
        stress: bool,
    ) -> None:
        self.bound, self.stress = bound, stress
        self.own = slice(first, first + len(bound.instances))
        self.lower, self.upper = limits[0][self.own], limits[1][self.own]
        self.column_of = np.array(
            [column_of.get(k, -1) for k in range(self.own.start, self.own.stop)], dtype=np.int64
        )
        #: species of the potential for each of the model, -1 for those it is not for
        self.kind_of = np.array(
            [bound.species.index(name) if name in bound.species else -1 for name in species], dtype=np.int64
        )

    @abstractmethod
    def cutoff(self, values: FloatArray) -> float:
        """The longest bond that it needs, angstrom; 0 for none. NaN where its cutoff has no value."""

    @abstractmethod
    def load(self, derivatives: bool) -> None:
        """Compile now what will be needed, instead of when it is first used."""

    @abstractmethod
    def add(self, geometry: Geometry, first: int, last: int, values: FloatArray, out: FloatArray) -> None:
        """Add to the predictions `out` (rows,) of the configurations first..last-1."""

    @abstractmethod
    def add_columns(
        self, geometry: Geometry, first: int, last: int, values: FloatArray, out: FloatArray
    ) -> None:
        """Add derivatives and, last, predictions to `out` (n_columns + 1, rows)."""

    @abstractmethod
    def add_weighted(
        self,
        geometry: Geometry,
        first: int,
        last: int,
        values: FloatArray,
        weights: FloatArray,
        out: FloatArray,
    ) -> None:
        """Add to `out` (n_columns,) the derivatives of the sum of the predictions times `weights` (rows,)."""

    @property
    def n_free(self) -> int:
        """Different columns of its numbers."""
        return len(np.unique(self.column_of[self.column_of >= 0]))

    def described(self, values: FloatArray) -> str:
        """ "epsilon = 0.01, sigma = 3.4": its own values for messages, the first ones if there are many."""
        own = values[self.own]
        texts = [
            f"{self.bound.label(instance)} = {value:.10g}"
            for instance, value in zip(self.bound.instances, own, strict=True)
        ]
        return ", ".join(texts[:_SHOWN]) + (", ..." if len(texts) > _SHOWN else "")


_SHOWN = 12
