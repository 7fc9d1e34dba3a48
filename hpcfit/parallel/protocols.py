"""What the distributed objective needs of the part of the problem that one rank holds."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


class LocalObjective(Protocol):
    """Residuals and derivatives of this rank's chunks; p parameters, nc chunks, possibly none.

    Every method returns one row per chunk, in the order of the chunks; the caller may overwrite it. The
    columns of `sums` are the cost |r|^2 and the number of non-finite residuals.
    """

    @property
    def n_parameters(self) -> int:
        """p."""

    @property
    def n_chunks(self) -> int:
        """nc, the chunks of this rank."""

    @property
    def n_residuals(self) -> int:
        """m, the residuals of this rank's chunks."""

    @property
    def seconds(self) -> float:
        """Wall time in the methods below since construction."""

    @property
    def folding_seconds(self) -> float:
        """The part of `seconds` that went into QR factorization of blocks of the Jacobian."""

    def linearize(self, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Triangles of QR of [J | r], shape (nc, p + 1, p + 1), and sums (nc, 2), at theta (p,)."""

    def curvature(self, theta: FloatArray, velocity: FloatArray, h: float) -> FloatArray:
        """J^T r_vv of each chunk, shape (nc, p); theta is that of the last `linearize`."""

    def cost(self, theta: FloatArray) -> FloatArray:
        """Sums (nc, 2) at theta (p,)."""

    def gradient(self, theta: FloatArray, chunks: IntArray | None = None) -> FloatArray:
        """J^T r and sums at theta (p,), shape (nc, p + 2), zero for chunks that are not in `chunks`."""
