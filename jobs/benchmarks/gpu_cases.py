"""What gpu.py computes: four potentials on rattled crystals.

Crystals are of at most 1000 atoms, some of them built and the others copies of these, so that large sizes
need no search of bonds. A copy has memory of its own, as any other crystal would have.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any

import bond_order
import embedded_atom
import numpy as np
from kernels import DIAMOND, FCC, LJ, LJ_VALUES, SW, SW_VALUES, Block, FloatArray, cubic

from hpcfit.devices.device import Device
from hpcfit.formula.potential import BoundPotential
from hpcfit.geometry import Geometry, build_geometry
from hpcfit.kernels.cuda.kernels import CudaKernels
from hpcfit.kernels.cuda.place import PlacedGeometry

#: atoms of a crystal at most, and of those that are built
LARGEST, BUILT = 1000, 10_000


@dataclass(frozen=True)
class Case:
    """A potential of silicon (whatever it is), the first `free` parameters of which are fitted."""

    title: str
    bound: BoundPotential
    values: dict[str, float]
    free: int
    cutoff: float
    basis: FloatArray
    lattice: float
    rattle: float

    @property
    def numbers(self) -> FloatArray:
        return np.array(list(self.values.values()))

    def geometry(self, atoms: int) -> Geometry:
        """Crystals with about so many atoms in all."""
        repeat = max(1, int(np.cbrt(min(atoms, LARGEST) / len(self.basis) + 1e-9)))
        positions, cell = cubic(self.basis, self.lattice, repeat)
        count = max(1, round(atoms / len(positions)))
        draw = np.random.default_rng(0)
        crystals = [positions + draw.normal(0, self.rattle, positions.shape) for _ in range(count)]
        block = Block.of(crystals, cell)
        return build_geometry(block, np.zeros(len(block.position), np.int32), self.cutoff)

    def kernels(self, device: Device) -> CudaKernels:
        names = tuple(self.values)[: self.free]
        columns = {k: k for k in range(self.free)}
        return CudaKernels(device, [self.bound], ["Si"], [names], columns, self.free, stress=False)


CASES: dict[str, Callable[[], Case]] = {
    "lj": lambda: Case("Lennard-Jones", LJ, LJ_VALUES, 2, LJ_VALUES["rc"], FCC, 5.26, 0.1),
    "sw": lambda: Case("Stillinger-Weber", SW, SW_VALUES, 7, SW_VALUES["rc"], DIAMOND, 5.475, 0.15),
    "tersoff": lambda: Case(
        "Tersoff", bond_order.tersoff(), bond_order.VALUES, 9, bond_order.CUTOFF, DIAMOND, 4.9, 0.18
    ),
    "eam": lambda: Case(
        *("embedded atom", embedded_atom.copper(), embedded_atom.VALUES, 6, embedded_atom.VALUES["rc"]),
        *(FCC, 3.615, 0.08),
    ),
}

#: what is added to the numbers of each further copy, and whether the array has an end as its last number
_STEPS = {
    "segment": ("n_bonds", True),
    "centre": ("n_atoms", False),
    "neighbor": ("n_atoms", False),
    "reverse": ("n_bonds", False),
    "row": ("n_rows", False),
    "first_row": ("n_rows", True),
    "piece": ("n_atoms", True),
    "first_piece": ("n_pieces", True),
}
#: arrays of bonds that are not there for potentials which do not need them
_SOMETIMES = ("kinds", "reverse")


def copied(device: Device, placed: PlacedGeometry, copies: int) -> PlacedGeometry:
    """So many copies of a geometry, one after the other, as if they had been placed together.

    Raises:
        MemoryError: there are more bonds than 32-bit numbers can count.
    """
    if copies == 1:
        return placed
    if copies * max(placed.n_bonds, placed.n_rows) > 2**31 - 1:
        raise MemoryError(f"{copies * placed.n_bonds} bonds are more than 32-bit numbers can count")
    found: dict[str, Any] = {}
    for each in fields(placed):
        value = getattr(placed, each.name)
        if isinstance(value, int):
            found[each.name] = copies * value
            continue
        array = device.get(value)
        if each.name in _SOMETIMES and array.size != placed.n_bonds:
            found[each.name] = value
            continue
        if each.name not in _STEPS:
            found[each.name] = device.put(np.ascontiguousarray(np.tile(array, copies)))
            continue
        size, has_end = _STEPS[each.name]
        step = getattr(placed, size)
        body = array[: len(array) - has_end]
        many = (np.arange(copies, dtype=array.dtype)[:, None] * array.dtype.type(step) + body).reshape(-1)
        end = np.array([step * copies], array.dtype)
        found[each.name] = device.put(np.concatenate([many, end]) if has_end else many)
    return replace(placed, **found)
