"""A rank's share of a dataset: which chunks are its own, read, and ready for evaluation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpcfit.data import ConfigurationBlock, Dataset
from hpcfit.geometry import Geometry, build_geometry, count_interactions
from hpcfit.parallel.agree import agreement
from hpcfit.parallel.communicator import Communicator
from hpcfit.parallel.pace import ALIKE, Pace
from hpcfit.parallel.partition import load_imbalance, partition
from hpcfit.problem.chunks import chunk_bounds
from hpcfit.problem.groups import part_of, runs_below, species_index
from hpcfit.problem.memory import Amounts, MemoryPlan, estimate_bonds
from hpcfit.workflow.data_plan import DataPlan
from hpcfit.workflow.memory import Needs, plan_block

#: ranks exchange chunks when counted work differs more than this from the mean
_TOLERANCE = 0.03
#: work of a bond and of a triplet beside that of an atom (its rows, their folding)
_BOND, _TRIPLET = 0.05, 0.01
#: work of rank 0 beside its chunks: it records an iteration while the others evaluate the next
_RECORDING = 5000.0


@dataclass(frozen=True)
class Work:
    """What a rank has to compute for its configurations, and how much of it memory lets it keep.

    Attributes:
        bonds: directed bonds of each configuration at the starting cutoff, shape (n,).
        chunks: work of each chunk, in units of an atom without bonds.
        amounts, memory: what the rank holds, and what it may keep.
        bond_ratio: bonds found, over those that the mean density let expect.
        geometry: the bonds themselves, where all of them are kept.
    """

    bonds: NDArray[np.float64]
    chunks: NDArray[np.float64]
    amounts: Amounts
    memory: MemoryPlan
    bond_ratio: float
    geometry: Geometry | None


@dataclass(frozen=True)
class Share:
    """The chunks [first, last) of a plan, with their configurations.

    Attributes:
        all_bounds: first configuration of every chunk of the plan, and the end.
        ranges: first chunk of every rank, and the end.
        block: the configurations of this rank.
    """

    all_bounds: NDArray[np.int64]
    ranges: NDArray[np.int64]
    first: int
    last: int
    block: ConfigurationBlock
    work: Work

    @property
    def n_chunks(self) -> int:
        """Chunks of all ranks together."""
        return len(self.all_bounds) - 1

    @property
    def amount(self) -> float:
        """Of work, in units of an atom without bonds."""
        return float(self.work.chunks.sum())

    @property
    def bounds(self) -> NDArray[np.int64]:
        """First configuration of each own chunk within `block`, and the end."""
        own = self.all_bounds[self.first : self.last + 1]
        return np.asarray(own - own[0], dtype=np.int64)


def share_out(comm: Communicator, plan: DataPlan, needs: Needs, pace: Pace = ALIKE) -> Share:
    """Spread a plan over the ranks by the work its bonds and triplets make.

    Every rank first takes chunks of about equal numbers of atoms and counts their bonds; if the work
    so counted is uneven, the chunks are spread anew. Each rank reads its own configurations only.

    Args:
        pace: how fast the ranks are, or which chunks they had in an earlier part of the run.

    Raises:
        DataError: on all ranks alike, for data that cannot be used.
    """
    bounds = chunk_bounds(plan.natoms, needs.n_parameters, slow=needs.slow, on_device=needs.on_device)
    before = np.concatenate([[0], np.cumsum(plan.natoms)])
    speeds = pace.speeds_of(comm.size)
    known = pace.known_ranges(comm.size, len(bounds) - 1)
    ranges = _spread(np.diff(before[bounds]).astype(np.float64), speeds) if known is None else known
    block, work = _take(comm, plan, bounds, ranges, needs)
    counted = comm.allgather(work.chunks)
    taken = np.array([float(part.sum()) for part in counted])
    taken[0] += _recording(float(taken.sum()), speeds)
    if known is None and load_imbalance(taken / speeds) > _TOLERANCE:
        better = _spread(np.concatenate(counted), speeds)
        if (better != ranges).any():
            ranges = better
            del block, work  # there may be no room for two
            block, work = _take(comm, plan, bounds, ranges, needs)
    first, last = int(ranges[comm.rank]), int(ranges[comm.rank + 1])
    return Share(bounds, ranges, first, last, block, work)


def _spread(work: NDArray[np.float64], speeds: NDArray[np.float64]) -> NDArray[np.int64]:
    """Ranges of chunks (size + 1,), rank 0's smaller by the work it has beside them."""
    work = work.copy()
    work[0] += _recording(float(work.sum()), speeds)  # the first chunk is always its own
    return partition(work, len(speeds), speeds)


def _recording(work: float, speeds: NDArray[np.float64]) -> float:
    """What recording counts for: at most half a rank's share, so that little work is spread evenly too.

    It takes the same time on every rank 0, and so counts for the more the faster the chunks of that one are.
    """
    return float(min(_RECORDING * speeds[0] / speeds.min(), 0.5 * work * speeds[0] / speeds.sum()))


def _take(
    comm: Communicator,
    plan: DataPlan,
    bounds: NDArray[np.int64],
    ranges: NDArray[np.int64],
    needs: Needs,
) -> tuple[ConfigurationBlock, Work]:
    """Read and count this rank's configurations; an error on any rank is raised on all."""
    own = bounds[ranges[comm.rank] : ranges[comm.rank + 1] + 1]
    with agreement(comm):
        with Dataset.open(plan.path) as dataset:
            block = dataset.read(plan.indices[own[0] : own[-1]])
        work = count_work(block, own - own[0], needs)
    return block, work


def count_work(block: ConfigurationBlock, bounds: NDArray[np.int64], needs: Needs) -> Work:
    """Count bonds and triplets, keeping the geometry when the memory limit allows it."""
    expected = estimate_bonds(block.natoms, block.volume, needs.build_cutoff)
    memory = plan_block(block, bounds, expected, needs)[1]
    bonds, listed, work = (np.zeros(len(block)) for _ in range(3))
    geometry = None
    for first, last in runs_below(np.arange(len(block) + 1), expected, memory.group_bonds):
        part = part_of(block, first, last)
        geometry = build_geometry(part, species_index(part, needs.species), needs.build_cutoff)
        counts = count_interactions(geometry, needs.cutoff)
        bonds[first:last] = counts.bonds
        listed[first:last] = np.diff(geometry.first_bond[geometry.first_atom])
        work[first:last] = part.natoms + _BOND * counts.bonds + _TRIPLET * counts.triplets
    whole = geometry if geometry is not None and len(geometry) == len(block) else None
    amounts, memory = plan_block(block, bounds, listed, needs)
    before = np.concatenate([[0.0], np.cumsum(work)])
    kept = whole if memory.keep_geometry else None
    ratio = float(listed.sum() / expected.sum()) if len(block) and expected.any() else 1.0
    return Work(bonds, np.diff(before[bounds]), amounts, memory, ratio, kept)
