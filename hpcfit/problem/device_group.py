"""The group of residuals that are factors of (prediction - reference), all of it on a device.

Bonds, references and weights are copied there once; what comes back is a triangle for each chunk, or sums.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from hpcfit.devices.device import DeviceArray, OutOfDeviceMemory
from hpcfit.geometry import Geometry
from hpcfit.kernels import AnyModel, ResidualRows
from hpcfit.kernels.cuda.model import CudaModel
from hpcfit.problem.chunk_group import Block, ChunkGroup, gradients_of
from hpcfit.problem.device_memory import bytes_of_parts, parts_that_fit
from hpcfit.problem.device_part import Part, Placed
from hpcfit.problem.device_room import DeviceRoom
from hpcfit.problem.geometry_keeper import GeometryKeeper
from hpcfit.problem.row_names import place_rows

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Found = TypeVar("Found")
Work = Callable[[Part, Placed], Found]


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
        self._parts = [Part(0, self.n_chunks)] if self.n_chunks else []
        self._planned = False
        room.join(self)

    @property
    def n_residuals(self) -> int:
        return len(self.rows.source)

    @property
    def n_parts(self) -> int:
        """Runs of chunks that are evaluated after each other."""
        return len(self._parts)

    def take_notes(self) -> list[str]:
        return self.room.take_notes()

    def drop(self) -> None:
        """Let go of what is on the device."""
        for part in self._parts:
            part.drop()

    def release(self) -> None:
        self.keeper.release()
        for part in self._parts:
            part.forget()
        self.room.device.release_memory()

    def with_weights(self, weight: FloatArray) -> DeviceGroup:
        """The same chunks with other weights (m,)."""
        rows = ResidualRows(self.rows.first_residual, self.rows.source, weight, self.rows.reference)
        return DeviceGroup(self.keeper, self.bounds, rows, self._keep, self.room)

    def linearize(self, model: AnyModel, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        model = _on_device(model)
        triangles = np.zeros((self.n_chunks, model.n_columns + 1, model.n_columns + 1))
        sums = np.zeros((self.n_chunks, 2))
        for part, found in self._each(model, [values], lambda *own: self._fold(model, values, *own)):
            triangles[part.first : part.last], sums[part.first : part.last] = found
        return triangles, sums

    def gradient(
        self, model: AnyModel, values: FloatArray, chunks: IntArray
    ) -> tuple[FloatArray, FloatArray]:
        """J^T r (n, c) and sums (n, 2) of some chunks; parts without any of them are not evaluated."""
        model = _on_device(model)
        rows, sums = np.zeros((self.n_chunks, model.n_columns)), np.zeros((self.n_chunks, 2))
        found = self._each(model, [values], lambda *own: self._fold(model, values, *own), chunks)
        for part, (triangles, own_sums) in found:
            rows[part.first : part.last] = gradients_of(triangles)
            sums[part.first : part.last] = own_sums
        return rows[chunks], sums[chunks]

    def cost(self, model: AnyModel, values: FloatArray) -> FloatArray:
        model = _on_device(model)

        def work(part: Part, placed: Placed) -> FloatArray:
            return model.folding.cost(model.kernels.predict(placed.geometry, values), placed.rows)

        found = [each for _, each in self._each(model, [values], work)]
        return np.concatenate([np.zeros((0, 2)), *found])

    def curvature(
        self, model: AnyModel, here: FloatArray, there: FloatArray, velocity: FloatArray, h: float
    ) -> FloatArray:
        model = _on_device(model)

        def work(part: Part, placed: Placed) -> FloatArray:
            predictions = self._predictions(model, here, part, placed)
            moved = model.kernels.predict(placed.geometry, there)
            return model.folding.project(predictions, moved, placed.rows, velocity, h)

        found = [each for _, each in self._each(model, [here, there], work)]
        return np.concatenate([np.zeros((0, model.n_columns)), *found])

    def blocks(self, model: AnyModel, values: FloatArray) -> Iterator[Block]:
        model = _on_device(model)
        offsets = model.prediction_offsets(self.keeper.at(model.cutoff(values)))

        def work(part: Part, placed: Placed) -> list[FloatArray]:
            predictions = self._predictions(model, values, part, placed)
            count = part.last - part.first
            return [model.folding.block(predictions, placed.rows, chunk) for chunk in range(count)]

        for part, found in self._each(model, [values], work):
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

    def _each(
        self, model: CudaModel, values: list[FloatArray], work: Work[Found], chunks: IntArray | None = None
    ) -> Iterator[tuple[Part, Found]]:
        """What `work` finds for each part, or for those with any of `chunks`, one after the other.

        Where memory runs out, room is made, and the part is tried again.
        """
        geometry = self.keeper.at(max(model.cutoff(each) for each in values))
        self.room.join(model)
        model.make_room = self.room.empty
        if not self._planned:
            self._plan(model, geometry)
        number = 0
        while number < len(self._parts):
            part = self._parts[number]
            if chunks is not None and not ((chunks >= part.first) & (chunks < part.last)).any():
                number += 1
                continue
            found = self._tried(model, geometry, number, work)
            if found is None:
                self._make_room(model, geometry, number)
                continue
            yield part, found[0]
            number += 1

    def _tried(
        self, model: CudaModel, geometry: Geometry, number: int, work: Work[Found]
    ) -> tuple[Found] | None:
        """None where memory has run out."""
        part = self._parts[number]
        try:
            found = work(part, self._placed(model, geometry, number))
        except OutOfDeviceMemory:
            return None
        if self.room.streaming:
            part.drop()
        if not self.keeper.keep:  # a geometry that is made anew will be another one
            part.forget()
        return (found,)

    def _placed(self, model: CudaModel, geometry: Geometry, number: int) -> Placed:
        """A part on the device; where parts are streamed, the next one is sent after it."""
        part, device = self._parts[number], self.room.device
        if part.geometry is not geometry:
            placed = part.place(model, geometry, self.bounds, self.rows)
            if self.room.streaming and self.keeper.keep:
                part.park(device)
        elif part.placed is not None:
            placed = part.placed
        else:
            placed = (
                part.fetch(device) if part.parked else part.place(model, geometry, self.bounds, self.rows)
            )
        if part.ahead:
            device.join()
            part.ahead = False
        following = self._parts[(number + 1) % len(self._parts)]
        if self.room.streaming and following is not part and following.geometry is geometry:
            self._send_ahead(following)
        return placed

    def _send_ahead(self, part: Part) -> None:
        if part.placed is not None or part.parked is None or not self.room.ahead:
            return
        try:
            with self.room.device.aside():
                part.fetch(self.room.device)
            part.ahead = True
        except OutOfDeviceMemory:
            part.drop()

    def _plan(self, model: CudaModel, geometry: Geometry) -> None:
        """Cut the group so that it fits, as far as can be told beforehand."""
        self._planned = True
        if not self.n_chunks:
            return
        sizes = bytes_of_parts(model, geometry, self.bounds, np.diff(self.rows.first_residual))
        fitting = parts_that_fit(sizes, self.room.device.free_memory())
        if fitting is not None:
            if not self.room.streaming:
                self.room.stream()
            self._parts = [Part(first, last) for first, last in fitting]

    def _make_room(self, model: CudaModel, geometry: Geometry, number: int) -> None:
        """For a part that did not fit: let go of all that can be made again, or take fewer chunks at a time.

        Raises:
            OutOfDeviceMemory: it is one chunk, and nothing else is on the device.
        """
        part, room = self._parts[number], self.room
        if model.drop():  # of predictions that were asked for beside the fit
            room.device.release_memory()
            return
        if not room.streaming:
            room.stream()
            return
        room.empty()
        if part.last - part.first < 2 and room.ahead:
            room.ahead = False
            return
        if part.last - part.first < 2:
            begin, end = geometry.first_atom[self.bounds[[part.first, part.last]]].tolist()
            raise OutOfDeviceMemory(
                f"device {room.device.name}: its memory has no room for {end - begin} atoms, which "
                'are computed together. Let fewer ranks share it, or write run.device = "cpu".'
            )
        middle = (part.first + part.last) // 2
        room.halved(int(self.bounds[part.last] - self.bounds[part.first]))
        self._parts[number : number + 1] = [Part(part.first, middle), Part(middle, part.last)]


def _on_device(model: AnyModel) -> CudaModel:
    assert isinstance(model, CudaModel)
    return model
