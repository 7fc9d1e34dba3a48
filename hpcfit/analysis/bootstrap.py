"""Bootstrap: the fit repeated with configurations, or rows, drawn anew from those there are.

B. Efron, Ann. Statist. 7, 1 (1979). An item that is drawn k times has its residuals multiplied by sqrt(k).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from hpcfit.analysis.items import Items, items_of
from hpcfit.analysis.refits import Progress, Refits, carry_out, open_refits, refit
from hpcfit.analysis.report import Report, Table
from hpcfit.errors import RunError
from hpcfit.optimize.multistart import StartRecord
from hpcfit.output.result import Result
from hpcfit.output.summary import table
from hpcfit.parallel.communicator import Communicator
from hpcfit.parallel.groups import agreed
from hpcfit.parallel.objective import DistributedObjective
from hpcfit.parallel.protocols import LocalObjective
from hpcfit.parallel.spread import Watch
from hpcfit.problem.reweigh import reweighed
from hpcfit.suggest import counted

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: percent of the resamples that have lower values
PERCENTS = (2.5, 16.0, 50.0, 84.0, 97.5)


@dataclass(frozen=True, eq=False)
class Bootstrap(Report):
    """What the fits of resampled data have found.

    Attributes:
        what: "configuration" or "row"; `strata`: tags or groups within which they were drawn, "" for none.
        labels: of the free parameters, p of them.
        fitted: their values in the run, shape (p,), and `errors` the standard errors it gave, NaN for none.
        values: of each resample that converged, shape (n, p).
        failed: numbers of those that did not, which have no part in anything.
    """

    kind: ClassVar[str] = "bootstrap"
    what: str
    strata: str
    seed: int
    labels: tuple[str, ...]
    fitted: FloatArray
    errors: FloatArray
    values: FloatArray
    failed: tuple[int, ...]

    @cached_property
    def standard_errors(self) -> FloatArray:
        """Standard deviation over the resamples, shape (p,)."""
        return np.asarray(self.values.std(axis=0, ddof=1))

    @cached_property
    def percentiles(self) -> FloatArray:
        """Values below which PERCENTS of the resamples are, shape (5, p)."""
        return np.asarray(np.percentile(self.values, PERCENTS, axis=0))

    @cached_property
    def covariance(self) -> FloatArray:
        """Of the parameters over the resamples, shape (p, p)."""
        return np.atleast_2d(np.cov(self.values, rowvar=False))

    def content(self) -> Mapping[str, Any]:
        """What the JSON file holds."""
        return {
            "resamples": len(self.values) + len(self.failed),
            "resampled": self.what,
            "within": self.strata,
            "seed": self.seed,
            "not_converged": self.failed,
            "parameters": self.labels,
            "fitted": self.fitted,
            "mean": self.values.mean(axis=0),
            "standard_errors": self.standard_errors,
            "percents": PERCENTS,
            "percentiles": self.percentiles,
            "covariance": self.covariance,
        }

    def tables(self) -> Mapping[str, Table]:
        """Errors by parameter, and every resample."""
        columns = zip(
            self.labels,
            self.fitted.tolist(),
            self.standard_errors.tolist(),
            *self.percentiles.tolist(),
            strict=True,
        )
        head = ["parameter", "fitted", "standard_error", *(f"percentile_{each:g}" for each in PERCENTS)]
        return {
            "bootstrap": Table(head, [list(row) for row in columns]),
            "bootstrap_samples": Table(list(self.labels), self.values.tolist()),
        }

    def __str__(self) -> str:
        within = f" within each {self.strata}" if self.strata else ""
        n = len(self.values) + len(self.failed)
        title = f"bootstrap: {counted(n, 'fit')} of {self.what}s drawn anew{within}, seed {self.seed}"
        rows = [
            [label, f"{value:.7g}", f"{error:.2g}", _or_none(linear), f"{low:.6g}", f"{high:.6g}"]
            for label, value, error, linear, low, high in zip(
                self.labels,
                self.fitted.tolist(),
                self.standard_errors.tolist(),
                self.errors.tolist(),
                self.percentiles[0].tolist(),
                self.percentiles[-1].tolist(),
                strict=True,
            )
        ]
        head = ["parameter", "fitted", "standard error", "of the linear model", "2.5 %", "97.5 %"]
        text = f"{title}\n\n{table(head, rows)}"
        if self.failed:
            text += f"\n\nnote: {counted(len(self.failed), 'fit')} did not converge and are left out"
        return text


def _or_none(error: float) -> str:
    return "-" if np.isnan(error) else f"{error:.2g}"


@dataclass(frozen=True)
class _Resamples:
    """The tasks; see `parallel.spread.Work`."""

    refits: Refits
    items: Items
    seed: int
    stratified: bool

    @property
    def ranges(self) -> IntArray:
        return self.refits.reopened.prepared.share.ranges

    def local(self, task: int) -> LocalObjective:
        """The objective of a resample, which depends on seed and number alone."""
        counts = drawn(
            self.items.label if self.stratified else np.zeros_like(self.items.label), self.seed, task
        )
        own = np.sqrt(counts[self.items.first : self.items.last])
        return reweighed(self.refits.reopened.prepared.objective, own)

    def solve(self, task: int, objective: DistributedObjective, watch: Watch) -> Any:
        """The fit, from where that of the run has ended."""
        found = refit(self.refits, task, self.refits.reopened.theta, objective, watch)
        return None if found is None else found.to_dict()


def drawn(label: IntArray, seed: int, number: int) -> FloatArray:
    """How often each item is in a resample, shape (n,): as many of each label as there are."""
    draw = np.random.default_rng([seed, number])
    counts = np.zeros(len(label))
    for each in np.unique(label).tolist():
        own = np.flatnonzero(label == each)
        chosen = draw.integers(0, len(own), len(own))
        counts[own] = np.bincount(chosen, minlength=len(own))
    return counts


def bootstrap(
    comm: Communicator,
    path: Path,
    folder: Path,
    *,
    resamples: int = 200,
    stratified: bool = False,
    seed: int = 0,
    groups: int | None = None,
    progress: Progress | None = None,
) -> tuple[Bootstrap, Result]:
    """Repeat the fit of a run with resampled configurations or rows; collective, the same on all ranks.

    Args:
        folder: for what is finished, until all is; a call that was stopped goes on from it.
        stratified: draw within each tag of configurations, or group of rows.
        groups: of ranks; by default as many as are of use.

    Raises:
        RunError: on all ranks alike: nothing to go by, hardly any fit that converged, stopped.
        HpcfitError: see `reopen_run`.
    """
    if resamples < 2:
        raise RunError(
            f"bootstrap: {counted(resamples, 'resample')} cannot tell a standard error; ask for 100 or more."
        )
    with open_refits(comm, path, folder, resamples, groups, progress) as refits:
        reopened = refits.reopened
        with agreed(refits.groups):
            items = items_of(refits.groups.own, reopened)
            if stratified:
                items.need_labels("bootstrap")
        settings = {"resamples": resamples, "stratified": stratified, "seed": seed}
        work = _Resamples(refits, items, seed, stratified)
        records = [
            StartRecord.from_dict(each) for each in carry_out(refits, "bootstrap", settings, work, resamples)
        ]
        parameters = reopened.parameters
        able = [each for each in records if each.converged]
        if len(able) < 2:
            raise RunError(
                f"{path}: of {counted(resamples, 'resample')}, {len(able)} converged, too few for standard "
                "errors. Look at the directions that the data do not determine (hpcfit analyze fisher)."
            )
        by_place = {
            id(q): each for q, each in zip(parameters.parameters, reopened.result.parameters, strict=True)
        }
        errors = [by_place[id(q)].standard_error for q in parameters.free]
        found = Bootstrap(
            what=items.what,
            strata=items.kind if stratified else "",
            seed=seed,
            labels=tuple(parameters.label(q) for q in parameters.free),
            fitted=parameters.free_values(reopened.theta),
            errors=np.array([np.nan if each is None else each for each in errors]),
            values=np.array([parameters.free_values(np.array(each.theta)) for each in able]),
            failed=tuple(each.number for each in records if not each.converged),
        )
        return found, reopened.result
