"""How far apart neighbours typically are, told by the potential itself."""

from __future__ import annotations

from itertools import combinations_with_replacement

import numpy as np

from hpcfit.data import configuration
from hpcfit.data.elements import atomic_number
from hpcfit.kernels import AsePotential
from hpcfit.testing.potential.subject import Subject

#: parts of the cutoff at which the energy of a dimer is looked at
_PARTS = np.linspace(0.1, 0.98, 177)
#: the same in angstrom for calculators, of whose cutoffs nothing is known
_LENGTHS = np.linspace(0.8, 8.0, 145)
#: of the cutoff, where no pair of atoms attracts
_UNBOUND = 0.6
#: angstrom, for energies without bonds
_NO_BONDS = 2.5


def typical_distance(subject: Subject) -> float:
    """The longest, over pairs of species, of the distances at which dimers have their lowest energy.

    Where no dimer has a lowest energy, 0.6 times the shortest cutoff. Angstrom.
    """
    unknown = isinstance(subject.bound.formula, AsePotential)
    if not subject.cutoffs and not unknown:
        return _NO_BONDS
    found = []
    for pair in combinations_with_replacement(subject.species, 2):
        lengths = _LENGTHS if unknown else _PARTS * subject.cutoffs[-1]
        numbers = [atomic_number(symbol) for symbol in pair]
        dimers = [
            configuration(f"{length:g}", numbers, [[0.0, 0.0, 0.0], [length, 0.0, 0.0]]) for length in lengths
        ]
        energy = np.array([each.energy for each in subject.predict(dimers)])
        inner = energy[1:-1]
        minima = np.flatnonzero((inner < energy[:-2]) & (inner < energy[2:])) + 1
        if len(minima):
            found.append(float(lengths[minima[np.argmin(energy[minima])]]))
    return max(found, default=_NO_BONDS if unknown else _UNBOUND * subject.cutoffs[0])
