"""The profiles of parameters, and the confidence intervals that follow from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from hpcfit.analysis.report import Report, Table
from hpcfit.output.summary import table
from hpcfit.suggest import counted, listed

FloatArray = NDArray[np.float64]

#: rises of the cost, in units of the variance of a residual, at the ends of intervals of 68.3 % and 95 %
LEVELS = {"68.3 %": 1.0, "95 %": 3.841458820694124}
#: a rise as far below 0 is not rounding
_LOWER = 1e-3


@dataclass(frozen=True, eq=False)
class Curve:
    """The profile of one parameter.

    Attributes:
        label: of the parameter; `error` the standard error of the linear model.
        value: where it is held, increasing, shape (n,); the fitted one is among them.
        rise: (C - C_min)/s^2 with the cost C = |r|^2 and the variance s^2 of a residual, shape (n,); of
            robust losses, with s^2 such that the covariance is s^2 (J^T J)^-1.
        others: values of all free parameters there, shape (n, p).
        converged: whether the others were fitted, shape (n,).
    """

    label: str
    fitted: float
    error: float
    value: FloatArray
    rise: FloatArray
    others: FloatArray
    converged: NDArray[np.bool_]

    @property
    def roots(self) -> FloatArray:
        """The root of the rise, negative below the fitted value; a straight line for a linear model."""
        return np.asarray(np.sign(self.value - self.fitted) * np.sqrt(np.maximum(self.rise, 0.0)))

    @property
    def best(self) -> float:
        """The lowest rise; below 0, where a better fit than that of the run was found."""
        return float(self.rise.min())

    def interval(self, level: float) -> tuple[float | None, float | None]:
        """Where the rise reaches `level` on both sides; None where it does not within the points."""
        roots, wanted = self.roots[self.converged], float(np.sqrt(level))
        value = self.value[self.converged]
        return tuple(_crossing(value, side * roots, wanted, side) for side in (-1.0, 1.0))  # type: ignore[return-value]


def _crossing(value: FloatArray, root: FloatArray, wanted: float, side: float) -> float | None:
    """Where the root, away from the fitted value, first reaches what is wanted; linear between points."""
    order = np.argsort(side * value)
    value, root = value[order], root[order]
    start = int(np.argmin(np.abs(root)))
    for k in range(start, len(root) - 1):
        if root[k] <= wanted <= root[k + 1] and root[k + 1] > root[k]:
            share = (wanted - root[k]) / (root[k + 1] - root[k])
            return float(value[k] + share * (value[k + 1] - value[k]))
    return None


@dataclass(frozen=True, eq=False)
class Profile(Report):
    """The profiles of chosen parameters; `labels` are those of all free ones."""

    kind: ClassVar[str] = "profile"
    labels: tuple[str, ...]
    curves: tuple[Curve, ...]

    def content(self) -> Mapping[str, Any]:
        """What the JSON file holds."""
        return {
            "parameters": self.labels,
            "profiles": [
                {
                    "parameter": each.label,
                    "fitted": each.fitted,
                    "standard_error": each.error,
                    "value": each.value,
                    "rise": each.rise,
                    "converged": each.converged,
                    "others": each.others,
                    "intervals": {name: each.interval(level) for name, level in LEVELS.items()},
                }
                for each in self.curves
            ],
        }

    def tables(self) -> Mapping[str, Table]:
        """One row for each point."""
        rows = [
            [curve.label, *numbers, bool(curve.converged[k]), *curve.others[k].tolist()]
            for curve in self.curves
            for k, numbers in enumerate(np.stack([curve.value, curve.rise, curve.roots], axis=1).tolist())
        ]
        return {"profile": Table(["parameter", "value", "rise", "root", "converged", *self.labels], rows)}

    def __str__(self) -> str:
        rows = []
        for each in self.curves:
            ends = [end for level in LEVELS.values() for end in each.interval(level)]
            cells = ["beyond" if end is None else f"{end:.6g}" for end in ends]
            rows.append([each.label, f"{each.fitted:.7g}", f"{each.error:.2g}", *cells])
        head = ["parameter", "fitted", "standard error", "68.3 % from", "to", "95 % from", "to"]
        text = f"profile likelihood: confidence intervals\n\n{table(head, rows)}"
        lost = sum(int((~each.converged).sum()) for each in self.curves)
        if lost:
            text += f"\n\nnote: at {counted(lost, 'point')} the other parameters did not converge"
        lower = [each.label for each in self.curves if each.best < -_LOWER]
        if lower:
            text += (
                f"\n\nwarning: along {listed(lower, 10)} there are better fits than that of the run, which "
                "is no minimum or not the lowest: start from the best point in profile.csv, and profile anew"
            )
        return text
