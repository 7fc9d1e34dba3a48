"""Geometry on a device: 32-bit indices, bonds sorted by the species of the neighbour, and reverse bonds."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpcfit.devices.device import Device, DeviceArray, OutOfDeviceMemory
from hpcfit.geometry import Geometry
from hpcfit.geometry.reverse import reverse_bonds
from hpcfit.kernels.cuda.assembly import PIECE

IntArray = NDArray[np.int64]
#: what 32-bit numbers count, less what loops may count beyond the end
_MOST = 2**31 - 1024


@dataclass(frozen=True)
class PlacedGeometry:
    """What kernels read of some configurations; frame.py says what the arrays hold.

    With one species there are no `kinds`, and `reverse` is there only for kernels that read it.

    Attributes:
        first_row: (n + 1,) first prediction of each configuration.
        piece: first atom of each piece (assembly.py), and the number of atoms.
        first_piece: of each configuration, and the number of pieces.
    """

    n_atoms: int
    n_bonds: int
    n_configurations: int
    n_rows: int
    n_pieces: int
    species: DeviceArray
    segment: DeviceArray
    centre: DeviceArray
    neighbor: DeviceArray
    kinds: DeviceArray
    reverse: DeviceArray
    row: DeviceArray
    distance: DeviceArray
    vector: DeviceArray
    volume: DeviceArray
    first_row: DeviceArray
    piece: DeviceArray
    first_piece: DeviceArray


def place_geometry(
    device: Device, geometry: Geometry, n_species: int, stress: bool, *, with_reverse: bool = True
) -> PlacedGeometry:
    """Copy a geometry to the device.

    Args:
        with_reverse: whether reverse bonds are needed, which gradients of bonds do.

    Raises:
        OutOfDeviceMemory: there is no room, or there are more bonds than 32-bit numbers can count: fewer
            configurations at a time may do.
    """
    n_atoms, n_bonds = len(geometry.species), len(geometry.distance)
    first_row = 3 * geometry.first_atom + np.arange(len(geometry) + 1) * (7 if stress else 1)
    if max(n_bonds, int(first_row[-1]), n_species * (n_atoms + 1)) > _MOST:
        raise OutOfDeviceMemory(
            f"device {device.name}: {n_bonds} bonds of {n_atoms} atoms are more than it takes at once. Use "
            'smaller configurations, or write run.device = "cpu".'
        )
    place, kinds, segment = _by_species(geometry, n_species)
    piece, first_piece = _pieces(geometry.first_atom)
    configuration = np.repeat(np.arange(len(geometry)), np.diff(geometry.first_atom))
    within = np.arange(n_atoms) - geometry.first_atom[configuration]
    neighbor, distance, vector = geometry.neighbor, geometry.distance, geometry.vector
    reverse = reverse_bonds(geometry) if with_reverse else np.zeros(1, np.int64)
    if place is not None:
        order = np.empty(n_bonds, np.int64)
        order[place] = np.arange(n_bonds)
        neighbor, kinds, distance, vector = neighbor[order], kinds[order], distance[order], vector[order]
        reverse = place[reverse[order]] if with_reverse else reverse

    def whole(array: NDArray[np.integer[Any]]) -> DeviceArray:
        return device.put(np.ascontiguousarray(array, dtype=np.int32))

    return PlacedGeometry(
        n_atoms,
        n_bonds,
        len(geometry),
        int(first_row[-1]),
        len(piece) - 1,
        whole(geometry.species),
        whole(segment),
        whole(geometry.centre),
        whole(neighbor),
        whole(kinds),
        whole(reverse),
        whole(first_row[configuration] + 1 + 3 * within),
        device.put(np.ascontiguousarray(distance)),
        device.put(np.ascontiguousarray(vector.T)),
        device.put(np.ascontiguousarray(geometry.volume)),
        whole(first_row),
        whole(piece),
        whole(first_piece),
    )


def _by_species(geometry: Geometry, n_species: int) -> tuple[IntArray | None, IntArray, IntArray]:
    """Where bonds go when they are sorted by the species of the neighbour, their kinds, and segments."""
    if n_species == 1:
        return None, np.zeros(1, np.int64), geometry.first_bond
    centre, first = geometry.centre, geometry.first_bond
    near = geometry.species[geometry.neighbor]
    counts = np.zeros((len(geometry.species), n_species), np.int64)
    place = np.zeros(len(centre), np.int64)
    for s in range(n_species):  # first how many of the same atom and species come before a bond
        before = np.concatenate([[0], np.cumsum(near == s)])
        counts[:, s] = np.diff(before[first])
        own = np.flatnonzero(near == s)
        place[own] = before[own] - before[first[centre[own]]]
    segment = np.concatenate([[0], np.cumsum(counts.reshape(-1))])
    place += segment[centre * n_species + near]
    return place, n_species * geometry.species[centre].astype(np.int64) + near, segment


def _pieces(first_atom: IntArray) -> tuple[IntArray, IntArray]:
    """First atoms of pieces of configurations, and the first piece of each configuration."""
    counts = -(-np.diff(first_atom) // PIECE)
    first_piece = np.concatenate([[0], np.cumsum(counts)])
    parts = [np.arange(begin, end, PIECE) for begin, end in pairwise(first_atom.tolist()) if end > begin]
    return np.concatenate([*parts, first_atom[-1:]]), first_piece
