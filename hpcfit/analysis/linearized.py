"""The fit made linear at its end: the triangle of [J | r] over all data, priors included."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import RunError
from hpcfit.linalg import RFactor, inverse_root
from hpcfit.optimize.bounds import Bounds
from hpcfit.parallel.communicator import Communicator
from hpcfit.workflow.reopen import Reopened, whole_objective

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Linearized:
    """What a step of the optimizer would be made from; the same on all ranks.

    Attributes:
        labels: of the free parameters, p of them.
        values: of the free parameters, shape (p,); `slopes` their derivatives by theta, 1 without transforms.
        factor: by theta.
        held: parameters at a bound, which do not vary, shape (p,).
        squares: what errors are estimated from: |r|^2, for robust losses the sum of psi^2.
        inflation: the covariance is this times squares/(m - rank) (J^T J)^-1; None without robust losses.
    """

    labels: tuple[str, ...]
    values: FloatArray
    slopes: FloatArray
    factor: RFactor
    held: NDArray[np.bool_]
    squares: float
    inflation: float | None

    @cached_property
    def root(self) -> FloatArray:
        """W (p, rank) with W W^T = (J^T J)^-1 by theta, of what the data determine."""
        return inverse_root(self.factor, self.held)

    @property
    def rank(self) -> int:
        """Directions that the data determine."""
        return int(self.root.shape[1])

    @property
    def freedom(self) -> int:
        """Residuals more than directions."""
        return self.factor.rows - self.rank

    @property
    def cost(self) -> float:
        """|r|^2, or what a robust loss makes of it, from the triangle."""
        return float(self.factor.qtr @ self.factor.qtr) + self.factor.rho**2

    @property
    def scale(self) -> float:
        """Root of squares/(m - rank); NaN without a degree of freedom."""
        return float(np.sqrt(self.squares / self.freedom)) if self.freedom > 0 else float("nan")

    @property
    def variance(self) -> float:
        """The covariance is this times (J^T J)^-1: what a rise of the cost is worth. NaN as the scale.

        Raises:
            RunError: a robust loss under which nothing can be told.
        """
        if self.inflation is not None and np.isinf(self.inflation):
            raise RunError(
                "the robust loss bends down at most residuals, so that no errors can be told; take a larger "
                "scale."
            )
        return self.scale**2 * (1.0 if self.inflation is None else self.inflation)

    @property
    def deviation(self) -> float:
        """Estimated standard deviation of a residual: the scale, for robust losses over the mean of psi'."""
        return self.scale if self.inflation is None else self.scale * self.inflation

    @property
    def at_bounds(self) -> list[str]:
        """Names of the parameters that do not vary because they are at a bound."""
        return [label for label, held in zip(self.labels, self.held.tolist(), strict=True) if held]


def linearize(comm: Communicator, reopened: Reopened) -> Linearized:
    """One evaluation of all derivatives; collective.

    Raises:
        RunError: residuals or derivatives are not finite; on all ranks alike.
    """
    with whole_objective(comm, reopened.prepared) as objective:
        own = None if objective is None else objective.linearize(reopened.theta)
    found = comm.bcast(own)
    assert found is not None
    if not found.is_finite:
        raise RunError(
            f"{reopened.name}: at the parameters found, residuals or their derivatives are not finite, so "
            "that nothing can be said of them."
        )
    parameters, theta = reopened.parameters, reopened.theta
    free = parameters.free
    squares, inflation = found.cost, None
    robust = reopened.result.robust
    if robust is not None:
        squares = robust.squares
        inflation = 1.0 / robust.curvature if robust.curvature > 0.0 else np.inf
    return Linearized(
        labels=tuple(parameters.label(q) for q in free),
        values=np.array(parameters.free_values(theta), dtype=np.float64),
        slopes=np.array([q.slope(float(number)) for q, number in zip(free, theta, strict=True)]),
        factor=found.rfactor,
        held=Bounds(parameters.lower, parameters.upper).at_bound(theta),
        squares=squares,
        inflation=inflation,
    )
