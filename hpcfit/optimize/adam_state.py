"""Everything that the next epoch of Adam depends on."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import RunError
from hpcfit.optimize.events import Counts, StateDict
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
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return {
            name: value.copy() if isinstance(value, np.ndarray) else value for name, value in values.items()
        }

    @classmethod
    def from_dict(cls, content: StateDict) -> AdamState:
        """The state of `to_dict`, also after it went through a file.

        Raises:
            RunError: entries are missing or unknown: another version saved it.
        """
        kinds = {each.name: str(each.type) for each in fields(cls)}
        odd = sorted(content.keys() ^ kinds.keys())
        if odd:
            raise RunError(
                f"the state to resume from is not one of this version of adam: see {odd}. Start the run "
                "anew, with --restart, or go on with the version that began it."
            )
        plain = {"int": int, "float": float}
        values: dict[str, Any] = {}
        for name, kind in kinds.items():
            value: Any = content[name]
            values[name] = plain[kind](value) if kind in plain else np.array(value, dtype=np.float64)
        return cls(**values)
