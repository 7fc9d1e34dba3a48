"""The batches of a table: which chunks each has, which are on the device, and what is done without room."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from hpcfit.devices.device import Device, OutOfDeviceMemory
from hpcfit.devices.fold.folding import WIDE
from hpcfit.kernels.rows.device.batch import Batch, PlacedBatch
from hpcfit.kernels.rows.layout import RowLayout
from hpcfit.kernels.rows.row_data import RowData

IntArray = NDArray[np.int64]

#: numbers in the [J | r] of a batch, about
NUMBERS = 2**27
#: the same of a piece of a chunk that is folded by many columns, and its least rows for each column
PIECE, PER_COLUMN = 2**25, 2
#: columns of its own that a chunk is folded by, where it depends on few of all: few kernels for many chunks
_WIDTHS = (3, 7, 11, 15, 23, 31, 47, 63, 95, 127, 191)
#: of the free memory, what the table may have
_DATA = 0.5


def bytes_needed(rows: float, inputs: int, outputs: int, width: int) -> tuple[float, float]:
    """Bytes on the device of so many rows, and of [J | r] while they are computed."""
    data = rows * (8.0 * inputs + 4.0 + 24.0 * outputs)
    most = max(PIECE, PER_COLUMN * width**2) if width >= WIDE else NUMBERS
    return data, 8.0 * min(float(most), width * outputs * rows) * (3.0 if width >= WIDE else 1.0)


class BatchStore:
    """The batches of a table; parts of a layout have it in common."""

    def __init__(
        self,
        device: Device,
        data: RowData,
        rows: RowLayout,
        n_columns: int,
        notes: list[str],
        *,
        local: bool,
        bare: bool,
    ) -> None:
        self.device, self.data, self.rows, self.notes = device, data, rows, notes
        self.n_columns, self.local, self.bare = n_columns, local, bare
        self.n_outputs = len(data.reference)
        self.streaming, self.ahead = False, True
        self._batches: list[Batch] | None = None

    @property
    def batches(self) -> list[Batch]:
        """Made when they are first needed."""
        if self._batches is None:
            self._batches = self._planned()
        return self._batches

    def _planned(self) -> list[Batch]:
        free = self.device.free_memory()
        inputs, width = len(self.data.inputs), self.n_columns + 1
        if bytes_needed(len(self.data), inputs, self.n_outputs, width)[0] > _DATA * free:
            self._stream()
        most = int(min(NUMBERS, free / 64))
        found: list[Batch] = []
        widths = self._widths()
        begin, end = self.rows.first_row[:-1], self.rows.first_row[1:]
        for width in np.unique(widths).tolist():
            chunks = np.flatnonzero(widths == width)
            if width >= WIDE and not self.bare:
                found += [piece for c in chunks.tolist() for piece in self._pieces(c, width)]
                continue
            numbers = width * self.n_outputs * (end - begin)[chunks]
            for first, last in _runs_of(numbers, most):
                own = chunks[first:last]
                found.append(Batch(own, begin[own], end[own], width))
        return found

    def _widths(self) -> IntArray:
        """Columns of [J | r] of each chunk; decided by the chunk alone, since bits depend on it."""
        own = np.diff(self.rows.first_column)
        if not self.local or self.bare:
            return np.full(len(own), self.n_columns + 1)
        most = 64 * -(-own // 64)
        few = np.append(_WIDTHS, 0)[np.searchsorted(_WIDTHS, own)]
        rounded = np.where(own <= _WIDTHS[-1], few, most)
        found: IntArray = (
            np.where(own == self.n_columns, self.n_columns, np.minimum(rounded, self.n_columns)) + 1
        )
        return found

    def _pieces(self, chunk: int, width: int) -> list[Batch]:
        begin, end = int(self.rows.first_row[chunk]), int(self.rows.first_row[chunk + 1])
        most = max(1, max(PIECE // width, PER_COLUMN * width) // self.n_outputs)
        count = max(1, -(-(end - begin) // most))
        ends = [begin + (end - begin) * k // count for k in range(count + 1)]
        return [Batch(np.array([chunk]), np.array([a]), np.array([b]), width) for a, b in pairwise(ends)]

    def placed(self, number: int, following: int | None) -> PlacedBatch:
        """A batch on the device; where they are streamed, the next one is sent after it."""
        batch = self.batches[number]
        if self.streaming:
            self._drop_others(batch)
        self._fetch(batch)
        if batch.ahead:
            self.device.join()
            batch.ahead = False
        if self.streaming and self.ahead and following is not None:
            self._send_ahead(self.batches[following])
        assert batch.placed is not None
        return batch.placed

    def _drop_others(self, batch: Batch) -> None:
        """Let go of what was sent ahead for an evaluation that has come to something else."""
        for other in self.batches:
            if other is not batch and other.placed is not None:
                other.drop()

    def _fetch(self, batch: Batch) -> None:
        if batch.placed is not None:
            return
        host = batch.parked
        if host is None:
            host = batch.collect(self.data, self.rows, local=self.local, bare=self.bare)
            if self.streaming:
                batch.parked = host = host.pinned(self.device)
        batch.placed = PlacedBatch.place(self.device, host)

    def _send_ahead(self, batch: Batch) -> None:
        if batch.placed is not None or batch.parked is None:
            return
        try:
            with self.device.aside():
                self._fetch(batch)
            batch.ahead = True
        except OutOfDeviceMemory:
            batch.drop()

    def _stream(self) -> None:
        self.streaming = True
        self.notes.append(
            f"device {self.device.name} has no room for all rows of a rank: they are copied to it for each "
            "evaluation, while it computes others"
        )

    def make_room(self, number: int) -> None:
        """For a batch that did not fit.

        Raises:
            OutOfDeviceMemory: it is one chunk, and nothing else is on the device.
        """
        batch = self.batches[number]
        for each in self.batches:
            each.drop()
        self.device.release_memory()
        if not self.streaming:
            self._stream()
        elif len(batch.chunks) > 1:
            self.notes.append(
                f"device {self.device.name} has no room for {batch.n_rows} rows at once: they are computed "
                "in two halves from here on"
            )
            self.batches[number : number + 1] = batch.halves()
        elif self.ahead:
            self.ahead = False
        else:
            raise OutOfDeviceMemory(
                f"device {self.device.name}: its memory has no room for {batch.n_rows} rows with "
                f"{batch.width - 1} parameters, which are computed together. Let fewer ranks share it, or "
                'write run.device = "cpu".'
            )


def _runs_of(sizes: IntArray, most: int) -> list[tuple[int, int]]:
    """Runs [first, last) of which the sizes add up to so much at most, but one at least."""
    found, first, held = [], 0, 0
    for k, size in enumerate(sizes.tolist()):
        if k > first and held + size > most:
            found.append((first, k))
            first, held = k, 0
        held += size
    return [*found, (first, len(sizes))] if len(sizes) else []
