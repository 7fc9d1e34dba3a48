"""The parts of a group on a device: which are there, which are on their way, what is done without room."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from hpcfit.devices.device import OutOfDeviceMemory
from hpcfit.geometry import Geometry
from hpcfit.kernels import ResidualRows
from hpcfit.kernels.cuda.model import CudaModel
from hpcfit.problem.device_memory import bytes_of_parts, parts_that_fit
from hpcfit.problem.device_part import Part, Placed
from hpcfit.problem.device_room import DeviceRoom
from hpcfit.problem.geometry_keeper import GeometryKeeper

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Found = TypeVar("Found")
Work = Callable[[Part, Placed], Found]


class DeviceParts:
    """Consecutive runs of a group's chunks, at first one with all of them.

    Args:
        bounds: first configuration of each chunk, and the end, shape (nc + 1,).
        room: the device, shared with other groups.
    """

    def __init__(
        self, keeper: GeometryKeeper, bounds: IntArray, rows: ResidualRows, room: DeviceRoom
    ) -> None:
        self.keeper, self.bounds, self.rows, self.room = keeper, bounds, rows, room
        self._parts = [Part(0, len(bounds) - 1)] if len(bounds) > 1 else []
        self._planned = False
        room.join(self)

    def __len__(self) -> int:
        return len(self._parts)

    def drop(self) -> None:
        """Let go of what is on the device."""
        for part in self._parts:
            part.drop()

    def forget(self) -> None:
        """Let go of what is on the host as well."""
        for part in self._parts:
            part.forget()

    def each(
        self, model: CudaModel, values: list[FloatArray], work: Work[Found], chunks: IntArray | None = None
    ) -> Iterator[tuple[Part, Found]]:
        """What `work` finds for each part, or for those with any of `chunks`, one after the other.

        Where memory runs out, room is made, and the part is tried again.
        """
        geometry = self.keeper.at(max(model.cutoff(each) for each in values))
        self.room.join(model)
        model.make_room = self.room.empty
        if not self._planned:
            self._cut(model, geometry)
        number = 0
        while number < len(self._parts):
            part = self._parts[number]
            if not _has_any(part, chunks):
                number += 1
                continue
            found = self._tried(model, geometry, number, work, self._following(number, chunks))
            if found is None:
                self._make_room(model, geometry, number)
                continue
            yield part, found[0]
            number += 1

    def _following(self, number: int, chunks: IntArray | None) -> Part | None:
        """The part that is needed next, as far as is known: after all of them the first, after some none."""
        later = self._parts[number + 1 :] + (self._parts[:number] if chunks is None else [])
        return next((part for part in later if _has_any(part, chunks)), None)

    def _tried(
        self,
        model: CudaModel,
        geometry: Geometry,
        number: int,
        work: Work[Found],
        following: Part | None,
    ) -> tuple[Found] | None:
        """None where memory has run out."""
        part = self._parts[number]
        try:
            found = work(part, self._placed(model, geometry, part, following))
        except OutOfDeviceMemory:
            return None
        if self.room.streaming:
            part.drop()
        if not self.keeper.keep:  # a geometry that is made anew will be another one
            part.forget()
        return (found,)

    def _placed(self, model: CudaModel, geometry: Geometry, part: Part, following: Part | None) -> Placed:
        """A part on the device; where parts are streamed, the next one is sent after it."""
        device = self.room.device
        if self.room.streaming:
            self._drop_others(part)
        if part.geometry is geometry and part.placed is not None:
            placed = part.placed
        elif part.geometry is geometry and part.parked is not None:
            placed = part.fetch(device)
        else:
            placed = part.place(model, geometry, self.bounds, self.rows)
            if self.room.streaming and self.keeper.keep:
                part.park(device)
        if part.ahead:
            device.join()
            part.ahead = False
        if self.room.streaming and following is not None and following.geometry is geometry:
            self._send_ahead(following)
        return placed

    def _drop_others(self, part: Part) -> None:
        """Let go of what was sent ahead for an evaluation that has come to something else."""
        for other in self._parts:
            if other is not part and other.placed is not None:
                other.drop()

    def _send_ahead(self, part: Part) -> None:
        if part.placed is not None or part.parked is None or not self.room.ahead:
            return
        try:
            with self.room.device.aside():
                part.fetch(self.room.device)
            part.ahead = True
        except OutOfDeviceMemory:
            part.drop()

    def _cut(self, model: CudaModel, geometry: Geometry) -> None:
        """Cut the group so that it fits, as far as can be told beforehand."""
        self._planned = True
        if not self._parts:
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


def _has_any(part: Part, chunks: IntArray | None) -> bool:
    """Whether a part has any of the chunks; None stands for all."""
    return chunks is None or bool(((chunks >= part.first) & (chunks < part.last)).any())
