"""Small clusters in which one atom comes from far away: energies along its way, for all species."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hpcfit.data import configuration
from hpcfit.data.elements import atomic_number
from hpcfit.formula.potential import FormulaPotential
from hpcfit.testing.potential.subject import Subject

FloatArray = NDArray[np.float64]

#: angle at the centre, such that the coming atom is farther from the other neighbour than from the centre
_ANGLE = np.deg2rad(100.0)


@dataclass(frozen=True)
class Probe:
    """A centre, perhaps one neighbour at a typical distance, and an atom that comes near the centre.

    Attributes:
        symbols: of the coming atom, the centre, and the neighbour if there is one.
        distance: of the neighbour, angstrom.
    """

    subject: Subject
    symbols: tuple[str, ...]
    distance: float

    @property
    def name(self) -> str:
        """ "Si near Si" or "Si near Si-C", the centre first after "near"."""
        return f"{self.symbols[0]} near {'-'.join(self.symbols[1:])}"

    def energies(self, lengths: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Energy and its derivative by the coming atom's distance from the centre, at `lengths` (n,)."""
        away = np.array([1.0, 0.0, 0.0])
        others: list[list[float]] = [[0.0, 0.0, 0.0]]
        if len(self.symbols) == 3:
            others.append([self.distance * np.cos(_ANGLE), self.distance * np.sin(_ANGLE), 0.0])
        numbers = [atomic_number(symbol) for symbol in self.symbols]
        found = self.subject.predict(
            [
                configuration(f"{length:g}", numbers, [(length * away).tolist(), *others])
                for length in np.asarray(lengths, dtype=np.float64).tolist()
            ]
        )
        return np.array([each.energy for each in found]), np.array([-each.forces[0, 0] for each in found])


def probes(subject: Subject, distance: float) -> Iterator[Probe]:
    """Every pair of species, and every ordered triple unless it is known that there is no three-body term."""
    form = subject.bound.formula
    sizes: Sequence[int] = (2,) if isinstance(form, FormulaPotential) and form.triplet is None else (2, 3)
    for size in sizes:
        for symbols in product(subject.species, repeat=size):
            if size == 2 and subject.species.index(symbols[0]) > subject.species.index(symbols[1]):
                continue
            yield Probe(subject, symbols, distance)
