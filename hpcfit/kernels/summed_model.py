"""The sum of potentials of which some are code: formulas in one generated kernel, the others part by part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

import numpy as np
from numpy.typing import NDArray

from hpcfit.formula.potential import AnyBound
from hpcfit.geometry import Geometry
from hpcfit.kernels.hand_written.part import Part
from hpcfit.kernels.predicted_rows import linearize_predictions, residual_of_predictions
from hpcfit.kernels.residual_rows import ResidualRows
from hpcfit.kernels.site_model import SiteModel

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@final
class SummedModel:
    """A model that adds up a model of formulas, if there is one, and parts, in this order.

    Every configuration is computed by itself, so no bits depend on which are computed together.

    Args:
        formulas: the model of those potentials that are formulas.
        positions: where its values stand among all, (v,).
        parts: of the other potentials, in their order.
    """

    def __init__(
        self,
        potentials: Sequence[AnyBound],
        species: Sequence[str],
        stress: bool,
        n_columns: int,
        formulas: SiteModel | None,
        positions: IntArray,
        parts: Sequence[Part],
    ) -> None:
        self.potentials, self.species, self.stress = tuple(potentials), tuple(species), stress
        self.n_values = sum(len(potential.instances) for potential in potentials)
        self.n_columns = n_columns
        self.parts = tuple(parts)
        self.formulas, self._positions = formulas, positions

    def cutoff(self, values: FloatArray) -> float:
        """The largest cutoff that any potential needs, angstrom; NaN where one has no value."""
        found = [part.cutoff(values) for part in self.parts]
        if self.formulas is not None:
            found.append(self.formulas.cutoff(values[self._positions]))
        return float(np.max(found))

    def load_kernels(self) -> None:
        """Compile everything now, instead of when it is first used; see `SiteModel`."""
        if self.formulas is not None:
            self.formulas.load_kernels()
        for part in self.parts:
            part.load(derivatives=True)

    def load_values_kernel(self) -> None:
        """The same for what `predict` uses."""
        if self.formulas is not None:
            self.formulas.load_values_kernel()
        for part in self.parts:
            part.load(derivatives=False)

    def prediction_offsets(self, geometry: Geometry) -> IntArray:
        """First prediction row of each configuration, and the number of rows, shape (n + 1,)."""
        index = np.arange(len(geometry.first_atom))
        return np.asarray(3 * geometry.first_atom + index * (7 if self.stress else 1), dtype=np.int64)

    def predict(self, geometry: Geometry, values: FloatArray) -> FloatArray:
        """Predictions of all configurations, one after the other."""
        if self.formulas is None:
            out = np.zeros(int(self.prediction_offsets(geometry)[-1]))
        else:
            out = self.formulas.predict(geometry, values[self._positions])
        for part in self.parts:
            part.add(geometry, 0, len(geometry), values, out)
        return out

    def predict_jacobian(self, geometry: Geometry, first: int, last: int, values: FloatArray) -> FloatArray:
        """Derivatives and, last, predictions of configurations first..last-1, (rows, n_columns + 1)."""
        offsets = self.prediction_offsets(geometry)
        shape = self.n_columns + 1, int(offsets[last] - offsets[first])
        if self.formulas is None:
            out = np.zeros(shape)
        else:
            out = self.formulas.predict_jacobian(geometry, first, last, values[self._positions]).T
            if self.formulas.n_columns < self.n_columns:
                found, out = out, np.zeros(shape)
                out[: self.formulas.n_columns], out[-1] = found[:-1], found[-1]
        for part in self.parts:
            part.add_columns(geometry, first, last, values, out)
        return out.T

    def weighted_gradient(
        self, geometry: Geometry, first: int, last: int, values: FloatArray, weights: FloatArray
    ) -> FloatArray:
        """Derivatives (n_columns,) of the sum of the predictions times `weights`; see `SiteModel`."""
        out = np.zeros(self.n_columns)
        if self.formulas is not None:
            own = values[self._positions]
            found = self.formulas.weighted_gradient(geometry, first, last, own, weights)
            out[: len(found)] = found
        for part in self.parts:
            part.add_weighted(geometry, first, last, values, weights, out)
        return out

    def linearize(
        self,
        geometry: Geometry,
        bounds: IntArray,
        rows: ResidualRows,
        values: FloatArray,
        keep: FloatArray | None = None,
    ) -> tuple[FloatArray, FloatArray, IntArray]:
        """Triangles of [J | r], costs and counts of non-finite entries of each chunk; see `SiteModel`."""
        return linearize_predictions(self, geometry, bounds, rows, values, keep)

    def residual(
        self, geometry: Geometry, bounds: IntArray, rows: ResidualRows, values: FloatArray, out: FloatArray
    ) -> tuple[FloatArray, IntArray]:
        """Costs and counts of non-finite residuals of each chunk; the residual goes into `out`."""
        return residual_of_predictions(self, geometry, rows, values, out)
