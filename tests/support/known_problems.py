"""Small problems with known minima, for optimizers of every kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hpcfit.optimize import DenseObjective

Function = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class Known:
    """Residual and Jacobian, a start, and where the minimum is."""

    residual: Function
    jacobian: Function
    start: tuple[float, ...]
    minimum: tuple[float, ...]

    def objective(self, n_chunks: int = 1) -> DenseObjective:
        return DenseObjective(self.residual, self.jacobian, len(self.start), n_chunks)


def _valley(theta: np.ndarray) -> np.ndarray:
    return np.array([10.0 * (theta[1] - theta[0] ** 2), 1.0 - theta[0]])


def _valley_jacobian(theta: np.ndarray) -> np.ndarray:
    return np.array([[-20.0 * theta[0], 10.0], [-1.0, 0.0]])


def _walled(theta: np.ndarray) -> np.ndarray:
    """Not finite for theta[0] < 0.2."""
    with np.errstate(all="ignore"):
        return np.array([10.0 * (theta[1] - np.sqrt(theta[0] - 0.2)), np.log(theta[0]) - 0.5, theta[1] - 3.0])


def _walled_jacobian(theta: np.ndarray) -> np.ndarray:
    with np.errstate(all="ignore"):
        return np.array([[-5.0 / np.sqrt(theta[0] - 0.2), 10.0], [1.0 / theta[0], 0.0], [0.0, 1.0]])


VALLEY = Known(_valley, _valley_jacobian, (-1.2, 1.0), (1.0, 1.0))
WALLED = Known(_walled, _walled_jacobian, (5.0, 2.0), (4.476355034, 2.077163332))


def murnaghan() -> Known:
    """Energy over volume (28 points): E0, B0, BP, V0, of very different sizes, from a start far away."""
    table = np.loadtxt(Path(__file__).with_name("murnaghan.csv"), delimiter=",", skiprows=1)
    volume, energy = table[:, 0], table[:, 1]

    def residual(theta: np.ndarray) -> np.ndarray:
        e0, b0, bp, v0 = theta
        with np.errstate(all="ignore"):
            power = (v0 / volume) ** bp / (bp - 1.0)
            return e0 + b0 * volume / bp * (power + 1.0) - v0 * b0 / (bp - 1.0) - energy

    def jacobian(theta: np.ndarray) -> np.ndarray:
        _, b0, bp, v0 = theta
        with np.errstate(all="ignore"):
            ratio, less = v0 / volume, bp - 1.0
            power = ratio**bp / less
            by_b0 = volume / bp * (power + 1.0) - v0 / less
            slope = power * (np.log(ratio) - 1.0 / less)
            by_bp = b0 * (volume / bp * (slope - (power + 1.0) / bp) + v0 / less**2)
            by_v0 = b0 * (ratio**less - 1.0) / less
        return np.column_stack([np.ones_like(volume), by_b0, by_bp, by_v0])

    return Known(
        residual, jacobian, (-400.0, 0.5, 2.0, 210.0), (-400.0294661, 0.003735890, 4.048737, 212.77842)
    )
