"""Where terms are looked at before a fit: lines through the range of each of their variables.

Distances go from the closest that atoms come to the cutoff, angles from 180 to 26 degrees (closer ones are
those of atoms that touch), and sums over neighbours around what eight or three neighbours at a bond's length
give. One variable runs along each line, the others have values spread over their ranges.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from hpcfit.formula.keys import Key
from hpcfit.formula.potential import BoundPotential, Density, TermName
from hpcfit.formula.sampled import SampledTerm

FloatArray = NDArray[np.float64]
Range = tuple[float, float]

POINTS, LINES = 201, 8
_ANGLES: Range = (-1.0, 0.9)
#: neighbours that a density and a bond environment are taken to have
_NEIGHBOURS, _AROUND = 8.0, 3.0
#: a term's cutoff is not reached
_BEFORE = 1.0 - 1e-9


@dataclass(frozen=True)
class Sweep:
    """Lines along one variable, through several values of the others.

    Attributes:
        along: the variable, which runs through `points` (POINTS,).
        others: values of the other variables, shape (lines,) each; none for a single line.
    """

    along: str
    points: FloatArray
    others: Mapping[str, FloatArray]

    @property
    def variables(self) -> dict[str, FloatArray]:
        """All variables, of shapes that broadcast to (lines, POINTS)."""
        return {name: each[:, None] for name, each in self.others.items()} | {
            self.along: self.points[None, :]
        }

    def at(self, line: int) -> dict[str, float]:
        """The other variables on one of the lines."""
        return {name: float(each[line]) for name, each in self.others.items()}


@dataclass(frozen=True)
class Place:
    """A term for atoms of certain species, with the ranges of its variables; none if it has no bonds."""

    term: TermName
    place: str
    atoms: Key
    sampled: SampledTerm
    ranges: Mapping[str, Range]
    #: which variables end at a cutoff
    ends: Mapping[str, float]

    @property
    def sweeps(self) -> Iterator[Sweep]:
        """Lines along every variable."""
        others = self.spread(LINES)
        for along, (low, high) in self.ranges.items():
            yield Sweep(
                along,
                np.linspace(low, high, POINTS),
                {name: each for name, each in others.items() if name != along},
            )

    def spread(self, number: int) -> dict[str, FloatArray]:
        """Values of all variables spread over their ranges, shape (number,); the first two at the ends."""
        shares = np.random.default_rng(0).random((len(self.ranges), number))
        shares[:, 0], shares[:, 1] = 0.0, 1.0
        return {
            name: low + share * (high - low)
            for (name, (low, high)), share in zip(self.ranges.items(), shares, strict=True)
        }


class Places:
    """All terms of a potential for all species of their atoms.

    Args:
        values: of the potential's instances, shape (V,).
        closest: how close atoms of two species come, angstrom.
        bond: how long their bonds are.
    """

    def __init__(
        self,
        potential: BoundPotential,
        values: FloatArray,
        closest: Callable[[str, str], float],
        bond: Callable[[str, str], float],
    ) -> None:
        self._potential = potential
        self._values = values
        self._closest = closest
        self._bond = bond
        formula = potential.formula
        self._cutoffs = {place: self._term("pair", term.cutoff or "0") for place, term in formula.cut_terms}
        around = formula.bond_environment
        self._environment = None if around is None else self._term("bond_environment", around.expression)
        self._densities = [(each, self._term("density", each.term.expression)) for each in formula.densities]

    def __iter__(self) -> Iterator[Place]:
        atoms_of = {"pair": 2, "density": 2, "triplet": 3, "bond_environment": 3, "embedding": 1, "site": 1}
        for term, place, expression in self._potential.formula.placed_terms:
            sampled = self._term(term, expression)
            for atoms in product(self._potential.species, repeat=atoms_of[term]):
                ends = self._ends(term, place, atoms)
                ranges = {
                    name: (self._closest(atoms[0], atoms[1 + (name == "r2")]), end * _BEFORE)
                    for name, end in ends.items()
                }
                if any(not low < high < np.inf for low, high in ranges.values()):
                    continue
                if len(atoms) == 3:
                    ranges["costheta"] = _ANGLES
                ranges |= self._sums(term, atoms)
                ranges = {name: each for name, each in ranges.items() if name in {*ends, *sampled.names}}
                if ranges:
                    yield Place(term, place, atoms, sampled, ranges, ends)

    def _term(self, term: TermName, expression: str) -> SampledTerm:
        return SampledTerm(self._potential, term, expression, self._values, self._potential.formula.name)

    def _ends(self, term: TermName, place: str, atoms: Key) -> dict[str, float]:
        """The cutoff of each distance."""
        if len(atoms) == 1:
            return {}
        if len(atoms) == 2:
            return {"r": self._cutoff(place, atoms)}
        first = "pair" if term == "bond_environment" else place
        return {
            "r1": self._cutoff(first, atoms[:2]),
            "r2": self._cutoff(place, (atoms[0], atoms[2])),
        }

    def _cutoff(self, place: str, atoms: Key) -> float:
        return self._cutoffs[place].at(atoms, {})

    def _sums(self, term: TermName, atoms: Key) -> dict[str, Range]:
        """The ranges of densities and of zeta, where the term may use them."""
        wanted = self._potential.formula.variables(term)
        found: dict[str, Range] = {}
        for density, sampled in self._densities:
            found |= {
                name: _around(typical)
                for name, typical in self._typical(density, sampled, atoms[0]).items()
                if name in wanted
            }
        if "zeta" in wanted and self._environment is not None:
            bonds = {"r1": self._bond(*atoms), "r2": self._bond(atoms[0], atoms[0]), "costheta": -1.0 / 3.0}
            found |= {"zeta": _around(_AROUND * self._environment.at((*atoms, atoms[0]), bonds))}
        return found

    def _typical(self, density: Density, sampled: SampledTerm, centre: str) -> dict[str, float]:
        """What its invariants are about: those of some neighbours at a bond's length."""
        r = self._bond(centre, centre)
        one = _NEIGHBOURS * sampled.at((centre, centre), {"r": r})
        if density.rank == "scalar":
            return {density.name: one}
        if density.rank == "vector":
            return {f"{density.name}_squared": (one * r) ** 2}
        return {f"{density.name}_squared": (one * r * r) ** 2, f"{density.name}_trace": one * r * r}


def _around(typical: float) -> Range:
    """The range of a sum over neighbours; around 1 where it is not known what is typical."""
    known = typical if np.isfinite(typical) and typical != 0.0 else 1.0
    return 0.1 * known, 2.0 * known
