"""Which configurations take part: decided on rank 0 from the header of the dataset alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hpcfit.data import Dataset, select_tags, split_test
from hpcfit.data.header import DatasetHeader
from hpcfit.errors import DataError
from hpcfit.job import Job


@dataclass(frozen=True)
class DataPlan:
    """A selection of configurations of one dataset, in the order of the file.

    Attributes:
        indices: positions of the selected configurations in the file, shape (n,).
        natoms: atoms of each, shape (n,); `tags` and `energies` (eV, NaN = none) likewise.
        species: chemical symbols that occur in the file.
        content: hash of content and selection.
    """

    path: str
    indices: NDArray[np.int64]
    natoms: NDArray[np.int64]
    tags: tuple[str, ...]
    energies: NDArray[np.float64]
    species: tuple[str, ...]
    content: str

    @property
    def n_atoms(self) -> int:
        return int(self.natoms.sum())


def plan_data(job: Job) -> tuple[DataPlan, DataPlan | None]:
    """The training selection and, where the job has one, the test selection.

    Raises:
        DataError: for a dataset that cannot be used, a tag that is not there, an empty selection.
    """
    with Dataset.open(job.file(job.data.train)) as dataset:
        chosen = select_tags(dataset.tags, job.data.tags)
        if not len(chosen):
            raise DataError(f"{dataset.path}: it holds no configurations; import some data into it.")
        if job.data.test_fraction is None:
            train, test = _plan(dataset, chosen), None
        else:
            identifiers = [dataset.identifiers[i] for i in chosen]
            kept, held_out = split_test(identifiers, job.data.test_fraction, job.data.seed)
            if not len(kept):
                raise DataError(f"{dataset.path}: data.test_fraction leaves no configuration to train on.")
            train, test = _plan(dataset, chosen[kept]), _plan(dataset, chosen[held_out])
    if job.data.test is not None:
        test = _plan_all(job.file(job.data.test))
    return train, test


def _plan_all(path: Path) -> DataPlan:
    with Dataset.open(path) as dataset:
        if not len(dataset):
            raise DataError(f"{dataset.path}: it holds no configurations; import some data into it.")
        return _plan(dataset, np.arange(len(dataset), dtype=np.int64))


def _plan(dataset: DatasetHeader, indices: NDArray[np.int64]) -> DataPlan:
    return DataPlan(
        path=dataset.path,
        indices=indices,
        natoms=dataset.natoms[indices],
        tags=tuple(dataset.tags[i] for i in indices),
        energies=dataset.energies[indices],
        species=dataset.species,
        content=dataset.selection_hash(indices),
    )
