"""Folding by the QR factorization of the device's library, chunk by chunk: for many columns.

Nearly all of its work is products of matrices then, as in linalg/wide.py. Where the library is missing, the
processor does it.
"""

from __future__ import annotations

from typing import final

import numpy as np

from hpcfit.devices.device import DeviceArray
from hpcfit.devices.fold.folding import Facts, FloatArray, Folding
from hpcfit.devices.fold.rows import PlacedRows


@final
class LibraryFolding(Folding):
    """Backward stable; a chunk with fewer rows than columns gets rows of zeros."""

    def _fold(self, predictions: DeviceArray, rows: PlacedRows) -> tuple[FloatArray, Facts]:
        facts = self.facts(predictions, rows)
        triangles = np.zeros((rows.n_chunks, self.width, self.width))
        for chunk in range(rows.n_chunks):
            count = int(rows.first_residual[chunk + 1] - rows.first_residual[chunk])
            if count == 0:
                continue
            if not self.device.has_library:
                self._fold_on_host(predictions, rows, chunk, triangles[chunk])
                continue
            padded = self.device.zeros((max(count, self.width), self.width))
            self.weigh(predictions, rows, chunk, padded, by_rows=True)
            triangles[chunk] = np.triu(self.device.get(self.device.triangle(padded)))
        return triangles, facts
