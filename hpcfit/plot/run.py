"""What a run folder holds by itself, for pictures that need nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpcfit.output.events import read_events
from hpcfit.output.folder import RunFolder
from hpcfit.output.result import FittedParameter, Result
from hpcfit.plot.unsuitable import Unsuitable

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class FinishedRun:
    """A run folder with a result.

    Attributes:
        path: of the folder.
    """

    path: Path
    result: Result

    @cached_property
    def events(self) -> list[dict[str, Any]]:
        """Those of events.jsonl whose loss is a number, in their order."""
        return [each for each in read_events(RunFolder(self.path).events) if each.get("loss") is not None]

    @property
    def step(self) -> str:
        """What an event is: "iteration", or "start" of many."""
        return "iteration" if self.result.starts is None else "start"

    @cached_property
    def free(self) -> list[FittedParameter]:
        """The fitted parameters, in the order of the covariance and of theta."""
        return [each for each in self.result.parameters if each.free]

    @cached_property
    def labels(self) -> list[str]:
        """A name for each of them."""
        return [self.result.label(each) for each in self.free]

    @cached_property
    def known(self) -> tuple[list[int], FloatArray]:
        """Which of the free parameters have a standard error, and their covariance (k, k).

        Raises:
            Unsuitable: fewer than two have.
        """
        found = self.result.covariance
        matrix = np.array(found, dtype=np.float64) if found is not None else np.zeros((0, 0))
        place = [k for k in range(len(matrix)) if np.isfinite(matrix[k, k]) and matrix[k, k] > 0.0]
        if len(place) < 2:
            raise Unsuitable(
                f"{self.path}: the result has no covariance of two or more parameters, so that there are no "
                "correlations to draw."
            )
        return place, matrix[np.ix_(place, place)]
