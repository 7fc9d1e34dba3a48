"""Predictions of a run for the data of its job: configurations over all ranks, tables on rank 0."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hpcfit.data import ConfigurationBlock
from hpcfit.job import Job
from hpcfit.job.resolve import open_potentials
from hpcfit.parallel.agree import agreement
from hpcfit.parallel.communicator import Communicator
from hpcfit.plot.comparison import Series, Target, by_name
from hpcfit.plot.table_fit import TableFit
from hpcfit.problem.accuracy import TARGETS, UNITS
from hpcfit.use.batches import DatasetPart, predict_batches
from hpcfit.use.evaluation import split_rows
from hpcfit.use.fitted_potential import fitted_potential
from hpcfit.workflow.plan import Plan
from hpcfit.workflow.run_source import Source
from hpcfit.workflow.table.table_data import TableData

FloatArray = NDArray[np.float64]
#: what one point of a target is
_QUANTITY = {"energy": "energy", "forces": "force", "stress": "stress"}
#: of a block the tag of each point, its reference and its prediction, for each target
_Points = list[tuple[NDArray[np.str_], FloatArray, FloatArray]]


def compare_configurations(comm: Communicator, source: Source, plan: Plan) -> list[Target]:
    """The targets of a fit of configurations, on rank 0; empty elsewhere. Collective.

    Raises:
        HpcfitError: on all ranks alike.
    """
    with agreement(comm):
        fitted = fitted_potential(open_potentials(source.job, with_values=False), source.result)
    found: dict[str, list[Series]] = {name: [] for name in TARGETS}
    for part, test in ((plan.train, False), (plan.test, True)):
        if part is None:
            continue
        taken: list[_Points] = []
        predict_batches(comm, fitted, DatasetPart(part), _points, taken.append)
        for k, name in enumerate(TARGETS) if taken else ():
            tags, reference, predicted = (
                np.concatenate([points[k][column] for points in taken]) for column in range(3)
            )
            found[name] += by_name(tags, reference, predicted, predicted - reference, test)
    return [
        Target(
            _QUANTITY[name],
            UNITS[name],
            "configurations" if name == "energy" else "components",
            found[name],
            robust=source.result is not None and source.result.robust is not None,
        )
        for name in TARGETS
        if _is_target(plan.resolved.job, name) and found[name]
    ]


def _is_target(job: Job, name: str) -> bool:
    return bool(getattr(job.targets, name))


def _points(block: ConfigurationBlock, rows: FloatArray, offsets: NDArray[np.int64]) -> _Points:
    """Energies per atom, components of forces, components of stress."""
    predicted = split_rows(rows, offsets)
    natoms, tags = block.natoms, np.array(block.tag, dtype=np.str_)
    forces = np.concatenate([np.zeros((0, 3)), *predicted.forces]).ravel()
    return [
        (tags, block.energy / natoms, predicted.energy / natoms),
        (np.repeat(tags, 3 * natoms), block.force.ravel(), forces),
        (np.repeat(tags, 6), block.stress.ravel(), predicted.stress.ravel()),
    ]


def compare_table(fit: TableFit) -> list[Target]:
    """The columns that were fitted, by group."""
    parts = [(fit.data, False)]
    if fit.plan.test_data is not None:
        parts.append((fit.plan.test_data, True))
    series: list[list[Series]] = [[] for _ in fit.columns.y]
    for data, test in parts:
        _add(fit, data, test, series)
    robust = fit.result.robust is not None
    scaled = [fit.sigma(k) is not None for k in range(len(fit.columns.y))]
    return [
        Target(column, fit.unit(column), "rows", own, in_sigma, robust)
        for column, own, in_sigma in zip(fit.columns.y, series, scaled, strict=True)
        if own
    ]


def _add(fit: TableFit, data: TableData, test: bool, series: Sequence[list[Series]]) -> None:
    rows = fit.rows(data)
    predicted = fit.predict(rows)
    groups = np.array(data.facts.labels, dtype=np.str_)[data.group]
    for k, column in enumerate(fit.columns.y):
        reference = data.columns.numbers[column]
        error = predicted[k] - reference
        weight = rows.weight[k, : len(data.group)] if fit.sigma(k) is not None else 1.0
        series[k].extend(by_name(groups, reference, predicted[k], error * weight, test))
