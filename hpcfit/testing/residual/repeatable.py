"""Promise: the residual depends on its arguments alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hpcfit.testing.conformance_error import ConformanceError
from hpcfit.testing.residual.case import Case
from hpcfit.testing.residual.vector import residual


def check_repeatable(cases: Sequence[Case], random: np.random.Generator) -> None:
    """Call the function for all cases, then again in the reverse order, and compare bits.

    Raises:
        ConformanceError: naming the first element that is another the second time.
    """
    predictions = [case.near(random, 0.1) for case in cases]
    first = [residual(case, each) for case, each in zip(cases, predictions, strict=True)]
    for case, prediction, before in reversed(list(zip(cases, predictions, first, strict=True))):
        now = residual(case, prediction)
        if len(now) != len(before):
            raise ConformanceError(
                f"{case.where}: called again, it returns {len(now)} elements instead of {len(before)}."
            )
        rows = np.flatnonzero(now != before)
        if len(rows):
            i = int(rows[0])
            raise ConformanceError(
                f"{case.where}: residual[{i}] is {now[i]:.10g} instead of {before[i]:.10g} when it is called "
                "again with the same arguments; it must depend on them alone."
            )
