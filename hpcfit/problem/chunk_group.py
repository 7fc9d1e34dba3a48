"""Chunks that one rank evaluates together; how predictions become residuals differs by kind of group."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from hpcfit.kernels import AnyModel
from hpcfit.problem.geometry_keeper import GeometryKeeper

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
#: [J | r] of a chunk as it is folded, column by column (c + 1, k), r without a loss (k,), and the
#: configuration and prediction row of each residual
Block = tuple[FloatArray, FloatArray, IntArray, IntArray]


class ChunkGroup(ABC):
    """Consecutive chunks with their geometry; every result has one row per chunk.

    Args:
        keeper: geometry of the group's configurations.
        bounds: first configuration of each chunk within the group, and the end, shape (nc + 1,).
    """

    def __init__(self, keeper: GeometryKeeper, bounds: NDArray[np.int64]) -> None:
        self.keeper = keeper
        self.bounds = bounds
        #: seconds spent in QR factorizations
        self.folding_seconds = 0.0

    @property
    def n_chunks(self) -> int:
        return len(self.bounds) - 1

    @property
    @abstractmethod
    def n_residuals(self) -> int:
        """Residuals of all chunks."""

    @abstractmethod
    def release(self) -> None:
        """Let go of what is kept between evaluations; the next one makes it anew."""

    @abstractmethod
    def linearize(self, model: AnyModel, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Triangles (nc, p + 1, p + 1) and sums (nc, 2): cost and number of non-finite residuals."""

    @abstractmethod
    def cost(self, model: AnyModel, values: FloatArray) -> FloatArray:
        """Sums (nc, 2): cost and number of non-finite residuals."""

    @abstractmethod
    def curvature(
        self, model: AnyModel, here: FloatArray, there: FloatArray, velocity: FloatArray, h: float
    ) -> FloatArray:
        """J^T r_vv (nc, p) from the values at theta and at theta + h velocity."""

    @abstractmethod
    def blocks(self, model: AnyModel, values: FloatArray) -> Iterator[Block]:
        """[J | r] of each chunk as it is folded, scaled where there is a loss; rows are -1 where residuals
        belong to no prediction."""

    def gradient(
        self, model: AnyModel, values: FloatArray, chunks: IntArray
    ) -> tuple[FloatArray, FloatArray]:
        """J^T r (n, c) and sums (n, 2) of some chunks, by their increasing numbers."""
        triangles, sums = self.linearize(model, values)
        return gradients_of(triangles)[chunks], sums[chunks]

    def take_notes(self) -> list[str]:
        """What the log should say of the group, and was not asked for yet."""
        return []

    def faults(self, model: AnyModel, values: FloatArray, chunk: int) -> list[str]:
        """What in the residual of a chunk is not finite though its prediction is: sentences, in order."""
        return []


def gradients_of(triangles: FloatArray) -> FloatArray:
    """J^T r of each chunk, shape (nc, c), from the triangles of [J | r]."""
    from hpcfit.problem.chunk_gradient import gradients

    rows = np.zeros((len(triangles), triangles.shape[1] - 1))
    gradients(triangles, rows)
    return rows
