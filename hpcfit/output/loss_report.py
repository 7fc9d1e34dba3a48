"""What robust losses made of the data, as part of a result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class TargetLoss:
    """The loss of the residuals of one target at the end.

    Attributes:
        target: "energy", ..., an output of a table, or "" for all residuals.
        scale: in the unit of weighted residuals; None for least squares.
        estimated: it was taken from the residuals at the initial values.
        residuals, beyond: how many there are, and how many are larger than the scale.
    """

    target: str
    name: str
    scale: float | None
    estimated: bool
    residuals: int
    beyond: int


@dataclass(frozen=True)
class Outlier:
    """A residual beyond the scale of its loss.

    Attributes:
        where: the configuration and what of it, or the line and column of a table.
        residual: weighted.
        scales: its size in units of the scale.
    """

    where: str
    residual: float
    scales: float


@dataclass(frozen=True)
class LossReport:
    """What robust losses made of the data.

    Attributes:
        outliers: the largest, one for each configuration or row, ten at most.
        squares: sum of psi^2, with psi half the slope of the loss of each residual, which is r near zero.
        curvature: mean of psi'.
        covariance: how the covariance of the result is meant.
    """

    targets: list[TargetLoss]
    outliers: list[Outlier]
    squares: float
    curvature: float
    covariance: str

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> LossReport:
        """From its JSON."""
        targets = [TargetLoss(**each) for each in found["targets"]]
        outliers = [Outlier(**each) for each in found["outliers"]]
        return cls(targets, outliers, found["squares"], found["curvature"], found["covariance"])
