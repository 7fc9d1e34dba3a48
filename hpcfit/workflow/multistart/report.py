"""What several starts have found, in the words of the result: values, losses, distinct minima."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from hpcfit.optimize.multistart import StartRecord, distinct_minima
from hpcfit.output.starts import FoundMinimum, StartEnd, StartsReport
from hpcfit.problem.parameters import ParameterSet


def starts_report(parameters: ParameterSet, records: Sequence[StartRecord], tolerance: float) -> StartsReport:
    """All starts, in their order, and the minima they have found."""
    minima = distinct_minima(records, tolerance)
    minimum_of = {number: k for k, each in enumerate(minima, start=1) for number in each.starts}

    def values(theta: Sequence[float]) -> list[float]:
        found: list[float] = parameters.free_values(np.array(theta)).tolist()
        return found

    ends = [
        StartEnd(
            number=each.number + 1,
            start=values(each.start),
            values=values(each.theta),
            loss=0.5 * each.cost if math.isfinite(each.cost) else None,
            status=each.status,
            reason=each.reason,
            iterations=each.counts.iterations,
            residual_evaluations=each.counts.residual_evaluations,
            jacobian_evaluations=each.counts.jacobian_evaluations,
            minimum=minimum_of.get(each.number),
        )
        for each in records
    ]
    found = [FoundMinimum(0.5 * each.cost, [number + 1 for number in each.starts]) for each in minima]
    return StartsReport([parameters.label(q) for q in parameters.free], ends, found)
