"""The fit from each start, as a task of a group of ranks."""

from __future__ import annotations

import inspect
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import HpcfitError
from hpcfit.optimize import OPTIMIZERS
from hpcfit.optimize.bounds import Bounds
from hpcfit.optimize.multistart import Inner, StartRecord, fit_from
from hpcfit.optimize.multistart.record import FAILED
from hpcfit.optimize.returned import require_cost
from hpcfit.parallel.agree import met_at
from hpcfit.parallel.objective import DistributedObjective
from hpcfit.parallel.protocols import LocalObjective
from hpcfit.parallel.spread import Watch
from hpcfit.problem.user_code import user_code
from hpcfit.workflow.minimized import minimized

if TYPE_CHECKING:
    from hpcfit.workflow.steps import AnyPrepared

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass
class Starts:
    """The fits of a multistart as tasks; see `parallel.spread.Work`."""

    prepared: AnyPrepared
    points: FloatArray

    @property
    def ranges(self) -> IntArray:
        return self.prepared.share.ranges

    def local(self, task: int) -> LocalObjective:
        """The one objective that all starts have."""
        return self.prepared.objective

    def solve(self, task: int, objective: DistributedObjective, watch: Watch) -> StartRecord | None:
        """The fit from one start, which errors name."""
        try:
            return _fit(self.prepared, self.inner, task, self.points[task], objective, watch)
        except HpcfitError as error:
            raise met_at(f"start {task + 1}", error) from None

    @cached_property
    def inner(self) -> Inner:
        """The optimizer of each."""
        inner = self.prepared.plan.resolved.inner
        assert inner is not None
        return inner


def _fit(
    prepared: AnyPrepared,
    inner: Inner,
    number: int,
    start: FloatArray,
    objective: DistributedObjective,
    watch: Watch,
) -> StartRecord | None:
    """One fit from `start` (p,), on the first rank of a group; None if it was ended by `watch`."""
    parameters = prepared.model.parameters
    extra: dict[str, Any] = {}
    if "width" in inspect.signature(inner.optimizer.minimize).parameters:
        extra["width"] = parameters.widths
    ours = any(inner.optimizer is each for each in OPTIMIZERS.values())
    name, minimum = f"optimizer {inner.name}", minimized(prepared, objective)
    with nullcontext() if ours else user_code(name):
        record = fit_from(
            number,
            start,
            minimum,
            inner,
            bounds=Bounds(parameters.lower, parameters.upper),
            labels=parameters.labels,
            watch=watch,
            extra=extra,
        )
    if not ours and record is not None and record.status != FAILED:
        require_cost(name, np.array(record.theta), record.cost, minimum)
    return record
