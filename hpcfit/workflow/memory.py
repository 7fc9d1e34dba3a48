"""What a rank will hold, from what it has read or from the header of a dataset alone."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hpcfit.data import ConfigurationBlock, Dataset
from hpcfit.geometry import build_geometry
from hpcfit.job import ResolvedJob
from hpcfit.kernels.model_facts import bytes_per_atom, has_calculators, parts_of
from hpcfit.problem.chunks import chunk_bounds
from hpcfit.problem.geometry_keeper import MARGIN
from hpcfit.problem.memory import (
    CODE,
    PER_ATOM,
    PER_RESIDUAL,
    Amounts,
    MemoryPlan,
    estimate_bonds,
    plan_memory,
)
from hpcfit.problem.rows import block_references
from hpcfit.problem.targets import Targets
from hpcfit.workflow.data_plan import DataPlan
from hpcfit.workflow.model import Model

_SAMPLES, _SAMPLE_ATOMS, _SAMPLE_BONDS = 16, 20_000, 5e6


@dataclass(frozen=True)
class Needs:
    """What the model asks of the data: species, cutoffs in angstrom, parameters.

    Attributes:
        build_cutoff: the cutoff with the margin for one that a free parameter moves.
        n_parameters: what chunks are cut by: columns of the Jacobian.
        n_columns: of [J | r] where it may be kept between evaluations, else 0.
        memory_limit: in bytes per rank, None for no limit.
        slow: calculators in Python take part, so that chunks are small.
        on_device: some rank computes on a device, so that chunks are large.
        code: bytes of what the code of potentials brings.
        per_atom: bytes that kernels need for each atom of the largest configuration.
    """

    species: tuple[str, ...]
    targets: Targets
    cutoff: float
    build_cutoff: float
    n_parameters: int
    n_columns: int
    memory_limit: int | None
    slow: bool = False
    on_device: bool = False
    code: int = 0
    per_atom: int = 0


def model_needs(resolved: ResolvedJob, model: Model, *, on_device: bool = False) -> Needs:
    """What a model asks of the data; `on_device` if any rank computes on a device."""
    n_parameters = model.compiled.n_columns
    cutoff = model.compiled.cutoff(model.parameters.values(model.parameters.start))
    margin = MARGIN if model.moving else 1.0
    return Needs(
        species=model.species,
        targets=model.targets,
        cutoff=cutoff,
        build_cutoff=max(cutoff, 0.1) * margin,
        n_parameters=n_parameters,
        n_columns=n_parameters + 1,
        memory_limit=resolved.job.run.memory_limit,
        slow=has_calculators(model.compiled),
        on_device=on_device,
        code=CODE if parts_of(model.compiled) else 0,
        per_atom=bytes_per_atom(model.compiled),
    )


def plan_block(
    block: ConfigurationBlock, bounds: NDArray[np.int64], bonds: NDArray[np.float64], needs: Needs
) -> tuple[Amounts, MemoryPlan]:
    """What a rank with these configurations holds, and what it may keep.

    Args:
        bounds: first configuration of each chunk and the end, shape (nc + 1,).
        bonds: directed bonds of each configuration, shape (n,).
    """
    residuals = int(np.count_nonzero(~np.isnan(block_references(block, needs.targets))))
    amounts = _amounts(block.natoms, bounds, bonds, needs, residuals if needs.n_columns else 0)
    return amounts, plan_memory(amounts, needs.n_columns, needs.memory_limit)


def plan_rank(plan: DataPlan, needs: Needs, ranks: int, bond_ratio: float) -> tuple[Amounts, MemoryPlan]:
    """The same for one of several ranks, expected from natoms and volumes; every reference is there.

    Args:
        bond_ratio: bonds there are, over those that the mean density lets expect.
    """
    bonds = bond_ratio * estimate_bonds(plan.natoms, plan.volume, needs.build_cutoff)
    bounds = chunk_bounds(plan.natoms, needs.n_parameters, slow=needs.slow, on_device=needs.on_device)
    targets, n = needs.targets, len(plan.natoms)
    residuals = targets.forces * 3 * plan.n_atoms + (targets.energy + 6 * targets.stress) * n
    whole = _amounts(plan.natoms, bounds, bonds, needs, residuals if needs.n_columns else 0)
    # A rank has at least its largest configuration.
    share = max(1.0 / ranks, whole.largest_bonds / whole.bonds if whole.bonds else 0.0)
    one = replace(
        whole,
        atoms=whole.atoms * share,
        rows=whole.rows * share,
        residuals=whole.residuals * share,
        bonds=whole.bonds * share,
        chunks=whole.chunks * share,
    )
    return one, plan_memory(one, needs.n_columns, needs.memory_limit)


def sampled_bond_ratio(plan: DataPlan, needs: Needs) -> float:
    """Bonds of some configurations, spread over the data, over those expected at their mean density."""
    chosen = np.unique(np.linspace(0, len(plan.natoms) - 1, _SAMPLES).astype(np.int64))
    enough = np.searchsorted(np.cumsum(plan.natoms[chosen]), _SAMPLE_ATOMS) + 1
    likely = estimate_bonds(plan.natoms[chosen], plan.volume[chosen], needs.build_cutoff)
    chosen = chosen[: min(enough, np.searchsorted(np.cumsum(likely), _SAMPLE_BONDS) + 1)]
    with Dataset.open(plan.path) as dataset:
        block = dataset.read(plan.indices[chosen])
    geometry = build_geometry(
        block, np.zeros(block.n_atoms, np.int32), needs.build_cutoff, allow_overlaps=True
    )
    expected = estimate_bonds(block.natoms, block.volume, needs.build_cutoff).sum()
    return float(len(geometry.distance) / expected) if expected > 0.0 else 1.0


def needs_for_test_set(needs: Needs, training: Amounts) -> Needs:
    """What the evaluation of a test set asks, after the fit has let go of its bonds and Jacobian."""
    limit = needs.memory_limit
    left = None if limit is None else limit - still_held(training)
    return replace(needs, n_columns=0, memory_limit=left)


def still_held(training: Amounts) -> int:
    """Bytes of the training data that a rank holds to the end."""
    return int(training.atoms * PER_ATOM + training.residuals * PER_RESIDUAL)


def predicted_peak(
    training: Amounts,
    memory: MemoryPlan,
    test: DataPlan | None,
    needs: Needs,
    ranks: int,
    bond_ratio: float,
) -> int:
    """Bytes of a rank at the peak of the fit, or of the evaluation of the test set if that is higher."""
    if test is None:
        return memory.predicted
    testing = plan_rank(test, needs_for_test_set(needs, training), ranks, bond_ratio)[1]
    return max(memory.predicted, still_held(training) + testing.predicted)


def _amounts(
    natoms: NDArray[np.int64],
    bounds: NDArray[np.int64],
    bonds: NDArray[np.float64],
    needs: Needs,
    residuals: int,
) -> Amounts:
    rows = 3 * natoms + (7 if needs.targets.stress else 1)
    before = np.concatenate([[0], np.cumsum(rows)])
    return Amounts(
        atoms=int(natoms.sum()),
        rows=int(before[-1]),
        residuals=residuals,
        bonds=float(bonds.sum()),
        largest_rows=int(np.diff(before[bounds]).max(initial=0)),
        largest_bonds=float(bonds.max(initial=0.0)),
        chunks=len(bounds) - 1,
        code=needs.code,
        working=needs.per_atom * float(natoms.max(initial=0)),
    )
