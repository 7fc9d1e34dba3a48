"""The trust radius Delta of |D v|, and the damping that goes with it (More, LNM 630 (1978) 105)."""

from __future__ import annotations

from hpcfit.optimize.state import FitState

#: a trial is accepted when it saves this fraction of what was predicted
ACCEPTED = 1e-4
_POOR, _GOOD = 0.25, 0.75
_LEAST, _MOST, _NONFINITE = 0.1, 0.5, 0.25


def adapt(state: FitState, norm: float, predicted: float, actual: float) -> None:
    """Change the radius by how well the linear model predicted what a trial saved.

    Args:
        norm: |D v| of the step.
        predicted, actual: fractions of the cost; `actual` is minus infinity where it is not finite.
    """
    if actual <= _POOR * predicted:
        shrink(state, norm, _shrinkage(predicted, actual))
    elif actual >= _GOOD * predicted:
        state.radius *= 2.0
        state.damping *= 0.5


def shrink(state: FitState, norm: float, factor: float) -> None:
    """Make the radius the given fraction of itself or of the step, whichever is smaller."""
    state.radius = factor * min(state.radius, norm)
    state.damping /= factor


def _shrinkage(predicted: float, actual: float) -> float:
    """Where a parabola along the step is lowest, within limits.

    More's slope, |Jv|^2 + lambda |Dv|^2 instead of `predicted`, shrinks more, and takes more steps.
    """
    if actual == -float("inf"):
        return _NONFINITE
    if actual >= 0.0 or predicted <= 0.0:
        return _MOST
    return max(_LEAST, predicted / (2.0 * predicted - actual))
