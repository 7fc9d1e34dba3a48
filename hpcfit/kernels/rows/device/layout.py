"""The chunks of a table on a device, in batches; where there is no room for all, one batch at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from hpcfit.devices.device import Device, OutOfDeviceMemory
from hpcfit.devices.fold import PlacedRows
from hpcfit.kernels.rows.device.batch import Batch, PlacedBatch, chunks_of
from hpcfit.kernels.rows.device.store import BatchStore
from hpcfit.kernels.rows.layout import RowLayout
from hpcfit.kernels.rows.row_data import RowData

IntArray = NDArray[np.int64]
Found = TypeVar("Found")


class Selected:
    """Consecutive chunks of a batch.

    Attributes:
        chunks: their numbers among those that are asked for.
        rows: their residuals.
        first, last: their rows in the batch; `first_row` of each, and the end.
        width: columns of [J | r].
    """

    def __init__(self, batch: Batch, placed: PlacedBatch, first: int, last: int, zero: int, device: Device):
        self.placed, self.width = placed, batch.width
        self.chunks: IntArray = batch.chunks[first:last] - zero
        self.rows: PlacedRows = chunks_of(placed.rows, first, last, device)
        self.first, self.last = int(placed.first_row[first]), int(placed.first_row[last])
        self.first_row: IntArray = placed.first_row[first : last + 1]


class DeviceLayout:
    """The chunks [first, last) of a table on a device.

    Args:
        notes: where to say what the log should tell.
        local: the columns of a chunk are those that its rows depend on.
        bare: only predictions are wanted.
    """

    def __init__(
        self,
        device: Device,
        data: RowData,
        rows: RowLayout,
        n_columns: int,
        notes: list[str],
        *,
        local: bool = True,
        bare: bool = False,
    ) -> None:
        self.first, self.last = 0, rows.n_chunks
        self._store = BatchStore(device, data, rows, n_columns, notes, local=local, bare=bare)

    @property
    def n_chunks(self) -> int:
        return self.last - self.first

    @property
    def first_row(self) -> IntArray:
        """First row of each chunk, and the end, shape (nc + 1,)."""
        return self._store.rows.first_row[self.first : self.last + 1]

    @property
    def first_column(self) -> IntArray:
        """Where the columns of each chunk begin in a list of all, and the end, shape (nc + 1,)."""
        return self._store.rows.first_column[self.first : self.last + 1]

    def columns_of(self, chunk: int) -> IntArray:
        """The columns that the rows of a chunk depend on."""
        first, last = self.first_column[chunk : chunk + 2]
        return self._store.rows.columns_of[first:last]

    @property
    def streaming(self) -> bool:
        """Whether rows are copied to the device for each evaluation."""
        return self._store.streaming

    def of(self, data: RowData) -> DeviceLayout:
        """The same chunks of data with other weights or references."""
        old = self._store
        if data is old.data:
            return self
        found = DeviceLayout(
            old.device, data, old.rows, old.n_columns, old.notes, local=old.local, bare=old.bare
        )
        return found.part(self.first, self.last)

    def part(self, first: int, last: int) -> DeviceLayout:
        """The chunks [first, last) of these."""
        found: DeviceLayout = object.__new__(DeviceLayout)
        found.first, found.last, found._store = self.first + first, self.first + last, self._store
        return found

    def each(self, work: Callable[[Selected], Found]) -> Iterator[tuple[Selected, Found]]:
        """What `work` finds for the chunks of each batch, or pieces of a chunk in their order.

        Where memory runs out, room is made, and the batch is tried again.
        """
        store, number = self._store, 0
        while number < len(store.batches):
            batch = store.batches[number]
            if self._within(batch) is None:
                number += 1
                continue
            try:
                found = self._done(number, work)
            except OutOfDeviceMemory:
                found = None
            if found is None:
                store.make_room(number)
                continue
            if store.streaming:
                batch.drop()
            yield found
            number += 1

    def _done(self, number: int, work: Callable[[Selected], Found]) -> tuple[Selected, Found]:
        store = self._store
        own = self._within(store.batches[number])
        assert own is not None
        placed = store.placed(number, self._following(number))
        selected = Selected(store.batches[number], placed, *own, self.first, store.device)
        return selected, work(selected)

    def _within(self, batch: Batch) -> tuple[int, int] | None:
        """Which chunks of a batch are asked for; None if no row is."""
        first, last = np.searchsorted(batch.chunks, [self.first, self.last]).tolist()
        return (first, last) if first < last else None

    def _following(self, number: int) -> int | None:
        count = len(self._store.batches)
        for k in range(number + 1, number + count):
            if self._within(self._store.batches[k % count]) is not None:
                return k % count
        return None
