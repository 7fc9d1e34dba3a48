"""Bond environments against plain evaluation of their formulas, and against central differences."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from hpcfit.formula.check import evaluate_expression
from hpcfit.formula.potential import (
    BoundPotential,
    Density,
    FormulaPotential,
    ParameterSpec,
    Term,
    TermName,
)
from hpcfit.geometry import Geometry, build_geometry
from hpcfit.kernels import compile_model

FloatArray = NDArray[np.float64]

CUT = "where({r} < R - D, 1, 0.5 - 0.5*sin(pi/2*({r} - R)/D))"
TERSOFF = {
    **{"A": 1830.8, "B": 471.18, "lambda1": 2.48, "lambda2": 1.73, "beta": 0.05, "n": 0.787, "gamma": 0.9},
    **{"c": 4.8, "d": 2.0, "h": -0.4, "lambda3": 0.9, "R": 2.9, "D": 0.4},
}
#: every kind of key; bonds 1 and 2 end where they like, and there are triplets of their own
MIXED = {
    **{"A": ("ordered-triplet", 30.0), "a": ("pair", 1.3), "B": ("ordered-pair", 12.0)},
    **{"b": ("species", 0.9), "n": ("shared", 0.83), "k": ("triplet", 1.1), "w": ("ordered-triplet", 0.4)},
    **{"g": ("ordered-pair", 2.0), "h": ("species", 0.3), "p": ("pair", 0.7), "t": ("species", 0.5)},
    **{"rc": ("shared", 3.6), "rs": ("ordered-pair", 3.6)},
}
#: densities in the pair energy of zeta, in triplets and in an embedding
DENSE = {
    **{"A": ("pair", 30.0), "a": ("shared", 1.3), "B": ("ordered-pair", 12.0), "b": ("species", 0.9)},
    **{"n": ("shared", 0.83), "w": ("ordered-triplet", 0.4), "g": ("ordered-pair", 2.0)},
    **{"h": ("species", 0.3), "p": ("pair", 0.7), "rc": ("shared", 3.6), "s": ("species", 0.4)},
    **{"f": ("pair", 0.5), "e": ("species", 0.3), "c": ("species", 1.2), "t": ("species", 0.5)},
}
NUMBERS = {
    "tersoff": TERSOFF,
    "mixed": {name: value for name, (_, value) in MIXED.items()},
    "dense": {name: value for name, (_, value) in DENSE.items()},
}


def tersoff() -> BoundPotential:
    pair = f"{CUT.format(r='r')}*(A*exp(-lambda1*r) - B*exp(-lambda2*r)*(1 + (beta*zeta)**n)**(-1/(2*n)))"
    angle = "gamma*(1 + (c/d)**2 - c**2/(d**2 + (costheta - h)**2))"
    formula = FormulaPotential(
        "tersoff",
        tuple(ParameterSpec(name, "shared") for name in TERSOFF),
        pair=Term(pair, "R + D"),
        bond_environment=Term(f"{CUT.format(r='r2')}*{angle}*exp((lambda3*(r1 - r2))**3)", "R + D"),
    )
    return BoundPotential(formula, ("Si",))


def mixed() -> BoundPotential:
    formula = FormulaPotential(
        "mixed",
        tuple(ParameterSpec(name, kind) for name, (kind, _) in MIXED.items()),  # type: ignore[arg-type]
        pair=Term("(rc - r)**3*(A*exp(-a*r) - B*exp(-b1*b2*r)*order + 0.1*r*zeta)", "rc"),
        triplet=Term("t0*(3.1 - r1)**3*(3.1 - r2)**3*costheta**2", "3.1"),
        bond_environment=Term(
            "(rs2 - r2)**3*w*k*(1 + g1*(costheta - h0)**2 + 0.3*h1*h2*costheta)*exp(p1*r1/2 - p2*r2)", "rs"
        ),
        let=(("order", "(1 + (b1*zeta)**n)**(-1/(2*n))"),),
    )
    return BoundPotential(formula, ("Si", "C", "O"))


def dense() -> BoundPotential:
    order, weaker = "(1 + (b1*zeta)**n)**(-1/(2*n))", "exp(-s1*rho/20)"
    formula = FormulaPotential(
        "dense",
        tuple(ParameterSpec(name, kind) for name, (kind, _) in DENSE.items()),  # type: ignore[arg-type]
        pair=Term(
            f"(rc - r)**3*(A*exp(-a*r) - B*exp(-b1*b2*r)*{order}*{weaker} + 0.01*r*zeta*sqrt(rho + eta))",
            "rc",
        ),
        triplet=Term("t0*(3.1 - r1)**3*(3.1 - r2)**3*costheta**2*(1 + rho*s0/10)", "3.1"),
        bond_environment=Term("(rc - r2)**3*w*(1 + g1*(costheta - h0)**2)*exp(p1*r1/2 - p2*r2)", "rc"),
        densities=(
            Density("rho", Term("f*(rc - r)**3", "rc")),
            Density("eta", Term("e2*(3.3 - r)**2*exp(-c1*r)", "3.3")),
        ),
        embedding="-c*sqrt(rho) + e*eta**2",
    )
    return BoundPotential(formula, ("Si", "C"))


def values_of(potential: BoundPotential) -> FloatArray:
    """Numbers that differ from key to key."""
    known = NUMBERS[potential.formula.name]
    rng = np.random.default_rng(11)
    factors = rng.uniform(0.9, 1.1, len(potential.instances)) if len(potential.species) > 1 else [1.0] * 99
    return np.array(
        [known[item.name] * factor for item, factor in zip(potential.instances, factors, strict=False)]
    )


@dataclass
class Structures:
    """A skewed, left-handed crystal of many images, a wire, a slab, clusters, a dimer, an atom."""

    identifier: tuple[str, ...]
    first_atom: NDArray[np.int64]
    position: FloatArray
    cell: FloatArray
    pbc: NDArray[np.bool_]

    @classmethod
    def awkward(cls) -> Structures:
        rng = np.random.default_rng(3)
        diamond = np.array([[0, 0, 0], [1, 1, 1], [0, 2, 2], [1, 3, 3]]) * 1.36
        parts: list[tuple[str, Any, Any, str]] = [
            ("skewed", diamond[:2], [[2.7, 2.7, 0.2], [2.8, 0.1, 2.7], [0, 2.6, 2.8]], "TTT"),
            ("wire", diamond[:3], [[3.3, 0.4, 0.0], [0, 30, 0], [0, 0, 30]], "TFF"),
            ("slab", diamond, [[5.4, 0, 0], [2.0, 3.1, 0], [0, 0, 30]], "TTF"),
            ("cluster", rng.uniform(0, 5.5, (9, 3)), 40 * np.eye(3), "FFF"),
            ("dimer", [[0, 0, 0], [1.2, 1.5, 1.1]], 40 * np.eye(3), "FFF"),
            ("chain", [[0, 0, 0], [2.3, 0.1, 0], [4.7, 0.2, 0.3]], 40 * np.eye(3), "FFF"),
            ("atom", [[1, 2, 3]], 40 * np.eye(3), "FFF"),
        ]
        positions = [
            np.array(each, dtype=float) + rng.normal(0, 0.07, (len(each), 3)) for _, each, *_ in parts
        ]
        return cls(
            tuple(name for name, *_ in parts),
            np.cumsum([0, *map(len, positions)]),
            np.concatenate(positions),
            np.array([cell for *_, cell, _ in parts], dtype=float),
            np.array([[letter == "T" for letter in pbc] for *_, pbc in parts]),
        )


class Prepared:
    """A model with all derivatives, on the awkward structures."""

    def __init__(self, potential: BoundPotential) -> None:
        self.potential = potential
        self.values = values_of(potential)
        self.model = compile_model([potential], potential.species, range(len(self.values)), True)
        self.structures = Structures.awkward()
        n = len(self.structures.position)
        self.species = np.array([(k * k + k // 3) % len(potential.species) for k in range(n)], dtype=np.int32)
        self.geometry = self.bonds(self.structures)
        self.table = self.model.predict_jacobian(
            self.geometry, 0, len(self.structures.identifier), self.values
        )
        self.offsets = self.model.prediction_offsets(self.geometry)

    def bonds(self, structures: Structures) -> Geometry:
        return build_geometry(structures, self.species, 1.03 * self.model.cutoff(self.values))

    def energies(self, structures: Structures) -> FloatArray:
        return self.model.predict(self.bonds(structures), self.values)[self.offsets[:-1]]


@pytest.fixture(scope="module", params=[tersoff, mixed, dense], ids=["tersoff", "mixed", "dense"])
def prepared(request: pytest.FixtureRequest) -> Prepared:
    return Prepared(request.param())


def plain_energy(prepared: Prepared, configuration: int) -> float:
    """The energy of a configuration by loops over its bonds, each term by evaluation of its text."""
    potential, bonds = prepared.potential, prepared.geometry
    formula, species = potential.formula, potential.species
    one = len(species) == 1

    def term(name: TermName, text: str, atoms: tuple[str, ...], **variables: float) -> float:
        numbers = dict(variables)
        for written, found in formula.written_names(name, one).items():
            if max(found.slots, default=0) < len(atoms):
                place = potential.position[potential.instance(found.parameter, found.key(atoms))]
                numbers[written] = float(prepared.values[place])
        for let, inner in formula.let if "order" in text else ():
            numbers[let] = evaluate_expression(inner, numbers, let)
        return evaluate_expression(text, numbers, name)

    def bonds_within(cut: Term | None, site: int) -> list[int]:
        assert cut is not None
        assert cut.cutoff is not None
        found = []
        for b in range(bonds.first_bond[site], bonds.first_bond[site + 1]):
            limit = term("pair", cut.cutoff, names(site, b))
            found += [b] if bonds.distance[b] < limit else []
        return found

    def names(site: int, *which: int) -> tuple[str, ...]:
        return tuple(species[bonds.species[k]] for k in (site, *(bonds.neighbor[b] for b in which)))

    def angle(x: int, y: int) -> float:
        cosine = bonds.vector[x] @ bonds.vector[y] / (bonds.distance[x] * bonds.distance[y])
        return float(cosine)

    assert formula.pair is not None
    assert formula.bond_environment is not None
    total = 0.0
    for site in range(bonds.first_atom[configuration], bonds.first_atom[configuration + 1]):
        of_atom = {
            density.name: sum(
                term("density", density.term.expression, names(site, b), r=bonds.distance[b])
                for b in bonds_within(density.term, site)
            )
            for density in formula.densities
        }
        if formula.embedding is not None:
            total += term("embedding", formula.embedding, names(site), **of_atom)
        around = bonds_within(formula.bond_environment, site)
        for x in bonds_within(formula.pair, site):
            zeta = sum(
                term(
                    "bond_environment",
                    formula.bond_environment.expression,
                    names(site, x, y),
                    r1=bonds.distance[x],
                    r2=bonds.distance[y],
                    costheta=angle(x, y),
                )
                for y in around
                if y != x
            )
            found = {"r": bonds.distance[x], "zeta": zeta, **of_atom}
            total += 0.5 * term("pair", formula.pair.expression, names(site, x), **found)
        if formula.triplet is not None:
            for x, y in product(bonds_within(formula.triplet, site), repeat=2):
                if x < y:
                    where = {"r1": bonds.distance[x], "r2": bonds.distance[y], "costheta": angle(x, y)}
                    where |= of_atom
                    total += term("triplet", formula.triplet.expression, names(site, x, y), **where)
    return total


def test_energies_are_those_of_the_formulas(prepared: Prepared) -> None:
    for k in range(len(prepared.structures.identifier)):
        energy = prepared.table[prepared.offsets[k], -1]
        assert energy == pytest.approx(plain_energy(prepared, k), rel=1e-12, abs=1e-12)


def test_forces_are_minus_the_gradient_of_the_energy(prepared: Prepared) -> None:
    h, first_atom = 1e-5, prepared.structures.first_atom
    natoms = np.diff(first_atom)
    expected = np.empty((len(prepared.species), 3))
    for place, axis in np.ndindex(natoms.max(), 3):  # one atom of each structure at a time
        atoms = first_atom[:-1][natoms > place] + place
        energies = []
        for sign in (1, -1):
            moved = Structures.awkward()
            moved.position[atoms, axis] += sign * h
            energies.append(prepared.energies(moved)[natoms > place])
        expected[atoms, axis] = (energies[1] - energies[0]) / (2 * h)
    for k, (first, last) in enumerate(pairwise(prepared.offsets)):
        forces = prepared.table[first + 1 : last - 6, -1].reshape(-1, 3)
        wanted = expected[first_atom[k] : first_atom[k + 1]]
        np.testing.assert_allclose(forces, wanted, rtol=0, atol=1e-6 * max(1.0, np.abs(wanted).max()))


def test_stress_is_the_derivative_of_the_energy_by_strain_per_volume(prepared: Prepared) -> None:
    h = 1e-6
    for column, (a, b) in enumerate([(0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)]):
        energies = []
        for sign in (1, -1):
            strain, strained = np.eye(3), Structures.awkward()
            strain[a, b] += 0.5 * sign * h
            strain[b, a] += 0.5 * sign * h
            strained.cell, strained.position = strained.cell @ strain, strained.position @ strain
            energies.append(prepared.energies(strained))
        volumes = np.abs(np.linalg.det(prepared.structures.cell))
        expected = (energies[0] - energies[1]) / (2 * h * volumes)
        for k, last in enumerate(prepared.offsets[1:]):
            stress = prepared.table[last - 6 : last, -1]
            scale = max(0.1, np.abs(stress).max())
            assert stress[column] == pytest.approx(expected[k], rel=0, abs=1e-6 * scale)


def test_jacobian_columns_are_derivatives_by_the_values(prepared: Prepared) -> None:
    assert np.isfinite(prepared.table).all()
    alone = prepared.model.predict(prepared.geometry, prepared.values)
    np.testing.assert_allclose(prepared.table[:, -1], alone, rtol=1e-12, atol=1e-12)
    for k, value in enumerate(prepared.values):
        h, found = 1e-5 * abs(value), []
        for sign in (1, -1):
            moved = prepared.values.copy()
            moved[k] += sign * h
            found.append(prepared.model.predict(prepared.geometry, moved))
        expected = (found[0] - found[1]) / (2 * h)
        scale = max(1e-2 / abs(value), np.abs(expected).max())
        np.testing.assert_allclose(prepared.table[:, k], expected, rtol=0, atol=1e-6 * scale)


def test_the_second_directional_derivative_is_that_of_the_values(prepared: Prepared) -> None:
    direction = prepared.values * np.random.default_rng(5).normal(size=len(prepared.values))
    n, h = len(prepared.structures.identifier), 1e-4

    def slope(step: float) -> FloatArray:
        moved = prepared.values + step * direction
        return prepared.model.predict_jacobian(prepared.geometry, 0, n, moved)[:, :-1] @ direction

    found = (slope(h) - slope(-h)) / (2 * h)
    steps = (-2 * h, -h, 0.0, h, 2 * h)
    values = [prepared.model.predict(prepared.geometry, prepared.values + step * direction) for step in steps]
    expected = np.tensordot([-1 / 12, 4 / 3, -5 / 2, 4 / 3, -1 / 12], values, 1) / h**2
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 * np.abs(expected).max())


def test_bits_do_not_depend_on_what_is_computed_together(
    prepared: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    n = len(prepared.structures.identifier)
    parts = [prepared.model.predict_jacobian(prepared.geometry, k, k + 1, prepared.values) for k in range(n)]
    np.testing.assert_array_equal(np.concatenate(parts), prepared.table)
    for lanes in (8, 1000):
        monkeypatch.setattr("hpcfit.kernels.kernel._LANES", lanes)
        blocks = prepared.model.predict_jacobian(prepared.geometry, 0, n, prepared.values)
        np.testing.assert_array_equal(blocks, prepared.table)
