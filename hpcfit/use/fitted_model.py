"""The model of a table with the values of its parameters, from a job file or a run folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import RunError
from hpcfit.formula.bound_potential import BoundPotential
from hpcfit.formula.keys import Instance
from hpcfit.formula.row_form import RowForm
from hpcfit.job.load import Job
from hpcfit.job.resolve import open_job, open_model
from hpcfit.job.row_model import RowInput
from hpcfit.kernels.rows.compile import compiled_rows
from hpcfit.kernels.rows.model import AnyRowModel
from hpcfit.kernels.rows.row_data import RowData
from hpcfit.output.result import Result
from hpcfit.parallel.communicator import SerialCommunicator
from hpcfit.problem.parameters import build_parameters
from hpcfit.workflow.run_source import read_source
from hpcfit.workflow.table.plan import model_input, plan_table

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class FittedModel:
    """A model of tables and the values of its parameters.

    Attributes:
        labels: the groups that it has numbers for; ("",) without groups.
        values: of all instances, shape (V,).
        origin: where the values come from, for people.
    """

    job: Job
    model: RowInput
    labels: tuple[str, ...]
    values: FloatArray
    origin: str

    @cached_property
    def compiled(self) -> AnyRowModel:
        """The kernels, without derivatives."""
        return compiled_rows(self.model.form, self.labels, ())

    def predict(self, inputs: FloatArray, group: NDArray[np.int32]) -> FloatArray:
        """Every output of every row, shape (outputs, n).

        Args:
            inputs: columns in the order of `model.x`, shape (inputs, n).
            group: number of the group of each row, in any order, shape (n,).
        """
        outputs, n = len(self.model.y), inputs.shape[1]
        order = np.argsort(group, kind="stable")
        nothing = np.zeros((outputs, n))
        found = np.empty((outputs, n))
        data = RowData.of(inputs[:, order], nothing, np.ones((outputs, n)), group[order])
        found[:, order] = self.compiled.predict(data, self.values)
        return found


def open_fitted_model(path: Path) -> FittedModel:
    """The model of a job file at its initial values, or of a run folder at the fitted ones.

    Raises:
        RunError: neither a job file nor a run folder, or a run without a result.
        JobError: with all faults of the job file.
    """
    source = read_source(path)
    if source.result is None:
        plan = plan_table(SerialCommunicator(), open_job(source.job))
        made = model_input(plan)
        assert plan.resolved.model is not None
        parameters = build_parameters([made])
        values = parameters.values(parameters.start)
        return FittedModel(
            plan.resolved.job, plan.resolved.model, plan.train.labels, values, f"initial values of {path}"
        )
    job, model = open_model(source.job)
    return fitted_model(job, model, source.result, f"fitted values of {path}, {source.result.status}")


def fitted_model(job: Job, model: RowInput, result: Result, origin: str) -> FittedModel:
    """The model of a job at the values of its result.

    Raises:
        RunError: the result lacks a value.
    """
    labels = _labels(model.form, result)
    values = _values(BoundPotential(model.form, labels), result)
    return FittedModel(job, model, labels, values, origin)


def _labels(form: RowForm, result: Result) -> tuple[str, ...]:
    """The groups of a result, in its order."""
    grouped = {spec.name for spec in form.parameters if spec.kind == "species"}
    return tuple(dict.fromkeys(q.species for q in result.parameters if q.name in grouped)) or ("",)


def _values(bound: BoundPotential[RowForm], result: Result) -> FloatArray:
    known: Mapping[tuple[str, str], float] = {(q.species, q.name): q.value for q in result.parameters}
    only = bound.species[0] if len(bound.species) == 1 else ""
    found = [_value(known, instance, only) for instance in bound.instances]
    missing = [each.name for each, value in zip(bound.instances, found, strict=True) if value is None]
    if missing:
        raise RunError(f"the result of the run has no value of {missing[0]}; run the job again.")
    return np.array(found, dtype=np.float64)


def _value(known: Mapping[tuple[str, str], float], instance: Instance, only: str) -> float | None:
    """By its group; what there is one of may stand under the only group."""
    for label in (*instance.key, "", only):
        if (label, instance.name) in known:
            return known[label, instance.name]
    same = [value for (_, name), value in known.items() if name == instance.name]
    return same[0] if len(same) == 1 else None
