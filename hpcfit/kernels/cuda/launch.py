"""Running the kernels of a model: which after which, over how many threads, and for which columns at a time.

All columns are worked on together if memory allows it, else in batches. Potentials use the same arrays of
fields one after the other, so those of the value (slot 0) are made anew for each batch, but nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hpcfit.devices.device import Argument, Device, DeviceArray, Module
from hpcfit.kernels.cuda import frame
from hpcfit.kernels.cuda.assembly import LANES
from hpcfit.kernels.cuda.generate import CudaSource
from hpcfit.kernels.cuda.place import PlacedGeometry

#: a grid has at most 65535 blocks in y, of which `sum_pieces` takes seven for each slot
MOST_SLOTS = 65535 // 7


@dataclass(frozen=True)
class Loaded:
    """A compiled source, and what belongs to it on the device."""

    source: CudaSource
    module: Module
    numbers: DeviceArray
    columns: DeviceArray
    constants: DeviceArray
    n_columns: int


class Work:
    """Arrays of fields for some slots (frame.py).

    Raises:
        OutOfDeviceMemory: there is no room for them.
    """

    def __init__(self, device: Device, source: CudaSource, placed: PlacedGeometry, slots: int) -> None:
        n_components, n_atoms, n_bonds = max(source.components, default=0), placed.n_atoms, placed.n_bonds

        def array(wanted: bool, *shape: int) -> DeviceArray:
            return device.empty(shape if wanted else (1,))

        self.slots = slots
        self.density = array(n_components > 0, slots, n_components, n_atoms)
        self.embedding = array(n_components > 0, slots, n_components, n_atoms)
        self.zeta = array(source.with_zeta, slots, n_bonds)
        self.weight = array(source.with_zeta, slots, n_bonds)
        self.gradient = array(source.with_gradients, slots, n_bonds, 4)
        self.sums = device.empty((slots, 7, n_atoms))
        self.partial = device.empty((slots, 7, placed.n_pieces))


@dataclass(frozen=True)
class _Batch:
    """Slots first_slot .. n_slots - 1, of which slot s > 0 is column first_column + s - 1."""

    first_slot: int
    n_slots: int
    first_column: int


def _batches(n_columns: int, slots: int) -> Iterator[_Batch]:
    """The first with the value, which is slot 0."""
    yield _Batch(0, min(slots, n_columns + 1), 0)
    for first in range(slots - 1, n_columns, max(slots - 1, 1)):
        yield _Batch(1, min(slots, n_columns - first + 1), first)


def run_kernels(
    loaded: Loaded, placed: PlacedGeometry, work: Work, table: DeviceArray, stress: bool, out: DeviceArray
) -> None:
    """Predictions, and their derivatives if the source has them, into `out` (columns + 1, rows)."""
    _clear(loaded.module, out, (loaded.n_columns + 1) * placed.n_rows)
    for batch in _batches(loaded.n_columns, work.slots):
        _clear(loaded.module, work.sums, work.slots * 7 * placed.n_atoms)
        _run_batch(loaded, placed, work, table, batch, out)
        _sum_configurations(loaded, placed, work, batch, stress, out)


def _clear(module: Module, array: DeviceArray, size: int) -> None:
    module.launch("clear", (blocks(size),), frame.BLOCK, (size, array))


def _run_batch(
    loaded: Loaded,
    placed: PlacedGeometry,
    work: Work,
    table: DeviceArray,
    batch: _Batch,
    out: DeviceArray,
) -> None:
    """The stages of all potentials, and the forces from gradients of bonds."""
    threads = {"atoms": placed.n_atoms, "bonds": placed.n_bonds, "lanes": frame.LANES * placed.n_atoms}
    started = False

    def launch(name: str, n: int, first_slot: int, by_slot: bool = True) -> None:
        values: dict[str, Argument] = {
            "n_atoms": placed.n_atoms,
            "n_bonds": placed.n_bonds,
            "n_rows": placed.n_rows,
            "first_slot": first_slot,
            "first_column": batch.first_column,
            "value_column": loaded.n_columns,
            "add": int(started),
            "n_slots": batch.n_slots,
            "columns": loaded.columns,
            "table": table,
            "constants": loaded.constants,
            "predictions": out,
        }
        arrays = {**vars(placed), **vars(work), **values}
        grid = (blocks(n), batch.n_slots - first_slot) if by_slot else (blocks(n),)
        loaded.module.launch(name, grid, frame.BLOCK, [arrays[name] for name in frame.ORDER])

    for each in loaded.source.launches:
        first_slot = 0 if each.fills_fields else batch.first_slot
        launch(each.name, threads[each.of], first_slot, each.by_slot)
        started |= each.name.startswith("bonds")
    if loaded.source.with_gradients:
        launch("gather", placed.n_atoms, batch.first_slot)


def _sum_configurations(
    loaded: Loaded, placed: PlacedGeometry, work: Work, batch: _Batch, stress: bool, out: DeviceArray
) -> None:
    """Energies and stresses of configurations from those of atoms."""
    pieces, n = placed.n_pieces, placed.n_configurations
    arguments: list[Argument] = [pieces, placed.n_atoms, placed.piece, work.sums, work.partial]
    loaded.module.launch("sum_pieces", (blocks(LANES * pieces), 7 * batch.n_slots), frame.BLOCK, arguments)
    arguments = [n, pieces, placed.n_rows, batch.first_slot, batch.first_column, loaded.n_columns]
    arguments += [placed.first_piece, placed.first_row, placed.volume, work.partial, out]
    grid = blocks(LANES * n), (7 if stress else 1) * (batch.n_slots - batch.first_slot)
    loaded.module.launch("finish", grid, frame.BLOCK, arguments)


def blocks(n: int) -> int:
    """How many blocks have n threads."""
    return -(-n // frame.BLOCK)
