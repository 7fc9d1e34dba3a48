"""Forward and backward through a neural network on a device, a batch of rows at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from hpcfit.devices.device import Argument, Device, DeviceArray, Module
from hpcfit.devices.fold.rows import SPAN
from hpcfit.formula.network import Network
from hpcfit.kernels.rows.device.layout import Selected
from hpcfit.kernels.rows.device.network_source import BLOCK, UNITS, network_source

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
class Forward:
    """Of a batch of n rows, what the units give: (units, n) of the inputs and each hidden layer."""

    units: list[DeviceArray]
    slopes: list[DeviceArray]
    bends: list[DeviceArray]


class DevicePass:
    """The kernels of a network, which has its parameters in one array on the device (`at`).

    Args:
        columns: column of each weight, or -1, shape (weights,); where several have the same, `shares`.
    """

    def __init__(self, device: Device, network: Network, columns: NDArray[np.int32], *, shares: bool) -> None:
        self.device, self.network, self.shares = device, network, shares
        self.n_outputs = network.sizes[-1]
        self._columns = columns
        self._layers, place = [], 0
        for before, after in pairwise(network.sizes):
            self._layers.append(_Layer(before, after, place))
            place += (before + 1) * after

    @cached_property
    def module(self) -> Module:
        """The kernels, compiled when they are first used."""
        return self.device.load(network_source(self.network.activation))

    @cached_property
    def _column_of(self) -> DeviceArray:
        return self.device.put(self._columns)

    def forward(self, at: DeviceArray, own: Selected, *, derivatives: bool) -> Forward:
        """What the units give; without `derivatives` of the last hidden layer alone."""
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
        return Forward(units, slopes, bends)

    def predict(self, at: DeviceArray, own: Selected, found: Forward, out: DeviceArray) -> None:
        """Predictions (outputs*n,) into `out`."""
        layer = self._layers[-1]
        shift, scale = self._constants(at, "y_shift"), self._constants(at, "y_scale")
        arguments: list[Argument] = [layer.before, *layer.numbers(at), shift, scale, found.units[-1], out]
        self._launch("last_layer", own, self.n_outputs, arguments)

    def fill_columns(self, at: DeviceArray, own: Selected, found: Forward, out: DeviceArray) -> None:
        """Derivatives of all outputs by all weights, into `out` (columns, outputs*n)."""
        ones = self.device.empty(own.placed.n_rows)
        for output in range(self.n_outputs):
            scale = self._constants(at, "y_scale")[output : output + 1]
            self._launch("fill", own, 1, [scale, ones], rows_only=True)
            self._fill_output(at, own, found, ones, output, out)

    def second(
        self, at: DeviceArray, moved: DeviceArray, bent: DeviceArray, own: Selected, found: Forward
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

    def pulled(
        self, at: DeviceArray, own: Selected, found: Forward, f: DeviceArray, *, subtract: bool
    ) -> FloatArray:
        """Of each chunk, J^T w f, or J^T w (f - reference), by all weights, shape (chunks, weights)."""
        n, rows, n_weights = own.placed.n_rows, own.rows, self.network.n_weights
        delta = self.device.zeros((self.n_outputs, n))
        first, last = int(rows.first_residual[0]), int(rows.first_residual[-1])
        arguments: list[Argument] = [first, last, n, rows.source, rows.weight, rows.reference, int(subtract)]
        arguments += [self._constants(at, "y_scale"), f, delta]
        self.module.launch("upstream", (-(-(last - first) // BLOCK),), BLOCK, arguments)
        first_span, span = _spans(own.first_row)
        count, placed_spans = len(span), self.device.put(span)
        parts = self.device.empty((count, n_weights))
        for number, layer in reversed(list(enumerate(self._layers))):
            sizes: list[Argument] = [placed_spans, n, layer.before, layer.after, n_weights, layer.place]
            warps = 32 * (layer.before + 1) * layer.after
            grid = (-(-warps // BLOCK), count)
            self.module.launch("sum_weights", grid, BLOCK, [*sizes, found.units[number], delta, parts])
            if number:
                matrix, _ = layer.numbers(at)
                delta = self._pull_back(own, layer, layer.after, matrix, delta, found.slopes[number - 1])
        chunks = len(own.chunks)
        out = self.device.empty((chunks, n_weights))
        last_arguments: list[Argument] = [chunks, n_weights, self.device.put(first_span), parts, out]
        self.module.launch("sum_chunks", (-(-chunks * n_weights // BLOCK),), BLOCK, last_arguments)
        return self.device.get(out)

    def _fill_output(
        self, at: DeviceArray, own: Selected, found: Forward, ones: DeviceArray, output: int, out: DeviceArray
    ) -> None:
        """The derivatives of one output by all weights."""
        n, delta = own.placed.n_rows, ones
        for number, layer in reversed(list(enumerate(self._layers))):
            is_last = number == len(self._layers) - 1
            row = output if is_last else 0
            after = 1 if is_last else layer.after
            matrix_place, bias_place = layer.place + row * layer.before, layer.bias + row
            places: list[Argument] = [layer.before, after, self._column_of, matrix_place, bias_place]
            target: list[Argument] = [self.n_outputs * n, output * n, int(self.shares), out]
            arguments = [*places, found.units[number], delta, *target]
            self._launch("weight_columns", own, 1 if self.shares else min(after, 65535), arguments)
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
        self.module.launch(kernel, (-(-(own.last - own.first) // BLOCK), tiles), BLOCK, [*head, *rest])


def _spans(first_row: IntArray) -> tuple[IntArray, IntArray]:
    """Spans of the rows of each chunk: the first of each chunk, and the end; begin and end of each (n, 2)."""
    counts = np.maximum(1, -(-np.diff(first_row) // SPAN))
    first_span = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    chunk = np.repeat(np.arange(len(counts)), counts)
    begin = first_row[chunk] + SPAN * (np.arange(first_span[-1]) - first_span[chunk])
    end = np.minimum(begin + SPAN, first_row[chunk + 1])
    return first_span, np.ascontiguousarray(np.stack([begin, end], axis=1), dtype=np.int64)
