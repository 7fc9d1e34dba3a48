"""Everything that the next iteration depends on, so that a fit can be resumed bit by bit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpcfit.linalg import RFactor
from hpcfit.optimize.events import Counts, StateDict
from hpcfit.optimize.objective import Linearization
from hpcfit.optimize.saved_state import state_from_dict, state_to_dict
from hpcfit.optimize.start import Start

FloatArray = NDArray[np.float64]


@dataclass
class FitState:
    """State between two iterations.

    Attributes:
        theta: parameters, shape (p,).
        triangle, rows, cost: the linearization at theta.
        scale: D, shape (p,).
        radius: bound of |D v|.
        damping: lambda of the last step.
        start_norms: column norms of the Jacobian at the start, shape (p,).
        history: cost at the start and after every accepted iteration.
        past_theta, past_velocity: last points near the minimum and their undamped steps, shapes (k, p).
        rejected_in_row, accepted_in_row: iterations since the last of the other kind.
        elsewhere: the objective was last linearized at a trial that was rejected.
        verdict: how the fit converged, while it is being polished; else empty.
        polishing: undamped steps are still bringing it nearer.
        polished: undamped steps tried since.
    """

    theta: FloatArray
    triangle: FloatArray
    rows: int
    cost: float
    scale: FloatArray
    radius: float
    start_norms: FloatArray
    history: FloatArray
    past_theta: FloatArray
    past_velocity: FloatArray
    damping: float = 0.0
    iterations: int = 0
    residual_evaluations: int = 0
    jacobian_evaluations: int = 0
    curvature_evaluations: int = 0
    rejected: int = 0
    rejected_in_row: int = 0
    accepted_in_row: int = 0
    elsewhere: bool = False
    verdict: str = ""
    polishing: bool = True
    polished: int = 0

    @property
    def start(self) -> Start:
        """What is kept of the start."""
        return Start(self.scale, self.start_norms, float(self.history[0]))

    @property
    def factor(self) -> RFactor:
        return RFactor(self.triangle, self.rows)

    @property
    def counts(self) -> Counts:
        return Counts(
            self.iterations,
            self.residual_evaluations,
            self.jacobian_evaluations,
            self.curvature_evaluations,
            self.rejected,
        )

    def move(self, theta: FloatArray, linearization: Linearization) -> None:
        """Take a step to `theta`."""
        self.theta = theta
        self.triangle = linearization.rfactor.triangle
        self.rows = linearization.rfactor.rows
        self.cost = linearization.cost
        self.history = np.append(self.history, linearization.cost)
        self.accepted_in_row += 1
        self.rejected_in_row = 0
        self.elsewhere = False

    def stay(self) -> None:
        """Reject a step."""
        self.rejected += 1
        self.rejected_in_row += 1
        self.accepted_in_row = 0

    def to_dict(self) -> StateDict:
        """Copies of all fields by name."""
        return state_to_dict(self)

    @classmethod
    def from_dict(cls, content: StateDict) -> FitState:
        """The state of `to_dict`, also after it went through a file.

        Raises:
            RunError: entries are missing or unknown: another version saved it.
        """
        return state_from_dict(cls, content, "geodesic-lm")
