"""Covariance, standard errors and correlations of the fitted parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from hpcfit.analysis.linearized import Linearized
from hpcfit.analysis.report import Report, Table
from hpcfit.errors import RunError
from hpcfit.linalg import uncertainty
from hpcfit.output.summary import table
from hpcfit.suggest import counted, listed

FloatArray = NDArray[np.float64]

#: up to so many parameters, all correlations are shown
_WHOLE = 8
#: of more, so many of the strongest
_STRONGEST = 15
#: parameters and undetermined directions that are shown
_SHOWN, _DIRECTIONS = 100, 10
#: letters of all heads of the table, beyond which columns have numbers in place of names
_WIDE = 80


@dataclass(frozen=True, eq=False)
class Covariance(Report):
    """How well the data determine each parameter; arrays are of the p free ones.

    Attributes:
        values, standard_errors: shape (p,); an error is infinite where the data determine nothing, NaN for a
            parameter at a bound.
        covariance, correlation: of the values, shape (p, p).
        scale: estimated standard deviation of a residual.
        freedom: degrees of freedom.
        null_directions: sentences on what the data do not determine.
        at_bounds: parameters that are held by a bound.
    """

    kind: ClassVar[str] = "covariance"
    labels: tuple[str, ...]
    values: FloatArray
    standard_errors: FloatArray
    covariance: FloatArray
    correlation: FloatArray
    scale: float
    freedom: int
    null_directions: tuple[str, ...]
    at_bounds: tuple[str, ...]

    def content(self) -> Mapping[str, Any]:
        """What the JSON file holds; infinite numbers are null there."""
        return {
            "parameters": self.labels,
            "values": self.values,
            "standard_errors": self.standard_errors,
            "covariance": self.covariance,
            "correlation": self.correlation,
            "scale": self.scale,
            "degrees_of_freedom": self.freedom,
            "null_directions": self.null_directions,
            "at_bounds": self.at_bounds,
        }

    def tables(self) -> Mapping[str, Table]:
        """Values with errors, and the two matrices."""
        errors = zip(self.labels, self.values.tolist(), self.standard_errors.tolist(), strict=True)
        return {
            "standard_errors": Table(["parameter", "value", "standard_error"], errors),
            "covariance": self._matrix(self.covariance),
            "correlation": self._matrix(self.correlation),
        }

    def _matrix(self, matrix: FloatArray) -> Table:
        rows = ([label, *row] for label, row in zip(self.labels, matrix.tolist(), strict=True))
        return Table(["parameter", *self.labels], rows)

    def __str__(self) -> str:
        parts = [
            f"{counted(len(self.labels), 'free parameter')}, {self.freedom} degrees of freedom, a residual's "
            f"standard deviation {self.scale:.6g}",
            table(["parameter", "value", "standard error", "relative"], self._rows()[:_SHOWN]),
        ]
        if len(self.labels) > _SHOWN:
            parts.append(f"{counted(len(self.labels) - _SHOWN, 'more parameter')} in standard_errors.csv")
        if len(self.labels) > 1:
            parts += [self._whole()] if len(self.labels) <= _WHOLE else self._strongest()
        if self.at_bounds:
            parts.append(f"held by a bound, so without an error: {listed(self.at_bounds, 10)}")
        if self.null_directions:
            told = [f"  {each}" for each in self.null_directions[:_DIRECTIONS]]
            left = len(self.null_directions) - len(told)
            if left:
                told.append(f"  {counted(left, 'more such direction')} in covariance.json")
            parts.append("\n".join(["infinite variances:", *told]))
        return "\n\n".join(parts)

    def _rows(self) -> list[list[str]]:
        rows = []
        for label, value, error in zip(
            self.labels, self.values.tolist(), self.standard_errors.tolist(), strict=True
        ):
            known = f"{error:.4g}" if error == error else "at a bound"
            share = f"{100.0 * error / abs(value):.3g} %" if np.isfinite(error) and value else "-"
            rows.append([label, f"{value:.9g}", known, share])
        return rows

    def _whole(self) -> str:
        heads, names = list(self.labels), list(self.labels)
        if sum(map(len, heads)) > _WIDE:
            heads = [str(k + 1) for k in range(len(names))]
            names = [f"{head} {name}" for head, name in zip(heads, names, strict=True)]
        rows = []
        for k, (label, row) in enumerate(zip(names, self.correlation.tolist(), strict=True)):
            cells = [f"{each:.4f}" if each == each else "-" for each in row[: k + 1]]
            rows.append([label, *cells, *[""] * (len(row) - k - 1)])
        return table(["correlations", *heads], rows)

    def _strongest(self) -> list[str]:
        lower = np.tril(np.nan_to_num(self.correlation), -1)
        order = np.argsort(-np.abs(lower), axis=None, kind="stable")[:_STRONGEST]
        rows = []
        for flat in order.tolist():
            i, j = divmod(flat, len(self.labels))
            if lower[i, j]:
                rows.append([self.labels[j], self.labels[i], f"{lower[i, j]:.4f}"])
        return [table(["strongest correlations", "with", ""], rows)] if rows else []


def covariance(linearized: Linearized) -> Covariance:
    """s^2 (J^T J)^-1 of the parameters' values.

    Raises:
        RunError: as many parameters as residuals: nothing tells how large the errors of the data are.
    """
    found = uncertainty(linearized.factor, linearized.labels, fixed=linearized.held)
    if found.covariance is None:
        raise RunError(
            f"{counted(linearized.factor.rows, 'residual')} for {counted(linearized.rank, 'parameter')}: no "
            "degree of freedom is left, so that no errors can be told. Fit more data, or fix parameters."
        )
    # Of robust losses, variance takes the place of cost/(m - rank).
    variance, robust = linearized.variance, 1.0
    if linearized.inflation is not None and linearized.cost:
        robust = variance * linearized.freedom / linearized.cost
    matrix = robust * found.covariance * np.outer(linearized.slopes, linearized.slopes)
    errors = np.sqrt(np.diag(matrix))
    finite = np.where(np.isfinite(errors) & (errors > 0.0), errors, np.nan)
    correlation = np.clip(matrix / np.outer(finite, finite), -1.0, 1.0)
    np.fill_diagonal(correlation, np.where(np.isnan(finite), np.nan, 1.0))
    return Covariance(
        labels=linearized.labels,
        values=linearized.values,
        standard_errors=errors,
        covariance=matrix,
        correlation=correlation,
        scale=linearized.deviation,
        freedom=linearized.freedom,
        null_directions=found.null_directions,
        at_bounds=tuple(linearized.at_bounds),
    )
