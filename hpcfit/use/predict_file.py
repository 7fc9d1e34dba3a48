"""`hpcfit predict`: from a job or a run and a dataset to a file of predictions and a table of errors."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpcfit import __version__
from hpcfit.data import ConfigurationBlock, Dataset
from hpcfit.parallel.agree import agreement, from_root
from hpcfit.parallel.communicator import Communicator
from hpcfit.parallel.guard import guard
from hpcfit.problem.accuracy import rmse_table
from hpcfit.suggest import counted
from hpcfit.use.batches import ALL_TARGETS, DatasetPart, predict_batches
from hpcfit.use.fitted_potential import FittedPotential
from hpcfit.use.open_potential import open_potential
from hpcfit.use.predict import RmseTable, errors_text
from hpcfit.use.prediction_file import PredictionFile, prediction_file
from hpcfit.workflow.data_plan import DataPlan, plan_dataset


@dataclass(frozen=True)
class Report:
    """What was predicted, for people: `str()` is what the command prints."""

    fitted: FittedPotential
    plan: DataPlan
    rmse: RmseTable
    output: Path | None

    def __str__(self) -> str:
        plan = self.plan
        amount = f"{counted(len(plan.indices), 'configuration')}, {counted(plan.n_atoms, 'atom')}"
        lines = [str(self.fitted), "", f"predicted {amount} of {plan.path}", ""]
        lines.append(errors_text(self.rmse, plan.tags))
        return "\n".join([*lines, *(["", f"predictions in {self.output}"] if self.output else [])])


def predict_file(
    comm: Communicator,
    source: Path,
    data: Path,
    output: Path | None = None,
    *,
    tags: Sequence[str] | None = None,
    overwrite: bool = False,
) -> Report | None:
    """Predict for a dataset with the potential of a job file or a run folder; collective.

    Args:
        output: what to write, extended XYZ or a dataset by its ending; None for the errors only. Whatever
            happens, it is there whole or as it was.
        tags: take only the configurations with one of these tags.
        overwrite: replace `output` if it is there.

    Returns:
        What to say, on rank 0; None elsewhere.

    Raises:
        HpcfitError: on all ranks alike, for anything wrong with source, data or output.
    """
    with guard(comm, "Nothing was written; please report it with the lines above."):
        # What is there, and where to write, is known before anything is computed.
        file = from_root(comm, lambda: _NoFile() if output is None else _file(output, data, overwrite))
        # On every rank: functions of the job's files cannot be sent.
        with agreement(comm):
            fitted = open_potential(source)
        plan = from_root(comm, lambda: plan_dataset(data, tags))
        try:
            sums = predict_batches(comm, fitted, DatasetPart(plan), file.make, file.take)
            from_root(comm, lambda: file.finish(_provenance(fitted, plan)))
        except KeyboardInterrupt:
            if comm.is_root:
                print("stopped; nothing was written", file=sys.stderr, flush=True)
            raise
        finally:
            file.give_up()
        if sums is None:
            return None
        return Report(fitted, plan, rmse_table(sums, plan.tags, ALL_TARGETS), output)


def _file(output: Path, data: Path, overwrite: bool) -> PredictionFile:
    return prediction_file(output, [data], overwrite)


class _NoFile(PredictionFile):
    """For the errors alone."""

    def make(self, block: ConfigurationBlock, rows: NDArray[np.float64], offsets: NDArray[np.int64]) -> None:
        return

    def take(self, made: None) -> None:
        return

    def finish(self, provenance: Sequence[Any]) -> None:
        return


def _provenance(fitted: FittedPotential, plan: DataPlan) -> list[dict[str, Any]]:
    """The steps that made the dataset, and this one."""
    with Dataset.open(plan.path) as dataset:
        before = list(dataset.provenance)
    parameters = fitted.parameters
    step = {
        "step": "predict",
        "hpcfit": __version__,
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "sources": [plan.path],
        "content": plan.content,
        "potential": [each.formula.name for each in fitted.potentials],
        "origin": fitted.origin,
        "parameters": {parameters.label(q): q.initial for q in parameters.parameters},
        "configurations": len(plan.indices),
    }
    return [*before, step]
