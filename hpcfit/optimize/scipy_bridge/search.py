"""What an optimizer from elsewhere evaluates: counted, watched, its best point kept.

SciPy drives; everything that it asks for passes here. So the best point is known whatever SciPy ends with,
limits and requests to stop are obeyed (by an exception that ends SciPy's loop), and a residual that is
not finite is told from a large one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import RunError
from hpcfit.optimize import reasons
from hpcfit.optimize.bounds import Bounds
from hpcfit.optimize.events import Callback, Counts, IterationEvent, StateDict
from hpcfit.optimize.linear_model import LinearModel
from hpcfit.optimize.objective import Gradient, Linearization, Objective, gradient_at
from hpcfit.optimize.reasons import StopReason
from hpcfit.optimize.start import Start

FloatArray = NDArray[np.float64]


#: after so many evaluations without an iteration, as within a long line search, there is a report anyway
_PATIENCE = 500


class SearchEnded(Exception):
    """Ends the loop of an optimizer from elsewhere."""

    def __init__(self, reason: StopReason) -> None:
        super().__init__(reason.sentence)
        self.reason = reason


@dataclass(eq=False)
class Search:
    """The evaluations of one fit.

    Attributes:
        start: of the whole fit, its scale among it.
        theta, cost: the best point that was seen.
        counts_*: totals, earlier processes included.
        history: the cost at the start and after every iteration that lowered it.
        max_iterations, max_evaluations: after which the search ends.
        here: the last linearization, with its theta.
        resumed: an earlier process has reported the start.
        ended: why the driver was ended, if it was.
    """

    objective: Objective
    bounds: Bounds
    labels: Sequence[str]
    callback: Callback | None
    start: Start
    theta: FloatArray
    cost: float
    history: list[float]
    max_iterations: int
    max_evaluations: int | None = None
    iterations: int = 0
    residual_evaluations: int = 0
    jacobian_evaluations: int = 0
    rejected: int = 0
    here: tuple[FloatArray, Linearization] | None = None
    resumed: bool = False
    ended: StopReason | None = None
    _reported: FloatArray = field(init=False)
    _reported_at: int = field(init=False)

    def __post_init__(self) -> None:
        self._reported, self._reported_at = self.theta.copy(), self.evaluations

    @property
    def scale(self) -> FloatArray:
        """D (p,): what is moved is D theta."""
        return self.start.scale

    @property
    def counts(self) -> Counts:
        return Counts(self.iterations, self.residual_evaluations, self.jacobian_evaluations, 0, self.rejected)

    @property
    def evaluations(self) -> int:
        return self.residual_evaluations + self.jacobian_evaluations

    def value(self, theta: FloatArray) -> float:
        """|r|^2; infinite where it is not finite."""
        self._before()
        self.residual_evaluations += 1
        cost = self.objective.cost(theta)
        return self._seen(theta, cost.value if cost.is_finite else np.inf)

    def gradient(self, theta: FloatArray) -> Gradient | None:
        """J^T r and |r|^2; None where they are not finite."""
        self._before()
        self.jacobian_evaluations += 1
        found = gradient_at(self.objective, theta)
        if not found.is_finite:
            return None
        self._seen(theta, found.cost)
        return found

    def linearize(self, theta: FloatArray) -> Linearization | None:
        """The linearization, made once for each theta in a row; None where it is not finite."""
        if self.here is None or not np.array_equal(self.here[0], theta):
            self._before()
            self.jacobian_evaluations += 1
            self.here = theta.copy(), self.objective.linearize(theta)
        found = self.here[1]
        if not found.is_finite:
            return None
        self._seen(theta, found.cost)
        return found

    def iteration(self, trials: int = 1, rejected: int = 0) -> None:
        """Report that the method has taken an iteration, and end where it must.

        Args:
            trials: how many are counted.
            rejected: how many of them did not move the parameters.
        """
        self.iterations += trials
        self.rejected += rejected
        moved = self.cost < self.history[-1]
        if moved:
            self.history.append(self.cost)
        step = float(np.linalg.norm(self.scale * (self.theta - self._reported)))
        self._reported, self._reported_at = self.theta.copy(), self.evaluations
        if self.report(step, moved):
            self.end(reasons.stopped())
        if self.iterations >= self.max_iterations:
            self.end(reasons.iterations_used(self.max_iterations, None))

    def opened(self) -> bool:
        """Report the start, once for a fit; whether the callback wants it to stop there."""
        return not self.resumed and self.report()

    def report(self, step: float = 0.0, moved: bool = True) -> bool:
        """Tell the callback where the search is; whether it wants it to stop."""
        if self.callback is None:
            return False
        event = IterationEvent(
            iteration=self.iterations,
            cost=self.cost,
            loss=0.5 * self.cost,
            accepted=moved,
            theta=self.theta.copy(),
            damping=None,
            radius=None,
            velocity_norm=step,
            acceleration_ratio=None,
            predicted=None,
            actual=None,
            relative_offset=self._offset(),
            counts=self.counts,
        )
        return bool(self.callback(event, self.to_dict()))

    def best_model(self) -> LinearModel:
        """The linear model at the best point; its linearization is made if it is not the last one."""
        if self.here is None or not np.array_equal(self.here[0], self.theta):
            self.jacobian_evaluations += 1
            self.here = self.theta.copy(), self.objective.linearize(self.theta)
        found = self.here[1]
        if not found.is_finite:
            raise RunError(
                "The derivatives of the residuals are NaN or infinite at the best parameters found: "
                + ", ".join(f"{n} = {v:.6g}" for n, v in zip(self.labels, self.theta, strict=True))
                + ". Bound the parameters so that the derivatives exist, or start elsewhere."
            )
        return LinearModel(self.theta, found.rfactor, found.cost, self.bounds)

    def to_dict(self) -> StateDict:
        """The best point and the totals: all that is known of a search whose driver tells no state."""
        return {
            "theta": self.theta.copy(),
            "scale": self.scale.copy(),
            "start_norms": self.start.norms.copy(),
            "history": np.array(self.history),
            "iterations": self.iterations,
            "residual_evaluations": self.residual_evaluations,
            "jacobian_evaluations": self.jacobian_evaluations,
            "rejected": self.rejected,
        }

    def end(self, reason: StopReason) -> NoReturn:
        """End the loop of the driver."""
        self.ended = reason
        raise SearchEnded(reason)

    def _offset(self) -> float | None:
        if self.here is None or not self.here[1].is_finite or not np.array_equal(self.here[0], self.theta):
            return None
        factor = self.here[1].rfactor
        return LinearModel(self.theta, factor, self.cost, self.bounds).relative_offset

    def _before(self) -> None:
        if self.max_evaluations is not None and self.evaluations >= self.max_evaluations:
            self.end(reasons.evaluations_used(self.max_evaluations))
        if self.evaluations - self._reported_at >= _PATIENCE:
            self.iteration()

    def _seen(self, theta: FloatArray, cost: float) -> float:
        if cost < self.cost:
            self.theta, self.cost = theta.copy(), cost
        return cost
