"""Adam: steps along the gradient of a part of the data at a time, each parameter with its own memory.

Kingma and Ba, arXiv:1412.6980, algorithm 1. A batch is a set of chunks, drawn from the seed and the epoch
alone; every rank evaluates those of its own, and the sums go through the same tree as all others. So the
batches, and with them the result, do not depend on the number of ranks, and a run that goes on from its
checkpoint ends with the bits of one that was never stopped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from hpcfit.optimize import reasons
from hpcfit.optimize.adam_options import AdamOptions
from hpcfit.optimize.adam_state import AdamState
from hpcfit.optimize.bounds import Bounds
from hpcfit.optimize.conclusion import conclude, require_finite
from hpcfit.optimize.convergence import converged, lost_influence
from hpcfit.optimize.events import Callback, IterationEvent, StateDict
from hpcfit.optimize.linear_model import LinearModel
from hpcfit.optimize.objective import Objective, chunks_of, gradient_at
from hpcfit.optimize.options import GeodesicLMOptions
from hpcfit.optimize.result import OptimizerResult
from hpcfit.optimize.scaling import column_scale

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: of the learning rate, after a batch whose gradient is not finite
_BACKOFF = 0.5
#: a full step below this fraction of the parameters (or of their start) leaves them six digits
_SIX_DIGITS = 3e-7


def minimize_adam(
    objective: Objective,
    theta0: FloatArray,
    *,
    bounds: tuple[FloatArray, FloatArray] | None = None,
    labels: Sequence[str] | None = None,
    options: AdamOptions | None = None,
    callback: Callback | None = None,
    state: StateDict | None = None,
    width: FloatArray | None = None,
) -> OptimizerResult:
    """Minimize |r(theta)|^2; arguments are those of `geodesic_lm.minimize`.

    Steps that leave the bounds end on them. The best point of all full costs is returned; whether it is a
    minimum is judged by its linearization.

    Raises:
        RunError: the residual or its derivatives are not finite at the start, or the state is of another
            version.
        ValueError: bounds that do not fit.
    """
    chosen = options or AdamOptions()
    theta0 = np.array(theta0, dtype=np.float64)
    box = Bounds.of(bounds, theta0)
    names = [f"theta[{k}]" for k in range(len(theta0))] if labels is None else list(labels)
    with np.errstate(all="ignore"):
        if state is None:
            current = _begin(objective, theta0, width, chosen)
            stopped = callback is not None and bool(callback(_event(current, 0.0, True), current.to_dict()))
        else:
            current, stopped = AdamState.from_dict(state), False
        stopped = stopped or _descend(objective, current, box, chosen, callback)
        return _conclude(objective, current, box, names, chosen, stopped)


def batches(n_chunks: int, options: AdamOptions, epoch: int) -> Iterator[IntArray]:
    """The batches of an epoch: each chunk is in one of them, in increasing order."""
    order = np.random.default_rng([options.seed, epoch]).permutation(n_chunks)
    for part in np.array_split(order, min(options.batches, n_chunks)):
        yield np.sort(part).astype(np.int64)


def _begin(
    objective: Objective, theta: FloatArray, width: FloatArray | None, options: AdamOptions
) -> AdamState:
    linearization = objective.linearize(theta)
    require_finite(linearization)
    factor = linearization.rfactor
    scale = column_scale(theta, factor, width) if options.scaled else np.ones(len(theta))
    return AdamState(
        theta=theta.copy(),
        mean=np.zeros(len(theta)),
        square=np.zeros(len(theta)),
        best=theta.copy(),
        scale=scale,
        start_norms=factor.column_norms,
        history=np.array([linearization.cost]),
        jacobian_evaluations=1,
    )


def _descend(
    objective: Objective, state: AdamState, bounds: Bounds, options: AdamOptions, callback: Callback | None
) -> bool:
    """Take all epochs that are left; whether the callback asked to stop."""
    n_chunks = chunks_of(objective)
    before = state.theta.copy()
    while state.epoch < options.epochs and len(state.theta):
        for batch in batches(n_chunks, options, state.epoch):
            _step(objective, state, bounds, options, None if n_chunks == len(batch) else batch, n_chunks)
        state.epoch += 1
        if state.epoch % options.report_every and state.epoch < options.epochs:
            continue
        state.residual_evaluations += 1
        cost = objective.cost(state.theta)
        improved = cost.is_finite and cost.value < float(state.history[-1])
        if improved:
            state.best, state.history = state.theta.copy(), np.append(state.history, cost.value)
        moved = float(np.linalg.norm(state.scale * (state.theta - before)))
        before = state.theta.copy()
        if callback is not None and callback(_event(state, moved, improved), state.to_dict()):
            return True
    return False


def _step(
    objective: Objective,
    state: AdamState,
    bounds: Bounds,
    options: AdamOptions,
    batch: IntArray | None,
    n_chunks: int,
) -> None:
    state.jacobian_evaluations += 1
    found = gradient_at(objective, state.theta, batch)
    if not found.is_finite:
        # Back to the best point, with shorter steps and nothing remembered of what led here.
        state.rejected += 1
        state.shortening *= _BACKOFF
        state.theta = state.best.copy()
        state.mean[:], state.square[:], state.steps = 0.0, 0.0, 0
        return
    share = 1.0 if batch is None else n_chunks / len(batch)
    unit = float(state.history[0]) or 1.0
    slope = 2.0 * share * found.vector / (state.scale * unit)
    state.steps += 1
    state.mean = options.beta1 * state.mean + (1.0 - options.beta1) * slope
    state.square = options.beta2 * state.square + (1.0 - options.beta2) * slope**2
    mean = state.mean / (1.0 - options.beta1**state.steps)
    root = np.sqrt(state.square / (1.0 - options.beta2**state.steps))
    rate = state.shortening * options.rate(state.epoch)
    with np.errstate(invalid="ignore"):
        step = np.where(mean == 0.0, 0.0, rate * mean / (root + options.epsilon))
    state.theta = bounds.clip(state.theta - step / state.scale)


def _event(state: AdamState, step: float, accepted: bool) -> IterationEvent:
    cost = float(state.history[-1])
    return IterationEvent(
        iteration=state.epoch,
        cost=cost,
        loss=0.5 * cost,
        accepted=accepted,
        theta=state.best.copy(),
        damping=None,
        radius=None,
        velocity_norm=step,
        acceleration_ratio=None,
        predicted=None,
        actual=None,
        relative_offset=None,
        counts=state.counts,
    )


def _conclude(
    objective: Objective,
    state: AdamState,
    bounds: Bounds,
    labels: Sequence[str],
    options: AdamOptions,
    stopped: bool,
) -> OptimizerResult:
    state.jacobian_evaluations += 1
    found = objective.linearize(state.best)
    require_finite(found)
    model = LinearModel(state.best, found.rfactor, found.cost, bounds)
    rules = GeodesicLMOptions(relative_offset=options.relative_offset, xtol=_SIX_DIGITS)
    reason = reasons.epochs_used(state.epoch, model.relative_offset)
    if stopped and state.epoch < options.epochs:
        reason = reasons.stopped()
    else:
        size = np.maximum(np.abs(model.theta), 1.0 / state.scale)
        near = bool((np.abs(model.unbounded.velocity) <= _SIX_DIGITS * size).all())
        there = converged(model, rules) if near else None
        reason = lost_influence(model, state.start, labels) or reason if there is None else there
    return conclude(
        state.best,
        found.rfactor,
        found.cost,
        reason,
        bounds=bounds,
        labels=labels,
        counts=state.counts,
        history=state.history.tolist(),
    )
