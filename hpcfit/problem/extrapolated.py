"""Derivatives of black boxes: central differences extrapolated to step zero.

Ridders, Adv. Eng. Software 4, 75 (1982); as there, each element keeps the best entry of its tableau by
the tableau's own error estimate. Steps shrink until that is good enough, because nothing is known
of the scale on which the function bends.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

_FIRST, _SHRINK = 0.1, 2.0
_LEVELS, _ORDERS = 22, 8
_ENOUGH = 1e-12
_EPSILON = float(np.finfo(np.float64).eps)


def directional_derivative(
    function: Callable[[FloatArray], FloatArray], point: FloatArray, direction: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Derivative of `function` (m,) -> (k,) at `point` along `direction`, and estimates of its error.

    Args:
        direction: its largest element should be about one; steps along it are 0.1 and shorter.
    """
    best, best_error = np.zeros(0), np.zeros(0)
    previous: list[FloatArray] = []
    for level in range(_LEVELS):
        h = _FIRST / _SHRINK**level
        forward, backward = function(point + h * direction), function(point - h * direction)
        row = _extrapolated((forward - backward) / (2.0 * h), previous)
        noise = _EPSILON * np.maximum(np.abs(forward), np.abs(backward)) / h
        if not level:
            best, best_error = row[0], np.full(len(row[0]), np.inf)
        for order in range(1, len(row)):
            change = np.maximum(np.abs(row[order] - row[order - 1]), np.abs(row[order] - previous[order - 1]))
            better = change + noise < best_error
            best = np.where(better, row[order], best)
            best_error = np.where(better, change + noise, best_error)
        # Rounding grows as steps shrink: below it there is nothing to find.
        enough = np.maximum(_ENOUGH * np.abs(best).max(initial=0.0), noise)
        if (best_error <= enough).all():
            break
        previous = row
    return best, best_error


def _extrapolated(difference: FloatArray, previous: list[FloatArray]) -> list[FloatArray]:
    """A row of the tableau: `difference`, then with error terms h^2, h^4, ... removed."""
    row = [difference]
    factor = 1.0
    for order in range(min(len(previous), _ORDERS)):
        factor *= _SHRINK * _SHRINK
        row.append((factor * row[order] - previous[order]) / (factor - 1.0))
    return row
