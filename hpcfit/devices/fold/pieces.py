"""Folding of a chunk by pieces, one after the other: for blocks of many columns that are too large at once.

The triangle of the pieces so far is put on top of the next one, so that it stays on the device (sequential
TSQR, as in linalg/householder.py).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpcfit.devices.device import DeviceArray
from hpcfit.devices.fold.folding import Folding
from hpcfit.devices.fold.rows import PlacedRows

FloatArray = NDArray[np.float64]
_THREADS = 128


class FoldedPieces:
    """The triangle of [J | r] of a chunk.

    Attributes:
        sums: cost |r|^2 and number of entries that are not finite, shape (2,).
    """

    def __init__(self, folding: Folding) -> None:
        self.sums = np.zeros(2)
        self._folding = folding
        self._device: DeviceArray | None = None
        self._host: FloatArray | None = None

    def add(self, predictions: DeviceArray, rows: PlacedRows) -> None:
        """Fold the only chunk of `rows`."""
        folding = self._folding
        facts = folding.facts(predictions, rows)
        if facts.extreme[0] or not folding.device.has_library:
            self._add_on_host(folding.block(predictions, rows, 0))
        else:
            self._add_on_device(predictions, rows)
        self.sums += facts.sums[0]

    def triangle(self) -> FloatArray:
        """The triangle (width, width)."""
        width = self._folding.width
        found = np.zeros((width, width)) if self._host is None else self._host
        if self._device is not None:
            own = np.triu(self._folding.device.get(self._device))
            if self._host is None:
                return own
            self._merge(found, own)
        return found

    def _add_on_device(self, predictions: DeviceArray, rows: PlacedRows) -> None:
        folding, width = self._folding, self._folding.width
        count, above = int(rows.first_residual[-1]), 0 if self._device is None else width
        stacked = folding.device.zeros((max(above + count, width), width))
        if self._device is not None:
            grid = (-(-(width**2) // _THREADS),)
            folding.module.launch("copy", grid, _THREADS, [width**2, self._device, stacked])
        if count:
            folding.weigh(predictions, rows, 0, stacked[above:], by_rows=True)
        self._device = folding.device.triangle(stacked)

    def _add_on_host(self, block: FloatArray) -> None:
        from hpcfit.linalg.wide import WideFolding

        width = self._folding.width
        own = np.empty((width, width))
        WideFolding(width).fold(block, own)
        if self._host is None:
            self._host = own
        else:
            self._merge(self._host, own)

    def _merge(self, triangle: FloatArray, other: FloatArray) -> None:
        from hpcfit.linalg.wide import WideFolding

        WideFolding(self._folding.width).merge(triangle, np.ascontiguousarray(other))
