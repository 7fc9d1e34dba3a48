"""Profile likelihood: a parameter held at points on both sides of its value, all others fitted anew.

D. M. Bates and D. G. Watts, Nonlinear Regression Analysis and Its Applications (1988), ch. 6. Where the
model is linear, the rise of the cost is a parabola; where it is not, the interval says what standard errors
do not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from hpcfit.analysis.bootstrap import require_known
from hpcfit.analysis.linearized import linearize
from hpcfit.analysis.refits import Progress, Refits, carry_out, open_refits, refit
from hpcfit.analysis.report import Report, Table
from hpcfit.errors import RunError
from hpcfit.optimize.bounds import Bounds
from hpcfit.output.result import Result
from hpcfit.output.summary import table
from hpcfit.parallel.communicator import Communicator
from hpcfit.parallel.groups import agreed
from hpcfit.parallel.objective import DistributedObjective
from hpcfit.parallel.protocols import LocalObjective
from hpcfit.parallel.spread import Watch

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: rises of the cost, in units of the variance of a residual, at the ends of intervals of 68.3 % and 95 %
LEVELS = {"68.3 %": 1.0, "95 %": 3.841458820694124}


@dataclass(frozen=True, eq=False)
class Curve:
    """The profile of one parameter.

    Attributes:
        label: of the parameter; `error` the standard error of the linear model.
        value: where it is held, increasing, shape (n,); the fitted one is among them.
        rise: (C - C_min)/s^2 with the cost C = |r|^2 and the variance s^2 of a residual, shape (n,); of
            robust losses, with s^2 such that the covariance is s^2 (J^T J)^-1.
        others: values of all free parameters there, shape (n, p).
        converged: whether the others were fitted, shape (n,).
    """

    label: str
    fitted: float
    error: float
    value: FloatArray
    rise: FloatArray
    others: FloatArray
    converged: NDArray[np.bool_]

    @property
    def roots(self) -> FloatArray:
        """The root of the rise, negative below the fitted value; a straight line for a linear model."""
        return np.asarray(np.sign(self.value - self.fitted) * np.sqrt(np.maximum(self.rise, 0.0)))

    def interval(self, level: float) -> tuple[float | None, float | None]:
        """Where the rise reaches `level` on both sides; None where it does not within the points."""
        roots, wanted = self.roots[self.converged], float(np.sqrt(level))
        value = self.value[self.converged]
        return tuple(_crossing(value, side * roots, wanted, side) for side in (-1.0, 1.0))  # type: ignore[return-value]


def _crossing(value: FloatArray, root: FloatArray, wanted: float, side: float) -> float | None:
    """Where the root, away from the fitted value, first reaches what is wanted; linear between points."""
    order = np.argsort(side * value)
    value, root = value[order], root[order]
    start = int(np.argmin(np.abs(root)))
    for k in range(start, len(root) - 1):
        if root[k] <= wanted <= root[k + 1] and root[k + 1] > root[k]:
            share = (wanted - root[k]) / (root[k + 1] - root[k])
            return float(value[k] + share * (value[k + 1] - value[k]))
    return None


@dataclass(frozen=True, eq=False)
class Profile(Report):
    """The profiles of chosen parameters; `labels` are those of all free ones."""

    kind: ClassVar[str] = "profile"
    labels: tuple[str, ...]
    curves: tuple[Curve, ...]

    def content(self) -> Mapping[str, Any]:
        """What the JSON file holds."""
        return {
            "parameters": self.labels,
            "profiles": [
                {
                    "parameter": each.label,
                    "fitted": each.fitted,
                    "standard_error": each.error,
                    "value": each.value,
                    "rise": each.rise,
                    "converged": each.converged,
                    "others": each.others,
                    "intervals": {name: each.interval(level) for name, level in LEVELS.items()},
                }
                for each in self.curves
            ],
        }

    def tables(self) -> Mapping[str, Table]:
        """One row for each point."""
        rows = [
            [curve.label, *numbers, bool(curve.converged[k]), *curve.others[k].tolist()]
            for curve in self.curves
            for k, numbers in enumerate(np.stack([curve.value, curve.rise, curve.roots], axis=1).tolist())
        ]
        return {"profile": Table(["parameter", "value", "rise", "root", "converged", *self.labels], rows)}

    def __str__(self) -> str:
        rows = []
        for each in self.curves:
            ends = [end for level in LEVELS.values() for end in each.interval(level)]
            cells = ["beyond" if end is None else f"{end:.6g}" for end in ends]
            rows.append([each.label, f"{each.fitted:.7g}", f"{each.error:.2g}", *cells])
        head = ["parameter", "fitted", "standard error", "68.3 % from", "to", "95 % from", "to"]
        text = f"profile likelihood: confidence intervals\n\n{table(head, rows)}"
        lost = sum(int((~each.converged).sum()) for each in self.curves)
        return f"{text}\n\nnote: at {lost} points the other parameters did not converge" if lost else text


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
        reopened, own = refits.reopened, refits.groups.own
        parameters, theta = reopened.parameters, reopened.theta
        labels = tuple(parameters.label(q) for q in parameters.free)
        with agreed(refits.groups):
            wanted = require_known(names, labels, "profile") if names else list(range(len(labels)))
            linearized = linearize(own, reopened)
            root = linearized.root
            sizes = np.sqrt(linearized.variance * (root**2).sum(axis=1))
            for k in wanted:
                if not (np.isfinite(sizes[k]) and sizes[k] > 0.0):
                    raise RunError(
                        f"profile: {labels[k]} has no standard error, so that there is no scale for its "
                        "points: it is at a bound, or the data do not determine it, or there are too few of "
                        "them. Name others."
                    )
        bounds = refits.bounds
        steps = np.linspace(0.0, extent, points + 1)[1:]
        paths = []
        for k in wanted:
            for side in (-1.0, 1.0):
                path_of = np.clip(theta[k] + side * sizes[k] * steps, bounds.lower[k], bounds.upper[k])
                paths.append(np.array(list(dict.fromkeys(path_of[path_of != theta[k]].tolist()))))
        settings = {"names": [labels[k] for k in wanted], "points": points, "extent": extent}
        records = carry_out(refits, "profile", settings, _Sides(refits, wanted, paths), len(paths))
        curves = []
        for number, k in enumerate(wanted):
            ends = [
                (np.array(each["theta"]), float(each["cost"]), each["status"] == "converged")
                for each in (*reversed(records[2 * number]), *records[2 * number + 1])
            ]
            ends.insert(len(records[2 * number]), (theta, linearized.cost, True))
            others = np.array([parameters.free_values(end[0]) for end in ends])
            order = np.argsort(others[:, k], kind="stable")
            rise = np.array([end[1] - linearized.cost for end in ends]) / linearized.variance
            slope = parameters.free[k].slope(float(theta[k]))
            curves.append(
                Curve(
                    labels[k],
                    float(parameters.free_values(theta)[k]),
                    float(abs(slope) * sizes[k]),
                    others[order, k],
                    rise[order],
                    others[order],
                    np.array([end[2] for end in ends])[order],
                )
            )
        return Profile(labels, tuple(curves)), reopened.result
