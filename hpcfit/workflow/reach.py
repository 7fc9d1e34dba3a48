"""How far each term of a potential goes in the data: to no neighbour at all, or to more than anybody "
"wants."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import cast

import numpy as np

from hpcfit.data import ConfigurationBlock
from hpcfit.data.elements import atomic_number, chemical_symbol
from hpcfit.errors import DataError
from hpcfit.formula.potential import BoundPotential, FormulaPotential
from hpcfit.formula.sampled import SampledTerm
from hpcfit.geometry import build_geometry
from hpcfit.job import ResolvedJob
from hpcfit.parallel.communicator import Communicator
from hpcfit.problem.groups import part_of
from hpcfit.problem.memory import estimate_bonds
from hpcfit.problem.parameters import PotentialInput
from hpcfit.suggest import listed
from hpcfit.workflow.closest import ClosestApproach
from hpcfit.workflow.data_plan import DataPlan
from hpcfit.workflow.model import Model
from hpcfit.workflow.room import most_bonds

#: bonds, or pairs of bonds, of an atom that are too many to be meant
_MANY_BONDS, _MANY_TRIPLETS = 2000.0, 5000.0
#: atoms that are looked at before the next terms are, and at most
_FEW_ATOMS, _MANY_ATOMS = 200, 20_000
#: angstrom; no search for neighbours is shorter, and none for the closest ones longer
_SHORTEST, _NEAR, _FAR = 1.0, 3.0, 20.0
Elements = tuple[int, int]


@dataclass(frozen=True)
class Reach:
    """Where the bonds of one term end, at the initial values.

    Attributes:
        index: of the potential; `place` as in `FormulaPotential.cut_terms`.
        cutoffs: for each two atomic numbers, the smaller first.
    """

    index: int
    place: str
    cutoffs: Mapping[Elements, float]

    @property
    def longest(self) -> float:
        """The longest cutoff, 0 without any."""
        return max(self.cutoffs.values(), default=0.0)


def reaches(inputs: Sequence[PotentialInput], model: Model, species: Iterable[str]) -> list[Reach]:
    """That of each term of formulas which has atoms in the data."""
    values, present = model.parameters.values(model.parameters.start), set(species)
    found, first = [], 0
    for index, each in enumerate(inputs):
        last = first + len(each.bound.instances)
        if isinstance(each.bound.formula, FormulaPotential):
            bound = cast(BoundPotential, each.bound)
            for place, term in bound.formula.cut_terms:
                cutoff = SampledTerm(bound, "pair", term.cutoff or "0", values[first:last], place)
                cutoffs: dict[Elements, float] = {}
                for atoms in product([name for name in bound.species if name in present], repeat=2):
                    low, high = sorted(map(atomic_number, atoms))
                    cutoffs[low, high] = max(cutoff.at(atoms, {}), cutoffs.get((low, high), -np.inf))
                found.append(Reach(index, place, cutoffs))
        first = last
    return [each for each in found if each.cutoffs]


def absent(resolved: ResolvedJob, plan: DataPlan) -> list[str]:
    """Warnings of potentials for species that the data do not hold."""
    return [
        resolved.job.source.problem(
            ("potential", index, "species"),
            f": the training data hold no {' and no '.join(each.bound.species)}. The potential has no part "
            f"in this "
            "fit; leave it out, or add data.",
        ).text
        for index, each in enumerate(resolved.potentials)
        if not set(each.bound.species) & set(plan.species)
    ]


def crowded(resolved: ResolvedJob, all_reaches: Sequence[Reach], plan: DataPlan) -> list[str]:
    """Warnings of terms with an enormous number of bonds or triplets, as far as the mean density tells."""
    warnings = []
    for each in all_reaches:
        neighbours = _neighbours(plan, each.longest)
        if each.place in ("triplet", "bond_environment"):
            first = next(
                (other for other in all_reaches if (other.index, other.place) == (each.index, "pair")), each
            )
            of_first = neighbours if each.place == "triplet" else _neighbours(plan, first.longest)
            triplets = of_first * neighbours / (2.0 if each.place == "triplet" else 1.0)
            if triplets < _MANY_TRIPLETS:
                continue
            what = f"{_rounded(triplets)} triplets of each atom, of {_rounded(neighbours)} neighbours"
            advice = f"Give it a shorter cutoff, of its own: cutoff = {{ {each.place} = ... }}"
        elif neighbours < _MANY_BONDS:
            continue
        else:
            what = f"{_rounded(neighbours)} bonds of each atom"
            advice = "Give it a shorter cutoff"
        sentence = f" computes about {what} within its cutoff of {each.longest:g} angstrom. {advice}."
        warnings.append(resolved.job.source.problem(term_path(each.index, each.place), sentence).text)
    return warnings


def _rounded(number: float) -> str:
    """Three digits of it, and no exponent."""
    return f"{float(f'{number:.3g}'):.0f}"


def _neighbours(plan: DataPlan, cutoff: float) -> float:
    """Mean number of neighbours of an atom within `cutoff`."""
    bonds = estimate_bonds(plan.natoms, plan.volume, cutoff)
    if bonds.sum() > _FEW_ATOMS / 2 * plan.n_atoms:  # worth a look at what is periodic
        bonds = np.minimum(bonds, most_bonds(plan))
    return float(bonds.sum() / plan.n_atoms)


def term_path(index: int, place: str) -> tuple[str | int, ...]:
    """The key of a term; places as in `FormulaPotential.placed_terms`."""
    return ("potential", index, *place.split("."))


def unreached(
    comm: Communicator,
    resolved: ResolvedJob,
    all_reaches: Sequence[Reach],
    blocks: Callable[[], Iterator[ConfigurationBlock]],
) -> list[str]:
    """Warnings of terms that no two atoms of the data are close enough for; collective.

    Args:
        blocks: the configurations of this rank, from the beginning; more atoms each time.
    """
    own = {position for position, each in enumerate(all_reaches) if not _finds(each, blocks)}
    everywhere = set.intersection(*comm.allgather(own))
    alone = [all_reaches[position] for position in sorted(everywhere)]
    warnings = []
    for index in dict.fromkeys(each.index for each in alone):
        terms = [each for each in alone if each.index == index]
        n_terms = sum(each.index == index for each in all_reaches)
        warnings.append(_sentence(resolved, terms, len(terms) == n_terms, _closest(comm, terms, blocks)))
    return warnings


def _finds(reach: Reach, blocks: Callable[[], Iterator[ConfigurationBlock]]) -> bool:
    """Whether any two atoms are within the cutoff of a term; in most data a short search tells."""
    return any(
        distance < reach.cutoffs.get(pair, 0.0)
        for cutoff in dict.fromkeys((min(reach.longest, _NEAR), reach.longest))
        for block in blocks()
        for pair, distance in _distances(block, cutoff).items()
    )


def _closest(
    comm: Communicator, terms: Sequence[Reach], blocks: Callable[[], Iterator[ConfigurationBlock]]
) -> tuple[float, Elements] | None:
    """The smallest distance of two atoms that a term is for, and their atomic numbers; collective."""
    pairs = {pair for each in terms for pair in each.cutoffs}
    cutoff = max(_SHORTEST, *(each.longest for each in terms))
    while cutoff < _FAR:
        cutoff = min(2.0 * cutoff, _FAR)
        found = [
            (distance, pair)
            for block in blocks()
            for pair, distance in _distances(block, cutoff).items()
            if pair in pairs
        ]
        everyone = [each for each in comm.allgather(min(found, default=None)) if each is not None]
        if everyone:
            return min(everyone)
    return None


def _distances(block: ConfigurationBlock, cutoff: float) -> Mapping[Elements, float]:
    """The smallest distance of each two elements, where it is within the cutoff."""
    try:
        geometry = build_geometry(
            block, block.number.astype(np.int32), max(cutoff, _SHORTEST), allow_overlaps=True
        )
    except DataError:
        return {}  # told of where the data are looked at
    return ClosestApproach.of_bonds(geometry).found


def _sentence(
    resolved: ResolvedJob, terms: Sequence[Reach], whole: bool, closest: tuple[float, Elements] | None
) -> str:
    names = [each.place for each in terms]
    reach = "reach" if len(terms) > 1 and not whole else "reaches"
    longest = max(each.longest for each in terms)
    if closest is None:
        nearest = f"no two atoms of the training data that it is for are closer than {_FAR:g} angstrom"
    else:
        pair = "-".join(chemical_symbol(number) for number in closest[1])
        nearest = f"the closest {pair} of the training data are {closest[0]:.4g} angstrom apart"
    others = f" (and {listed(names[1:], 9)})" if not whole and len(names) > 1 else ""
    path = ("potential", terms[0].index) if whole else term_path(terms[0].index, names[0])
    sentence = (
        f"{others} {reach} no neighbour: its cutoff is {longest:g} angstrom, and {nearest}. It has no part "
        f"in "
        "this fit; give a longer cutoff, or leave it out."
    )
    return resolved.job.source.problem(path, sentence).text


def growing_parts(natoms: Sequence[int]) -> Iterator[tuple[int, int]]:
    """[first, last) of successive configurations, few atoms at first, then more."""
    first, atoms, limit = 0, 0, _FEW_ATOMS
    for position, each in enumerate(natoms):
        atoms += int(each)
        if atoms >= limit or position == len(natoms) - 1:
            yield first, position + 1
            first, atoms, limit = position + 1, 0, min(2 * limit, _MANY_ATOMS)


def parts_of_block(block: ConfigurationBlock) -> Iterator[ConfigurationBlock]:
    """Parts of what a rank has read; see `growing_parts`."""
    return (part_of(block, first, last) for first, last in growing_parts(block.natoms.tolist()))
