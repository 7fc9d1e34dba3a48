"""Geodesic Levenberg-Marquardt: least squares by damped steps that follow the valley of the cost.

Transtrum, Machta, Sethna, Phys. Rev. E 83, 036701 (2011); Transtrum and Sethna, arXiv:1201.5885. Each
part has its own file: `linear_model` proposes steps within bounds, `acceleration` bends them, `trial`
evaluates, `trust` learns from the outcome, `extrapolation` shortens the end, `convergence` decides when
it is reached, `polish` takes the last digits. This file strings them together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hpcfit.optimize import reasons
from hpcfit.optimize.bounds import Bounds
from hpcfit.optimize.conclusion import conclude, require_finite
from hpcfit.optimize.convergence import (
    converged,
    lost_influence,
    polished_enough,
    rounding_limited,
    singular_minimum,
)
from hpcfit.optimize.descent import Attempt, descend
from hpcfit.optimize.events import Callback, IterationEvent, StateDict
from hpcfit.optimize.growth import growth_told
from hpcfit.optimize.linear_model import LinearModel
from hpcfit.optimize.objective import Objective
from hpcfit.optimize.options import GeodesicLMOptions
from hpcfit.optimize.polish import polish
from hpcfit.optimize.reasons import StopReason
from hpcfit.optimize.result import OptimizerResult
from hpcfit.optimize.scaling import column_scale
from hpcfit.optimize.state import FitState

FloatArray = NDArray[np.float64]

_START = Attempt(accepted=True, velocity_norm=0.0, acceleration_ratio=None, predicted=None, actual=None)


def minimize(
    objective: Objective,
    theta0: FloatArray,
    *,
    bounds: tuple[FloatArray, FloatArray] | None = None,
    labels: Sequence[str] | None = None,
    options: GeodesicLMOptions | None = None,
    callback: Callback | None = None,
    state: StateDict | None = None,
    width: FloatArray | None = None,
) -> OptimizerResult:
    """Minimize |r(theta)|^2.

    Args:
        theta0: start, shape (p,), within the bounds.
        bounds: lower and upper, each of shape (p,), infinite where there is none.
        labels: names of the parameters in sentences; theta[0], ... by default.
        callback: called with iteration 0, the start, and after every iteration; True stops the fit.
        state: what the callback was given in an earlier call with the same arguments: the fit goes on
            from there, and ends with the same bits as if it had never stopped.
        width: typical change of each parameter, where known (NaN: not), shape (p,); see `column_scale`.

    Raises:
        RunError: the residual or its derivatives are not finite at the start, or the state is of another
            version.
        ValueError: bounds that do not fit.
    """
    names = [f"theta[{k}]" for k in range(len(theta0))] if labels is None else list(labels)
    start = np.array(theta0, dtype=np.float64)
    run = _Run(objective, start, Bounds.of(bounds, start), names, options or GeodesicLMOptions(), callback)
    # Trials may lie where nothing is finite: that is counted and rejected, and needs no warning.
    with np.errstate(all="ignore"):
        if state is not None:
            current = FitState.from_dict(state)
            return run.result(current, run.go_on(current))
        current = run.begin(start, width)
        stop = run.report(current, run.model(current), _START)
        return run.result(current, reasons.stopped() if stop else run.go_on(current))


@dataclass(frozen=True, eq=False)
class _Run:
    objective: Objective
    start: FloatArray
    bounds: Bounds
    labels: Sequence[str]
    options: GeodesicLMOptions
    callback: Callback | None

    def begin(self, theta: FloatArray, width: FloatArray | None) -> FitState:
        linearization = self.objective.linearize(theta)
        require_finite(linearization)
        factor = linearization.rfactor
        scale = column_scale(theta, factor, width)
        size = float(np.linalg.norm(scale * theta))
        return FitState(
            theta=theta,
            triangle=factor.triangle,
            rows=factor.rows,
            cost=linearization.cost,
            scale=scale,
            radius=size if size > 0.0 else 1.0,
            start_norms=factor.column_norms,
            history=np.array([linearization.cost]),
            past_theta=np.empty((0, len(theta))),
            past_velocity=np.empty((0, len(theta))),
            jacobian_evaluations=1,
        )

    def model(self, state: FitState) -> LinearModel:
        return LinearModel(state.theta, state.factor, state.cost, self.bounds)

    def go_on(self, state: FitState) -> StopReason:
        """Iterate until there is a reason to stop."""
        model = self.model(state)
        while True:
            reason = self._reason(state, model)
            if reason is not None:
                return reason
            if state.verdict:
                attempt = polish(self.objective, state, model, self.bounds)
            else:
                attempt = descend(self.objective, state, model, self.options)
                if not attempt.accepted and rounding_limited(model):
                    state.verdict = reasons.rounding_reached(model.reach / model.cost).sentence
            if attempt.accepted:
                model = self.model(state)
            if self.report(state, model, attempt):
                return reasons.stopped()

    def _reason(self, state: FitState, model: LinearModel) -> StopReason | None:
        """Why to stop before the next iteration; a verdict of convergence is polished first."""
        options = self.options
        if not state.verdict:
            if state.cost <= options.cost_target and options.cost_target > 0.0:
                return reasons.target_reached(state.cost, options.cost_target)
            reason = converged(model, options)
            if reason is not None:
                lost = lost_influence(model, state.start, self.labels)
                if lost is not None:
                    return lost
                state.verdict = reason.sentence
        if state.verdict:
            finished = not state.polishing or state.polished >= options.polish_steps
            enough = finished or polished_enough(model, options)
            return StopReason("converged", state.verdict) if enough else None
        reason = singular_minimum(model, state.rejected_in_row)
        if reason is not None:
            return reason
        if state.rejected_in_row >= options.max_rejections:
            lost = lost_influence(model, state.start, self.labels)
            stalled = reasons.stalled(state.rejected_in_row, model.relative_offset)
            return lost or self._short(state, model, stalled)
        if state.iterations >= options.max_iterations:
            used = reasons.iterations_used(options.max_iterations, model.relative_offset)
            return self._short(state, model, used)
        return None

    def _short(self, state: FitState, model: LinearModel, reason: StopReason) -> StopReason:
        """A reason that is no convergence, with the parameters that have run away."""
        told = growth_told(model, self.start, state.history, self.labels)
        return replace(reason, sentence=reason.sentence + told)

    def report(self, state: FitState, model: LinearModel, attempt: Attempt) -> bool:
        """Tell the callback of an iteration; whether it wants the fit to stop."""
        if self.callback is None:
            return False
        event = IterationEvent(
            iteration=state.iterations,
            cost=state.cost,
            loss=0.5 * state.cost,
            accepted=attempt.accepted,
            theta=state.theta.copy(),
            damping=state.damping,
            radius=state.radius,
            velocity_norm=attempt.velocity_norm,
            acceleration_ratio=attempt.acceleration_ratio,
            predicted=attempt.predicted,
            actual=attempt.actual,
            relative_offset=model.relative_offset,
            counts=state.counts,
        )
        return bool(self.callback(event, state.to_dict()))

    def result(self, state: FitState, reason: StopReason) -> OptimizerResult:
        return conclude(
            state.theta,
            state.factor,
            state.cost,
            reason,
            bounds=self.bounds,
            labels=self.labels,
            counts=state.counts,
            history=state.history.tolist(),
        )
