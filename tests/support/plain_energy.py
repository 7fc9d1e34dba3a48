"""The energy of a formula potential bond by bond, as its terms are written: plain Python, no kernels."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from hpcfit.formula.check import CheckedExpression, check_expression, names_in
from hpcfit.formula.interpret import float_value
from hpcfit.formula.potential import BoundPotential, Density, TermName

Values = Mapping[str, float]
Constants = tuple[dict[str, float], list[tuple[str, str]]]


class PlainEnergy:
    """Callable: the site energy of an atom, from the species and vectors of all its bonds."""

    def __init__(self, bound: BoundPotential, numbers: NDArray[np.float64]) -> None:
        self.bound, self.formula = bound, bound.formula
        self.numbers = dict(zip(bound.instances, map(float, numbers), strict=True))
        self.read: dict[tuple[str, tuple[str, ...]], CheckedExpression] = {}
        self.known: dict[tuple[str, str, tuple[str, ...]], Constants] = {}

    def __call__(self, centre: str, species: list[str], vectors: NDArray[np.float64]) -> float:
        formula = self.formula
        r = [float(each) for each in np.linalg.norm(vectors, axis=1)]
        rho: dict[str, float] = {}
        for density in formula.densities:
            rho |= self.density(density, centre, species, r, vectors)
        scalars = {each.name: rho[each.name] for each in formula.densities if each.rank == "scalar"}
        energy = 0.0
        if formula.site is not None:
            energy += self.term("site", formula.site, (centre,), {})
        if formula.embedding is not None:
            energy += self.term("embedding", formula.embedding, (centre,), rho)
        if formula.pair is not None:
            for x in self.inside(formula.pair.cutoff, centre, species, r):
                variables = {"r": r[x], **scalars}
                if formula.bond_environment is not None:
                    variables["zeta"] = self.environment(x, centre, species, r, vectors)
                energy += 0.5 * self.term("pair", formula.pair.expression, (centre, species[x]), variables)
        if formula.triplet is not None:
            for x, y in combinations(self.inside(formula.triplet.cutoff, centre, species, r), 2):
                atoms = (centre, species[x], species[y])
                energy += self.term(
                    "triplet", formula.triplet.expression, atoms, angle(x, y, r, vectors) | scalars
                )
        return energy

    def density(
        self, density: Density, centre: str, species: list[str], r: list[float], vectors: NDArray[np.float64]
    ) -> Values:
        """The invariants of a density."""
        bonds = self.inside(density.term.cutoff, centre, species, r)
        text = density.term.expression
        f = np.array([self.term("density", text, (centre, species[x]), {"r": r[x]}) for x in bonds])
        d = vectors[bonds].reshape(-1, 3)
        if density.rank == "scalar":
            return {density.name: float(f.sum())}
        if density.rank == "vector":
            return {f"{density.name}_squared": float(((f @ d) ** 2).sum())}
        tensor = np.einsum("x,xa,xb->ab", f, d, d)
        return {
            f"{density.name}_squared": float((tensor**2).sum()),
            f"{density.name}_trace": float(np.trace(tensor)),
        }

    def environment(
        self, x: int, centre: str, species: list[str], r: list[float], vectors: NDArray[np.float64]
    ) -> float:
        """zeta of bond x."""
        term = self.formula.bond_environment
        assert term is not None
        return sum(
            self.term(
                "bond_environment",
                term.expression,
                (centre, species[x], species[y]),
                angle(x, y, r, vectors),
            )
            for y in self.inside(term.cutoff, centre, species, r)
            if y != x
        )

    def inside(self, cutoff: str | None, centre: str, species: list[str], r: list[float]) -> list[int]:
        """The bonds that are shorter than the cutoff."""
        ends = {other: self.term("pair", cutoff or "", (centre, other), {}) for other in set(species)}
        return [x for x, other in enumerate(species) if r[x] < ends[other]]

    def term(self, term: TermName, text: str, atoms: tuple[str, ...], variables: Values) -> float:
        """The value of a text that belongs to a term, for atoms of these species."""
        key = (term, text, atoms)
        if key not in self.known:
            self.known[key] = self.constants(term, text, atoms)
        constants, lets = self.known[key]
        values = {**variables, **constants}
        for name, let in lets:
            values[name] = self.evaluate(let, values)
        return self.evaluate(text, values)

    def constants(self, term: TermName, text: str, atoms: tuple[str, ...]) -> Constants:
        """Parameters and what depends on them alone, and the named parts left to compute."""
        values = {
            written: self.numbers[self.bound.instance(name.parameter, name.key(atoms))]
            for written, name in self.formula.written_names(term, len(self.bound.species) == 1).items()
        }
        wanted = set(names_in(text))
        for name, let in reversed(self.formula.let):
            wanted |= set(names_in(let)) if name in wanted else set()
        lets = []
        for name, let in self.formula.let:
            if name in wanted and names_in(let) <= set(values):
                values[name] = self.evaluate(let, values)
            elif name in wanted:
                lets.append((name, let))
        return {name: value for name, value in values.items() if name in wanted}, lets

    def evaluate(self, text: str, values: Values) -> float:
        key = (text, tuple(values))
        if key not in self.read:
            self.read[key] = check_expression(text, values, "formula")
        checked = self.read[key]
        return float_value(checked.source, checked.tree, values)


def angle(x: int, y: int, r: list[float], vectors: NDArray[np.float64]) -> Values:
    """The variables of two bonds."""
    return {"r1": r[x], "r2": r[y], "costheta": float(vectors[x] @ vectors[y]) / (r[x] * r[y])}
