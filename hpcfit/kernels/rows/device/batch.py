"""Some chunks of a table, or a piece of one, whose rows are on a device together."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpcfit.devices.device import Device, DeviceArray
from hpcfit.devices.fold import PlacedRows
from hpcfit.kernels.rows.layout import RowLayout
from hpcfit.kernels.rows.row_data import RowData

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class HostBatch:
    """The rows of a batch, n in all, and m residuals that take part.

    Attributes:
        first_row, first_residual: of each chunk, and the end, shape (nb + 1,).
        inputs: (inputs, n)
        run: (n,) of which run each row is.
        run_group: group of each run.
        run_columns: the column of each parameter of each run, or -1, one run after the other.
        source: (m,) where the prediction of each residual is in an array (outputs, n).
    """

    first_row: IntArray
    first_residual: IntArray
    inputs: FloatArray
    run: NDArray[np.int32]
    run_group: NDArray[np.int32]
    run_columns: NDArray[np.int32]
    source: IntArray
    weight: FloatArray
    reference: FloatArray

    def pinned(self, device: Device) -> HostBatch:
        """The same in memory that the device can copy by itself."""
        arrays: dict[str, Any] = {name: device.pinned(getattr(self, name)) for name in _COPIED}
        return replace(self, **arrays)


_COPIED = tuple(each.name for each in fields(HostBatch) if not each.name.startswith("first"))


@dataclass(frozen=True, eq=False)
class PlacedBatch:
    """The same on the device.

    Attributes:
        first_row: of each chunk, and the end, on the host.
    """

    first_row: IntArray
    inputs: DeviceArray
    run: DeviceArray
    run_group: DeviceArray
    run_columns: DeviceArray
    rows: PlacedRows

    @property
    def n_rows(self) -> int:
        return int(self.first_row[-1])

    @classmethod
    def place(cls, device: Device, host: HostBatch) -> PlacedBatch:
        """Copy a batch to the device."""
        rows = PlacedRows.place(device, host.first_residual, host.source, host.weight, host.reference)
        return cls(
            host.first_row,
            device.put(host.inputs),
            device.put(host.run),
            device.put(host.run_group),
            device.put(host.run_columns),
            rows,
        )


class Batch:
    """Which rows of which chunks are in a batch, and where they are now.

    Args:
        chunks: numbers of the chunks, increasing; one alone if it is a piece of a chunk.
        begin, end: rows of each.
        width: columns of [J | r] that they are folded by.

    Attributes:
        placed: what is on the device.
        ahead: it is still on its way there.
        parked: where it is copied from again, once it was there.
    """

    def __init__(self, chunks: IntArray, begin: IntArray, end: IntArray, width: int) -> None:
        self.chunks, self.begin, self.end, self.width = chunks, begin, end, width
        self.placed: PlacedBatch | None = None
        self.ahead = False
        self.parked: HostBatch | None = None

    @property
    def n_rows(self) -> int:
        return int((self.end - self.begin).sum())

    def drop(self) -> None:
        """Let go of what is on the device."""
        self.placed, self.ahead = None, False

    def halves(self) -> tuple[Batch, Batch]:
        """Two batches with half of the chunks each."""
        middle = len(self.chunks) // 2
        first, second = slice(None, middle), slice(middle, None)
        return self._taking(first), self._taking(second)

    def _taking(self, own: slice) -> Batch:
        return Batch(self.chunks[own], self.begin[own], self.end[own], self.width)

    def collect(self, data: RowData, layout: RowLayout, *, local: bool, bare: bool) -> HostBatch:
        """The rows from the table.

        Args:
            local: columns are numbered within each chunk.
            bare: no residual takes part.
        """
        spans = [slice(a, b) for a, b in zip(self.begin.tolist(), self.end.tolist(), strict=True)]
        first_row = np.concatenate([[0], np.cumsum(self.end - self.begin)]).astype(np.int64)
        run, run_group, run_columns = self._runs(layout, local)
        outputs, places, rows = [np.empty(0, np.int64)], [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        counts = [0]
        for span, place in zip(spans, first_row.tolist(), strict=False):
            output, row = (np.empty(0, np.int64),) * 2 if bare else np.nonzero(data.weight[:, span])
            outputs.append(output)
            places.append(row + place)
            rows.append(row + span.start)
            counts.append(len(row))
        output, row = np.concatenate(outputs), np.concatenate(rows)
        return HostBatch(
            first_row,
            np.cumsum(counts).astype(np.int64),
            np.concatenate([data.inputs[:, :0], *(data.inputs[:, span] for span in spans)], axis=1),
            run,
            run_group,
            run_columns,
            output * first_row[-1] + np.concatenate(places),
            data.weight[output, row],
            data.reference[output, row],
        )

    def _runs(
        self, layout: RowLayout, local: bool
    ) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
        """The run of each row, and group and columns of each run."""
        names = len(layout.run_columns) // max(1, len(layout.run_group))
        of_rows, groups, columns, seen = [], [], [], 0
        for chunk, begin, end in zip(
            self.chunks.tolist(), self.begin.tolist(), self.end.tolist(), strict=True
        ):
            first, last = layout.first_run[chunk], layout.first_run[chunk + 1]
            ends = np.clip(layout.run_row[first : last + 1], begin, end)
            of_rows.append(seen + np.repeat(np.arange(last - first), np.diff(ends)))
            groups.append(layout.run_group[first:last])
            own = layout.run_columns[names * first : names * last]
            if not local and len(own):
                of_chunk = layout.columns_of[layout.first_column[chunk] : layout.first_column[chunk + 1]]
                own = np.where(own >= 0, np.append(of_chunk, 0)[own], -1)
            columns.append(own)
            seen += int(last - first)
        nothing = np.empty(0, np.int64)
        found = [np.concatenate([nothing, *each]).astype(np.int32) for each in (of_rows, groups, columns)]
        return found[0], found[1], found[2]


def chunks_of(rows: PlacedRows, first: int, last: int, device: Device) -> PlacedRows:
    """The chunks [first, last) of placed rows, whose arrays stay where they are."""
    if (first, last) == (0, rows.n_chunks):
        return rows
    begin, end = int(rows.first_span[first]), int(rows.first_span[last])
    first_span = rows.first_span[first : last + 1] - begin
    span_begin = rows.span_begin[begin : end + 1]
    return replace(
        rows,
        first_residual=rows.first_residual[first : last + 1],
        first_span=first_span,
        span_begin=span_begin,
        chunk_span=device.put(first_span),
    )
