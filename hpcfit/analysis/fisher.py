"""The spectrum of the Fisher information: stiff and sloppy directions, in words of parameters.

Of relative changes of the parameters, so that their units make no difference (Waterfall et al., Phys. Rev.
Lett. 97, 150601 (2006)): an eigenvalue is what a change along its direction adds to |r|^2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from hpcfit.analysis.linearized import Linearized
from hpcfit.analysis.report import Report, Table
from hpcfit.output.summary import table
from hpcfit.suggest import listed

FloatArray = NDArray[np.float64]

#: components of a direction that are shown are at least this, and so many at most
_LEAST, _MOST = 0.1, 5
#: changing all of a parameter changes the residual by less than this fraction
_NO_INFLUENCE = 1e-12
#: directions that are shown: all of so many, otherwise the stiffest and the sloppiest
_SHOWN = 24


@dataclass(frozen=True, eq=False)
class Spectrum(Report):
    """Eigenvalues of J^T J by relative changes, the largest first.

    Attributes:
        labels: of the parameters that vary, q of them.
        units: what a change by 1 is for each: its value, or where that is 0 one unit; shape (q,).
        eigenvalues: shape (q,); `directions` (q, q) has the unit vector of each as a row.
        known_to: the relative standard error of each direction, shape (q,); infinite for one that nothing
            determines, NaN without a degree of freedom.
        without_influence: parameters whose change changes no residual.
        at_bounds: parameters that are held by a bound and have no part in this.
    """

    kind: ClassVar[str] = "fisher"
    labels: tuple[str, ...]
    units: FloatArray
    eigenvalues: FloatArray
    directions: FloatArray
    known_to: FloatArray
    without_influence: tuple[str, ...]
    at_bounds: tuple[str, ...]

    @property
    def condition(self) -> float:
        """The largest eigenvalue over the smallest one; infinite where that is zero."""
        if not len(self.eigenvalues):
            return float("nan")
        smallest = float(self.eigenvalues[-1])
        return float(self.eigenvalues[0]) / smallest if smallest > 0.0 else float("inf")

    def words(self, k: int) -> str:
        """The largest components of a direction: "0.71 A - 0.69 B"."""
        row = self.directions[k]
        order = np.argsort(-np.abs(row), kind="stable")[:_MOST].tolist()
        text = ""
        for place in order:
            share = float(row[place])
            if abs(share) >= _LEAST or not text:
                sign = "" if not text else " - " if share < 0 else " + "
                text += f"{sign}{abs(share):.2f} {self.labels[place]}"
        return text

    def content(self) -> Mapping[str, Any]:
        """What the JSON file holds."""
        return {
            "parameters": self.labels,
            "units": self.units,
            "eigenvalues": self.eigenvalues,
            "condition": self.condition,
            "directions": self.directions,
            "known_to": self.known_to,
            "in_words": [self.words(k) for k in range(len(self.eigenvalues))],
            "without_influence": self.without_influence,
            "at_bounds": self.at_bounds,
        }

    def tables(self) -> Mapping[str, Table]:
        """One row for each direction."""
        rows = (
            [value, known, *row]
            for value, known, row in zip(
                self.eigenvalues.tolist(), self.known_to.tolist(), self.directions.tolist(), strict=True
            )
        )
        return {"fisher": Table(["eigenvalue", "known_to", *self.labels], rows)}

    def __str__(self) -> str:
        q = len(self.eigenvalues)
        shown = list(range(q)) if q <= _SHOWN else [*range(_SHOWN // 2), *range(q - _SHOWN // 2, q)]
        rows = [
            [str(k + 1), f"{self.eigenvalues[k]:.4g}", _percent(float(self.known_to[k])), self.words(k)]
            for k in shown
        ]
        head = ["direction", "eigenvalue", "known to", "relative changes of"]
        parts = [
            f"Fisher information of relative changes, stiff directions first: condition number "
            f"{self.condition:.4g}",
            table(head, rows),
        ]
        if q > _SHOWN:
            parts.append(f"{q - _SHOWN} directions between these are not shown")
        if self.without_influence:
            parts.append(f"without influence on any residual: {listed(self.without_influence, 20)}")
        if self.at_bounds:
            parts.append(f"held by a bound, so no part of this: {listed(self.at_bounds, 20)}")
        return "\n\n".join(parts)


def fisher(linearized: Linearized) -> Spectrum:
    """The spectrum of the triangle by relative changes of the parameters."""
    varied = np.flatnonzero(~linearized.held)
    units = np.where(linearized.values == 0.0, 1.0, np.abs(linearized.values))[varied]
    slopes = linearized.slopes[varied]
    # A logit at its end moves nothing any more; its column is zero.
    moved = np.divide(units, slopes, out=np.zeros_like(units), where=slopes != 0.0)
    r = linearized.factor.select(varied).r * moved
    _, singular, rows = np.linalg.svd(r)
    largest = np.abs(rows).argmax(axis=1)
    signs = np.where(rows[np.arange(len(rows)), largest] < 0.0, -1.0, 1.0)
    with np.errstate(divide="ignore"):
        known = np.sqrt(linearized.variance) / singular
    rounding = len(varied) * np.finfo(float).eps * np.max(singular, initial=0.0)
    known[singular <= rounding] = np.inf
    norms = np.linalg.norm(r, axis=0)
    idle = norms <= _NO_INFLUENCE * np.sqrt(linearized.cost)
    labels = tuple(linearized.labels[k] for k in varied.tolist())
    return Spectrum(
        labels=labels,
        units=units,
        eigenvalues=singular**2,
        directions=rows * signs[:, None],
        known_to=known,
        without_influence=tuple(labels[k] for k in np.flatnonzero(idle).tolist()),
        at_bounds=tuple(linearized.at_bounds),
    )


def _percent(share: float) -> str:
    return "nothing" if np.isinf(share) else "-" if np.isnan(share) else f"{100.0 * share:.3g} %"
