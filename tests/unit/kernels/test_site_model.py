"""What a compiled model promises besides right derivatives (those are in tests/agreement)."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from hpcfit.errors import KernelError
from hpcfit.formula.potential import BoundPotential, FormulaPotential, Instance, ParameterSpec, Term
from hpcfit.geometry import Geometry
from hpcfit.kernels import ResidualRows, SiteModel, compile_model

FloatArray = NDArray[np.float64]


def potential(kinds: dict[str, str], species: tuple[str, ...] = ("Si",), **terms: object) -> BoundPotential:
    specs = tuple(ParameterSpec(name, kind) for name, kind in kinds.items())  # type: ignore[arg-type]
    return BoundPotential(FormulaPotential("test", specs, **terms), species)  # type: ignore[arg-type]


SW = potential(
    dict.fromkeys(("A", "B", "delta", "gamma", "lambda", "rc"), "shared"),
    pair=Term("(A*r**-4 - B)*exp(delta/(r - rc))", "rc"),
    triplet=Term("lambda*(costheta + 1/3)**2*exp(gamma/(r1 - rc) + gamma/(r2 - rc))", "rc"),
)
VALUES = np.array([177.36, 15.2853, 2.0951, 2.51412, 45.5322, 3.77118])


def test_constants_that_overflow_in_derivatives_are_refused() -> None:
    steep = potential({"A": "shared"}, pair=Term("A*1e299*exp(20.7)*r**900", "4"))
    with pytest.raises(KernelError) as refusal:
        compile_model([steep], ["Si"], [0], True).load_kernels()
    assert str(refusal.value) == (
        "test: a constant in the derivatives of a formula is too large or too small for a number. Write it "
        "with numbers of a usual size"
    )


def bonds_of(
    positions: list[FloatArray], cutoff: float, species: list[list[int]] | None = None, volume: float = np.nan
) -> Geometry:
    """Geometry of clusters (no periodic images), by comparing all atoms with all."""
    vectors, neighbors, first_bond, first_atom = [], [], [0], [0]
    for cluster in positions:
        for i in range(len(cluster)):
            for j in range(len(cluster)):
                vector = cluster[j] - cluster[i]
                if i != j and np.linalg.norm(vector) <= cutoff:
                    vectors.append(vector)
                    neighbors.append(first_atom[-1] + j)
            first_bond.append(len(vectors))
        first_atom.append(first_atom[-1] + len(cluster))
    vector = np.array(vectors, dtype=float).reshape(-1, 3)
    kinds = [0] * first_atom[-1] if species is None else [k for cluster in species for k in cluster]
    return Geometry(
        np.array(first_atom, dtype=np.int64),
        np.array(kinds, dtype=np.int32),
        np.full(len(positions), volume),
        np.array(first_bond, dtype=np.int64),
        np.array(neighbors, dtype=np.int32),
        vector,
        np.linalg.norm(vector, axis=1),
        cutoff,
    )


def clusters(*sizes: int) -> list[FloatArray]:
    """Random clusters of about the density of silicon, atoms at least 1.6 angstrom apart."""
    rng = np.random.default_rng(5)
    found = []
    for size in sizes:
        edge = (20.0 * size) ** (1 / 3)
        atoms: list[FloatArray] = []
        while len(atoms) < size:
            trial = rng.uniform(0, edge, 3)
            if all(np.linalg.norm(trial - atom) > 1.6 for atom in atoms):
                atoms.append(trial)
        found.append(np.array(atoms))
    return found


@pytest.fixture(scope="module")
def model() -> SiteModel:
    return compile_model([SW], ["Si"], range(6), False)


@dataclass
class Rows:
    geometry: Geometry
    bounds: NDArray[np.int64]
    rows: ResidualRows


@pytest.fixture(scope="module")
def rows(model: SiteModel) -> Rows:
    geometry = bonds_of(clusters(5, 9, 1, 30, 12), 4.5)
    offsets = model.prediction_offsets(geometry)
    rng = np.random.default_rng(6)
    source = np.flatnonzero(rng.uniform(size=offsets[-1]) < 0.8)
    bounds = np.array([0, 2, 3, 5])
    first = np.searchsorted(source, offsets[bounds])
    found = ResidualRows(first, source, rng.uniform(0.1, 2, len(source)), rng.normal(size=len(source)))
    return Rows(geometry, bounds, found)


def test_the_residual_is_weight_times_prediction_minus_reference(model: SiteModel, rows: Rows) -> None:
    out = np.empty(len(rows.rows.source))
    cost, nonfinite = model.residual(rows.geometry, rows.bounds, rows.rows, VALUES, out)
    predictions = model.predict(rows.geometry, VALUES)
    expected = rows.rows.weight * (predictions[rows.rows.source] - rows.rows.reference)
    np.testing.assert_allclose(out, expected, rtol=1e-14, atol=1e-14)
    per_chunk = [out[a:b] @ out[a:b] for a, b in pairwise(rows.rows.first_residual)]
    np.testing.assert_allclose(cost, per_chunk, rtol=1e-13)
    assert not nonfinite.any()


def test_linearize_folds_the_weighted_rows_of_each_chunk(model: SiteModel, rows: Rows) -> None:
    kept = np.empty(len(rows.rows.source) * 7)
    triangles, cost, nonfinite = model.linearize(rows.geometry, rows.bounds, rows.rows, VALUES, kept)
    table = model.predict_jacobian(rows.geometry, 0, 5, VALUES)[rows.rows.source]
    table[:, -1] -= rows.rows.reference
    table *= rows.rows.weight[:, None]
    assert not nonfinite.any()
    for c in range(3):
        first, last = rows.rows.first_residual[c], rows.rows.first_residual[c + 1]
        part = table[first:last]
        np.testing.assert_allclose(kept[7 * first : 7 * last].reshape(7, -1).T, part, rtol=1e-14, atol=1e-14)
        np.testing.assert_allclose(triangles[c].T @ triangles[c], part.T @ part, rtol=1e-11, atol=1e-10)
        assert np.all(np.tril(triangles[c], -1) == 0.0)
        assert cost[c] == pytest.approx(part[:, -1] @ part[:, -1], rel=1e-13)


def test_keeping_the_block_changes_nothing_else(model: SiteModel, rows: Rows) -> None:
    kept = np.empty(len(rows.rows.source) * 7)
    with_block = model.linearize(rows.geometry, rows.bounds, rows.rows, VALUES, kept)
    without = model.linearize(rows.geometry, rows.bounds, rows.rows, VALUES)
    for a, b in zip(with_block, without, strict=True):
        np.testing.assert_array_equal(a, b)


def test_bits_do_not_depend_on_the_margin_of_the_neighbour_lists(model: SiteModel) -> None:
    atoms = clusters(40, 7)
    tight, wide = bonds_of(atoms, 3.8), bonds_of(atoms, 7.0)
    np.testing.assert_array_equal(model.predict(tight, VALUES), model.predict(wide, VALUES))
    jacobians = [model.predict_jacobian(geometry, 0, 2, VALUES) for geometry in (tight, wide)]
    np.testing.assert_array_equal(*jacobians)


def test_bits_do_not_depend_on_the_other_configurations(model: SiteModel) -> None:
    atoms = clusters(40, 7, 300)
    together = model.predict(bonds_of(atoms, 4.0), VALUES)
    alone = [model.predict(bonds_of([cluster], 4.0), VALUES) for cluster in atoms]
    np.testing.assert_array_equal(together, np.concatenate(alone))


def test_more_neighbours_than_the_working_array_usually_holds_are_no_problem() -> None:
    pair = potential({"k": "shared", "rc": "shared"}, pair=Term("k*(rc - r)**2", "rc"))
    model = compile_model([pair], ["Si"], [0], False)
    (atoms,) = clusters(700)
    geometry = bonds_of([atoms], 100.0)
    values = np.array([0.5, 100.0])
    distance = np.linalg.norm(atoms[:, None] - atoms, axis=2)
    expected = 0.25 * ((100.0 - distance) ** 2)[distance > 0].sum()
    assert model.predict(geometry, values)[0] == pytest.approx(expected, rel=1e-12)


def at_distance(r: float) -> list[FloatArray]:
    return [np.array([[0.0, 0.0, 0.0], [r, 0.0, 0.0], [0.0, 2.2, 0.0]])]


@pytest.mark.parametrize("steps", [1, 2, 10, 1000, 10**9])
def test_nothing_is_nan_just_below_the_cutoff(model: SiteModel, steps: int) -> None:
    cutoff = VALUES[-1]
    geometry = bonds_of(at_distance(cutoff - steps * np.spacing(cutoff)), 5.0)
    assert np.isfinite(model.predict_jacobian(geometry, 0, 1, VALUES)).all()


def test_at_the_cutoff_and_beyond_a_bond_counts_nothing(model: SiteModel) -> None:
    alone = bonds_of([np.array([[0.0, 0.0, 0.0], [9.0, 0.0, 0.0], [0.0, 2.2, 0.0]])], 5.0)
    expected = model.predict_jacobian(alone, 0, 1, VALUES)
    for r in (VALUES[-1], np.nextafter(VALUES[-1], 9), 4.0):
        found = model.predict_jacobian(bonds_of(at_distance(r), 5.0), 0, 1, VALUES)
        np.testing.assert_array_equal(found, expected)


def test_infinite_and_undefined_predictions_are_counted(model: SiteModel, rows: Rows) -> None:
    out = np.empty(len(rows.rows.source))
    for bad in (np.nan, np.inf, 1e308):
        values = VALUES.copy()
        values[0] = bad
        _, nonfinite = model.residual(rows.geometry, rows.bounds, rows.rows, values, out)
        assert nonfinite.sum() == np.count_nonzero(~np.isfinite(out)) > 0
        assert model.linearize(rows.geometry, rows.bounds, rows.rows, values)[2].sum() > 0
    np.testing.assert_array_equal(nonfinite > 0, [True, False, True])  # the second chunk is a single atom


def test_the_model_is_the_sum_of_its_potentials() -> None:
    geometry = bonds_of(clusters(12, 8), 4.5)
    site = potential({"E0": "species"}, site="E0")
    parts = [(SW, VALUES), (site, np.array([-3.0])), (SW, 0.5 * VALUES + 1.0)]
    together = compile_model([part for part, _ in parts], ["Si"], [0, 6, 7, 8], False)
    values = np.concatenate([numbers for _, numbers in parts])
    total = sum(
        compile_model([part], ["Si"], [], False).predict(geometry, numbers) for part, numbers in parts
    )
    table = together.predict_jacobian(geometry, 0, 2, values)
    np.testing.assert_allclose(table[:, -1], total, rtol=1e-12, atol=1e-12)
    energies = together.prediction_offsets(geometry)[:-1]
    np.testing.assert_array_equal(table[energies, 1], [12, 8])  # E0 is counted once per atom
    np.testing.assert_array_equal(np.delete(table[:, 1], energies), 0)


def test_instances_may_share_a_column_and_columns_may_stay_empty() -> None:
    two = potential({"k": "pair", "rc": "shared"}, ("Si", "C"), pair=Term("k*(rc - r)**3", "rc"))
    geometry = bonds_of(clusters(10), 4.5, [[k % 2 for k in range(10)]])
    values = np.array([1.0, 2.0, 3.0, 4.0])
    apart = compile_model([two], ["Si", "C"], [0, 1, 2], False).predict_jacobian(geometry, 0, 1, values)
    shared = compile_model([two], ["Si", "C"], [0, 1, 2], False, [2, 0, 2])
    table = shared.predict_jacobian(geometry, 0, 1, values)
    assert shared.n_columns == 3
    np.testing.assert_allclose(table[:, 2], apart[:, 0] + apart[:, 2], rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(table[:, 0], apart[:, 1], rtol=1e-13, atol=1e-13)
    np.testing.assert_array_equal(table[:, 1], 0.0)


def test_species_that_a_potential_does_not_know_do_not_feel_it() -> None:
    carbon = potential({"k": "pair"}, ("C",), pair=Term("k*(4 - r)**3", "4"))
    model = compile_model([carbon], ["Si", "C"], [0], False)
    (atoms,) = clusters(10)
    kinds = [k % 2 for k in range(10)]
    found = model.predict(bonds_of([atoms], 4.5, [kinds]), np.array([0.3]))
    expected = compile_model([carbon], ["C"], [0], False).predict(
        bonds_of([atoms[1::2]], 4.5), np.array([0.3])
    )
    assert found[0] == pytest.approx(expected[0])
    np.testing.assert_allclose(found[1:].reshape(-1, 3)[1::2].ravel(), expected[1:], atol=1e-14)
    np.testing.assert_array_equal(found[1:].reshape(-1, 3)[::2], 0.0)


def test_the_order_of_a_potentials_species_need_not_be_that_of_the_model() -> None:
    texts = {"pair": Term("k*(4 - r)**3", "4"), "triplet": Term("l*costheta**2*(4 - r1)**2*(4 - r2)**2", "4")}
    kinds = {"k": "pair", "l": "triplet"}
    geometry = bonds_of(clusters(14), 4.5, [[k % 2 for k in range(14)]])

    def number(item: Instance) -> float:
        ordered = (*item.key[:-2], *sorted(item.key[-2:]))
        return 1.0 + sum(ord(letter) * 0.1**k for k, letter in enumerate("".join(ordered))) / 500

    def predicted(order: tuple[str, str]) -> FloatArray:
        found = potential(kinds, order, **texts)
        values = np.array([number(item) for item in found.instances])
        return compile_model([found], ["Si", "C"], [], False).predict(geometry, values)

    np.testing.assert_allclose(predicted(("C", "Si")), predicted(("Si", "C")), rtol=1e-12, atol=1e-12)


def test_stress_needs_a_volume_and_is_nan_without_one() -> None:
    model = compile_model([SW], ["Si"], [], True)
    atoms = clusters(6)
    with_volume = model.predict(bonds_of(atoms, 4.5, volume=50.0), VALUES)
    without = model.predict(bonds_of(atoms, 4.5), VALUES)
    np.testing.assert_array_equal(with_volume[:-6], without[:-6])
    assert np.isfinite(with_volume).all()
    assert np.isnan(without[-6:]).all()


def test_the_cutoff_is_the_largest_of_all_kinds_and_terms() -> None:
    parameters = {"a": "pair", "sigma": "shared", "rs": "shared"}
    terms = {"pair": Term("a*(a*sigma - r)**2", "a*sigma"), "triplet": Term("(rs - r1)*(rs - r2)", "rs")}
    model = compile_model([SW, potential(parameters, ("Si", "C"), **terms)], ["Si", "C"], [], False)
    values = np.concatenate([VALUES, [1.5, 1.8, 1.7, 2.5, 3.0]])
    assert model.cutoff(values) == pytest.approx(1.8 * 2.5)
    values[-1] = 6.0
    assert model.cutoff(values) == 6.0
    values[-1] = np.nan
    assert np.isnan(model.cutoff(values))
    assert compile_model([potential({"E": "shared"}, site="E")], ["Si"], [], False).cutoff(np.ones(1)) == 0.0


def test_the_cutoff_may_move_with_the_values(model: SiteModel) -> None:
    geometry = bonds_of(clusters(20), 4.5)
    wider = VALUES * np.array([1, 1, 1, 1, 1, 1.15])
    narrow = bonds_of(clusters(20), model.cutoff(VALUES))
    np.testing.assert_array_equal(model.predict(geometry, VALUES), model.predict(narrow, VALUES))
    assert not np.array_equal(model.predict(geometry, wider), model.predict(geometry, VALUES))


def test_configurations_without_any_bond_have_no_energy(model: SiteModel) -> None:
    geometry = bonds_of([np.zeros((1, 3)), np.array([[0.0, 0, 0], [50.0, 0, 0]])], 4.5)
    np.testing.assert_array_equal(model.predict_jacobian(geometry, 0, 2, VALUES), 0.0)


def test_a_potential_with_species_that_the_model_lacks_is_refused() -> None:
    carbon = potential({"k": "pair"}, ("C",), pair=Term("k*(4 - r)**3", "4"))
    with pytest.raises(KernelError, match=r"test: its species C are not all among those of the model, Si"):
        compile_model([carbon], ["Si"], [], False)


@pytest.fixture(params=["pair", "triplet"])
def lopsided(request: pytest.FixtureRequest) -> tuple[str, BoundPotential]:
    terms = {
        "pair": {"pair": Term("q1*(4 - r)**2", "4")},
        "triplet": {"triplet": Term("(4 - r1)**2*(4 - r2)*q0", "4")},
    }
    return request.param, potential({"q": "species"}, ("Si", "C"), **terms[request.param])


def test_a_formula_that_depends_on_the_order_of_atoms_is_refused(
    lopsided: tuple[str, BoundPotential],
) -> None:
    term, found = lopsided
    with pytest.raises(KernelError, match=rf"test\.{term}: not symmetric, exchanging"):
        compile_model([found], ["Si", "C"], [], False).load_kernels()


def test_a_pair_parameter_written_bare_in_a_triplet_of_several_species_is_refused() -> None:
    found = potential({"g": "pair"}, ("Si", "C"), triplet=Term("g*(4 - r1)**2*(4 - r2)**2", "4"))
    with pytest.raises(KernelError, match="write g1 or g2"):
        compile_model([found], ["Si", "C"], [], False).load_kernels()


def test_kernels_are_made_without_sympy() -> None:
    program = """
