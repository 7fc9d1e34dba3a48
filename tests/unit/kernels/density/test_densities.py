"""What kernels of potentials with densities promise besides right derivatives (tests/agreement)."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from written_potential import written_potential

from hpcfit.formula.keys import Kind
from hpcfit.formula.potential import BoundPotential
from hpcfit.geometry import Geometry
from hpcfit.kernels import SiteModel, compile_model

FloatArray = NDArray[np.float64]


def clusters(positions: list[list[list[float]]], species: list[list[int]], cutoff: float) -> Geometry:
    """Bonds of clusters, by comparing all atoms with all."""
    first_atom, first_bond, vectors, neighbors = [0], [0], [], []
    for cluster in positions:
        points = np.array(cluster)
        for i in range(len(points)):
            for j in range(len(points)):
                if i != j and np.linalg.norm(points[j] - points[i]) <= cutoff:
                    vectors.append(points[j] - points[i])
                    neighbors.append(first_atom[-1] + j)
            first_bond.append(len(vectors))
        first_atom.append(first_atom[-1] + len(points))
    vector = np.array(vectors).reshape(-1, 3)
    return Geometry(
        np.array(first_atom),
        np.concatenate(species).astype(np.int32),
        np.full(len(positions), np.nan),
        np.array(first_bond),
        np.array(neighbors, dtype=np.int32),
        vector,
        np.linalg.norm(vector, axis=1),
        cutoff,
    )


def model_of(
    text: dict[str, object], kinds: dict[str, Kind], species: tuple[str, ...], elements: tuple[str, ...]
) -> SiteModel:
    bound = BoundPotential(written_potential("test", kinds, **text), species)  # type: ignore[arg-type]
    return compile_model([bound], elements, range(len(bound.instances)), stress=False)


ALLOY = model_of(
    {
        "density": "w*(4 - r)**2",
        "embedding": "E0 - A*sqrt(rho) + log(1 + rho)*B",
        "pair": "K*(4 - r)**4",
        "cutoff": 4.0,
    },
    {"w": "ordered-pair", "E0": "species", "A": "species", "B": "species", "K": "pair"},
    ("Si", "C"),
    ("O", "Si", "C"),
)
NAMES = [str(each) for each in ALLOY.potentials[0].instances]
VALUES = np.random.default_rng(5).uniform(0.3, 0.9, len(NAMES))
TRIANGLE = [[0.0, 0.0, 0.0], [2.4, 0.3, 0.0], [0.2, 2.6, 0.4]]


def jacobian(positions: list[list[float]], species: list[int], values: FloatArray = VALUES) -> FloatArray:
    return ALLOY.predict_jacobian(clusters([positions], [species], 4.5), 0, 1, values)


def test_an_atom_alone_has_the_energy_of_no_density_exactly() -> None:
    found = jacobian([[0.0, 0.0, 0.0]], [1])
    assert np.isfinite(found).all()
    assert found[0, -1] == VALUES[NAMES.index("Si.E0")]
    expected = [1.0 if name == "Si.E0" else 0.0 for name in NAMES]
    np.testing.assert_allclose(found[0, :-1], expected, rtol=0, atol=1e-40)
    np.testing.assert_array_equal(found[1:], 0.0)


def test_an_atom_of_a_species_without_potential_feels_nothing() -> None:
    np.testing.assert_array_equal(jacobian([[0.0, 0.0, 0.0], [2.0, 0.0, 0.0]], [0, 0]), 0.0)
    with_it = jacobian([*TRIANGLE, [1.0, 1.0, 1.0]], [1, 2, 1, 0])
    np.testing.assert_array_equal(with_it[:10], jacobian(TRIANGLE, [1, 2, 1]))
    np.testing.assert_array_equal(with_it[10:], 0.0)


def test_parameters_of_other_pairs_of_species_have_no_part() -> None:
    found = jacobian(TRIANGLE, [1, 1, 1])
    absent = [k for k, name in enumerate(NAMES) if "C" in name]
    np.testing.assert_array_equal(found[:, absent], 0.0)
    assert (np.abs(found).max(axis=0) > 0).sum() == len(NAMES) - len(absent) + 1


def test_forces_of_a_dimer_of_two_species_are_opposite() -> None:
    forces = jacobian([[0.0, 0.0, 0.0], [0.5, 2.0, -1.0]], [1, 2])[1:]
    np.testing.assert_allclose(forces[:3], -forces[3:], rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("active", [["C.E0", "C-Si.w"], ["Si-C.K"]], ids=str)
def test_fewer_free_parameters_change_no_other_column(active: list[str]) -> None:
    places = [NAMES.index(name) for name in active]
    model = compile_model(ALLOY.potentials, ALLOY.species, places, stress=False)
    geometry = clusters([TRIANGLE], [[1, 2, 2]], 4.5)
    found = model.predict_jacobian(geometry, 0, 1, VALUES)
    expected = ALLOY.predict_jacobian(geometry, 0, 1, VALUES)[:, [*places, -1]]
    np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-14)


def test_parameters_may_share_a_column() -> None:
    geometry = clusters([TRIANGLE], [[1, 2, 2]], 4.5)
    columns = [k % 3 for k in range(len(NAMES))]
    shared = compile_model(ALLOY.potentials, ALLOY.species, range(len(NAMES)), False, columns)
    found = shared.predict_jacobian(geometry, 0, 1, VALUES)
    apart = ALLOY.predict_jacobian(geometry, 0, 1, VALUES)
    for column in range(3):
        expected = apart[:, [k for k in range(len(NAMES)) if columns[k] == column]].sum(axis=1)
        np.testing.assert_allclose(found[:, column], expected, rtol=1e-12, atol=1e-13)


SINGULAR = model_of(
    {
        "density": {"rho": "exp(1/(r - 4))*w*where(r < far, 1, 2)", "mu": "exp(1/(r - 4))"},
        "rank": {"mu": "vector"},
        "embedding": "rho*log(rho) - B*rho**0.3*where(rho < high, 1, 2) + C*sqrt(mu_squared)",
        "cutoff": 4.0,
    },
    {},
    ("Si",),
    ("Si",),
)


@pytest.mark.parametrize("gap", [1e-16, 1e-9, 1e-4, 1.4e-3, 2e-3, 5e-3, 0.02])
def test_densities_that_vanish_towards_the_cutoff_give_finite_numbers(gap: float) -> None:
    known = {"w": 0.7, "B": 0.5, "C": 0.4, "far": 9.0, "high": 5.0}  # the last two decide, and no more
    values = np.array([known[each.name] for each in SINGULAR.potentials[0].instances])
    geometry = clusters([[[0.0, 0.0, 0.0], [4.0 - gap, 0.0, 0.0]], [[0.0, 0.0, 0.0]]], [[0, 0], [0]], 4.5)
    found = SINGULAR.predict_jacobian(geometry, 0, 2, values)
    assert np.isfinite(found).all()
    assert np.abs(found).max() < 1e-3
    decide = [k for k, each in enumerate(SINGULAR.potentials[0].instances) if each.name in ("far", "high")]
    np.testing.assert_array_equal(found[:, decide], 0.0)
    np.testing.assert_allclose(found[7:], 0.0, rtol=0, atol=1e-25)


def test_an_embedding_without_value_for_no_density_is_not_hidden() -> None:
    model = model_of({"density": "(4 - r)**2", "embedding": "log(rho)", "cutoff": 4.0}, {}, ("Si",), ("Si",))
    assert model.predict(clusters([[[0.0] * 3]], [[0]], 4.5), np.empty(0))[0] == -np.inf


def test_densities_of_several_potentials_of_a_model_are_kept_apart() -> None:
    one = BoundPotential(
        written_potential("one", density="a*(4 - r)**2", embedding="-sqrt(rho)", cutoff=4.0), ("Si",)
    )
    two = BoundPotential(
        written_potential(
            "two", density="b*(3 - r)**2", embedding="rho**2", pair="b*rho*(3 - r)**3", cutoff=3.0
        ),
        ("Si",),
    )
    geometry = clusters([TRIANGLE], [[0, 0, 0]], 4.5)
    values = np.array([0.8, 0.6])
    together = compile_model([one, two], ["Si"], [0, 1], stress=False)
    found = together.predict_jacobian(geometry, 0, 1, values)
    apart = [
        compile_model([each], ["Si"], [0], stress=False).predict_jacobian(geometry, 0, 1, values[k : k + 1])
        for k, each in enumerate((one, two))
    ]
    np.testing.assert_allclose(found[:, -1], apart[0][:, 1] + apart[1][:, 1], rtol=1e-13, atol=1e-14)
    np.testing.assert_allclose(
        found[:, :2], np.column_stack([apart[0][:, 0], apart[1][:, 0]]), rtol=1e-13, atol=1e-14
    )
