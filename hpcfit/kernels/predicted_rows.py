"""Residuals and triangles of models whose predictions are computed elsewhere, a few chunks at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hpcfit.geometry import Geometry
from hpcfit.kernels.residual_rows import ResidualRows

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: numbers of [J | r] that are worked on together (at least one chunk): 4 MB
MOST_NUMBERS = 2**19


class Predicting(Protocol):
    """What is asked of a model; see `AnyModel`."""

    @property
    def n_columns(self) -> int: ...
    def prediction_offsets(self, geometry: Geometry) -> IntArray: ...
    def predict(self, geometry: Geometry, values: FloatArray) -> FloatArray: ...
    def predict_jacobian(
        self, geometry: Geometry, first: int, last: int, values: FloatArray
    ) -> FloatArray: ...


def linearize_predictions(
    model: Predicting,
    geometry: Geometry,
    bounds: IntArray,
    rows: ResidualRows,
    values: FloatArray,
    keep: FloatArray | None,
) -> tuple[FloatArray, FloatArray, IntArray]:
    """Triangles of [J | r], costs and counts of non-finite entries of each chunk; see `SiteModel`."""
    from hpcfit.kernels.weighed_rows import weigh_columns

    nc, width = len(bounds) - 1, model.n_columns + 1
    triangles, cost, nonfinite = np.zeros((nc, width, width)), np.zeros(nc), np.zeros(nc, np.int64)
    kept = np.empty(0) if keep is None else keep
    offsets = model.prediction_offsets(geometry)
    for chunks in _runs(bounds, offsets, width):
        first, last = int(bounds[chunks.start]), int(bounds[chunks.stop])
        columns = model.predict_jacobian(geometry, first, last, values).T
        weigh_columns(
            columns,
            int(offsets[first]),
            rows.first_residual[chunks.start : chunks.stop + 1],
            rows.source,
            rows.weight,
            rows.reference,
            kept,
            triangles[chunks],
            cost[chunks],
            nonfinite[chunks],
        )
    return triangles, cost, nonfinite


def residual_of_predictions(
    model: Predicting, geometry: Geometry, rows: ResidualRows, values: FloatArray, out: FloatArray
) -> tuple[FloatArray, IntArray]:
    """Costs and counts of non-finite residuals of each chunk; the residual goes into `out`."""
    from hpcfit.kernels.weighed_rows import weigh_rows

    nc = len(rows.first_residual) - 1
    cost, nonfinite = np.zeros(nc), np.zeros(nc, np.int64)
    predictions = model.predict(geometry, values)
    weigh_rows(
        predictions,
        0,
        rows.first_residual,
        rows.source,
        rows.weight,
        rows.reference,
        out,
        cost,
        nonfinite,
    )
    return cost, nonfinite


def _runs(bounds: IntArray, offsets: IntArray, width: int) -> Iterator[slice]:
    """Runs of chunks with at most MOST_NUMBERS numbers in [J | r], but at least one chunk."""
    first = 0
    for chunk in range(1, len(bounds)):
        end = chunk + 1 == len(bounds)
        if end or (offsets[bounds[chunk + 1]] - offsets[bounds[first]]) * width > MOST_NUMBERS:
            yield slice(first, chunk)
            first = chunk
