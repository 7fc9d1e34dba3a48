"""The objective over all ranks: rank 0 asks, every rank evaluates its chunks, the tree brings the answer.

Rank 0 makes a DistributedObjective, which the optimizer calls; the other ranks stay in `serve` until rank
0 closes it. One operation is one broadcast (what to do, and where, to the last bit) and one gathering of
the few results that a rank could not merge itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import HpcfitError
from hpcfit.linalg.rfactor import RFactor
from hpcfit.optimize.objective import Cost, Gradient, Linearization
from hpcfit.parallel.agree import first_error, portable, restore
from hpcfit.parallel.communicator import Communicator
from hpcfit.parallel.interrupt import StopRequest
from hpcfit.parallel.protocols import LocalObjective
from hpcfit.parallel.times import ObjectiveTimes
from hpcfit.parallel.tree import Reduced, Reduction

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

LINEARIZE, CURVATURE, COST, GRADIENT, BATCH, STOP, FAIL = range(7)
NAMES = ("linearize", "curvature", "cost", "gradient", "gradient")

# Columns of a rank's status, which travels with its results.
SECONDS, FOLDING, ROWS, ASKED_TO_STOP, FAILED = range(5)


class DistributedObjective:
    """The objective as rank 0's optimizer sees it; a context manager whose end releases the other ranks.

    When the body ends with an HpcfitError, `serve` raises the same error on the other ranks.

    Args:
        local: the objective of this rank's chunks.
        ranges: first chunk of every rank, and the end, shape (size + 1,); see partition.
        request: whether this process was asked to stop.

    Attributes:
        times: where the time went.
        stop_requested: some rank was asked to stop; known after the operation that follows.
    """

    def __init__(
        self, local: LocalObjective, comm: Communicator, ranges: IntArray, request: StopRequest | None = None
    ) -> None:
        self._rank = _Rank(local, comm, ranges, StopRequest() if request is None else request)
        self._comm = comm
        self.times = ObjectiveTimes()
        self._asked = False
        self._deferred: Callable[[], None] | None = None

    @property
    def n_parameters(self) -> int:
        return self._rank.local.n_parameters

    @property
    def stop_requested(self) -> bool:
        return self._asked or bool(self._rank.request)

    def linearize(self, theta: FloatArray) -> Linearization:
        """Triangle of [J | r] over all residuals, cost |r|^2 and number of non-finite residuals.

        Raises:
            HpcfitError: of the lowest rank on which one was raised; the same holds for all operations.
        """
        reduced = self._ask(LINEARIZE, theta)
        assert reduced.triangle is not None
        factor = RFactor(reduced.triangle, int(reduced.status[:, ROWS].sum()))
        return Linearization(factor, float(reduced.row[0]), int(reduced.row[1]))

    def curvature(self, theta: FloatArray, velocity: FloatArray, h: float) -> FloatArray:
        """J^T r_vv, shape (p,), along `velocity` (p,), with difference step h."""
        return self._ask(CURVATURE, theta, velocity, h).row

    def cost(self, theta: FloatArray) -> Cost:
        """|r|^2 and the number of non-finite residuals at theta (p,)."""
        row = self._ask(COST, theta).row
        return Cost(float(row[0]), int(row[1]))

    @property
    def n_chunks(self) -> int:
        """Chunks of all ranks, of which `gradient` can take some."""
        return len(self._rank.mask)

    def gradient(self, theta: FloatArray, chunks: IntArray | None = None) -> Gradient:
        """J^T r (p,) and |r|^2 at theta (p,), of all chunks or of those with the given numbers."""
        if chunks is None:
            row = self._ask(GRADIENT, theta).row
        else:
            self._rank.mask[:] = 0.0
            self._rank.mask[chunks] = 1.0
            row = self._ask(BATCH, theta).row
        return Gradient(row[:-2].copy(), float(row[-2]), int(row[-1]))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._comm.broadcast_array(self._rank.order(STOP))
        elif isinstance(error, HpcfitError):
            self._comm.broadcast_array(self._rank.order(FAIL))
            self._comm.bcast(portable(error))
        # Anything else is for the guard, which ends the job without asking.

    def defer(self, work: Callable[[], None]) -> None:
        """Do `work` of rank 0 while the other ranks are already at the next operation.

        It is done when the operation has been broadcast, before this rank's own part of it; see
        `finish` for work that no operation follows. An HpcfitError in it is raised by that operation.
        """
        self.finish()
        self._deferred = work

    def finish(self) -> None:
        """Do what was deferred, now."""
        work, self._deferred = self._deferred, None
        if work is not None:
            work()

    def _do_deferred(self) -> tuple[HpcfitError | None, float]:
        """The error met, if any (the other ranks wait for this one to take part first), and the seconds."""
        begin = time.perf_counter()
        try:
            self.finish()
        except HpcfitError as error:
            return error, 0.0
        return None, time.perf_counter() - begin

    def _ask(
        self, operation: int, theta: FloatArray, velocity: FloatArray | None = None, h: float = 0.0
    ) -> Reduced:
        begin = time.perf_counter()
        order = self._rank.order(operation, theta, velocity, h)
        self._comm.broadcast_array(order)
        if operation == BATCH:
            self._comm.broadcast_array(self._rank.mask)
        failure, aside = self._do_deferred()
        reduced = self._rank.carry_out(order)
        assert reduced is not None
        if failure is not None:
            raise failure
        status = reduced.status
        if status[:, FAILED].any():
            self._raise_first(status[:, FAILED] > 0.0)
        self._asked = self._asked or bool(status[:, ASKED_TO_STOP].any())
        wall = time.perf_counter() - begin - aside
        self.times.add(NAMES[operation], wall, status[:, SECONDS], status[:, FOLDING], reduced.merging)
        return reduced

    def _raise_first(self, failed: NDArray[np.bool_]) -> None:
        errors: list[bytes | None] = [None] * self._comm.size
        if self._rank.error is not None:
            errors[0] = portable(self._rank.error)
        for rank in (np.flatnonzero(failed[1:]) + 1).tolist():
            packed = self._comm.receive(rank)
            assert isinstance(packed, bytes)
            errors[rank] = packed
        agreed = first_error(errors, self._comm)
        assert agreed is not None
        raise agreed from self._rank.error


def serve(
    local: LocalObjective, comm: Communicator, ranges: IntArray, request: StopRequest | None = None
) -> None:
    """Carry out rank 0's operations on this rank's chunks until rank 0 closes its objective.

    Args: as for DistributedObjective.

    Raises:
        HpcfitError: the one with which rank 0's work ended.
    """
    rank = _Rank(local, comm, ranges, StopRequest() if request is None else request)
    while True:
        order = rank.order(STOP)
        comm.broadcast_array(order)
        if order[0] == STOP:
            return
        if order[0] == FAIL:
            raise restore(comm.bcast(b""))
        if order[0] == BATCH:
            comm.broadcast_array(rank.mask)
        rank.carry_out(order)
        if rank.error is not None:
            comm.send(portable(rank.error), 0)


class _Rank:
    """One rank's part in every operation, rank 0's included.

    Attributes:
        error: the HpcfitError that the last operation met on this rank.
        mask: 1 for each of the chunks of all ranks that a batch has, else 0.
    """

    def __init__(
        self, local: LocalObjective, comm: Communicator, ranges: IntArray, request: StopRequest
    ) -> None:
        self.local, self.request = local, request
        self.error: HpcfitError | None = None
        # Of every rank or none, as otherwise bits would depend on which rank does a merge.
        self._reduction = Reduction(comm, ranges, getattr(local, "merge", None))
        self.mask = np.zeros(int(ranges[-1]))
        self._own = self.mask[ranges[comm.rank] : ranges[comm.rank + 1]]

    def order(
        self,
        operation: int,
        theta: FloatArray | None = None,
        velocity: FloatArray | None = None,
        h: float = 0.0,
    ) -> FloatArray:
        """What rank 0 broadcasts: [operation, h, theta (p), velocity (p)]."""
        p = self.local.n_parameters
        order = np.zeros(2 + 2 * p)
        order[0], order[1] = operation, h
        if theta is not None:
            order[2 : 2 + p] = theta
        if velocity is not None:
            order[2 + p :] = velocity
        return order

    def carry_out(self, order: FloatArray) -> Reduced | None:
        """Evaluate this rank's chunks and take part in the reduction; the result on rank 0."""
        before = self.local.seconds, self.local.folding_seconds
        self.error = None
        try:
            triangles, rows = self._evaluate(order)
        except HpcfitError as error:
            # The others are on their way into the reduction: take part in it first, then tell.
            self.error = error
            triangles, rows = self._nothing(int(order[0]))
        status = np.zeros(5)
        status[SECONDS] = self.local.seconds - before[0]
        status[FOLDING] = self.local.folding_seconds - before[1]
        status[ROWS] = self.local.n_residuals
        status[ASKED_TO_STOP] = bool(self.request)
        status[FAILED] = self.error is not None
        return self._reduction.reduce(triangles, rows, status)

    def _evaluate(self, order: FloatArray) -> tuple[FloatArray | None, FloatArray]:
        p = self.local.n_parameters
        theta = order[2 : 2 + p].copy()
        if order[0] == LINEARIZE:
            return self.local.linearize(theta)
        if order[0] == CURVATURE:
            return None, self.local.curvature(theta, order[2 + p :].copy(), float(order[1]))
        if order[0] == GRADIENT:
            return None, self.local.gradient(theta)
        if order[0] == BATCH:
            return None, self.local.gradient(theta, np.flatnonzero(self._own))
        return None, self.local.cost(theta)

    def _nothing(self, operation: int) -> tuple[FloatArray | None, FloatArray]:
        """Results of the right shape for an operation that failed."""
        n, p = self._reduction.n_chunks, self.local.n_parameters
        if operation == LINEARIZE:
            return np.zeros((n, p + 1, p + 1)), np.zeros((n, 2))
        width = {CURVATURE: p, COST: 2}.get(operation, p + 2)
        return None, np.zeros((n, width))
