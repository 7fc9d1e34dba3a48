"""Options of `adam`, and the learning rate that they make."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hpcfit.optimize.options import option


@dataclass(frozen=True)
class AdamOptions:
    """Options of `adam`."""

    epochs: int = option(1000, "passes over the data", 0)
    batches: int = option(8, "parts of the data that are taken one after the other in an epoch", 1)
    learning_rate: float = option(0.01, "length of a step, in units of the parameters' scale", 0.0)
    schedule: str = option(
        "cosine",
        "how the learning rate falls: to `final_fraction` at the end as a cosine or exponentially, or by "
        "`step_factor` every `step_epochs`",
        choices=("constant", "cosine", "exponential", "steps"),
    )
    final_fraction: float = option(0.001, "of the learning rate, at the end", 1e-12, 1.0)
    step_factor: float = option(0.5, "by which the learning rate falls at each step", 1e-12, 1.0)
    step_epochs: int = option(100, "epochs from one step to the next", 1)
    beta1: float = option(0.9, "memory of the gradient", 0.0, 0.999999)
    beta2: float = option(0.999, "memory of the gradient's square", 0.0, 0.999999)
    epsilon: float = option(1e-8, "added to the root of the square", 0.0)
    scaled: bool = option(True, "measure steps by the parameters' initial values; false: as they are")
    seed: int = option(0, "seed of the batches", 0)
    report_every: int = option(
        10, "epochs from one full cost, log line, checkpoint and chance to stop to the next", 1
    )
    relative_offset: float = option(
        1e-5,
        "converged when the relative offset at the end is below this; else the fit is not converged",
        0.0,
    )

    def rate(self, epoch: int) -> float:
        """The learning rate of an epoch, counted from 0."""
        if self.schedule == "constant":
            return self.learning_rate
        if self.schedule == "steps":
            return self.learning_rate * math.pow(self.step_factor, epoch // self.step_epochs)
        done = epoch / max(1, self.epochs - 1)
        if self.schedule == "exponential":
            return self.learning_rate * math.pow(self.final_fraction, done)
        fall = 0.5 * (1.0 + math.cos(math.pi * done))
        return self.learning_rate * (self.final_fraction + (1.0 - self.final_fraction) * fall)
