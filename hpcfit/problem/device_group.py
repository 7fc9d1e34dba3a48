"""The group of residuals that are factors of (prediction - reference), all of it on a device.

Bonds, references and weights are copied there once; what comes back is a triangle for each chunk, or sums.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from hpcfit.devices.device import DeviceArray
from hpcfit.kernels import AnyModel, ResidualRows
from hpcfit.kernels.cuda.model import CudaModel
from hpcfit.problem.chunk_group import Block, ChunkGroup, gradients_of
from hpcfit.problem.device_part import Part, Placed
from hpcfit.problem.device_parts import DeviceParts
from hpcfit.problem.device_room import DeviceRoom
from hpcfit.problem.geometry_keeper import GeometryKeeper
from hpcfit.problem.row_names import place_rows

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


class DeviceGroup(ChunkGroup):
    """Residuals weight * (prediction - reference), formed and folded on a device; see `CompiledGroup`.

    Args:
        rows: the rows that take part, by chunk.
        keep_jacobian: hold predictions and their derivatives of the last linearization on the device.
        room: the device, shared with the other groups of the rank.
    """

    def __init__(
        self,
        keeper: GeometryKeeper,
        bounds: NDArray[np.int64],
        rows: ResidualRows,
        keep_jacobian: bool,
        room: DeviceRoom,
    ) -> None:
        super().__init__(keeper, bounds)
        self.rows, self.room = rows, room
        self._keep = keep_jacobian
        self._parts = DeviceParts(keeper, bounds, rows, room)

    @property
    def n_residuals(self) -> int:
        return len(self.rows.source)

    @property
    def n_parts(self) -> int:
        """Runs of chunks that are evaluated after each other."""
        return len(self._parts)

    def take_notes(self) -> list[str]:
        return self.room.take_notes()

    def release(self) -> None:
        self.keeper.release()
        self._parts.forget()
        self.room.device.release_memory()

    def with_weights(self, weight: FloatArray) -> DeviceGroup:
        """The same chunks with other weights (m,)."""
        rows = ResidualRows(self.rows.first_residual, self.rows.source, weight, self.rows.reference)
        return DeviceGroup(self.keeper, self.bounds, rows, self._keep, self.room)

    def linearize(self, model: AnyModel, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        model = _on_device(model)
        triangles = np.zeros((self.n_chunks, model.n_columns + 1, model.n_columns + 1))
        sums = np.zeros((self.n_chunks, 2))
        for part, found in self._parts.each(model, [values], lambda *own: self._fold(model, values, *own)):
            triangles[part.first : part.last], sums[part.first : part.last] = found
        return triangles, sums

    def gradient(
        self, model: AnyModel, values: FloatArray, chunks: IntArray
    ) -> tuple[FloatArray, FloatArray]:
        """J^T r (n, c) and sums (n, 2) of some chunks; parts without any of them are not evaluated."""
        model = _on_device(model)
        rows, sums = np.zeros((self.n_chunks, model.n_columns)), np.zeros((self.n_chunks, 2))
        found = self._parts.each(model, [values], lambda *own: self._fold(model, values, *own), chunks)
        for part, (triangles, own_sums) in found:
            rows[part.first : part.last] = gradients_of(triangles)
            sums[part.first : part.last] = own_sums
        return rows[chunks], sums[chunks]

    def cost(self, model: AnyModel, values: FloatArray) -> FloatArray:
        model = _on_device(model)

        def work(part: Part, placed: Placed) -> FloatArray:
            return model.folding.cost(model.kernels.predict(placed.geometry, values), placed.rows)

        found = [each for _, each in self._parts.each(model, [values], work)]
        return np.concatenate([np.zeros((0, 2)), *found])

    def curvature(
        self, model: AnyModel, here: FloatArray, there: FloatArray, velocity: FloatArray, h: float
    ) -> FloatArray:
        model = _on_device(model)

        def work(part: Part, placed: Placed) -> FloatArray:
            predictions = self._predictions(model, here, part, placed)
            moved = model.kernels.predict(placed.geometry, there)
            return model.folding.project(predictions, moved, placed.rows, velocity, h)

        found = [each for _, each in self._parts.each(model, [here, there], work)]
        return np.concatenate([np.zeros((0, model.n_columns)), *found])

    def blocks(self, model: AnyModel, values: FloatArray) -> Iterator[Block]:
        model = _on_device(model)
        offsets = model.prediction_offsets(self.keeper.at(model.cutoff(values)))

        def work(part: Part, placed: Placed) -> list[FloatArray]:
            predictions = self._predictions(model, values, part, placed)
            count = part.last - part.first
            return [model.folding.block(predictions, placed.rows, chunk) for chunk in range(count)]

        for part, found in self._parts.each(model, [values], work):
            for chunk, block in enumerate(found, part.first):
                own = slice(int(self.rows.first_residual[chunk]), int(self.rows.first_residual[chunk + 1]))
                yield block, block[-1], *place_rows(self.rows.source[own], offsets)

    def _fold(
        self, model: CudaModel, values: FloatArray, part: Part, placed: Placed
    ) -> tuple[FloatArray, FloatArray]:
        predictions = self._predictions(model, values, part, placed)
        self.room.device.synchronize()
        begin = time.perf_counter()
        found = model.folding.fold(predictions, placed.rows)
        self.folding_seconds += time.perf_counter() - begin
        return found

    def _predictions(self, model: CudaModel, values: FloatArray, part: Part, placed: Placed) -> DeviceArray:
        """Derivatives and, last, predictions (p + 1, rows) of a part."""
        at = values.tobytes()
        if part.predictions is not None and part.predicted_at == at:
            return part.predictions
        part.predicted_at = None
        found = model.kernels.predict_jacobian(placed.geometry, values, part.predictions)
        if self._keep and not self.room.streaming:
            part.predictions, part.predicted_at = found, at
        return found


def _on_device(model: AnyModel) -> CudaModel:
    assert isinstance(model, CudaModel)
    return model
