"""How much of a device's memory the chunks of a group need, told before they are there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpcfit.devices.fold import PlacedRows
from hpcfit.geometry import Geometry
from hpcfit.kernels.cuda.model import CudaModel
from hpcfit.problem.memory import Amounts

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: centre, neighbour, reverse; distance, vector of a bond
PER_BOND = 3 * 4 + 8 + 24
#: of a bond, where there are several species
PER_KIND = 4
#: species, row, and a piece of an atom, besides a segment for each species
PER_ATOM = 3 * 4
#: volume, first row, first piece of a configuration
PER_CONFIGURATION = 16
#: what is taken of the memory that is free, the rest being lost between arrays
FRACTION = 0.9


@dataclass(frozen=True)
class Sizes:
    """Bytes of each chunk, shape (nc,).

    Attributes:
        held: bonds and rows.
        kept: derivatives and predictions.
        working: what is needed while a chunk is worked on, if all columns are worked on together.
        least: the same with as few columns at a time as possible.
    """

    held: FloatArray
    kept: FloatArray
    working: FloatArray
    least: FloatArray


def sizes_of(
    model: CudaModel, atoms: FloatArray, bonds: FloatArray, configurations: FloatArray, residuals: FloatArray
) -> Sizes:
    """Bytes of chunks with so many atoms, bonds, configurations and residuals each, shape (nc,)."""
    rows = 3.0 * atoms + configurations * (7 if model.stress else 1)
    per_bond = PER_BOND + (PER_KIND if len(model.species) > 1 else 0)
    held = bonds * per_bond + atoms * (PER_ATOM + 4 * len(model.species)) + configurations * PER_CONFIGURATION
    held = held + np.array([PlacedRows.bytes_needed(m, 1) for m in residuals.tolist()])
    kept = 8.0 * (model.n_columns + 1) * rows
    folding = np.array([model.folding.bytes_needed(m, 1) for m in residuals.tolist()])
    columns = model.n_columns > 0
    counts = list(zip(atoms.tolist(), bonds.tolist(), configurations.tolist(), strict=True))

    def working(slots: int) -> FloatArray:
        each = [model.kernels.bytes_needed(int(a), int(b), int(c), columns, slots) for a, b, c in counts]
        found: FloatArray = np.asarray(each, dtype=np.float64) + folding
        return found

    return Sizes(held, kept, working(model.n_columns + 1), working(min(2, model.n_columns + 1)))


@dataclass(frozen=True)
class DeviceNeeds:
    """What the device of a rank will hold, in bytes.

    Attributes:
        data: bonds, references and weights.
        jacobian: derivatives and predictions.
        working: what comes on top during an evaluation.
        largest: the least with which the largest chunk can be evaluated.
    """

    data: float
    jacobian: float
    working: float
    largest: float

    @property
    def everything(self) -> float:
        return self.data + self.jacobian + self.working


def device_needs(model: CudaModel, amounts: Amounts, configurations: float) -> DeviceNeeds:
    """What a rank with these amounts needs on its device, the mean chunk standing for each."""
    n = max(amounts.chunks, 1.0)
    each = [
        np.array([value / n]) for value in (amounts.atoms, amounts.bonds, configurations, amounts.residuals)
    ]
    mean = sizes_of(model, *each)
    whole = sizes_of(
        model,
        *(np.array([value]) for value in (amounts.atoms, amounts.bonds, configurations, amounts.residuals)),
    )
    largest = float((mean.held + mean.kept + mean.least)[0])
    held, kept, working = (float(found[0]) for found in (whole.held, whole.kept, whole.working))
    return DeviceNeeds(held, kept, working, largest)


def bytes_of_parts(model: CudaModel, geometry: Geometry, bounds: IntArray, residuals: IntArray) -> Sizes:
    """The same for chunks whose bonds are known; chunk c holds configurations bounds[c]:bounds[c + 1]."""
    first_atom = geometry.first_atom[bounds]
    atoms, bonds = np.diff(first_atom), np.diff(geometry.first_bond[first_atom])
    return sizes_of(
        model,
        atoms.astype(np.float64),
        bonds.astype(np.float64),
        np.diff(bounds).astype(np.float64),
        residuals.astype(np.float64),
    )


def parts_that_fit(sizes: Sizes, free: float) -> list[tuple[int, int]] | None:
    """Runs [first, last) of chunks for a device with so many bytes free; None if all chunks fit at once.

    Of the runs two are on the device, one being worked on and one on its way, each at least one chunk.
    """
    room = FRACTION * free
    everything = sizes.held.sum() + sizes.kept.sum() + sizes.least.sum()
    if everything <= room:
        return None
    parts: list[tuple[int, int]] = []
    first, used = 0, 0.0
    needed = (2.0 * sizes.held + sizes.kept + sizes.least).tolist()
    for chunk, own in enumerate(needed):
        if chunk > first and used + own > room:
            parts.append((first, chunk))
            first, used = chunk, 0.0
        used += own
    parts.append((first, len(needed)))
    return parts
