"""A dataset summed up: what `hpcfit inspect` shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hpcfit.data.configuration import Floats
from hpcfit.data.dataset import Dataset
from hpcfit.data.elements import SYMBOLS
from hpcfit.data.facts import Facts, gather_facts
from hpcfit.data.suspicion import Suspicion
from hpcfit.data.suspicions import find_suspicions


@dataclass(frozen=True)
class Range:
    """Smallest, mean, root mean square and largest of some values."""

    minimum: float
    mean: float
    rms: float
    maximum: float


@dataclass(frozen=True)
class Inspection:
    """What is in a dataset; None where it has none of a thing. Energies in eV, lengths in angstrom.

    species: atoms by symbol; tags and targets: configurations by name; closest: identifier of the
    configuration with the smallest distance.
    """

    path: str
    content_hash: str
    configurations: int
    atoms: int
    atoms_per_configuration: Range | None
    periodic: dict[str, int]
    species: dict[str, int]
    tags: dict[str, int]
    targets: dict[str, int]
    weights: tuple[str, ...]
    tables: dict[str, int]
    energy_per_atom: Range | None
    force_norm: Range | None
    stress: Range | None
    smallest_distance: float | None
    closest: str | None
    cutoff: float
    neighbors: Range | None
    isolated_atoms: int
    suspicions: tuple[Suspicion, ...]


def inspect_dataset(
    dataset: Dataset, cutoff: float, progress: Callable[[int], object] = lambda atoms: None
) -> Inspection:
    """Go through all of `dataset`, with neighbours counted up to `cutoff` (angstrom).

    `progress` is called with the number of atoms done. Raises DataError for impossible values.
    """
    facts = gather_facts(dataset, cutoff, progress)
    distance, closest = _closest(dataset, facts)
    return Inspection(
        path=dataset.path,
        content_hash=dataset.content_hash,
        configurations=len(dataset),
        atoms=dataset.n_atoms,
        atoms_per_configuration=_range(dataset.natoms.astype(np.float64)),
        periodic=_periodic(dataset),
        species=_species(facts),
        tags=dict(Counter(dataset.tags).most_common()),
        targets={str(target): count for target, count in dataset.targets_present().items()},
        weights=dataset.weight_names,
        tables={name: len(next(iter(dataset.table(name).values()))) for name in dataset.table_names},
        energy_per_atom=_range(dataset.energies / dataset.natoms),
        force_norm=_range(facts.force_norm),
        stress=_range(dataset.stresses.ravel()),
        smallest_distance=distance,
        closest=closest,
        cutoff=cutoff,
        neighbors=_range(facts.neighbors.astype(np.float64)),
        isolated_atoms=int(np.count_nonzero(facts.neighbors == 0)),
        suspicions=tuple(find_suspicions(dataset, facts)),
    )


def _range(values: Floats) -> Range | None:
    known = values[~np.isnan(values)]
    if not len(known):
        return None
    rms = float(np.sqrt(np.mean(known**2)))
    return Range(float(known.min()), float(known.mean()), rms, float(known.max()))


def _periodic(dataset: Dataset) -> dict[str, int]:
    """Configurations by their number of periodic directions."""
    directions = Counter(np.count_nonzero(dataset.pbc, axis=1).tolist())
    names = ("not periodic", "in one direction", "in two directions", "in all directions")
    return {names[count]: directions[count] for count in sorted(directions, reverse=True)}


def _species(facts: Facts) -> dict[str, int]:
    atoms = facts.composition.sum(axis=0)
    return {SYMBOLS[number]: int(atoms[number]) for number in np.flatnonzero(atoms)}


def _closest(dataset: Dataset, facts: Facts) -> tuple[float | None, str | None]:
    if not np.isfinite(facts.smallest_distance).any():
        return None, None
    index = int(np.argmin(facts.smallest_distance))
    return float(facts.smallest_distance[index]), dataset.identifiers[index]
