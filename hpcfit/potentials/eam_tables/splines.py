"""The functions of a file as splines of few knots; their coefficients are parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hpcfit.formula.keys import Kind
from hpcfit.formula.potential import ParameterSpec
from hpcfit.formula.spline_shape import SplineShape
from hpcfit.formula.spline_values import SplineValues
from hpcfit.potentials.eam_tables.interpolation import polynomials
from hpcfit.potentials.eam_tables.table import EamTable, FloatArray

_UNITS = {"F": "eV", "f": "", "phi": "eV", "u": "eV^(1/2)/angstrom", "w": "eV^(1/2)/angstrom^2"}
_MEANINGS = {
    "F": "embedding energy",
    "f": "density of a neighbour",
    "phi": "pair energy",
    "u": "dipole function",
    "w": "quadrupole function",
}


@dataclass(frozen=True)
class EamSplines:
    """Knots of the splines of a file's functions.

    Attributes:
        knots: of each function.
        r_min: where those of the distance begin, in angstrom.
    """

    table: EamTable
    knots: int
    r_min: float

    @property
    def names(self) -> tuple[str, ...]:
        """The functions there are."""
        return ("F", "f", "phi", *(("u", "w") if self.table.style == "adp" else ()))

    def text(self, name: str, variable: str, written: str) -> str:
        """The formula of a function, of which formulas speak as `written`."""
        shape = self._shape(name)
        return (
            f"bspline({variable}, {written}, knots={shape.knots}, {variable}_min={shape.low!r}, "
            f"{variable}_max={shape.high!r})"
        )

    @property
    def parameters(self) -> tuple[ParameterSpec, ...]:
        """A parameter for each function, which stands for its coefficients."""
        donor: Kind = "ordered-pair" if self.table.style == "fs" else "species"
        kinds: dict[str, Kind] = {"F": "species", "f": donor}
        return tuple(
            ParameterSpec(name, kinds.get(name, "pair"), None, _UNITS[name], f"coefficient of the {meaning}")
            for name, meaning in _MEANINGS.items()
            if name in self.names
        )

    def values(self) -> dict[str, dict[str, float]]:
        """Coefficients by species and pair: of the splines that are nearest to the file's functions."""
        table = self.table
        found: dict[str, dict[str, float]] = {}
        for i, name in enumerate(table.species):
            found.setdefault(name, {}).update(self._fitted("F", table.embedding[i], table.drho))
            if table.style != "fs":
                found[name] |= self._fitted("f", table.density[0, i], table.dr)
            for j, other in enumerate(table.species):
                here = found.setdefault(name if i == j else f"{name}-{other}", {})
                if table.style == "fs":
                    here |= self._fitted("f", table.density[i, j], table.dr)
                if i <= j:
                    here |= self._of_pair(i, j)
        return {key: each for key, each in found.items() if each}

    def _of_pair(self, i: int, j: int) -> dict[str, float]:
        table = self.table
        found = self._fitted("phi", table.pair[i, j], table.dr, over_r=True)
        if table.dipole is not None and table.quadrupole is not None:
            found |= self._fitted("u", table.dipole[i, j], table.dr)
            found |= self._fitted("w", table.quadrupole[i, j], table.dr)
        return found

    def _shape(self, name: str) -> SplineShape:
        table = self.table
        if name == "F":
            return SplineShape(self.knots, 0.0, (table.embedding.shape[1] - 1) * table.drho, False)
        return SplineShape(self.knots, self.r_min, table.cutoff, True)

    def _fitted(
        self, name: str, points: FloatArray, spacing: float, over_r: bool = False
    ) -> dict[str, float]:
        function = _interpolated(points, spacing)
        coefficients = SplineValues(self._shape(name)).fitted(
            lambda x: function(x) / x if over_r else function(x)
        )
        return {f"{name}_{k}": float(value) for k, value in enumerate(coefficients)}


def _interpolated(points: FloatArray, spacing: float) -> Callable[[FloatArray], FloatArray]:
    rows = polynomials(points, goes_on=False)

    def at(x: FloatArray) -> FloatArray:
        u = x / spacing
        row = np.clip(np.floor(u) + 1.0, 1.0, len(points)).astype(np.int64)
        t = u + 1.0 - row
        a = rows[row]
        return np.asarray(a[:, 0] + t * (a[:, 1] + t * (a[:, 2] + t * a[:, 3])))

    return at
