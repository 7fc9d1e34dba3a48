"""A neural network whose rows a device computes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import final

import numpy as np
from numpy.typing import NDArray

from hpcfit.devices.device import Argument, Device, DeviceArray, Module
from hpcfit.devices.fold.rows import SPAN
from hpcfit.formula.bound_potential import BoundPotential
from hpcfit.formula.network import Network
from hpcfit.kernels.rows.device.layout import DeviceLayout, Selected
from hpcfit.kernels.rows.device.model import DeviceRows
from hpcfit.kernels.rows.device.network_source import BLOCK, UNITS, network_source
from hpcfit.kernels.rows.layout import RowLayout, row_layout
from hpcfit.kernels.rows.network_model import NetworkModel
from hpcfit.kernels.rows.row_data import RowData

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class _Layer:
    """Where the numbers of a layer are among the values: its matrix from `place` on, then its biases."""

    before: int
    after: int
    place: int

    @property
    def bias(self) -> int:
        return self.place + self.before * self.after

    def numbers(self, values: DeviceArray) -> tuple[DeviceArray, DeviceArray]:
        """Matrix and biases."""
        return values[self.place : self.bias], values[self.bias : self.bias + self.after]


@dataclass(frozen=True, eq=False)
class _Pass:
    """Of a batch of n rows, what the units give: (units, n) of the inputs and each hidden layer."""

    units: list[DeviceArray]
    slopes: list[DeviceArray]
    bends: list[DeviceArray]


@final
class DeviceNetworkModel(DeviceRows):
    """See `NetworkModel`, whose arguments these are, and `DeviceRows`."""

    def __init__(
        self,
        device: Device,
        bound: BoundPotential[Network],
        active: Sequence[int],
        columns: Sequence[int] | None = None,
    ) -> None:
        plain = NetworkModel(bound, active, columns)
        super().__init__(device, plain.n_columns)
        self.network, self._groups = bound.formula, len(bound.species)
        self.n_values, self.n_outputs = plain.n_values, plain.n_outputs
        self._active = np.array(active, dtype=np.int64)
        self._own_columns = np.array(range(len(active)) if columns is None else columns, dtype=np.int64)
        self._shares = len(np.unique(self._own_columns)) < len(self._own_columns)
        self._layers, place = [], 0
        for before, after in pairwise(self.network.sizes):
            self._layers.append(_Layer(before, after, place))
            place += (before + 1) * after

    @property
    def source(self) -> str:
        """CUDA C of the kernels."""
        return network_source(self.network.activation)

    def load_kernels(self) -> None:
        _ = self._module, self._folding(self.n_columns + 1).module

    @cached_property
    def _module(self) -> Module:
        return self.device.load(self.source)

    @cached_property
    def _column_of(self) -> DeviceArray:
        """The column of each weight, or -1."""
        found = np.full(self.network.n_weights, -1, np.int32)
        found[self._active] = self._own_columns
        return self.device.put(found)

    def _row_layout(self, data: RowData, bounds: IntArray) -> RowLayout:
        """Groups make no difference, and all rows depend on all columns."""
        plain = row_layout(np.zeros(len(data), np.int32), bounds, np.empty((1, 0), np.int64))
        count, p = len(bounds) - 1, self.n_columns
        return RowLayout(
            plain.first_row,
            plain.first_run,
            plain.run_row,
            plain.run_group,
            plain.run_columns,
            p * np.arange(count + 1),
            np.tile(np.arange(p), count),
        )

    def _at(self, values: FloatArray) -> DeviceArray:
        return self.device.put(np.ascontiguousarray(values, dtype=np.float64))

    def _values(self, at: DeviceArray, own: Selected) -> DeviceArray:
        out = self.device.empty(self.n_outputs * own.placed.n_rows)
        self._predict(at, own, self._forward(at, own, derivatives=False), out)
        return out

    def _columns(self, at: DeviceArray, own: Selected) -> DeviceArray:
        n = own.placed.n_rows
        shape = (own.width, self.n_outputs * n)
        whole = self.n_outputs == 1 and not self._shares and len(self._active) == self.n_columns
        out = self.device.empty(shape) if whole else self.device.zeros(shape)
        found = self._forward(at, own, derivatives=True)
        self._predict(at, own, found, out[own.width - 1 : own.width])
        ones = self.device.empty(n)
        for output in range(self.n_outputs):
            scale = self._constants(at, "y_scale")[output : output + 1]
            self._launch("fill", own, 1, [scale, ones], rows_only=True)
            self._fill_output(at, own, found, ones, output, out)
        return out

    def _fill_output(
        self, at: DeviceArray, own: Selected, found: _Pass, ones: DeviceArray, output: int, out: DeviceArray
    ) -> None:
        """The derivatives of one output by all weights."""
        n, delta = own.placed.n_rows, ones
        for number, layer in reversed(list(enumerate(self._layers))):
            is_last = number == len(self._layers) - 1
            row = output if is_last else 0
            after = 1 if is_last else layer.after
            matrix_place, bias_place = layer.place + row * layer.before, layer.bias + row
            places: list[Argument] = [layer.before, after, self._column_of, matrix_place, bias_place]
            target: list[Argument] = [self.n_outputs * n, output * n, int(self._shares), out]
            arguments = [*places, found.units[number], delta, *target]
            self._launch("weight_columns", own, 1 if self._shares else min(after, 65535), arguments)
            if number:
                matrix = at[matrix_place : matrix_place + after * layer.before]
                delta = self._pull_back(own, layer, after, matrix, delta, found.slopes[number - 1])

    def _pull_back(
        self,
        own: Selected,
        layer: _Layer,
        after: int,
        matrix: DeviceArray,
        delta: DeviceArray,
        slopes: DeviceArray,
    ) -> DeviceArray:
        """Derivatives by the sums of the layer before."""
        below = self.device.empty((layer.before, own.placed.n_rows))
        tiles = -(-layer.before // UNITS)
        self._launch("pull_back", own, tiles, [layer.before, after, matrix, delta, slopes, below])
        return below

    def _forward(self, at: DeviceArray, own: Selected, *, derivatives: bool) -> _Pass:
        n, sizes = own.placed.n_rows, self.network.sizes
        units = [self.device.empty((sizes[0], n))]
        shift, scale = self._constants(at, "x_shift"), self._constants(at, "x_scale")
        self._launch("scale_inputs", own, sizes[0], [own.placed.inputs, shift, scale, units[0]])
        slopes: list[DeviceArray] = []
        bends: list[DeviceArray] = []
        for layer in self._layers[:-1]:
            made = [self.device.empty((layer.after, n)) for _ in range(3 if derivatives else 1)]
            arguments: list[Argument] = [layer.before, layer.after, *layer.numbers(at), units[-1]]
            written = [made[0], made[-2], made[-1]] if derivatives else [made[0]] * 3
            tiles = -(-layer.after // UNITS)
            self._launch("hidden_layer", own, tiles, [*arguments, int(derivatives), *written])
            units = [*units, made[0]] if derivatives else [made[0]]
            if derivatives:
                slopes.append(made[1])
                bends.append(made[2])
        return _Pass(units, slopes, bends)

    def _predict(self, at: DeviceArray, own: Selected, found: _Pass, out: DeviceArray) -> None:
        layer = self._layers[-1]
        shift, scale = self._constants(at, "y_shift"), self._constants(at, "y_scale")
        arguments: list[Argument] = [layer.before, *layer.numbers(at), shift, scale, found.units[-1], out]
        self._launch("last_layer", own, self.n_outputs, arguments)

    def gradient(
        self, data: RowData, layout: DeviceLayout, values: FloatArray
    ) -> tuple[FloatArray, FloatArray, IntArray]:
        """J^T r (nc, p), costs (nc,) and counts (nc,) of what is not finite, without the Jacobian."""
        at, layout = self._at(values), layout.of(data)
        rows, sums = np.zeros((layout.n_chunks, self.n_columns)), np.zeros((layout.n_chunks, 2))

        def work(own: Selected) -> tuple[FloatArray, FloatArray]:
            found = self._forward(at, own, derivatives=True)
            predicted = self.device.empty(self.n_outputs * own.placed.n_rows)
            self._predict(at, own, found, predicted)
            own_sums = self._folding(own.width).cost(predicted, own.rows)
            return self._pulled(at, own, found, predicted, subtract=True), own_sums

        for own, (slopes, own_sums) in layout.each(work):
            self._add_columns(rows, own, slopes)
            np.add.at(sums, own.chunks, own_sums)
        nonfinite = sums[:, 1] + np.count_nonzero(~np.isfinite(rows), axis=1)
        return rows, sums[:, 0].copy(), nonfinite.astype(np.int64)

    def curvature(
        self,
        data: RowData,
        layout: DeviceLayout,
        here: FloatArray,
        there: FloatArray,
        velocity: FloatArray,
        h: float,
    ) -> FloatArray:
        """J^T r_vv of each chunk, shape (nc, p), by the exact second derivative, as `NetworkModel`."""
        first_rate = np.zeros(self.n_values)
        first_rate[self._active] = velocity[self._own_columns]
        second_rate = (2.0 / h) * ((there - here) / h - first_rate)
        second_rate[np.abs(second_rate) <= 1e-12 * np.abs(here) / h**2] = 0.0  # rounding of `there`
        at, moved, bent = (self._at(each) for each in (here, first_rate, second_rate))
        layout = layout.of(data)
        result = np.zeros((layout.n_chunks, self.n_columns))

        def work(own: Selected) -> FloatArray:
            found = self._forward(at, own, derivatives=True)
            return self._pulled(at, own, found, self._second(at, moved, bent, own, found), subtract=False)

        for own, slopes in layout.each(work):
            self._add_columns(result, own, slopes)
        return result

    def _second(
        self, at: DeviceArray, moved: DeviceArray, bent: DeviceArray, own: Selected, found: _Pass
    ) -> DeviceArray:
        """d^2 f/dt^2 (outputs*n,)."""
        n, scale = own.placed.n_rows, self._constants(at, "y_scale")
        ones = twos = self.device.zeros((self.network.sizes[0], n))
        for number, layer in enumerate(self._layers):
            is_last = number == len(self._layers) - 1
            matrix, _ = layer.numbers(at)
            (moved_matrix, moved_bias), (bent_matrix, bent_bias) = layer.numbers(moved), layer.numbers(bent)
            derivatives = (
                (matrix if is_last else found.slopes[number]),
                (matrix if is_last else found.bends[number]),
            )
            next_ones, next_twos = (self.device.empty((layer.after, n)) for _ in range(2))
            arguments: list[Argument] = [layer.before, layer.after, matrix, moved_matrix, bent_matrix]
            arguments += [moved_bias, bent_bias, found.units[number], ones, twos, *derivatives]
            arguments += [scale, int(is_last), next_ones, next_twos]
            self._launch("second_layer", own, layer.after, arguments)
            ones, twos = next_ones, next_twos
        return twos.reshape(-1)

    def _pulled(
        self, at: DeviceArray, own: Selected, found: _Pass, f: DeviceArray, *, subtract: bool
    ) -> FloatArray:
        """Of each chunk, J^T w f, or J^T w (f - reference), by all weights, shape (chunks, weights)."""
        n, rows, n_weights = own.placed.n_rows, own.rows, self.network.n_weights
        delta = self.device.zeros((self.n_outputs, n))
        first, last = int(rows.first_residual[0]), int(rows.first_residual[-1])
        arguments: list[Argument] = [first, last, n, rows.source, rows.weight, rows.reference, int(subtract)]
        arguments += [self._constants(at, "y_scale"), f, delta]
        self._module.launch("upstream", (-(-(last - first) // BLOCK),), BLOCK, arguments)
        first_span, span = _spans(own.first_row)
        count, placed_spans = len(span), self.device.put(span)
        parts = self.device.empty((count, n_weights))
        for number, layer in reversed(list(enumerate(self._layers))):
            sizes: list[Argument] = [placed_spans, n, layer.before, layer.after, n_weights, layer.place]
            warps = 32 * (layer.before + 1) * layer.after
            grid = (-(-warps // BLOCK), count)
            self._module.launch("sum_weights", grid, BLOCK, [*sizes, found.units[number], delta, parts])
            if number:
                matrix, _ = layer.numbers(at)
                delta = self._pull_back(own, layer, layer.after, matrix, delta, found.slopes[number - 1])
        chunks = len(own.chunks)
        out = self.device.empty((chunks, n_weights))
        last_arguments: list[Argument] = [chunks, n_weights, self.device.put(first_span), parts, out]
        self._module.launch("sum_chunks", (-(-chunks * n_weights // BLOCK),), BLOCK, last_arguments)
        return self.device.get(out)

    def _add_columns(self, rows: FloatArray, own: Selected, slopes: FloatArray) -> None:
        for chunk, each in zip(own.chunks.tolist(), slopes, strict=True):
            np.add.at(rows[chunk], self._own_columns, each[self._active])

    def _constants(self, at: DeviceArray, name: str) -> DeviceArray:
        """Shift or scale of each input or output."""
        inputs, outputs = self.network.sizes[0], self.network.sizes[-1]
        place = self.network.n_weights
        for other, count in (("x_shift", inputs), ("x_scale", inputs), ("y_shift", outputs)):
            if name == other:
                return at[place : place + count]
            place += count
        return at[place : place + outputs]

    def _launch(
        self, kernel: str, own: Selected, tiles: int, rest: Sequence[Argument], *, rows_only: bool = False
    ) -> None:
        """Threads of all rows, `tiles` times."""
        head: list[Argument] = [own.first, own.last]
        if not rows_only:
            head.append(own.placed.n_rows)
        self._module.launch(kernel, (-(-(own.last - own.first) // BLOCK), tiles), BLOCK, [*head, *rest])


def _spans(first_row: IntArray) -> tuple[IntArray, IntArray]:
    """Spans of the rows of each chunk: the first of each chunk, and the end; begin and end of each (n, 2)."""
    counts = np.maximum(1, -(-np.diff(first_row) // SPAN))
    first_span = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    chunk = np.repeat(np.arange(len(counts)), counts)
    begin = first_row[chunk] + SPAN * (np.arange(first_span[-1]) - first_span[chunk])
    end = np.minimum(begin + SPAN, first_row[chunk + 1])
    return first_span, np.ascontiguousarray(np.stack([begin, end], axis=1), dtype=np.int64)
