"""Predictions for many configurations, batch by batch over the ranks, in the order of the dataset.

Every batch is cut into one run of configurations a rank. Each rank reads its own, predicts, and makes of
them what is wanted (text, arrays); rank 0 takes these in order. So memory is that of a batch, formatting is
spread too, and what rank 0 takes does not depend on the number of ranks.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from hpcfit.data import Configuration, ConfigurationBlock, Dataset, gather
from hpcfit.parallel.agree import agreement, from_root
from hpcfit.parallel.communicator import Communicator
from hpcfit.parallel.partition import partition
from hpcfit.problem.accuracy import squared_errors
from hpcfit.problem.groups import part_of
from hpcfit.problem.rows import block_references
from hpcfit.problem.targets import Targets
from hpcfit.use.fitted_potential import FittedPotential
from hpcfit.workflow.data_plan import DataPlan

T = TypeVar("T")
FloatArray = NDArray[np.float64]
#: makes of a block and its predictions (rows, offsets of the configurations) what rank 0 is to take
Make = Callable[[ConfigurationBlock, FloatArray, NDArray[np.int64]], T]
ALL_TARGETS = Targets(energy=True, forces=True, stress=True)
#: atoms of a batch for each rank; their text is about 2 MB
_ATOMS_PER_RANK = 8000


class PredictionData(ABC):
    """Configurations to predict for.

    Attributes:
        natoms: atoms of each, shape (n,); `tags` likewise.
    """

    natoms: NDArray[np.int64]
    tags: tuple[str, ...]

    @abstractmethod
    def opened(self) -> AbstractContextManager[Callable[[int, int], ConfigurationBlock]]:
        """A context whose value reads the configurations [first, last)."""


@dataclass(frozen=True)
class DatasetPart(PredictionData):
    """The selected configurations of a dataset file, read when they are needed."""

    plan: DataPlan

    @property
    def natoms(self) -> NDArray[np.int64]:  # type: ignore[override]
        return self.plan.natoms

    @property
    def tags(self) -> tuple[str, ...]:  # type: ignore[override]
        return self.plan.tags

    def opened(self) -> AbstractContextManager[Callable[[int, int], ConfigurationBlock]]:
        return _Opened(self.plan)


class _Opened(AbstractContextManager[Callable[[int, int], ConfigurationBlock]]):
    def __init__(self, plan: DataPlan) -> None:
        self._plan = plan
        self._dataset = Dataset.open(plan.path)

    def __enter__(self) -> Callable[[int, int], ConfigurationBlock]:
        return lambda first, last: self._dataset.read(self._plan.indices[first:last])

    def __exit__(self, *error: object) -> None:
        self._dataset.close()


@dataclass(frozen=True)
class InMemory(PredictionData):
    """Configurations that every rank has."""

    block: ConfigurationBlock

    @classmethod
    def of(cls, configurations: Sequence[Configuration]) -> InMemory:
        return cls(gather(configurations))

    @property
    def natoms(self) -> NDArray[np.int64]:  # type: ignore[override]
        return self.block.natoms

    @property
    def tags(self) -> tuple[str, ...]:  # type: ignore[override]
        return self.block.tag

    def opened(self) -> AbstractContextManager[Callable[[int, int], ConfigurationBlock]]:
        return nullcontext(lambda first, last: part_of(self.block, first, last))


def predict_batches(
    comm: Communicator,
    fitted: FittedPotential,
    data: PredictionData,
    make: Make[T],
    take: Callable[[T], object],
) -> FloatArray | None:
    """Predict for all of `data`; rank 0 takes what the ranks make, in the order of the data. Collective.

    Args:
        make: called on every rank for its configurations of every batch.
        take: called on rank 0.

    Returns:
        On rank 0 the sums of squared errors of each configuration (see `squared_errors`), shape (n, 6).

    Raises:
        HpcfitError: on all ranks alike, for what the data, `make` or `take` get wrong.
    """
    with agreement(comm):
        fitted.load_kernels()
        context = data.opened()
    sums: list[FloatArray] = [np.zeros((0, 6))]
    with context as read:
        for bounds in _batches(data.natoms, comm.size):
            first, last = int(bounds[comm.rank]), int(bounds[comm.rank + 1])
            with agreement(comm):
                own = _predicted(fitted, read(first, last), make) if last > first else None
            gathered = comm.gather(own)
            made = [each for each in gathered or () if each is not None]
            from_root(comm, partial(_take_all, take, [each for each, _ in made]))
            sums += [errors for _, errors in made]
    return np.concatenate(sums) if comm.is_root else None


def _predicted(fitted: FittedPotential, block: ConfigurationBlock, make: Make[T]) -> tuple[T, FloatArray]:
    rows, offsets = fitted.rows(block)
    reference = block_references(block, ALL_TARGETS)
    return make(block, rows, offsets), squared_errors(rows, reference, block.first_atom, stress=True)


def _take_all(take: Callable[[T], object], made: Sequence[T]) -> None:
    for each in made:
        take(each)


def _batches(natoms: NDArray[np.int64], size: int) -> Iterator[NDArray[np.int64]]:
    """For each batch the first configuration of every rank, and the end, shape (size + 1,)."""
    before = np.concatenate([[0], np.cumsum(natoms)])
    first = 0
    while first < len(natoms):
        full = before[first] + _ATOMS_PER_RANK * size
        last = max(first + 1, int(np.searchsorted(before, full, side="right")) - 1)
        yield first + partition(natoms[first:last], size)
        first = last
