"""The least-squares objective over the chunks that one rank holds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hpcfit.kernels import AnyModel
from hpcfit.kernels.model_facts import device_of
from hpcfit.problem.block_group import BlockGroup
from hpcfit.problem.chunk_group import Block, ChunkGroup
from hpcfit.problem.loss import RowLoss, TargetLoss
from hpcfit.problem.mapped_rows import mapped_rows, mapped_triangles
from hpcfit.problem.parameters import ParameterSet

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: a trial that stretches the cutoff beyond this multiple of the starting one is rejected
LARGEST_STRETCH = 2.0
#: columns of [J | r] from which on triangles are merged on the device, if the model has one; 256 of them take
#: the processor 1 ms with 32 columns, 28 ms with 64, 160 ms with 100
MERGED_ON_DEVICE = 40


@dataclass
class LocalObjective:
    """Residuals, Jacobian triangles and second directional derivatives, chunk by chunk.

    Every method returns one row per chunk of this rank; nothing is summed here, because the sums
    must be taken in an order that does not depend on the number of ranks.

    Attributes:
        seconds: wall time in the methods below since construction.
        largest_cutoff: trials that need longer bonds than this (angstrom) are rejected.
    """

    model: AnyModel
    parameters: ParameterSet
    groups: tuple[ChunkGroup, ...]
    seconds: float = 0.0
    largest_cutoff: float = field(init=False)

    def __post_init__(self) -> None:
        start = self.model.cutoff(self.parameters.values(self.parameters.start))
        self.largest_cutoff = LARGEST_STRETCH * start

    @property
    def n_parameters(self) -> int:
        return len(self.parameters.free)

    @property
    def folding_seconds(self) -> float:
        """The part of `seconds` that went into QR factorization of blocks of the Jacobian."""
        return sum(group.folding_seconds for group in self.groups)

    @property
    def n_residuals(self) -> int:
        """Residuals of this rank's chunks."""
        return sum(group.n_residuals for group in self.groups)

    @property
    def n_chunks(self) -> int:
        return sum(group.n_chunks for group in self.groups)

    def release(self) -> None:
        """Let go of bonds and Jacobians that are kept between evaluations."""
        for group in self.groups:
            group.release()

    @property
    def merge(self) -> Callable[[FloatArray, IntArray], None] | None:
        """Merges triangles where that is done fastest; None for the processor."""
        device = device_of(self.model)
        if device is None or self.n_parameters + 1 < MERGED_ON_DEVICE:
            return None
        from hpcfit.devices.fold.folding import WIDE
        from hpcfit.devices.fold.householder import HouseholderFolding

        width = self.n_parameters + 1
        return HouseholderFolding(device, width).merge if width < WIDE else None

    def take_notes(self) -> list[str]:
        """What the log should say of how evaluations went, and was not asked for yet."""
        return [note for group in self.groups for note in group.take_notes()]

    def linearize(self, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Triangles (n_chunks, p + 1, p + 1) of [J | r], and sums (n_chunks, 2): cost, non-finite."""
        begin = time.perf_counter()
        values = self.parameters.values(theta)
        width = self.model.n_columns + 1
        triangles = np.zeros((self.n_chunks, width, width))
        sums = np.zeros((self.n_chunks, 2))
        if self._out_of_range(values):
            sums[:, 1] = 1.0
        else:
            for first, group in self._placed():
                part = slice(first, first + group.n_chunks)
                triangles[part], sums[part] = group.linearize(self.model, values)
        triangles = mapped_triangles(triangles, self.parameters.jacobian(theta))
        self.seconds += time.perf_counter() - begin
        return triangles, sums

    def curvature(self, theta: FloatArray, velocity: FloatArray, h: float) -> FloatArray:
        """J^T r_vv of every chunk, shape (n_chunks, p), with r_vv along `velocity` (p,).

        r_vv = (2/h) [(r(theta + h v) - r(theta))/h - J v]; Transtrum and Sethna, arXiv:1201.5885, eq. 28.
        """
        begin = time.perf_counter()
        # Where values are functions of theta, they bend on the way to theta + h v: `there` is on the curve,
        # and J v is along its tangent, so that r_vv has their second derivative in it too.
        here, there = self.parameters.values(theta), self.parameters.values(theta + h * velocity)
        matrix = self.parameters.jacobian(theta)
        tangent = velocity if matrix is None else (matrix * velocity).sum(axis=1)
        result = np.full((self.n_chunks, self.model.n_columns), np.nan)
        if not self._out_of_range(there):
            for first, group in self._placed():
                part = slice(first, first + group.n_chunks)
                result[part] = group.curvature(self.model, here, there, tangent, h)
        result = mapped_rows(result, matrix)
        self.seconds += time.perf_counter() - begin
        return result

    def cost(self, theta: FloatArray) -> FloatArray:
        """Sums (n_chunks, 2): cost |r|^2 and the number of non-finite residuals."""
        begin = time.perf_counter()
        values = self.parameters.values(theta)
        sums = np.zeros((self.n_chunks, 2))
        if self._out_of_range(values):
            sums[:, 1] = 1.0
        else:
            for first, group in self._placed():
                sums[first : first + group.n_chunks] = group.cost(self.model, values)
        self.seconds += time.perf_counter() - begin
        return sums

    def gradient(self, theta: FloatArray, chunks: IntArray | None = None) -> FloatArray:
        """J^T r (p columns), cost and number of non-finite residuals of every chunk, shape (n_chunks, p + 2).

        Args:
            chunks: numbers of those that are evaluated, increasing; the rows of others are zero. By
                default all.
        """
        begin = time.perf_counter()
        wanted = np.arange(self.n_chunks) if chunks is None else chunks
        values = self.parameters.values(theta)
        rows, sums = np.zeros((self.n_chunks, self.model.n_columns)), np.zeros((self.n_chunks, 2))
        if self._out_of_range(values):
            sums[wanted, 1] = 1.0
        else:
            for first, group in self._placed():
                own = wanted[(wanted >= first) & (wanted < first + group.n_chunks)]
                if len(own):
                    rows[own], sums[own] = group.gradient(self.model, values, own - first)
        rows = mapped_rows(rows, self.parameters.jacobian(theta))
        found = np.concatenate([rows, sums], axis=1)
        self.seconds += time.perf_counter() - begin
        return found

    def blocks(self, theta: FloatArray) -> Iterator[Block]:
        """[J | r] of each chunk by the columns of the model, (c + 1, k), r without a loss, the configuration
        of each residual, (k,), and its row there or -1."""
        values, first = self.parameters.values(theta), 0
        for group in self.groups:
            for block, plain, configuration, row in group.blocks(self.model, values):
                yield block, plain, configuration + first, row
            first += len(group.keeper.block)

    def residual(self, theta: FloatArray) -> FloatArray:
        """All residuals (m,) of groups that can have losses, as they are without one; NaN out of range."""
        values = self.parameters.values(theta)
        if self._out_of_range(values):
            return np.full(self.n_residuals, np.nan)
        own = [group.residual(self.model, values) for group in self._with_losses()]
        return np.concatenate([np.zeros(0), *own])

    def scores(self, theta: FloatArray) -> FloatArray:
        """Sums of psi^2 and of psi' of each chunk, shape (n_chunks, 2); see `RowLoss.scores`."""
        values = self.parameters.values(theta)
        return np.concatenate(
            [np.zeros((0, 2)), *(group.scores(self.model, values) for group in self._with_losses())]
        )

    def origins(self) -> tuple[IntArray, IntArray]:
        """The configuration of each of these residuals, and its row there or -1; see `BlockGroup.origins`."""
        first, parts = 0, [(np.empty(0, np.int64), np.empty(0, np.int64))]
        for group in self._with_losses():
            configuration, row = group.origins()
            parts.append((configuration + first, row))
            first += len(group.keeper.block)
        return np.concatenate([each for each, _ in parts]), np.concatenate([each for _, each in parts])

    def use(self, targets: IntArray, losses: Sequence[TargetLoss]) -> None:
        """Take losses from here on; `targets` (m,) are the places among them of each residual's own."""
        first = 0
        for group in self._with_losses():
            last = first + group.n_residuals
            group.loss = RowLoss.of(targets[first:last], losses)
            first = last

    def _with_losses(self) -> list[BlockGroup]:
        return [group for group in self.groups if isinstance(group, BlockGroup)]

    def faults(self, theta: FloatArray, chunk: int) -> list[str]:
        """What in the residual of a chunk is not finite though its prediction is: sentences, in order."""
        for first, group in self._placed():
            if first <= chunk < first + group.n_chunks:
                return group.faults(self.model, self.parameters.values(theta), chunk - first)
        return []

    def _placed(self) -> list[tuple[int, ChunkGroup]]:
        first = 0
        placed = []
        for group in self.groups:
            placed.append((first, group))
            first += group.n_chunks
        return placed

    def _out_of_range(self, values: FloatArray) -> bool:
        cutoff = self.model.cutoff(values)
        return not (np.isfinite(values).all() and 0.0 <= cutoff <= self.largest_cutoff)