import sys
from hpcfit.formula.potential import BoundPotential, FormulaPotential, ParameterSpec, Term
from hpcfit.kernels import compile_model
formula = FormulaPotential("test", (ParameterSpec("k", "shared"),), Term("k*(4 - r)**3", "4"))
compile_model([BoundPotential(formula, ("Si",))], ["Si"], [0], False).load_kernels()
print([name for name in ("sympy", "ase") if name in sys.modules])
"""
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert result.stdout.strip() == "[]", result.stderr


def test_a_kernel_from_the_cache_gives_the_bits_of_the_one_just_compiled(tmp_path: Path) -> None:
    program = f"""
import hashlib, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
import numpy as np
from test_site_model import SW, VALUES, bonds_of, clusters
from hpcfit.kernels import ResidualRows, compile_model
model = compile_model([SW], ["Si"], range(6), True)
geometry = bonds_of(clusters(60, 30), 4.5, volume=100.0)
m = int(model.prediction_offsets(geometry)[-1])
rows = ResidualRows(np.array([0, m]), np.arange(m), np.ones(m), np.zeros(m))
residual, kept = np.empty(m), np.empty(7 * m)
triangles, cost, _ = model.linearize(geometry, np.array([0, 2]), rows, VALUES, kept)
model.residual(geometry, np.array([0, 2]), rows, VALUES, residual)
found = [triangles, cost, kept, residual, model.predict(geometry, VALUES)]
print([hashlib.sha256(part.tobytes()).hexdigest() for part in found])
"""
    environment = {**os.environ, "HPCFIT_CACHE_DIR": str(tmp_path)}
    results = [
        subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, env=environment, timeout=300
        )
        for _ in range(2)
    ]
    assert len(list(tmp_path.glob("*.kernel"))) == 2
    assert results[0].stdout == results[1].stdout != "", results[0].stderr
