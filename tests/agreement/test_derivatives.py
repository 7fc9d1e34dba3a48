"""Every shape of formula against central differences: forces, stress, and each Jacobian column."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from hpcfit.formula.potential import BoundPotential, FormulaPotential, ParameterSpec, Term
from hpcfit.geometry import Geometry, build_geometry
from hpcfit.kernels import SiteModel, compile_model

FloatArray = NDArray[np.float64]
SW_PAIR = "A*(B*(sigma/r)**p - (sigma/r)**q)*exp(sigma/(r - a*sigma))"
SW_TRIPLET = "lambda*(costheta - c0)**2*exp(gamma1*sigma1/(r1 - a1*sigma1) + gamma2*sigma2/(r2 - a2*sigma2))"
SW_NUMBERS = {"A": 15.2, "B": 0.6, "p": 4.0, "q": 0.3, "sigma": 2.1, "a": 1.8, "gamma": 1.2}

TRIPLET_KINDS = dict.fromkeys(("B", "C", "c0"), "triplet")


@dataclass(frozen=True)
class Case:
    """A potential with values for its parameters; keyed ones differ a little from key to key."""

    kinds: dict[str, str]
    values: dict[str, float]
    pair: tuple[str, str] | None = None
    triplet: tuple[str, str] | None = None
    site: str | None = None
    species: tuple[str, ...] = ("Si",)

    def potential(self) -> BoundPotential:
        formula = FormulaPotential(
            "case",
            tuple(ParameterSpec(name, kind) for name, kind in self.kinds.items()),  # type: ignore[arg-type]
            None if self.pair is None else Term(*self.pair),
            None if self.triplet is None else Term(*self.triplet),
            self.site,
        )
        return BoundPotential(formula, self.species)


def shared(values: dict[str, float]) -> dict[str, str]:
    return dict.fromkeys(values, "shared")


ONE = {"A": 177.0, "B": 15.3, "p": 4.1, "delta": 2.1, "gamma": 2.5, "lambda": 45.0, "rc": 3.9}
CASES = {
    "lennard-jones": Case(
        shared({"e": 1, "s": 1, "rc": 1}),
        {"e": 0.3, "s": 2.2, "rc": 5.1},
        pair=("4*e*((s/r)**12 - (s/r)**6) - 4*e*((s/rc)**12 - (s/rc)**6)", "rc"),
    ),
    "pair-of-three-species": Case(
        {"D": "pair", "alpha": "pair", "r0": "pair", "q": "species", "rc": "shared"},
        {"D": 0.4, "alpha": 1.3, "r0": 2.4, "q": 0.5, "rc": 5.0},
        pair=("D*(exp(-2*alpha*(r - r0)) - 2*exp(-alpha*(r - r0))) + q1*q2*(r - rc)**2/r", "rc"),
        species=("Si", "C", "O"),
    ),
    "stillinger-weber": Case(
        shared(ONE),
        ONE,
        pair=("(A*r**-p - B)*exp(delta/(r - rc))", "rc"),
        triplet=("lambda*(costheta + 1/3)**2*exp(gamma/(r1 - rc) + gamma/(r2 - rc))", "rc"),
    ),
    "stillinger-weber-of-two-species": Case(
        {**dict.fromkeys(SW_NUMBERS, "pair"), "lambda": "triplet", "c0": "triplet"},
        {**SW_NUMBERS, "lambda": 45.0, "c0": -0.35},
        pair=(SW_PAIR, "a*sigma"),
        triplet=(SW_TRIPLET, "a*sigma"),
        species=("Si", "C"),
    ),
    "triplets-that-end-earlier-and-do-not-factor": Case(
        {"H": "pair", "rs": "pair", "rc": "shared", "z": "species", **TRIPLET_KINDS},
        {"H": 5.0, "C": 4.0, "B": 3.0, "c0": -0.3, "rs": 3.3, "rc": 4.6, "z": 1.1},
        pair=("H*(rc - r)**3/r**7", "rc"),
        triplet=(
            "z0*B*(costheta - c0)**2/(1 + C*(costheta - c0)**2)*exp(z1/(r1 - rs1) + z2/(r2 - rs2))"
            "*(1 + 0.1*tanh(r1*r2 - C))",
            "rs",
        ),
        species=("Si", "C"),
    ),
    "rare-functions": Case(
        shared({"A": 1, "b": 1, "rc": 1, "n": 1}),
        {"A": 0.7, "b": 1.1, "rc": 4.4, "n": 3.0},
        pair=(
            "where(r < rc - 1, A, A*(0.5 - 0.5*sin(pi*(r - rc + 0.5))))*erfc(b*r/3)"
            "*(cosh(b*r/5) + atan(r) + acos(r/9)) + A*min(r, 3)*abs(rc - r)**3",
            "rc",
        ),
        triplet=("(A*(costheta + 2)**n*(rc - r1)*(rc - r2) + b*log(r1*r2))*(rc - r1)**2*(rc - r2)**2", "rc"),
    ),
    "triplets-alone": Case(
        shared({"k": 1, "rc": 1}),
        {"k": 0.8, "rc": 3.7},
        triplet=("k*(rc - r1)**2*(rc - r2)**2*costheta", "rc"),
    ),
    "a-formula-for-one-of-two-species": Case(
        {"A": "pair", "E0": "species"},
        {"A": 1.5, "E0": -3.0},
        pair=("A*(4 - r)**4", "4"),
        site="E0",
        species=("C",),
    ),
    "site-energies": Case({"E0": "species"}, {"E0": -2.0}, site="2*E0 + E0**2", species=("Si", "C")),
}  # fmt: skip


@dataclass
class Structure:
    """Two configurations: a small skewed crystal cell and a cluster without periodic images."""

    identifier: tuple[str, ...]
    first_atom: NDArray[np.int64]
    position: FloatArray
    cell: FloatArray
    pbc: NDArray[np.bool_]

    @classmethod
    def sample(cls) -> Structure:
        rng = np.random.default_rng(7)
        cell = np.array([[5.4, 0.2, -0.3], [0.1, 5.5, 0.4], [0.5, -0.2, 5.3]])
        sites = np.array([[x, y, z] for x in (0, 0.5) for y in (0, 0.5) for z in (0, 0.5)])
        crystal = sites @ cell + rng.normal(0, 0.15, (8, 3))
        cluster = np.array([[x, y, 0.0] for x in (0.0, 2.4) for y in (0.0, 2.5)]) + rng.normal(0, 0.2, (4, 3))
        lonely = [[40.0, 40.0, 40.0]]
        return cls(
            ("crystal", "cluster"),
            np.array([0, 8, 13]),
            np.concatenate([crystal, cluster, lonely]),
            np.array([cell, 50.0 * np.eye(3)]),
            np.array([[True] * 3, [False] * 3]),
        )


def geometry(structure: Structure, cutoff: float, species: NDArray[np.int32]) -> Geometry:
    return build_geometry(structure, species, cutoff)


@dataclass
class Prepared:
    model: SiteModel
    values: FloatArray
    structure: Structure
    species: NDArray[np.int32]

    def predict(self, structure: Structure | None = None, values: FloatArray | None = None) -> FloatArray:
        found = self.values if values is None else values
        cutoff = max(self.model.cutoff(found), self.model.cutoff(self.values), 1.0)
        bonds = geometry(structure or self.structure, 1.05 * cutoff, self.species)
        return self.model.predict(bonds, found)

    def offsets(self) -> list[int]:
        return [0, 7 + 24, 7 + 24 + 7 + 15]


@pytest.fixture(scope="module", params=CASES, ids=str)
def prepared(request: pytest.FixtureRequest) -> Prepared:
    case = CASES[request.param]
    potential = case.potential()
    values = np.array(
        [case.values[item.name] * (1 + 0.02 * (k % 3)) for k, item in enumerate(potential.instances)]
    )
    elements = ("Si", "C") if case.species == ("C",) else case.species
    model = compile_model([potential], elements, range(len(values)), True)
    species = np.array([(3 * k + k // 4) % len(elements) for k in range(13)], dtype=np.int32)
    return Prepared(model, values, Structure.sample(), species)


def test_forces_are_minus_the_gradient_of_the_energy(prepared: Prepared) -> None:
    h = 1e-5
    found = prepared.predict()
    for configuration, first_atom, n in ((0, 0, 8), (1, 8, 5)):
        row = prepared.offsets()[configuration]
        expected = np.empty(3 * n)
        for k in range(3 * n):
            moved = [Structure.sample(), Structure.sample()]
            for sign, structure in zip((1, -1), moved, strict=True):
                structure.position[first_atom + k // 3, k % 3] += sign * h
            up, down = (prepared.predict(structure)[row] for structure in moved)
            expected[k] = -(up - down) / (2 * h)
        scale = max(1.0, np.abs(expected).max())
        np.testing.assert_allclose(found[row + 1 : row + 1 + 3 * n], expected, rtol=0, atol=2e-7 * scale)


def test_stress_is_the_derivative_of_the_energy_by_strain_per_volume(prepared: Prepared) -> None:
    h = 1e-6
    found = prepared.predict()
    for configuration, first_atom, n in ((0, 0, 8), (1, 8, 5)):
        row = prepared.offsets()[configuration]
        volume = abs(np.linalg.det(prepared.structure.cell[configuration]))
        stress = found[row + 1 + 3 * n : row + 7 + 3 * n]
        for k, (a, b) in enumerate([(0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)]):
            energies = []
            for sign in (1, -1):
                strain = np.eye(3)
                strain[a, b] += 0.5 * sign * h
                strain[b, a] += 0.5 * sign * h
                structure = Structure.sample()
                structure.cell[configuration] = structure.cell[configuration] @ strain
                atoms = slice(first_atom, first_atom + n)
                structure.position[atoms] = structure.position[atoms] @ strain
                energies.append(prepared.predict(structure)[row])
            expected = (energies[0] - energies[1]) / (2 * h * volume)
            scale = max(1.0, np.abs(stress).max())
            assert stress[k] == pytest.approx(expected, rel=0, abs=1e-6 * scale)


def test_jacobian_columns_are_derivatives_by_the_values(prepared: Prepared) -> None:
    bonds = geometry(
        prepared.structure, 1.05 * max(prepared.model.cutoff(prepared.values), 1.0), prepared.species
    )
    table = prepared.model.predict_jacobian(bonds, 0, 2, prepared.values)
    assert np.isfinite(table).all()
    np.testing.assert_allclose(table[:, -1], prepared.predict(), rtol=1e-12, atol=1e-12)
    for k, value in enumerate(prepared.values):
        h = 1e-5 * abs(value)
        moved = [prepared.values.copy(), prepared.values.copy()]
        moved[0][k] += h
        moved[1][k] -= h
        expected = (prepared.predict(values=moved[0]) - prepared.predict(values=moved[1])) / (2 * h)
        scale = max(1e-2, np.abs(expected).max())
        np.testing.assert_allclose(table[:, k], expected, rtol=0, atol=2e-7 * scale)


def test_each_configuration_can_be_computed_by_itself(prepared: Prepared) -> None:
    bonds = geometry(
        prepared.structure, 1.05 * max(prepared.model.cutoff(prepared.values), 1.0), prepared.species
    )
    together = prepared.model.predict_jacobian(bonds, 0, 2, prepared.values)
    alone = [prepared.model.predict_jacobian(bonds, k, k + 1, prepared.values) for k in (0, 1)]
    np.testing.assert_array_equal(np.concatenate(alone), together)
