"""A local objective made of random curves, for programs that test the distributed one."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from hpcfit.linalg import RFactor

FloatArray = NDArray[np.float64]


class SyntheticObjective:
    """Chunks [first, last) of r = tanh(X theta) - y; chunk c has its own random X, y and row count."""

    def __init__(self, p: int, first: int, last: int) -> None:
        self._p = p
        self._chunks = [self._chunk(c) for c in range(first, last)]
        self.seconds = 0.0
        self.folding_seconds = 0.0

    @property
    def n_parameters(self) -> int:
        return self._p

    @property
    def n_chunks(self) -> int:
        return len(self._chunks)

    @property
    def n_residuals(self) -> int:
        return sum(len(y) for _, y in self._chunks)

    def linearize(self, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        begin = time.perf_counter()
        triangles = np.empty((self.n_chunks, self._p + 1, self._p + 1))
        for c, (x, y) in enumerate(self._chunks):
            value = np.tanh(x @ theta)
            triangles[c] = RFactor.from_rows(value - y, (1.0 - value**2)[:, None] * x).triangle
        sums = self._sums(theta)
        self.seconds += time.perf_counter() - begin
        return triangles, sums

    def curvature(self, theta: FloatArray, velocity: FloatArray, h: float) -> FloatArray:
        result = np.empty((self.n_chunks, self._p))
        for c, (x, _) in enumerate(self._chunks):
            value, moved = np.tanh(x @ theta), np.tanh(x @ (theta + h * velocity))
            jacobian = (1.0 - value**2)[:, None] * x
            result[c] = jacobian.T @ ((2.0 / h) * ((moved - value) / h - jacobian @ velocity))
        return result

    def gradient(self, theta: FloatArray, chunks: NDArray[np.int64] | None = None) -> FloatArray:
        rows = np.zeros((self.n_chunks, self._p + 2))
        for c in range(self.n_chunks) if chunks is None else chunks.tolist():
            x, y = self._chunks[c]
            value = np.tanh(x @ theta)
            rows[c, :-2] = ((1.0 - value**2)[:, None] * x).T @ (value - y)
            rows[c, -2] = self._sums(theta)[c, 0]
        return rows

    def cost(self, theta: FloatArray) -> FloatArray:
        return self._sums(theta)

    def _sums(self, theta: FloatArray) -> FloatArray:
        sums = np.zeros((self.n_chunks, 2))
        for c, (x, y) in enumerate(self._chunks):
            residual = np.tanh(x @ theta) - y
            sums[c, 0] = residual @ residual
        return sums

    def _chunk(self, c: int) -> tuple[FloatArray, FloatArray]:
        random = np.random.default_rng(1000 + c)
        rows = 3 + int(random.integers(40))
        return random.normal(size=(rows, self._p)), random.normal(size=rows)
