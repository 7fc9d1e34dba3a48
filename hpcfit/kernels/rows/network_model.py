"""A neural network that is ready to compute: residuals of tables, and their triangles.

A chunk is worked on a panel of rows at a time: the block [J | r] of a panel is filled, folded and forgotten.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import KernelError
from hpcfit.formula.bound_potential import BoundPotential
from hpcfit.formula.network import Network
from hpcfit.kernels.rows.layout import RowLayout, row_layout
from hpcfit.kernels.rows.network_pass import (
    Forward,
    Weights,
    fill_jacobian,
    forward,
    pulled_back,
    second_derivative,
)
from hpcfit.kernels.rows.row_data import RowData

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: numbers in the [J | r] of a panel of rows, about
_PANEL = 2**23
#: residuals of a panel for each column at least: shorter ones cost more to merge than to fold
_PER_COLUMN = 2

#: what is not finite is counted, not warned of
_QUIET = np.errstate(all="ignore")


class NetworkModel:
    """Residuals weight*(f(x) - y) of the rows of a table and their derivatives, by products of matrices.

    `values` (V,) holds weights, biases, shifts and scales; see `Network`. As for `RowModel`, which tells what
    the methods do.

    Args:
        bound: the network for given groups of rows, which make no difference to it.
        active: positions in `values` with derivative columns; no shifts or scales.
        columns: column of each active value; several may share one. By default 0, 1, 2, ...

    Raises:
        KernelError: a shift or scale is to be fitted.
    """

    def __init__(
        self, bound: BoundPotential[Network], active: Sequence[int], columns: Sequence[int] | None = None
    ) -> None:
        self.network = bound.formula
        self.n_values = len(bound.instances)
        self._groups = len(bound.species)
        self._active = np.array(active, dtype=np.int64)
        self._columns = np.array(range(len(active)) if columns is None else columns, dtype=np.int64)
        self.n_columns = int(self._columns.max(initial=-1)) + 1
        for position in self._active[self._active >= self.network.n_weights].tolist():
            name = bound.instances[position].name
            raise KernelError(
                f"model.parameters.{name}: shifts and scales cannot be fitted. Write fixed = true"
            )
        self._all = np.array_equal(self._active, np.arange(self.network.n_weights)) and np.array_equal(
            self._columns, self._active
        )

    @property
    def n_outputs(self) -> int:
        return len(self.network.output_names)

    def load_kernels(self) -> None:
        """There is nothing to compile but the folding."""
        from hpcfit.linalg.wide import WideFolding

        WideFolding(2).fold(np.zeros((2, 2)), np.zeros((2, 2)))

    def layout(self, data: RowData, bounds: IntArray) -> RowLayout:
        """The layout of chunks [bounds[c], bounds[c + 1]) of rows."""
        return row_layout(data.group, bounds, np.empty((self._groups, 0), np.int64))

    @_QUIET
    def linearize(
        self, data: RowData, layout: RowLayout, values: FloatArray
    ) -> tuple[FloatArray, FloatArray, IntArray]:
        """Triangles (nc, p + 1, p + 1) of [J | r], costs (nc,), and counts (nc,) of what is not finite."""
        from hpcfit.linalg.wide import WideFolding

        width, count = self.n_columns + 1, layout.n_chunks
        triangles, cost, nonfinite = np.zeros((count, width, width)), np.zeros(count), np.zeros(count, int)
        weights = Weights.of(self.network, values)
        folding, room, second = WideFolding(width), np.empty(0), np.empty((0, 0))
        for c in range(count):
            for first, last in self._panels(layout, c):
                size = width * self.n_outputs * (last - first)
                room = room if len(room) >= size else np.empty(size)
                block = self._block(data, weights, first, last, room[:size])
                cost[c] += float(block[-1] @ block[-1])
                own = triangles[c]
                if first > layout.first_row[c]:
                    own = second = second if len(second) else np.empty((width, width))
                folding.fold(block, own)
                # What is not finite in the block is so on the triangle's diagonal or right of it.
                if not np.isfinite(own).all():
                    nonfinite[c] += _nonfinite(self._block(data, weights, first, last))
                if own is second:
                    folding.merge(triangles[c], own)
        return triangles, cost, nonfinite

    @_QUIET
    def cost(self, data: RowData, layout: RowLayout, values: FloatArray) -> tuple[FloatArray, IntArray]:
        """Costs |r|^2 (nc,) and counts (nc,) of residuals that are not finite."""
        cost, nonfinite = np.zeros(layout.n_chunks), np.zeros(layout.n_chunks, np.int64)
        weights = Weights.of(self.network, values)
        for c in range(layout.n_chunks):
            for first, last in self._panels(layout, c):
                at = self._forward(data, weights, first, last)
                residual = _residual(data, at, first, last).reshape(-1)
                cost[c] += float(residual @ residual)
                nonfinite[c] += _nonfinite(residual)
        return cost, nonfinite

    @_QUIET
    def residual(self, data: RowData, layout: RowLayout, values: FloatArray) -> FloatArray:
        """r of each chunk: the rows of the first output, then of the next."""
        weights = Weights.of(self.network, values)
        parts = []
        for c in range(layout.n_chunks):
            found = np.empty((self.n_outputs, int(layout.first_row[c + 1] - layout.first_row[c])))
            for first, last in self._panels(layout, c):
                place = slice(first - int(layout.first_row[c]), last - int(layout.first_row[c]))
                found[:, place] = _residual(data, self._forward(data, weights, first, last), first, last)
            parts.append(found.reshape(-1))
        return np.concatenate([np.empty(0), *parts])

    @_QUIET
    def gradient(
        self, data: RowData, layout: RowLayout, values: FloatArray
    ) -> tuple[FloatArray, FloatArray, IntArray]:
        """J^T r (nc, p), costs (nc,) and counts (nc,) of what is not finite, without the Jacobian."""
        weights, slope = Weights.of(self.network, values), np.zeros(self.n_values)
        own = Weights.of(self.network, slope)
        rows, cost = np.zeros((layout.n_chunks, self.n_columns)), np.zeros(layout.n_chunks)
        nonfinite = np.zeros(layout.n_chunks, np.int64)
        for c in range(layout.n_chunks):
            for first, last in self._panels(layout, c):
                at = self._forward(data, weights, first, last)
                residual = _residual(data, at, first, last)
                pulled_back(weights, at, data.weight[:, first:last] * residual, own)
                np.add.at(rows[c], self._columns, slope[self._active])
                cost[c] += float(residual.reshape(-1) @ residual.reshape(-1))
                nonfinite[c] += _nonfinite(residual) + _nonfinite(rows[c])
        return rows, cost, nonfinite

    @_QUIET
    def curvature(
        self,
        data: RowData,
        layout: RowLayout,
        here: FloatArray,
        there: FloatArray,
        velocity: FloatArray,
        h: float,
    ) -> FloatArray:
        """J^T r_vv of each chunk, shape (nc, p), by the exact second derivative along `velocity` (p,).

        Where what the optimizer moves are not the values themselves, `there` tells how the values bend.
        """
        first_rate = np.zeros(self.n_values)
        first_rate[self._active] = velocity[self._columns]
        second_rate = (2.0 / h) * ((there - here) / h - first_rate)
        second_rate[np.abs(second_rate) <= 1e-12 * np.abs(here) / h**2] = 0.0  # rounding of `there`
        weights = Weights.of(self.network, here)
        first_w, second_w = (Weights.of(self.network, rate) for rate in (first_rate, second_rate))
        result = np.zeros((layout.n_chunks, self.n_columns))
        slope = np.zeros(self.n_values)
        own = Weights.of(self.network, slope)
        for c in range(layout.n_chunks):
            for first, last in self._panels(layout, c):
                at = self._forward(data, weights, first, last)
                second = second_derivative(weights, at, first_w, second_w)
                pulled_back(weights, at, data.weight[:, first:last] ** 2 * second, own)
                np.add.at(result[c], self._columns, slope[self._active])
        return result

    def predict(self, data: RowData, values: FloatArray) -> FloatArray:
        """f(x) of every row, shape (outputs, n)."""
        layout = self.layout(data, np.array([0, len(data)]))
        return self.residual(data.bare(), layout, values).reshape(self.n_outputs, -1)

    @_QUIET
    def predict_jacobian(self, data: RowData, values: FloatArray) -> FloatArray:
        """Derivatives of f(x) of every row by the columns, and f(x) itself, shape (p + 1, outputs, n)."""
        block = self._block(data.bare(), Weights.of(self.network, values), 0, len(data))
        return block.reshape(self.n_columns + 1, self.n_outputs, len(data))

    def _forward(self, data: RowData, weights: Weights, first: int, last: int) -> Forward:
        return forward(self.network.activation, weights, data.inputs[:, first:last])

    def _block(
        self, data: RowData, weights: Weights, first: int, last: int, room: FloatArray | None = None
    ) -> FloatArray:
        """[J | r] of the rows [first, last), shape (p + 1, outputs * rows), in `room` if there is one."""
        at = self._forward(data, weights, first, last)
        shape = (self.n_outputs, last - first)
        factor = data.weight[:, first:last]
        block = np.empty((self.n_columns + 1, *shape)) if room is None else room.reshape(-1, *shape)
        if self._all:
            fill_jacobian(weights, at, factor, block[:-1])
        else:
            every = np.empty((self.network.n_weights, *shape))
            fill_jacobian(weights, at, factor, every)
            block[:-1] = 0.0
            np.add.at(block, self._columns, every[self._active])
        block[-1] = _residual(data, at, first, last)
        if not factor.all():
            block[:, factor == 0.0] = 0.0
        return block.reshape(self.n_columns + 1, -1)

    def _panels(self, layout: RowLayout, c: int) -> Iterator[tuple[int, int]]:
        """Equal parts of a chunk that are small enough."""
        first, last = int(layout.first_row[c]), int(layout.first_row[c + 1])
        width = self.n_columns + 1
        most = max(1, max(_PANEL // width, _PER_COLUMN * width) // self.n_outputs)
        parts = -(-(last - first) // most)
        ends = [first + (last - first) * k // parts for k in range(parts + 1)] if parts else []
        return iter(pairwise(ends))


def _residual(data: RowData, at: Forward, first: int, last: int) -> FloatArray:
    weight = data.weight[:, first:last]
    residual = weight * (at.predictions - data.reference[:, first:last])
    if not weight.all():
        residual[weight == 0.0] = 0.0
    return residual


def _nonfinite(block: FloatArray) -> int:
    finite = np.isfinite(block)
    return 0 if finite.all() else int(np.count_nonzero(~finite))
