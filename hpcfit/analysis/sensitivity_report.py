"""Derivatives of predictions by parameters, and which parameters matter for what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from hpcfit.analysis.report import Report, Table
from hpcfit.output.summary import table
from hpcfit.suggest import counted

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Sensitivity(Report):
    """The derivatives of n predictions by p parameters.

    Attributes:
        table: the table as the job names it; None for configurations.
        names: configuration, or line of the table, of each prediction.
        predictions: what is predicted: "energy", "force x of atom 0", "stress xx"; the output of a table.
        quantities: "energy", "forces", "stress"; the output of a table.
        inputs: columns that a table's model is a function of, shape (n,) each; empty for configurations.
        labels, values: of the parameters.
        predicted: shape (n,).
        derivative: dy/dp of the values of the parameters, ties included, shape (n, p).
        test: whether it is of what was held out of the fit.
    """

    kind: ClassVar[str] = "sensitivity"
    table: str | None
    names: tuple[str, ...]
    predictions: tuple[str, ...]
    quantities: tuple[str, ...]
    inputs: Mapping[str, FloatArray]
    labels: tuple[str, ...]
    values: FloatArray
    predicted: FloatArray
    derivative: FloatArray
    test: bool = False

    @property
    def relative(self) -> FloatArray:
        """(p/y) dy/dp, shape (n, p); NaN where y is 0."""
        y = np.where(self.predicted == 0.0, np.nan, self.predicted)
        return np.asarray(self.derivative * self.values / y[:, None])

    def content(self) -> Mapping[str, Any]:
        """What the JSON file holds: columns for plots."""
        return {
            "of": self.table if self.table is not None else "configurations",
            "held_out": self.test,
            "parameters": self.labels,
            "values": self.values,
            "names": self.names,
            "predictions": self.predictions,
            "inputs": dict(self.inputs),
            "predicted": self.predicted,
            "derivative": dict(zip(self.labels, self.derivative.T, strict=True)),
            "relative": dict(zip(self.labels, self.relative.T, strict=True)),
        }

    def tables(self) -> Mapping[str, Table]:
        """One row for each prediction."""
        first = "configuration" if self.table is None else "line"
        head = [first, *self.inputs, "prediction", "value"]
        head += [f"d/d {label}" for label in self.labels] + [f"relative {label}" for label in self.labels]
        relative = self.relative
        columns = [each.tolist() for each in self.inputs.values()]
        rows = (
            [
                self.names[k],
                *(column[k] for column in columns),
                self.predictions[k],
                float(self.predicted[k]),
                *self.derivative[k].tolist(),
                *relative[k].tolist(),
            ]
            for k in range(len(self.names))
        )
        return {"sensitivity": Table(head, rows)}

    def __str__(self) -> str:
        of = f" of {self.table}" if self.table is not None else ""
        of += ", held out of the fit" if self.test else ""
        head = ["parameter", "value"]
        kinds = list(dict.fromkeys(self.quantities))
        place = np.array([kinds.index(each) for each in self.quantities])
        for kind in kinds:
            head += [f"d {kind}", "relative"]
        # What p changes over what there is, so that forces near zero count for little.
        with np.errstate(divide="ignore", invalid="ignore"):
            rows = [self._row(k, place, len(kinds)) for k in range(len(self.labels))]
        return (
            f"{counted(len(self.names), 'prediction')}{of}: root mean squares of dy/dp, and of p dy/dp over "
            f"that of y\n\n{table(head, rows)}"
        )

    def _row(self, k: int, place: NDArray[np.int64], kinds: int) -> list[str]:
        row = [self.labels[k], f"{self.values[k]:.7g}"]
        for kind in range(kinds):
            own = place == kind
            slope = float(np.sqrt(np.mean(self.derivative[own, k] ** 2)))
            size = float(np.sqrt(np.mean(self.predicted[own] ** 2)))
            share = slope * abs(float(self.values[k])) / size if size else float("nan")
            row += [f"{slope:.4g}", f"{share:.4g}" if share == share else "-"]
        return row
