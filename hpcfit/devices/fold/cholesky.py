"""Folding by CholeskyQR2: two products of matrices, two Cholesky factorizations of small ones.

R of A = Q R is the Cholesky factor of A^T A, but as that squares the conditioning, Q = A R^-1 is orthogonal
only to eps cond(A)^2. The same once more for Q repairs it where cond(A) is below 1/sqrt(eps) (Yamamoto,
Nakatsukasa, Yanagisawa, Fukaya, Electron. Trans. Numer. Anal. 44 (2015) 306); elsewhere a chunk is folded by
reflections.
"""

from __future__ import annotations

from typing import final

import numpy as np

from hpcfit.devices.device import DeviceArray
from hpcfit.devices.fold.folding import Facts, FloatArray, Folding
from hpcfit.devices.fold.rows import PlacedRows

#: conditioning, with columns of unit norm, up to which two passes are enough with a margin of a hundred
_MOST_CONDITIONING = 1e6


@final
class CholeskyFolding(Folding):
    """Chunk by chunk with the products of the device's library; the small factorizations are the host's.

    Attributes:
        fallbacks: chunks that were folded by reflections, since construction.
    """

    fallbacks = 0

    def _fold(self, predictions: DeviceArray, rows: PlacedRows) -> tuple[FloatArray, Facts]:
        facts = self.facts(predictions, rows)
        triangles = np.zeros((rows.n_chunks, self.width, self.width))
        for chunk in range(rows.n_chunks):
            count = int(rows.first_residual[chunk + 1] - rows.first_residual[chunk])
            if count == 0 or facts.sums[chunk, 1] > 0.0 or facts.extreme[chunk]:
                continue
            block = self.device.zeros((max(count, self.width), self.width))
            self.weigh(predictions, rows, chunk, block, by_rows=True)
            found = self._factor(block)
            if found is None:
                self.fallbacks += 1
                found = np.triu(self.device.get(self.device.triangle(block)))
            triangles[chunk] = found
        return triangles, facts

    def _factor(self, block: DeviceArray) -> FloatArray | None:
        """R (width, width) of the rows of a chunk; None where it would not be accurate."""
        gram = self.device.get(self.device.gram(block))
        norms = np.sqrt(np.diag(gram))
        if not ((norms > 0.0) & np.isfinite(norms)).all():
            return None
        try:
            first = np.linalg.cholesky(gram / np.outer(norms, norms)).T
            if not np.linalg.cond(first) < _MOST_CONDITIONING:
                return None
            inverse = np.linalg.inv(first) / norms[:, None]
            turned = self.device.product(block, self.device.put(np.ascontiguousarray(inverse)))
            second = np.linalg.cholesky(self.device.get(self.device.gram(turned))).T
        except np.linalg.LinAlgError:
            return None
        found: FloatArray = second @ (first * norms)
        return found
