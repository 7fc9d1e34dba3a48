"""A rank's chunks as groups ready for evaluation: geometry, rows and, if given, residual functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hpcfit.data import ConfigurationBlock
from hpcfit.data.elements import chemical_symbol
from hpcfit.errors import JobError
from hpcfit.geometry import Geometry
from hpcfit.problem.anchors import AnchorEnergies, Anchors
from hpcfit.problem.chunk_group import ChunkGroup
from hpcfit.problem.compiled_group import CompiledGroup
from hpcfit.problem.difference_group import DifferenceGroup, measured_from
from hpcfit.problem.function_group import FunctionGroup
from hpcfit.problem.function_residual import FunctionResidual
from hpcfit.problem.geometry_keeper import GeometryKeeper
from hpcfit.problem.memory import MemoryPlan
from hpcfit.problem.rows import BlockRows, block_rows, residual_rows
from hpcfit.problem.targets import Targets
from hpcfit.problem.vector_group import VectorGroup, rows_function
from hpcfit.problem.weighed_group import WeighedGroup
from hpcfit.residuals import EnergyDifferences, Residual, ScaledDifference, VectorResidual
from hpcfit.weights import WeightScheme

if TYPE_CHECKING:
    from hpcfit.devices.device import Device
    from hpcfit.problem.device_room import DeviceRoom


@dataclass(frozen=True)
class ResidualChoice:
    """The residual of a job, how messages name it, and its [residual.data].

    Attributes:
        anchors: for `EnergyDifferences`, what the energies of the block's configurations are measured from.
        robust: some losses are not those of least squares; they are set on the groups when they are there.
    """

    residual: Residual
    label: str = "energy-forces"
    data: Mapping[str, Any] = field(default_factory=dict)
    anchors: Anchors | None = None
    robust: bool = False


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
    device: Device | None = None,
) -> tuple[ChunkGroup, ...]:
    """The groups of a block whose chunk c holds configurations bounds[c]:bounds[c+1].

    Args:
        bonds: estimated directed bonds of each configuration, shape (n,).
        moving: the cutoff depends on a free parameter.
        geometry: of the whole block, if it is there already.
        device: of the model, if it has one; residuals are formed there where they can be.

    Raises:
        DataError, PluginError: naming the configuration whose weights or residual cannot be used.
    """
    groups: list[ChunkGroup] = []
    energies = _anchor_energies(choice, species, moving, memory)
    room = None if device is None else _room_on(device)
    for first, last in runs_below(bounds, bonds, memory.group_bonds):
        own = slice(int(bounds[first]), int(bounds[last]))
        part = part_of(block, own.start, own.stop)
        own_bounds = bounds[first : last + 1] - bounds[first]
        keeper = GeometryKeeper(part, species_index(part, species), moving, memory.keep_geometry)
        if geometry is not None and len(part) == len(block):
            keeper.hold(geometry)
        rows = block_rows(part, targets, scheme, choice.residual)
        if energies is not None and choice.anchors is not None:
            anchors = choice.anchors.part(own)
            rows = measured_from(rows, anchors)
            groups.append(DifferenceGroup(keeper, own_bounds, rows, anchors, energies, memory.keep_jacobian))
        else:
            groups.append(_group(keeper, own_bounds, rows, choice, memory.keep_jacobian, room))
    return tuple(groups)


def _anchor_energies(
    choice: ResidualChoice, species: tuple[str, ...], moving: bool, memory: MemoryPlan
) -> AnchorEnergies | None:
    if not isinstance(choice.residual, EnergyDifferences):
        return None
    if choice.anchors is None:
        raise JobError(f"residual {choice.label}: no reference configurations were found for it.")
    block = choice.anchors.block
    parts = [part_of(block, c, c + 1) for c in range(len(block))]
    return AnchorEnergies(
        tuple(
            GeometryKeeper(part, species_index(part, species), moving, memory.keep_geometry) for part in parts
        )
    )


def _group(
    keeper: GeometryKeeper,
    bounds: NDArray[np.int64],
    rows: BlockRows,
    choice: ResidualChoice,
    keep_jacobian: bool,
    room: DeviceRoom | None,
) -> ChunkGroup:
    if isinstance(choice.residual, ScaledDifference) and choice.robust:
        return WeighedGroup(keeper, bounds, rows, keep_jacobian)
    if isinstance(choice.residual, ScaledDifference) and room is not None:
        from hpcfit.problem.device_group import DeviceGroup

        return DeviceGroup(keeper, bounds, residual_rows(rows, bounds), keep_jacobian, room)
    if isinstance(choice.residual, ScaledDifference):
        return CompiledGroup(keeper, bounds, residual_rows(rows, bounds), keep_jacobian)
    if isinstance(choice.residual, VectorResidual):
        return VectorGroup(keeper, bounds, rows, choice.residual, choice.label, keep_jacobian)
    functions, present = function_residuals(keeper.block, bounds, rows, choice)
    return FunctionGroup(keeper, bounds, functions, present, rows.offsets, keep_jacobian)


def _room_on(device: Device) -> DeviceRoom:
    from hpcfit.problem.device_room import DeviceRoom

    return DeviceRoom(device)


def function_residuals(
    block: ConfigurationBlock, bounds: NDArray[np.int64], rows: BlockRows, choice: ResidualChoice
) -> tuple[tuple[FunctionResidual, ...], tuple[NDArray[np.int64], ...]]:
    """The function of each configuration, and which of the configuration's rows it sees.

    A derivative that the function brings is checked in each chunk for the first configuration of every
    size: chunks do not depend on the number of ranks, so neither does what is found.

    Raises:
        PluginError: naming the configuration for which the function cannot be used.
    """
    assert not isinstance(choice.residual, ScaledDifference | VectorResidual)
    functions, present = [], []
    for c in range(len(bounds) - 1):
        sizes = set()
        for i in range(int(bounds[c]), int(bounds[c + 1])):
            own = slice(rows.offsets[i], rows.offsets[i + 1])
            taking_part = np.flatnonzero(rows.takes_part[own])
            present.append(taking_part)
            natoms = int(block.natoms[i])
            functions.append(
                FunctionResidual(
                    choice.residual,
                    choice.label,
                    block.identifier[i],
                    natoms,
                    rows.views[i],
                    rows.reference[own][taking_part],
                    choice.data,
                    check_jacobian=(natoms, len(taking_part)) not in sizes,
                )
            )
            sizes.add((natoms, len(taking_part)))
    return tuple(functions), tuple(present)


def try_residual(
    block: ConfigurationBlock, targets: Targets, scheme: WeightScheme, choice: ResidualChoice
) -> None:
    """Form weights and residual of a block without predictions: a function sees references in their place.

    Raises:
        DataError, PluginError: naming the configuration whose weights or residual cannot be used.
    """
    rows = block_rows(block, targets, scheme, choice.residual)
    if isinstance(choice.residual, VectorResidual):
        rows_function(block, 0, len(block), rows, choice.residual)
    elif not isinstance(choice.residual, ScaledDifference):
        for function in function_residuals(block, np.array([0, len(block)]), rows, choice)[0]:
            function.require_finite()


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
