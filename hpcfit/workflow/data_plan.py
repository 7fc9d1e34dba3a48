"""Which configurations take part: decided on rank 0 from the header of the dataset alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hpcfit.data import Dataset, select_tags, split_test
from hpcfit.data.header import DatasetHeader
from hpcfit.errors import DataError, JobError
from hpcfit.job import Job
from hpcfit.workflow.faults import Faults


@dataclass(frozen=True)
class DataPlan:
    """A selection of configurations of one dataset, in the order of the file.

    Attributes:
        indices: positions of the selected configurations in the file, shape (n,).
        natoms: atoms of each, shape (n,); `volume` (cubic angstrom, NaN = none) and `tags` likewise.
        species: chemical symbols that occur in the selected configurations.
        content: hash of content and selection.
    """

    path: str
    indices: NDArray[np.int64]
    natoms: NDArray[np.int64]
    volume: NDArray[np.float64]
    tags: tuple[str, ...]
    species: tuple[str, ...]
    content: str

    @property
    def n_atoms(self) -> int:
        return int(self.natoms.sum())


def plan_data(job: Job) -> tuple[DataPlan, DataPlan | None]:
    """The training selection and, where the job has one, the test selection.

    Raises:
        HpcfitError: for datasets that cannot be used, a tag that is not there, an empty selection.
    """
    faults = Faults()
    found = faults.of(_plan_training, job)
    test = None if job.data.test is None else faults.of(plan_dataset, job.file(job.data.test))
    faults.raise_all()
    assert found is not None
    train, held_out = found
    return train, held_out if job.data.test is None else test


def plan_dataset(path: Path, tags: Sequence[str] | None = None) -> DataPlan:
    """The configurations of a dataset that have one of these tags; all of them without tags.

    Raises:
        DataError: a dataset that cannot be used, a tag that is not there, an empty dataset.
    """
    with Dataset.open(path) as dataset:
        if not len(dataset):
            raise _empty(dataset)
        try:
            chosen = select_tags(dataset.tags, tags)
        except DataError as error:
            raise DataError(f"{dataset.path}: {error}") from error
        return _plan(dataset, chosen)


def require_targets(job: Job, plan: DataPlan, present: Mapping[str, bool]) -> None:
    """Every target must have a reference somewhere.

    Args:
        present: for energy, forces and stress, whether any configuration of the plan has one.

    Raises:
        JobError: naming the targets without references.
    """
    problems = [
        job.source.problem(
            ("targets", name),
            f": no selected configuration of {plan.path} has a reference for it. Write {name} = false, or "
            "import data that have it.",
        ).text
        for name, found in present.items()
        if getattr(job.targets, name) and not found
    ]
    if problems:
        raise JobError(problems)


def _plan_training(job: Job) -> tuple[DataPlan, DataPlan | None]:
    """The training selection, and the part of it that data.test_fraction holds out."""
    assert job.data.train is not None
    with Dataset.open(job.file(job.data.train)) as dataset:
        if not len(dataset):
            raise _empty(dataset)
        chosen = _tagged(job, dataset)
        if job.data.test_fraction is None:
            return _plan(dataset, chosen), None
        identifiers = [dataset.identifiers[i] for i in chosen]
        try:
            kept, held_out = split_test(identifiers, job.data.test_fraction, job.data.seed)
        except DataError as error:
            raise JobError(job.source.problem(("data", "test_fraction"), f": {error}").text) from error
        return _plan(dataset, chosen[kept]), _plan(dataset, chosen[held_out])


def _tagged(job: Job, dataset: DatasetHeader) -> NDArray[np.int64]:
    try:
        return select_tags(dataset.tags, job.data.tags)
    except DataError as error:
        raise JobError(job.source.problem(("data", "tags"), f": {dataset.path}: {error}").text) from error


def _empty(dataset: DatasetHeader) -> DataError:
    return DataError(f"{dataset.path}: it holds no configurations; import some data into it.")


def _plan(dataset: DatasetHeader, indices: NDArray[np.int64]) -> DataPlan:
    return DataPlan(
        path=dataset.path,
        indices=indices,
        natoms=dataset.natoms[indices],
        volume=dataset.volumes[indices],
        tags=tuple(dataset.tags[i] for i in indices),
        species=dataset.species_of(indices),
        content=dataset.selection_hash(indices),
    )
