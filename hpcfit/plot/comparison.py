"""Predictions of a run beside the references that it was fitted to, and those that it was tested with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Series:
    """The points of one tag or group.

    Attributes:
        name: the tag or group; "" where there is but one.
        reference, predicted: shape (n,).
        residual: the error of each, or that in units of its standard deviation, shape (n,).
        test: whether they were held out of the fit.
    """

    name: str
    reference: FloatArray
    predicted: FloatArray
    residual: FloatArray
    test: bool = False

    def __len__(self) -> int:
        return len(self.reference)


@dataclass(frozen=True)
class Target:
    """What is compared: energies, forces, stress, or one column of a table.

    Attributes:
        kind: what one point of it is, for an axis: "configurations", "components", "rows".
        scaled: whether residuals are in units of standard deviations.
        robust: whether the loss of the fit was, so that outliers say nothing of the width.
    """

    name: str
    unit: str
    kind: str
    series: Sequence[Series]
    scaled: bool = False
    robust: bool = False

    def __bool__(self) -> bool:
        return any(len(each) for each in self.series)

    def of(self, test: bool) -> Iterator[Series]:
        """The series that were fitted, or those held out."""
        return (each for each in self.series if each.test == test and len(each))

    def rmse(self, test: bool) -> float | None:
        """The root mean square of predicted - reference; None without points."""
        errors = [each.predicted - each.reference for each in self.of(test)]
        return float(np.sqrt(np.mean(np.concatenate(errors) ** 2))) if errors else None


def by_name(
    names: NDArray[np.str_], reference: FloatArray, predicted: FloatArray, residual: FloatArray, test: bool
) -> list[Series]:
    """Points sorted into series by the name of each; those without a reference are left out."""
    present = ~np.isnan(reference) & ~np.isnan(predicted)
    names, reference = names[present], reference[present]
    predicted, residual = predicted[present], residual[present]
    order = list(dict.fromkeys(names.tolist()))
    made = []
    for name in order:
        own = names == name
        made.append(Series(str(name), reference[own], predicted[own], residual[own], test))
    return made
