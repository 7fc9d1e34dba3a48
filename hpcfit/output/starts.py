"""What fits from several starts have found: in result.json, and as starts.csv."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hpcfit.output.atomic import write_atomically


@dataclass(frozen=True)
class StartEnd:
    """One of the fits.

    Attributes:
        number: of the start, from 1; the first is at the initial values.
        start, values: of the free parameters, where it began and where it ended.
        loss: at the end; None where it could not begin.
        status, reason: as of any fit, or "failed".
        minimum: number, from 1, of the minimum it has ended at; None where it did not converge.
    """

    number: int
    start: list[float]
    values: list[float]
    loss: float | None
    status: str
    reason: str
    iterations: int
    residual_evaluations: int
    jacobian_evaluations: int
    minimum: int | None = None


@dataclass(frozen=True)
class FoundMinimum:
    """One of the distinct minima: its loss, and the numbers of the starts that ended there."""

    loss: float
    starts: list[int]


@dataclass(frozen=True)
class StartsReport:
    """All starts.

    Attributes:
        parameters: names of the free parameters.
        starts: in their order.
        minima: lowest first.
    """

    parameters: list[str]
    starts: list[StartEnd]
    minima: list[FoundMinimum]

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> StartsReport:
        """From what JSON holds."""
        starts = [StartEnd(**each) for each in content["starts"]]
        minima = [FoundMinimum(**each) for each in content["minima"]]
        return cls(list(content["parameters"]), starts, minima)

    def write_csv(self, path: Path) -> None:
        """A line for each start: counts and loss, the parameters where it ended, and where it began."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        names = [f"start {name}" for name in self.parameters]
        writer.writerow(
            ["number", "status", "loss", "minimum", "iterations", "Jacobians", *self.parameters, *names]
        )
        for each in self.starts:
            found = [each.number, each.status, each.loss, each.minimum, each.iterations]
            writer.writerow([*found, each.jacobian_evaluations, *each.values, *each.start])
        write_atomically(path, text.getvalue())
