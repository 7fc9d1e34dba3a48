"""What a dataset's configurations look like one by one: the numbers that inspection judges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpcfit.data.block import ConfigurationBlock
from hpcfit.data.bond_lengths import shortest_bonds
from hpcfit.data.configuration import Floats
from hpcfit.data.dataset import Dataset
from hpcfit.data.elements import MAX_NUMBER
from hpcfit.data.fingerprint import fingerprints
from hpcfit.data.work import work_along
from hpcfit.geometry import build_geometry, count_interactions, neighbor_counts

#: Atoms whose neighbour lists are held at once; at 4 angstrom about 100 MB.
_PIECE_ATOMS = 20_000


@dataclass(frozen=True, eq=False)
class Facts:
    """Per configuration (n,) unless said otherwise; NaN where a target is missing.

    composition (n, 119) atoms by atomic number; net_force |sum of forces| and largest_force in
    eV/angstrom; smallest_distance in angstrom, infinite when there is none up to the cutoff;
    shortest_bond, see shortest_bonds; fingerprint, equal for equal geometries; neighbors (N,) of each
    atom up to the cutoff; force_norm (M,) of the atoms that have a force; work (k, 4), see work_along.
    """

    composition: NDArray[np.int64]
    net_force: Floats
    largest_force: Floats
    smallest_distance: Floats
    shortest_bond: Floats
    fingerprint: NDArray[np.bytes_]
    neighbors: NDArray[np.int64]
    force_norm: Floats
    work: Floats


def gather_facts(
    dataset: Dataset, cutoff: float, progress: Callable[[int], object] = lambda atoms: None
) -> Facts:
    """Facts of all configurations, with neighbours up to `cutoff` (angstrom); reads the file in pieces.

    `progress` is called with the number of atoms done after each piece.
    """
    parts: list[Facts] = [_no_facts()]
    for first, last in dataset.pieces(_PIECE_ATOMS):
        parts.append(_facts(dataset.read(first, last), cutoff, first))
        progress(int(dataset.first_atom[last]))
    joined: dict[str, Any] = {
        field.name: np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Facts)
    }
    return Facts(**joined)


def _no_facts() -> Facts:
    none, counts = np.zeros(0), np.zeros(0, dtype=np.int64)
    no_composition = np.zeros((0, MAX_NUMBER + 1), dtype=np.int64)
    return Facts(
        no_composition, none, none, none, none, np.zeros(0, dtype="S16"), counts, none, np.zeros((0, 4))
    )


def _facts(block: ConfigurationBlock, cutoff: float, first: int) -> Facts:
    # Atoms on top of each other are what inspection is to report, not to stumble over.
    geometry = build_geometry(block, block.number.astype(np.int32), cutoff, allow_overlaps=True)
    norm = np.linalg.norm(block.force, axis=1)
    starts = block.first_atom[:-1]
    owner = np.repeat(np.arange(len(block)), block.natoms)
    composition = np.zeros((len(block), MAX_NUMBER + 1), dtype=np.int64)
    np.add.at(composition, (owner, block.number), 1)
    return Facts(
        composition=composition,
        net_force=np.linalg.norm(np.add.reduceat(block.force, starts, axis=0), axis=1),
        largest_force=np.maximum.reduceat(norm, starts),
        smallest_distance=count_interactions(geometry).smallest_distance,
        shortest_bond=shortest_bonds(block, geometry),
        fingerprint=fingerprints(block),
        neighbors=neighbor_counts(geometry),
        force_norm=norm[~np.isnan(norm)],
        work=work_along(block, first),
    )
