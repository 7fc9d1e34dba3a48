"""A rank's chunks as groups ready for evaluation: geometry, rows and, if given, residual functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpcfit.data import ConfigurationBlock
from hpcfit.data.elements import chemical_symbol
from hpcfit.geometry import Geometry
from hpcfit.problem.chunk_group import ChunkGroup, CompiledGroup, FunctionGroup
from hpcfit.problem.function_residual import FunctionResidual
from hpcfit.problem.geometry_keeper import GeometryKeeper
from hpcfit.problem.memory import MemoryPlan
from hpcfit.problem.rows import BlockRows, block_rows, residual_rows
from hpcfit.problem.targets import Targets
from hpcfit.residuals import ResidualFunction, ScaledDifference
from hpcfit.weights import WeightScheme


@dataclass(frozen=True)
class ResidualChoice:
    """The residual of a job, how messages name it, and its [residual.data]."""

    residual: ScaledDifference | ResidualFunction
    label: str = "energy-forces"
    data: Mapping[str, Any] = field(default_factory=dict)


def species_index(block: ConfigurationBlock, species: tuple[str, ...]) -> NDArray[np.int32]:
    """Index of every atom's species in the model's list, shape (natoms,)."""
    lookup = np.full(256, -1, dtype=np.int32)
    for number in np.unique(block.number):
        lookup[number] = species.index(chemical_symbol(int(number)))
    return lookup[block.number]


def build_groups(
    block: ConfigurationBlock,
    bounds: NDArray[np.int64],
    bonds: NDArray[np.float64],
    *,
    species: tuple[str, ...],
    targets: Targets,
    scheme: WeightScheme,
    choice: ResidualChoice,
    moving: bool,
    memory: MemoryPlan,
    geometry: Geometry | None = None,
) -> tuple[ChunkGroup, ...]:
    """The groups of a block whose chunk c holds configurations bounds[c]:bounds[c+1].

    Args:
        bonds: estimated directed bonds of each configuration, shape (n,).
        moving: the cutoff depends on a free parameter.
        geometry: of the whole block, if it is there already.

    Raises:
        DataError, PluginError: naming the configuration whose weights or residual cannot be used.
    """
    groups = []
    for first, last in runs_below(bounds, bonds, memory.group_bonds):
        part = part_of(block, int(bounds[first]), int(bounds[last]))
        own_bounds = bounds[first : last + 1] - bounds[first]
        keeper = GeometryKeeper(part, species_index(part, species), moving, memory.keep_geometry)
        if geometry is not None and len(part) == len(block):
            keeper.hold(geometry)
        rows = block_rows(part, targets, scheme, choice.residual)
        groups.append(_group(keeper, own_bounds, rows, choice, memory.keep_jacobian))
    return tuple(groups)


def _group(
    keeper: GeometryKeeper,
    bounds: NDArray[np.int64],
    rows: BlockRows,
    choice: ResidualChoice,
    keep_jacobian: bool,
) -> ChunkGroup:
    if isinstance(choice.residual, ScaledDifference):
        return CompiledGroup(keeper, bounds, residual_rows(rows, bounds), keep_jacobian)
    functions, present = [], []
    for c, identifier in enumerate(keeper.block.identifier):
        own = slice(rows.offsets[c], rows.offsets[c + 1])
        taking_part = np.flatnonzero(rows.takes_part[own])
        present.append(taking_part)
        functions.append(
            FunctionResidual(
                choice.residual,
                choice.label,
                identifier,
                int(keeper.block.natoms[c]),
                rows.views[c],
                rows.reference[own][taking_part],
                choice.data,
            )
        )
    return FunctionGroup(keeper, bounds, tuple(functions), tuple(present))


def runs_below(bounds: NDArray[np.int64], bonds: NDArray[np.float64], most: float) -> list[tuple[int, int]]:
    """Runs of chunks [first, last) with at most `most` bonds each, but at least one chunk."""
    runs = []
    first, held = 0, 0.0
    for c in range(len(bounds) - 1):
        own = float(bonds[bounds[c] : bounds[c + 1]].sum())
        if c > first and held + own > most:
            runs.append((first, c))
            first, held = c, 0.0
        held += own
    if len(bounds) > 1:
        runs.append((first, len(bounds) - 1))
    return runs


def part_of(block: ConfigurationBlock, first: int, last: int) -> ConfigurationBlock:
    """The configurations [first, last) of a block, its arrays views of the block's."""
    if (first, last) == (0, len(block)):
        return block
    atoms = slice(block.first_atom[first], block.first_atom[last])
    return replace(
        block,
        identifier=block.identifier[first:last],
        first_atom=block.first_atom[first : last + 1] - block.first_atom[first],
        number=block.number[atoms],
        position=block.position[atoms],
        cell=block.cell[first:last],
        pbc=block.pbc[first:last],
        energy=block.energy[first:last],
        force=block.force[atoms],
        stress=block.stress[first:last],
        tag=block.tag[first:last],
        weight={name: values[first:last] for name, values in block.weight.items()},
        atom_weight=None if block.atom_weight is None else block.atom_weight[atoms],
    )
