"""What is kept of each start, and which one was best."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import RunError
from hpcfit.optimize.bounds import Bounds
from hpcfit.optimize.events import Counts
from hpcfit.optimize.objective import Objective
from hpcfit.optimize.returned import require_result

FloatArray = NDArray[np.float64]

#: status of a start at which the residual is not finite
FAILED = "failed"


@dataclass(frozen=True)
class StartRecord:
    """The end of one fit of several; plain numbers, so that it can be sent, kept and read again.

    Attributes:
        number: of the start, from 0.
        start, theta: parameters where it began and ended, p of each.
        cost: C = |r|^2 at the end; infinite where it could not begin.
        status, reason: as of any fit, or "failed".
        history: cost at the start and after each accepted step.
    """

    number: int
    start: tuple[float, ...]
    theta: tuple[float, ...]
    cost: float
    status: str
    reason: str
    counts: Counts
    history: tuple[float, ...]

    @property
    def converged(self) -> bool:
        return self.status == "converged"

    def to_dict(self) -> dict[str, Any]:
        """What JSON can hold; NaN and infinities as texts."""
        content = asdict(self)
        content["cost"] = repr(self.cost)
        return content

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> StartRecord:
        """The record of `to_dict`."""
        arrays = {name: tuple(content[name]) for name in ("start", "theta", "history")}
        counts = Counts(**content["counts"])
        return cls(**{**content, **arrays, "cost": float(content["cost"]), "counts": counts})


def fit_from(
    number: int,
    start: FloatArray,
    objective: Objective,
    inner: Any,
    *,
    bounds: Bounds,
    labels: Sequence[str],
    watch: Callable[[], bool],
    extra: dict[str, Any],
) -> StartRecord | None:
    """One fit; None if `watch`, which is asked after each iteration, has ended it.

    Args:
        inner: an `Inner`.
        extra: further arguments of its `minimize`.

    Raises:
        PluginError: it returned what cannot be a result.
    """
    try:
        found = inner.optimizer.minimize(
            objective,
            start.copy(),
            bounds=(bounds.lower, bounds.upper),
            labels=labels,
            options=inner.options,
            callback=lambda event, state: watch(),
            state=None,
            **extra,
        )
    except RunError as error:
        # Far from the initial values there may be nothing to fit.
        plain = tuple(start.tolist())
        return StartRecord(number, plain, plain, math.inf, FAILED, str(error), Counts(), ())
    require_result(f"optimizer {inner.name}", found, bounds)
    if found.status == "stopped":
        return None
    return StartRecord(
        number,
        tuple(start.tolist()),
        tuple(found.theta.tolist()),
        float(found.cost),
        found.status,
        found.reason,
        found.counts,
        tuple(float(each) for each in found.history),
    )


def best_of(records: Iterable[StartRecord]) -> StartRecord | None:
    """The one with the lowest cost, the first of several; None where none could begin."""
    able = [each for each in records if math.isfinite(each.cost)]
    return min(able, key=lambda each: (each.cost, each.number), default=None)


def total_counts(records: Iterable[StartRecord]) -> Counts:
    """The sum over all fits."""
    table = np.array([list(asdict(each.counts).values()) for each in records], dtype=np.int64).reshape(-1, 5)
    return Counts(*table.sum(axis=0).tolist())
