"""Consecutive chunks of a group that are on a device together, or wait on the host to be copied there."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from hpcfit.devices.device import Device, DeviceArray
from hpcfit.devices.fold import PlacedRows
from hpcfit.geometry import Geometry, part_of_geometry
from hpcfit.kernels import ResidualRows
from hpcfit.kernels.cuda.model import CudaModel
from hpcfit.kernels.cuda.place import PlacedGeometry

Record = TypeVar("Record", PlacedGeometry, PlacedRows)


@dataclass(frozen=True)
class Placed:
    """Bonds and rows on a device."""

    geometry: PlacedGeometry
    rows: PlacedRows


class Part:
    """The chunks [first, last) of a group.

    Attributes:
        placed: what is on the device.
        ahead: it is still on its way there.
        parked: where it is copied from: records of the same kind whose arrays are pinned memory of the host.
        geometry: of the whole group, from which these were made.
        predictions: derivatives and predictions (p + 1, rows) at `predicted_at`, kept on the device.
    """

    def __init__(self, first: int, last: int) -> None:
        self.first, self.last = first, last
        self.placed: Placed | None = None
        self.ahead = False
        self.parked: tuple[Any, Any] | None = None
        self.geometry: Geometry | None = None
        self.predictions: DeviceArray | None = None
        self.predicted_at: bytes | None = None

    def drop(self) -> None:
        """Let go of what is on the device."""
        self.placed, self.ahead = None, False
        self.predictions, self.predicted_at = None, None

    def forget(self) -> None:
        """Let go of what is on the host as well."""
        self.drop()
        self.parked, self.geometry = None, None

    def place(
        self, model: CudaModel, geometry: Geometry, bounds: NDArray[np.int64], rows: ResidualRows
    ) -> Placed:
        """Copy these chunks of a group to the device."""
        self.forget()
        first, last = int(bounds[self.first]), int(bounds[self.last])
        own = slice(int(rows.first_residual[self.first]), int(rows.first_residual[self.last]))
        first_row = int(model.prediction_offsets(geometry)[first])
        self.placed = Placed(
            model.kernels.place(part_of_geometry(geometry, first, last)),
            PlacedRows.place(
                model.device,
                rows.first_residual[self.first : self.last + 1] - own.start,
                rows.source[own] - first_row,
                rows.weight[own],
                rows.reference[own],
            ),
        )
        self.geometry = geometry
        return self.placed

    def park(self, device: Device) -> None:
        """Keep what is on the device on the host as well, where it can be copied from at any time."""
        assert self.placed is not None
        placed = self.placed
        self.parked = _parked(device, placed.geometry), _parked(device, placed.rows)

    def fetch(self, device: Device) -> Placed:
        """Copy what is parked to the device."""
        assert self.parked is not None
        self.placed = Placed(*(_copied(device, record) for record in self.parked))
        return self.placed


def _copied(device: Device, record: Record) -> Record:
    arrays: Any = {name: device.put(each) for name, each in _arrays(record)}
    return replace(record, **arrays)


def _parked(device: Device, record: Record) -> Record:
    arrays: Any = {name: device.pinned(device.get(each)) for name, each in _arrays(record)}
    return replace(record, **arrays)


#: of `PlacedRows`, what the host reads
_ON_HOST = frozenset({"first_residual", "first_span"})


def _arrays(record: PlacedGeometry | PlacedRows) -> list[tuple[str, Any]]:
    named = ((each.name, getattr(record, each.name)) for each in fields(record))
    return [(name, value) for name, value in named if hasattr(value, "dtype") and name not in _ON_HOST]
