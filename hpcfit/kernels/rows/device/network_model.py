"""A neural network whose rows a device computes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

import numpy as np
from numpy.typing import NDArray

from hpcfit.devices.device import Device, DeviceArray
from hpcfit.formula.bound_potential import BoundPotential
from hpcfit.formula.network import Network
from hpcfit.kernels.rows.device.layout import DeviceLayout, Selected
from hpcfit.kernels.rows.device.model import DeviceRows
from hpcfit.kernels.rows.device.network_pass import DevicePass
from hpcfit.kernels.rows.layout import RowLayout, row_layout
from hpcfit.kernels.rows.network_model import NetworkModel
from hpcfit.kernels.rows.row_data import RowData

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


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
        column_of = np.full(self.network.n_weights, -1, np.int32)
        column_of[self._active] = self._own_columns
        shares = len(np.unique(self._own_columns)) < len(self._own_columns)
        self._pass = DevicePass(device, self.network, column_of, shares=shares)

    def load_kernels(self) -> None:
        _ = self._pass.module, self._folding(self.n_columns + 1).module

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
        self._pass.predict(at, own, self._pass.forward(at, own, derivatives=False), out)
        return out

    def _columns(self, at: DeviceArray, own: Selected) -> DeviceArray:
        shape = (own.width, self.n_outputs * own.placed.n_rows)
        whole = self.n_outputs == 1 and not self._pass.shares and len(self._active) == self.n_columns
        out = self.device.empty(shape) if whole else self.device.zeros(shape)
        found = self._pass.forward(at, own, derivatives=True)
        self._pass.predict(at, own, found, out[own.width - 1 : own.width])
        self._pass.fill_columns(at, own, found, out)
        return out

    def gradient(
        self, data: RowData, layout: DeviceLayout, values: FloatArray
    ) -> tuple[FloatArray, FloatArray, IntArray]:
        """J^T r (nc, p), costs (nc,) and counts (nc,) of what is not finite, without the Jacobian."""
        at, layout = self._at(values), layout.of(data)
        rows, sums = np.zeros((layout.n_chunks, self.n_columns)), np.zeros((layout.n_chunks, 2))

        def work(own: Selected) -> tuple[FloatArray, FloatArray]:
            found = self._pass.forward(at, own, derivatives=True)
            predicted = self.device.empty(self.n_outputs * own.placed.n_rows)
            self._pass.predict(at, own, found, predicted)
            own_sums = self._folding(own.width).cost(predicted, own.rows)
            return self._pass.pulled(at, own, found, predicted, subtract=True), own_sums

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
            found = self._pass.forward(at, own, derivatives=True)
            return self._pass.pulled(
                at, own, found, self._pass.second(at, moved, bent, own, found), subtract=False
            )

        for own, slopes in layout.each(work):
            self._add_columns(result, own, slopes)
        return result

    def _add_columns(self, rows: FloatArray, own: Selected, slopes: FloatArray) -> None:
        for chunk, each in zip(own.chunks.tolist(), slopes, strict=True):
            np.add.at(rows[chunk], self._own_columns, each[self._active])
