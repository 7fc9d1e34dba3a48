"""Cross-validation: fits without a part of the data, and their errors on that part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from hpcfit.analysis.items import Items, item_errors, items_of
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


@dataclass(frozen=True, eq=False)
class CrossValidation(Report):
    """Errors on data that had no part in the fit.

    Attributes:
        what: "configuration" or "row".
        names: of the folds: their numbers, or the tags or groups.
        targets: energy (per atom), forces and stress, or the outputs of a table.
        sizes: items in each fold.
        train, held_out: root-mean-square errors, shape (folds, targets), NaN where there is nothing.
        all_held_out: over all folds, each item predicted by the fit without it, shape (targets,).
        status: of each fit.
        labels, values: of the free parameters, and what each fit found, shape (folds, p).
    """

    kind: ClassVar[str] = "cross_validation"
    what: str
    names: tuple[str, ...]
    targets: tuple[str, ...]
    sizes: tuple[int, ...]
    train: FloatArray
    held_out: FloatArray
    all_held_out: FloatArray
    status: tuple[str, ...]
    labels: tuple[str, ...]
    values: FloatArray

    def content(self) -> Mapping[str, Any]:
        """What the JSON file holds."""
        names = ("names", "targets", "sizes", "train", "held_out", "all_held_out", "status", "values")
        found: dict[str, Any] = {name: getattr(self, name) for name in names}
        return {"left_out": self.what, **found, "parameters": self.labels}

    def tables(self) -> Mapping[str, Table]:
        """One row for each fold."""
        head = ["fold", f"{self.what}s", "status"]
        head += [f"{kind}_{target}" for target in self.targets for kind in ("train", "held_out")]
        rows = []
        for k, name in enumerate(self.names):
            errors = np.stack([self.train[k], self.held_out[k]], axis=1).ravel().tolist()
            rows.append([name, self.sizes[k], self.status[k], *errors, *self.values[k].tolist()])
        return {"cross_validation": Table([*head, *self.labels], rows)}

    def __str__(self) -> str:
        def cells(errors: FloatArray) -> list[str]:
            return ["-" if np.isnan(each) else f"{each:.5g}" for each in errors.tolist()]

        rows = []
        for k, name in enumerate(self.names):
            pairs = zip(cells(self.train[k]), cells(self.held_out[k]), strict=True)
            own = [cell for pair in pairs for cell in pair]
            remark = "" if self.status[k] == "converged" else self.status[k].replace("_", " ")
            rows.append([name, str(self.sizes[k]), *own, remark])
        rows.append(
            ["all", str(sum(self.sizes)), *(c for e in cells(self.all_held_out) for c in ("", e)), ""]
        )
        head = [
            "left out",
            f"{self.what}s",
            *(f"{t} {e}" for t in self.targets for e in ("fitted", "left out")),
        ]
        title = f"cross-validation: root-mean-square errors of {counted(len(self.names), 'fit')}"
        return f"{title}\n\n{table([*head, ''], rows)}"


@dataclass(frozen=True)
class _Folds:
    """The tasks; see `parallel.spread.Work`."""

    refits: Refits
    items: Items
    fold: IntArray

    @property
    def ranges(self) -> IntArray:
        return self.refits.reopened.prepared.share.ranges

    def local(self, task: int) -> LocalObjective:
        """The objective without a fold."""
        own = self.fold[self.items.first : self.items.last] != task
        return reweighed(self.refits.reopened.prepared.objective, own.astype(np.float64))

    def solve(self, task: int, objective: DistributedObjective, watch: Watch) -> Any:
        """The fit, from where that of the run has ended."""
        found = refit(self.refits, task, self.refits.reopened.theta, objective, watch)
        return None if found is None else found.to_dict()


def cross_validation(
    comm: Communicator,
    path: Path,
    folder: Path,
    *,
    folds: int = 5,
    by_label: bool = False,
    seed: int = 0,
    groups: int | None = None,
    progress: Progress | None = None,
) -> tuple[CrossValidation, Result]:
    """Fit without each part of the data in turn; collective, the same on all ranks.

    Args:
        folder: for what is finished, until all is.
        folds: parts, drawn from the seed, of sizes that differ by one at most.
        by_label: the parts are the tags of configurations, or the groups of rows, in place of `folds`.

    Raises:
        RunError: on all ranks alike: no tags to go by, more folds than data, or stopped.
        HpcfitError: see `reopen_run`.
    """
    with open_refits(comm, path, folder, 10**9 if by_label else folds, groups, progress) as refits:
        reopened, own = refits.reopened, refits.groups.own
        with agreed(refits.groups):
            items = items_of(own, reopened)
            if by_label:
                items.need_labels("cross-validation")
            names, fold = parts_of(items, folds, by_label, seed)
        settings = {"folds": len(names), "by_label": by_label, "seed": seed}
        work = _Folds(refits, items, fold)
        found = carry_out(refits, "cross_validation", settings, work, len(names))
        records = [StartRecord.from_dict(each) for each in found]
        errors = []
        with agreed(refits.groups):
            for record in records:
                errors.append(item_errors(own, reopened, np.array(record.theta)))
        report = None if errors[0] is None else _report(reopened, items, names, fold, records, errors)
        shared = comm.bcast(report)
        assert shared is not None
        return shared, reopened.result


def parts_of(items: Items, folds: int, by_label: bool, seed: int) -> tuple[tuple[str, ...], IntArray]:
    """Names of the parts, and the part of each item, shape (n,).

    Raises:
        RunError: fewer than two, or more than there are items.
    """
    if by_label:
        return tuple(each or f"(no {items.kind})" for each in items.labels), items.label
    if not 2 <= folds <= len(items):
        raise RunError(
            f"cross-validation: {counted(folds, 'fold')} of {counted(len(items), items.what)} cannot be "
            f"made; give between 2 and {len(items)}."
        )
    order = np.random.default_rng(seed).permutation(len(items))
    fold = np.empty(len(items), dtype=np.int64)
    fold[order] = np.arange(len(items)) % folds
    return tuple(str(k + 1) for k in range(folds)), fold


def _report(
    reopened: Any,
    items: Items,
    names: tuple[str, ...],
    fold: IntArray,
    records: list[StartRecord],
    errors: list[Any],
) -> CrossValidation:
    """From the errors of every item by every fit."""
    parameters = reopened.parameters
    targets = tuple(errors[0][0])
    train, held_out, total = [], [], np.zeros((len(targets), 2))
    for k, (_, squares) in enumerate(errors):
        out = squares[fold == k].sum(axis=0)
        total += out
        train.append(_rms(squares[fold != k].sum(axis=0)))
        held_out.append(_rms(out))
    return CrossValidation(
        what=items.what,
        names=names,
        targets=targets,
        sizes=tuple(np.bincount(fold, minlength=len(names)).tolist()),
        train=np.array(train),
        held_out=np.array(held_out),
        all_held_out=_rms(total),
        status=tuple(each.status for each in records),
        labels=tuple(parameters.label(q) for q in parameters.free),
        values=np.array([parameters.free_values(np.array(each.theta)) for each in records]),
    )


def _rms(sums: FloatArray) -> FloatArray:
    """Root of squared errors over their counts, NaN for none."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.sqrt(sums[..., 0] / sums[..., 1]))
