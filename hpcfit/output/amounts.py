"""What a fit took: how often what was done, seconds, bytes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Counts:
    """How often what was done."""

    iterations: int = 0
    residual_evaluations: int = 0
    jacobian_evaluations: int = 0
    curvature_evaluations: int = 0
    rejected: int = 0


@dataclass(frozen=True)
class Timing:
    """Wall times in seconds.

    `optimizer` is the time between the first and the last evaluation. It is made of `kernels`,
    `folding`, `communication`, `merging` and the optimizer's own algebra and output, the rest;
    `kernels` and `folding` are those of the rank that took longest, evaluation by evaluation.

    Attributes:
        total: the whole run, reading of the data and compilation included.
        setup: everything before the first evaluation.
        kernels: predictions, their derivatives and residuals.
        folding: QR factorization of the Jacobian's blocks.
        communication: broadcasts and reductions, without waiting for the slowest rank.
        merging: merging of triangles on rank 0.
        load_imbalance: slowest rank over the mean of all, minus one.
    """

    total: float = 0.0
    setup: float = 0.0
    optimizer: float = 0.0
    kernels: float = 0.0
    folding: float = 0.0
    communication: float = 0.0
    merging: float = 0.0
    load_imbalance: float = 0.0


@dataclass(frozen=True)
class Memory:
    """Bytes on the rank that uses most: what was predicted, and the highest that was measured."""

    predicted: int | None = None
    measured: int | None = None
