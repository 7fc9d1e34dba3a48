"""Potentials with densities of every shape against differences of their energies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from central_differences import AwkwardStructures, Differences
from numpy.typing import NDArray
from written_potential import written_potential

from hpcfit.formula.potential import BoundPotential, FormulaPotential
from hpcfit.kernels import compile_model

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """A potential for some species, and values that differ a little from key to key."""

    formula: FormulaPotential
    species: tuple[str, ...]
    values: dict[str, float]

    @property
    def bound(self) -> BoundPotential:
        return BoundPotential(self.formula, self.species)

    @property
    def numbers(self) -> FloatArray:
        rng = np.random.default_rng(1)
        return np.array(
            [self.values[each.name] * (1 + 0.03 * rng.uniform(-1, 1)) for each in self.bound.instances]
        )


CASES = {
    # Densities of donor and receiver, with a cutoff of their own for each order of the two.
    "finnis-sinclair": Case(
        written_potential(
            "test",
            {
                **dict.fromkeys(("c", "d"), "ordered-pair"),
                **dict.fromkeys(("A", "B"), "species"),
                "k": "pair",
            },
            density="c*(d - r)**4",
            embedding="-A*sqrt(rho) + B*rho**2",
            pair="k*(3.4 - r)**4*(1 + 0.3*r)",
            cutoff={"density": "d", "pair": "3.4"},
        ),
        ("Fe", "Cr", "Ni"),
        {"c": 1.0, "d": 3.7, "A": 1.7, "B": 0.01, "k": 1.2},
    ),
    # Densities of the neighbour's species, a vector and a tensor.
    "angular-dependent": Case(
        written_potential(
            "test",
            {**dict.fromkeys(("u", "w"), "pair"), **dict.fromkeys(("f", "F"), "species")},
            density={"rho": "f2*(4.4 - r)**2", "mu": "u*(4.4 - r)**3", "lam": "w*(4.4 - r)**3*exp(-0.3*r)"},
            rank={"mu": "vector", "lam": "tensor"},
            embedding="-F*sqrt(rho) + 0.5*mu_squared + 0.5*lam_squared - lam_trace**2/6",
            pair="0.03*u*(4.4 - r)**4",
            cutoff=4.4,
        ),
        ("Cu", "Zr"),
        {"u": 0.05, "w": 0.06, "f": 0.3, "F": 1.1},
    ),
    # Functions of densities in pairs and triplets, which respond to parameters of all kinds.
    "environment-dependent": Case(
        written_potential(
            "test",
            {"k": "pair", "a": "species", "l": "triplet", "m": "ordered-pair", "t": "shared"},
            density={"n": "a2*(3.9 - r)**3", "s": "exp(-m)*(3.6 - r)**4"},
            embedding="-a*sqrt(n) + 0.01*n*s",
            pair="k*(4.2 - r)**4*exp(-0.02*n)*(1 + a1*s*0.01)",
            triplet="l*(costheta - t*tanh(0.1*n))**2*(3.5 - r1)**3*(3.5 - r2)**3*exp(-0.01*s*m1*m2)",
            cutoff={"density.n": "3.9", "density.s": "3.6", "pair": "4.2", "triplet": "3.5"},
        ),
        ("Si", "C"),
        {"k": 0.2, "a": 0.9, "l": 0.7, "m": 0.6, "t": 0.2},
    ),
    # One species, no embedding: derivatives by functions of the coordination alone.
    "coordination": Case(
        written_potential(
            "test",
            density="where(r < c, 1, (1 - x**5)**5)",
            pair="A*((B/r)**p - exp(-beta*rho**2))*(3.8 - r)**4",
            triplet="L*(1 - exp(-q*exp(-mu*rho)*(costheta + tau)**2))*(3.8 - r1)**4*(3.8 - r2)**4",
            cutoff=3.8,
            let={"x": "(r - c)/(3.8 - c)", "tau": "u*exp(-mu*rho)"},
        ),
        ("Si",),
        {"c": 2.2, "A": 0.8, "B": 1.9, "p": 1.4, "beta": 0.01, "L": 0.3, "q": 2.0, "mu": 0.1, "u": 0.5},
    ),
}


@pytest.fixture(scope="module", params=CASES, ids=str)
def prepared(request: pytest.FixtureRequest) -> Differences:
    case = CASES[request.param]
    model = compile_model([case.bound], case.species, range(len(case.numbers)), stress=True)
    return Differences(model, case.numbers, AwkwardStructures.of(len(case.species)))


def rows_of(prepared: Differences, index: int) -> tuple[FloatArray, FloatArray]:
    """Forces and stress of a structure."""
    rows = prepared.model.predict(prepared.geometry, prepared.values)
    rows = rows[prepared.offsets[index] : prepared.offsets[index + 1]]
    return rows[1:-6].reshape(-1, 3), rows[-6:]


def test_forces_are_minus_the_derivatives_of_the_energy(prepared: Differences) -> None:
    expected = prepared.forces()
    for k in range(len(prepared.structures)):
        atoms = slice(prepared.structures.first_atom[k], prepared.structures.first_atom[k + 1])
        scale = max(1.0, np.abs(expected[atoms]).max())
        np.testing.assert_allclose(rows_of(prepared, k)[0], expected[atoms], rtol=0, atol=1e-8 * scale)


def test_stress_is_the_derivative_by_strain(prepared: Differences) -> None:
    expected = prepared.stress()
    for k in range(len(prepared.structures)):
        scale = max(1.0, np.abs(expected[k]).max())
        np.testing.assert_allclose(rows_of(prepared, k)[1], expected[k], rtol=0, atol=1e-8 * scale)


def test_columns_are_the_derivatives_by_the_values(prepared: Differences) -> None:
    n = len(prepared.structures)
    found = prepared.model.predict_jacobian(prepared.geometry, 0, n, prepared.values)
    expected = prepared.jacobian()
    assert np.isfinite(found).all()
    np.testing.assert_allclose(
        found[:, -1], prepared.model.predict(prepared.geometry, prepared.values), rtol=1e-12, atol=1e-12
    )
    for k in range(n):
        rows = slice(prepared.offsets[k], prepared.offsets[k + 1])
        scale = np.maximum(0.1, np.abs(expected[rows]).max(axis=0))
        assert (np.abs(found[rows, :-1] - expected[rows]) <= 1e-6 * scale).all()


def test_the_second_derivative_along_a_direction_is_that_of_the_predictions(prepared: Differences) -> None:
    values, h = prepared.values, 1e-3
    direction = values * np.random.default_rng(2).uniform(-1, 1, len(values))
    n = len(prepared.structures)

    def slope(step: float) -> FloatArray:
        table = prepared.model.predict_jacobian(prepared.geometry, 0, n, values + step * direction)
        return table[:, :-1] @ direction

    points = [
        prepared.model.predict(prepared.geometry, values + k * h * direction) for k in (-2, -1, 0, 1, 2)
    ]
    expected = (-points[0] + 16 * points[1] - 30 * points[2] + 16 * points[3] - points[4]) / (12 * h**2)
    found = (8 * (slope(h) - slope(-h)) - (slope(2 * h) - slope(-2 * h))) / (12 * h)
    scale = max(1.0, np.abs(expected).max())
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6 * scale)


def test_bits_depend_neither_on_other_structures_nor_on_lists_nor_on_blocks(
    prepared: Differences, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, values, n = prepared.model, prepared.values, len(prepared.structures)
    together = model.predict_jacobian(prepared.geometry, 0, n, values)
    alone = [model.predict_jacobian(prepared.geometry, k, k + 1, values) for k in range(n)]
    np.testing.assert_array_equal(np.concatenate(alone), together)
    longer = prepared.structures.geometry(1.4 * prepared.reach)
    np.testing.assert_array_equal(model.predict_jacobian(longer, 0, n, values), together)
    monkeypatch.setattr("hpcfit.kernels.kernel._LANES", 2048)
    np.testing.assert_array_equal(model.predict_jacobian(longer, 0, n, values), together)
