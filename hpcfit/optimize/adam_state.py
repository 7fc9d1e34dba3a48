"""Everything that the next epoch of Adam depends on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpcfit.optimize.events import Counts, StateDict
from hpcfit.optimize.saved_state import state_from_dict, state_to_dict
from hpcfit.optimize.start import Start

FloatArray = NDArray[np.float64]


@dataclass
class AdamState:
    """State between two epochs.

    Attributes:
        theta: parameters, shape (p,).
        mean, square: the running means of the gradient and of its square, shape (p,).
        best: the parameters of the lowest full cost, which is the last of `history`.
        scale: by which steps are measured, shape (p,).
        start_norms: column norms of the Jacobian at the start, shape (p,).
        steps: since the running means began.
        shortening: of the learning rate, below 1 where batches were not finite.
        rejected: batches whose gradient was not finite.
    """

    theta: FloatArray
    mean: FloatArray
    square: FloatArray
    best: FloatArray
    scale: FloatArray
    start_norms: FloatArray
    history: FloatArray
    epoch: int = 0
    steps: int = 0
    shortening: float = 1.0
    residual_evaluations: int = 0
    jacobian_evaluations: int = 0
    rejected: int = 0

    @property
    def start(self) -> Start:
        """What is kept of the start."""
        return Start(self.scale, self.start_norms, float(self.history[0]))

    @property
    def counts(self) -> Counts:
        return Counts(self.epoch, self.residual_evaluations, self.jacobian_evaluations, 0, self.rejected)

    def to_dict(self) -> StateDict:
        """Copies of all fields by name."""
        return state_to_dict(self)

    @classmethod
    def from_dict(cls, content: StateDict) -> AdamState:
        """The state of `to_dict`, also after it went through a file.

        Raises:
            RunError: entries are missing or unknown: another version saved it.
        """
        return state_from_dict(cls, content, "adam")
