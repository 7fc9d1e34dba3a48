"""`multistart` as an optimizer like the others: all starts one after the other.

A run does not call this: it spreads the starts over groups of ranks, by the same parts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import RunError
from hpcfit.optimize import reasons
from hpcfit.optimize.bound_rules import BoundsRule, named
from hpcfit.optimize.bounds import Bounds
from hpcfit.optimize.conclusion import conclude
from hpcfit.optimize.multistart.minima import Minimum, distinct_minima
from hpcfit.optimize.multistart.options import MultistartOptions
from hpcfit.optimize.multistart.record import StartRecord, best_of, fit_from, total_counts
from hpcfit.optimize.multistart.starts import draw_starts
from hpcfit.optimize.objective import Objective
from hpcfit.optimize.optimizer import GEODESIC_LM
from hpcfit.optimize.options import GeodesicLMOptions
from hpcfit.optimize.reasons import StopReason
from hpcfit.optimize.result import OptimizerResult
from hpcfit.suggest import counted

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Inner:
    """The optimizer of each start, with its options."""

    name: str = "geodesic-lm"
    optimizer: Any = GEODESIC_LM
    options: Any = field(default_factory=GeodesicLMOptions)


@dataclass(frozen=True)
class Multistart:
    """What is registered as `multistart`; has the form of an `Optimizer`."""

    options: type = MultistartOptions
    resumes: bool = True
    bounds: BoundsRule = "kept"

    def minimize(
        self,
        objective: Objective,
        theta0: FloatArray,
        *,
        bounds: tuple[FloatArray, FloatArray] | None = None,
        labels: Sequence[str] | None = None,
        options: MultistartOptions | None = None,
        callback: Callable[..., bool] | None = None,
        state: Any = None,
        inner: Inner | None = None,
    ) -> OptimizerResult:
        """Minimize from every start by `inner`; the best is returned.

        Args:
            callback, state: not used; a run that can be resumed is one of a job file.

        Raises:
            RunError: the residual is not finite at any start.
            JobError: bounds are missing that the starts are drawn from.
        """
        chosen = options or MultistartOptions()
        start = np.array(theta0, dtype=np.float64)
        box, names = Bounds.of(bounds, start), named(theta0, labels)
        records = []
        for number, each in enumerate(draw_starts(start, box, names, chosen)):
            record = fit_from(
                number,
                each,
                objective,
                inner or Inner(),
                bounds=box,
                labels=names,
                watch=lambda: False,
                extra={},
            )
            assert record is not None
            records.append(record)
        return conclude_starts(objective, records, box, names, chosen.tolerance)


def conclude_starts(
    objective: Objective,
    records: Sequence[StartRecord],
    bounds: Bounds,
    labels: Sequence[str],
    tolerance: float,
) -> OptimizerResult:
    """The result at the best end of all, linearized there once more.

    Raises:
        RunError: none of the fits could begin.
    """
    best = best_of(records)
    if best is None:
        raise RunError(
            f"None of the {counted(len(records), 'start')} has a finite residual. Draw them from a smaller "
            f"region. The first one: {records[0].reason}"
        )
    theta = np.array(best.theta)
    sentence = f"{best.reason} {summary_of(records, best, distinct_minima(records, tolerance))}"
    return conclude(
        theta,
        objective.linearize(theta).rfactor,
        best.cost,
        StopReason(best.status, sentence),
        bounds=bounds,
        labels=labels,
        counts=total_counts(records),
        history=best.history,
    )


def summary_of(records: Sequence[StartRecord], best: StartRecord, minima: Sequence[Minimum]) -> str:
    """ "This is the best of 20 starts, start 3: 17 converged, at 4 minima; 5 of them at the lowest one."."""
    n = sum(each.converged for each in records)
    if len(records) == 1:
        return "There was one start."
    text = f"The best of {counted(len(records), 'start')} is start {best.number + 1}: {n} converged"
    if not minima:
        return f"{text}."
    where = "minimum" if len(minima) == 1 else "distinct minima"
    return f"{text}, at {len(minima)} {where}; {len(minima[0].starts)} of them at the lowest one."


def stopped_early(finished: int, starts: int) -> StopReason:
    """Some of the starts have not been fitted yet."""
    return StopReason(
        reasons.stopped().status,
        f"Stopped on request after {finished} of {starts} starts; the same command does the others.",
    )


MULTISTART = Multistart()
