"""Shares of the ranks: together everything once, read by whom it belongs to, spread by work."""

import threading

import numpy as np
import pytest

from hpcfit.data import Dataset, configuration, write_dataset
from hpcfit.errors import DataError, HpcfitError
from hpcfit.parallel.communicator import SerialCommunicator
from hpcfit.parallel.partition import load_imbalance
from hpcfit.problem.targets import Targets
from hpcfit.workflow.data_plan import DataPlan
from hpcfit.workflow.memory import Needs
from hpcfit.workflow.share import share_out

NEEDS = Needs(("Ar", "Ne"), Targets(), 4.0, 4.0, 3, 4, None)


class Threads(SerialCommunicator):
    """Ranks as threads of this process, with the one operation that sharing out needs."""

    def __init__(self, rank, size, table, barrier):
        super().__init__()
        self.rank, self.size = rank, size
        self._table, self._barrier = table, barrier

    def allgather(self, value):
        self._table[self.rank] = value
        self._barrier.wait(30)
        everyone = list(self._table)
        self._barrier.wait(30)
        return everyone


def on_ranks(size, work):
    """Results of work(comm) on `size` ranks; exceptions are returned in their place."""
    table, barrier = [None] * size, threading.Barrier(size)
    results = [None] * size

    def one(rank):
        try:
            results[rank] = work(Threads(rank, size, table, barrier))
        except HpcfitError as error:
            results[rank] = error

    threads = [threading.Thread(target=one, args=(rank,)) for rank in range(size)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def crystals(count, dense):
    """Argon cells of 32 atoms; those for which dense(c) holds have far more neighbours."""
    random = np.random.default_rng(2)
    base = np.array(np.meshgrid(*[np.arange(4.0)] * 3)).reshape(3, -1).T[::2]
    for c in range(count):
        a = 2.0 if dense(c) else 3.6
        positions = a * base + random.normal(scale=0.05, size=base.shape)
        yield configuration(f"c{c}", [18] * len(base), positions, np.eye(3) * 4 * a, True, energy=float(c))


def plan_of(path):
    with Dataset.open(path) as dataset:
        return DataPlan(
            path=str(path),
            indices=np.arange(len(dataset)),
            natoms=dataset.natoms,
            volume=dataset.volumes,
            tags=dataset.tags,
            species=dataset.species,
            content="",
        )


@pytest.fixture(scope="module")
def uneven(tmp_path_factory):
    path = tmp_path_factory.mktemp("share") / "uneven.h5"
    write_dataset(path, crystals(40, lambda c: c >= 30))
    return plan_of(path)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 60])
def test_every_configuration_belongs_to_one_rank_and_chunks_are_the_same(uneven, size):
    shares = on_ranks(size, lambda comm: share_out(comm, uneven, NEEDS))
    alone = share_out(SerialCommunicator(), uneven, NEEDS)
    identifiers = [name for share in shares for name in share.block.identifier]
    assert identifiers == [f"c{c}" for c in range(40)]
    for share in shares:
        np.testing.assert_array_equal(share.all_bounds, alone.all_bounds)
        assert share.bounds[-1] == len(share.block)
        assert len(share.bounds) == share.last - share.first + 1


def test_ranks_are_given_equal_work_and_not_equal_numbers_of_atoms(uneven):
    shares = on_ranks(4, lambda comm: share_out(comm, uneven, NEEDS))
    atoms = [share.block.n_atoms for share in shares]
    work = [share.work.chunks.sum() for share in shares]
    # Rank 0 has the recording to do as well.
    assert work[0] < min(work[1:])
    assert load_imbalance(work[1:]) < 0.15 < load_imbalance(atoms[1:])


def test_geometry_counts_and_estimates_agree_with_the_lists(uneven):
    share = share_out(SerialCommunicator(), uneven, NEEDS)
    geometry = share.work.geometry
    assert geometry is not None
    first = geometry.first_bond[geometry.first_atom]
    np.testing.assert_array_equal(share.work.bonds, np.diff(first))


def test_work_is_the_same_when_memory_allows_only_small_groups(uneven):
    whole = share_out(SerialCommunicator(), uneven, NEEDS)
    tight = Needs(("Ar", "Ne"), Targets(), 4.0, 4.0, 3, 4, 1)
    pieces = share_out(SerialCommunicator(), uneven, tight)
    assert pieces.work.geometry is None
    np.testing.assert_array_equal(pieces.work.chunks, whole.work.chunks)
    np.testing.assert_array_equal(pieces.work.bonds, whole.work.bonds)


def test_data_that_one_rank_cannot_use_is_refused_on_all_of_them(tmp_path):
    path = tmp_path / "overlap.h5"
    good = list(crystals(6, lambda c: False))
    bad = configuration("on top", [18, 18], [[0, 0, 0], [0, 0, 0]], np.eye(3) * 20, True, energy=0.0)
    write_dataset(path, [*good, bad])
    errors = on_ranks(3, lambda comm: share_out(comm, plan_of(path), NEEDS))
    assert {type(error) for error in errors} == {DataError}
    assert len({str(error) for error in errors}) == 1
    assert "on top" in str(errors[0])
