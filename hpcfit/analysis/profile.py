"""Profile likelihood: a parameter held at points on both sides of its value, all others fitted anew.

D. M. Bates and D. G. Watts, Nonlinear Regression Analysis and Its Applications (1988), ch. 6. Where the
model is linear, the rise of the cost is a parabola; where it is not, the interval says what standard errors
do not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpcfit.analysis.choice import usual_names
from hpcfit.analysis.linearized import Linearized, linearize
from hpcfit.analysis.profile_report import Curve, Profile
from hpcfit.analysis.refits import Progress, Refits, carry_out, open_refits, refit
from hpcfit.errors import RunError
from hpcfit.optimize.bounds import Bounds
from hpcfit.output.result import Result
from hpcfit.parallel.communicator import Communicator
from hpcfit.parallel.groups import agreed
from hpcfit.parallel.objective import DistributedObjective
from hpcfit.parallel.protocols import LocalObjective
from hpcfit.parallel.spread import Watch
from hpcfit.workflow.reopen import Reopened

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class _Sides:
    """The tasks: each parameter to each side, from point to point; see `parallel.spread.Work`."""

    refits: Refits
    wanted: Sequence[int]
    paths: Sequence[FloatArray]

    @property
    def ranges(self) -> IntArray:
        return self.refits.reopened.prepared.share.ranges

    def local(self, task: int) -> LocalObjective:
        """That of the run."""
        return self.refits.reopened.prepared.objective

    def solve(self, task: int, objective: DistributedObjective, watch: Watch) -> Any:
        """One fit after the other, each from where the one before has ended."""
        k, found = self.wanted[task // 2], []
        theta, bounds = self.refits.reopened.theta.copy(), self.refits.bounds
        for place in self.paths[task].tolist():
            theta[k] = place
            lower, upper = bounds.lower.copy(), bounds.upper.copy()
            lower[k] = upper[k] = place
            record = refit(self.refits, task, theta, objective, watch, Bounds(lower, upper))
            if record is None:
                return None
            found.append(record.to_dict())
            if record.status == "failed":
                break
            theta = np.array(record.theta)
        return found


def profile(
    comm: Communicator,
    path: Path,
    folder: Path,
    names: Sequence[str] = (),
    *,
    points: int = 6,
    extent: float = 3.0,
    groups: int | None = None,
    progress: Progress | None = None,
) -> tuple[Profile, Result]:
    """Profile parameters of a run; collective, the same on all ranks.

    Args:
        folder: for what is finished, until all is.
        names: of the parameters; all free ones by default.
        points: on each side of the fitted value, as far as `extent` standard errors, or a bound.

    Raises:
        RunError: on all ranks alike: a parameter that is not there, or has no standard error; stopped.
        HpcfitError: see `reopen_run`.
    """
    if points < 1 or not extent > 0.0:
        raise RunError("profile: at least one point on each side is needed, at a distance above 0.")
    most = 2 * len(names) if names else 10**9
    with open_refits(comm, path, folder, most, groups, progress) as refits:
        reopened = refits.reopened
        labels = tuple(reopened.parameters.label(q) for q in reopened.parameters.free)
        with agreed(refits.groups):
            wanted = _places(usual_names(reopened, names), labels)
            linearized = linearize(refits.groups.own, reopened)
            sizes = _errors(linearized, labels, wanted)
        steps = np.linspace(0.0, extent, points + 1)[1:]
        paths = [
            _path(float(reopened.theta[k]), side * sizes[k] * steps, refits.bounds, k)
            for k in wanted
            for side in (-1.0, 1.0)
        ]
        settings = {"names": [labels[k] for k in wanted], "points": points, "extent": extent}
        records = carry_out(refits, "profile", settings, _Sides(refits, wanted, paths), len(paths))
        sides = zip(records[::2], records[1::2], strict=True)
        curves = tuple(
            _curve(reopened, linearized, k, float(sizes[k]), below, above)
            for k, (below, above) in zip(wanted, sides, strict=True)
        )
        return Profile(labels, curves), reopened.result


def _places(wanted: Sequence[str], labels: Sequence[str]) -> list[int]:
    """The places of parameters by their names, of all where none is given.

    Raises:
        RunError: one that is not there, with those that are.
    """
    for each in wanted:
        if each not in labels:
            raise RunError(f"profile: no parameter {each} was fitted; there are: {', '.join(labels)}.")
    return [labels.index(each) for each in dict.fromkeys(wanted)] or list(range(len(labels)))


def _errors(linearized: Linearized, labels: Sequence[str], wanted: Sequence[int]) -> FloatArray:
    """The standard errors of what the optimizer moves, shape (p,).

    Raises:
        RunError: one that is wanted has none.
    """
    sizes = np.sqrt(linearized.variance * (linearized.root**2).sum(axis=1))
    for k in wanted:
        if not (np.isfinite(sizes[k]) and sizes[k] > 0.0):
            raise RunError(
                f"profile: {labels[k]} has no standard error, so that there is no scale for its points: it "
                "is at a bound, or the data do not determine it, or there are too few of them. Name others."
            )
    return np.asarray(sizes)


def _path(value: float, steps: FloatArray, bounds: Bounds, k: int) -> FloatArray:
    """The points to one side of parameter k's value, the nearest first, as far as its bound."""
    points = np.clip(value + steps, bounds.lower[k], bounds.upper[k])
    return np.array(list(dict.fromkeys(points[points != value].tolist())))


def _curve(
    reopened: Reopened,
    linearized: Linearized,
    k: int,
    size: float,
    below: Sequence[Mapping[str, Any]],
    above: Sequence[Mapping[str, Any]],
) -> Curve:
    """The profile of parameter k, whose standard error is `size`, from the refits on both sides of it."""
    parameters, theta = reopened.parameters, reopened.theta
    ends = [
        (np.array(each["theta"]), float(each["cost"]), each["status"] == "converged")
        for each in (*reversed(below), *above)
    ]
    ends.insert(len(below), (theta, linearized.cost, True))
    others = np.array([parameters.free_values(end[0]) for end in ends])
    order = np.argsort(others[:, k], kind="stable")
    rise = np.array([end[1] - linearized.cost for end in ends]) / linearized.variance
    slope = parameters.free[k].slope(float(theta[k]))
    return Curve(
        parameters.label(parameters.free[k]),
        float(parameters.free_values(theta)[k]),
        float(abs(slope) * size),
        others[order, k],
        rise[order],
        others[order],
        np.array([end[2] for end in ends])[order],
    )
