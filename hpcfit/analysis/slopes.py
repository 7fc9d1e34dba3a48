"""Derivatives of predictions on one rank, and how they become those by the values of parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hpcfit.problem.parameters import ParameterSet
from hpcfit.workflow.reopen import Reopened

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Slopes:
    """Of n predictions: the row of the table, the place within it, y (n,), and dy/dp (n, q)."""

    owner: IntArray
    place: IntArray
    predicted: FloatArray
    derivative: FloatArray

    @classmethod
    def empty(cls, q: int) -> Slopes:
        """Of no prediction."""
        none = np.empty(0, np.int64)
        return cls(none, none, np.empty(0), np.empty((0, q)))

    @classmethod
    def joined(cls, parts: Sequence[Slopes]) -> Slopes:
        """One after the other."""
        names = cls.__dataclass_fields__
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def by_values(parameters: ParameterSet, theta: FloatArray, columns: FloatArray) -> FloatArray:
    """Derivatives (p, n) by the values of the free parameters, from those (c, n) by a model's columns."""
    plain = replace(
        parameters,
        parameters=tuple(replace(q, transform=None, transform_name=None) for q in parameters.parameters),
    )
    matrix = plain.jacobian(np.array(parameters.free_values(theta)))
    return columns if matrix is None else matrix.T @ columns


def chosen_parameters(reopened: Reopened, chosen: Sequence[int]) -> tuple[tuple[str, ...], FloatArray]:
    """Labels and values of some of the free parameters."""
    parameters = reopened.parameters
    values = np.array(parameters.free_values(reopened.theta))
    return tuple(parameters.label(parameters.free[k]) for k in chosen), values[list(chosen)]
