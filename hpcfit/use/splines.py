"""The splines of a potential as functions, to be looked at, plotted and tabulated."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hpcfit.formula.potential import AnyBound, FormulaPotential, key_text
from hpcfit.formula.spline_calls import coefficient_name
from hpcfit.formula.spline_shape import SplineShape
from hpcfit.formula.spline_values import SplineValues

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Spline:
    """A spline with its coefficients: a function of the variable that its knots are called after.

    Attributes:
        shape: `shape.knots` equidistant knots from `shape.low` to `shape.high`.
        parameters: the numbers in the potential, phi_0, phi_1, ..., shape (n,).
    """

    shape: SplineShape
    parameters: FloatArray

    def __call__(self, x: ArrayLike, order: int = 0) -> FloatArray:
        """Its value at each x, or its derivative of order 1, 2 or 3; the shape is that of x."""
        return SplineValues(self.shape)(self.parameters, np.asarray(x, dtype=np.float64), order)

    @property
    def knots(self) -> FloatArray:
        """Where its knots are, shape (knots,)."""
        return np.linspace(self.shape.low, self.shape.high, self.shape.knots)


def splines_of(potentials: Sequence[AnyBound], values: FloatArray) -> dict[str, Spline]:
    """All splines of some potentials by name, "phi", or with several species "Cu-Ni.phi".

    Where a second potential has a spline of the same name, " (NUMBER)" follows, that of the potential from 0.

    Args:
        values: of all instances of the parameters of all potentials, shape (V,).
    """
    found: dict[str, Spline] = {}
    first = 0
    for place, bound in enumerate(potentials):
        for label, spline in _splines(bound, values[first : first + len(bound.instances)]):
            found[f"{label} ({place})" if label in found else label] = spline
        first += len(bound.instances)
    return found


def _splines(bound: AnyBound, values: FloatArray) -> Iterator[tuple[str, Spline]]:
    formula = bound.formula
    if not isinstance(formula, FormulaPotential) or not formula.splines:
        return
    known = {(each.key, each.name): value for each, value in zip(bound.instances, values, strict=True)}
    for name, shape in formula.splines.items():
        names = [coefficient_name(name, k) for k in range(shape.n_parameters)]
        for key in [key for key, own in known if own == names[0]]:
            prefix = f"{key_text(key)}." if key and len(bound.species) > 1 else ""
            yield f"{prefix}{name}", Spline(shape, np.array([known[key, each] for each in names]))
