"""Sums of formulas, site functions and calculators: predictions, derivatives, residuals, bits."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from ase.calculators.lj import LennardJones
from numpy.typing import NDArray
from site_examples import LENNARD_JONES, STILLINGER_WEBER, bonds, scaled_error

from hpcfit.errors import KernelError
from hpcfit.formula.potential import AnyBound, BoundPotential
from hpcfit.geometry import Geometry
from hpcfit.kernels import AsePotential, ResidualRows, SiteModel, compile_model
from hpcfit.kernels.model_facts import derivative_notes
from hpcfit.kernels.summed_model import SummedModel
from hpcfit.potentials import POTENTIALS
from hpcfit.testing.potential.structures import sample_structures

FloatArray = NDArray[np.float64]
ARGON = np.array([0.0104, 3.4])
FORMS: dict[str, Any] = {
    "Jacobian": LENNARD_JONES,
    "weighted sums": replace(LENNARD_JONES, jacobian=None),
    "differences": replace(LENNARD_JONES, jacobian=None, weighted_gradient=None),
    "calculator": AsePotential("LennardJones", LENNARD_JONES.parameters, LennardJones),
}
#: how far derivatives may be off, over the largest of their column
TOLERANCE = {"Jacobian": 1e-14, "weighted sums": 1e-14, "differences": 2e-9, "calculator": 2e-9}


@pytest.fixture(scope="module")
def geometry() -> Geometry:
    return bonds(sample_structures(("Ar",), 3.8, (10.2,)), ("Ar",), 10.3)


@pytest.fixture(scope="module")
def catalogue(geometry: Geometry) -> FloatArray:
    """Derivatives by epsilon and sigma, and predictions, of the catalogue's potential."""
    bound = BoundPotential(POTENTIALS["lennard-jones"](), ("Ar",))
    model = compile_model([bound], ["Ar"], [0, 1], True)
    return model.predict_jacobian(geometry, 0, len(geometry), np.array([*ARGON, 0.0]))


def bound(form: str) -> AnyBound:
    return BoundPotential(FORMS[form], ("Ar",))


@pytest.mark.parametrize("form", FORMS)
def test_lennard_jones_in_every_form_is_that_of_the_catalogue(
    form: str, geometry: Geometry, catalogue: FloatArray
) -> None:
    model = compile_model([bound(form)], ["Ar"], [0, 1], True)
    found = model.predict_jacobian(geometry, 0, len(geometry), ARGON)
    assert scaled_error(found[:, 2:], catalogue[:, 2:]) < 1e-14
    assert scaled_error(found, catalogue) < TOLERANCE[form]
    assert np.array_equal(model.predict(geometry, ARGON), found[:, -1], equal_nan=True) or (
        scaled_error(model.predict(geometry, ARGON)[:, None], found[:, 2:]) < 1e-14
    )


@pytest.mark.parametrize("form", FORMS)
def test_the_gradient_of_a_weighted_sum_is_the_jacobian_times_the_weights(
    form: str, geometry: Geometry, catalogue: FloatArray
) -> None:
    model = compile_model([bound(form)], ["Ar"], [0, 1], True)
    there = np.isfinite(catalogue).all(axis=1)
    weights = np.where(there, np.random.default_rng(3).normal(size=len(there)), 0.0)
    expected = catalogue[there, :-1].T @ weights[there]
    found = model.weighted_gradient(geometry, 0, len(geometry), ARGON, weights)
    np.testing.assert_allclose(found, expected, rtol=max(10 * TOLERANCE[form], 1e-12))


def test_the_gradient_of_a_weighted_sum_of_formulas_is_the_same(
    geometry: Geometry, catalogue: FloatArray
) -> None:
    model = compile_model([BoundPotential(POTENTIALS["lennard-jones"](), ("Ar",))], ["Ar"], [0, 1], True)
    assert isinstance(model, SiteModel)
    there = np.isfinite(catalogue).all(axis=1)
    weights = np.where(there, np.random.default_rng(3).normal(size=len(there)), 0.0)
    found = model.weighted_gradient(geometry, 0, len(geometry), np.array([*ARGON, 0.0]), weights)
    np.testing.assert_allclose(found, catalogue[there, :-1].T @ weights[there], rtol=1e-12)


def test_stillinger_weber_by_hand_is_that_of_the_catalogue() -> None:
    species = ("Si", "C")
    pair = [
        BoundPotential(form, species) for form in (STILLINGER_WEBER, POTENTIALS["stillinger-weber-kim"]())
    ]
    random = np.random.default_rng(1)
    start = [pair[0].default(each) or 0.0 for each in pair[0].instances]
    values = np.array(start) * random.uniform(1.0, 1.05, len(start))
    geometry = bonds(sample_structures(species, 2.4, (3.8,)), species, 4.0)
    models = [compile_model([each], species, range(len(values)), True) for each in pair]
    assert models[0].cutoff(values) == models[1].cutoff(values)
    tables = [model.predict_jacobian(geometry, 0, len(geometry), values) for model in models]
    assert scaled_error(*tables) < 1e-14


def everything() -> tuple[SummedModel, FloatArray]:
    """A site function, a formula and a calculator, in an order that mixes them; five active numbers."""
    formula = BoundPotential(POTENTIALS["lennard-jones"](), ("Ar",))
    potentials = [bound("Jacobian"), formula, bound("calculator")]
    values = np.array([*ARGON, 0.008, 3.5, 9.0, 0.006, 3.3])
    model = compile_model(potentials, ["Ar"], [6, 0, 3, 2, 1], True, [0, 1, 2, 3, 1])
    assert isinstance(model, SummedModel)
    return model, values


def test_a_sum_is_that_of_its_parts_with_columns_where_they_belong(geometry: Geometry) -> None:
    model, values = everything()
    found = model.predict_jacobian(geometry, 0, len(geometry), values)

    def alone(form: str, numbers: FloatArray) -> FloatArray:
        part = BoundPotential(POTENTIALS["lennard-jones"](), ("Ar",)) if form == "formula" else bound(form)
        own = compile_model([part], ["Ar"], [0, 1], True)
        return own.predict_jacobian(geometry, 0, len(geometry), numbers)

    site, formula = alone("Jacobian", values[:2]), alone("formula", values[2:5])
    calculator = alone("calculator", values[5:])
    expected = np.stack(
        [
            calculator[:, 1],
            site[:, 0] + site[:, 1],
            formula[:, 1],
            formula[:, 0],
            site[:, 2] + formula[:, 2] + calculator[:, 2],
        ],
        axis=1,
    )
    assert scaled_error(found, expected) < 1e-14
    assert model.cutoff(values) == pytest.approx(max(3 * 3.4, 9.0))


def test_residuals_and_triangles_are_those_of_the_weighted_rows(
    geometry: Geometry, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, values = everything()
    table = model.predict_jacobian(geometry, 0, len(geometry), values)
    offsets, bounds = model.prediction_offsets(geometry), np.array([0, 2, 3, 5])
    source = np.flatnonzero(np.isfinite(table).all(axis=1))
    random = np.random.default_rng(2)
    weight, reference = random.uniform(0.1, 2, len(source)), random.normal(size=len(source))
    rows = ResidualRows(np.searchsorted(source, offsets[bounds]), source, weight, reference)
    block = weight[:, None] * table[source]
    block[:, -1] -= weight * reference
    out, keep = np.empty(len(source)), np.empty(len(source) * 5)
    cost, nonfinite = model.residual(geometry, bounds, rows, values, out)
    np.testing.assert_allclose(out, block[:, -1], rtol=1e-12, atol=1e-12)
    chunks = list(pairwise(rows.first_residual))
    np.testing.assert_allclose(cost, [out[a:b] @ out[a:b] for a, b in chunks], rtol=1e-12)
    assert nonfinite.tolist() == [0, 0, 0]
    whole = model.linearize(geometry, bounds, rows, values, keep)
    for (a, b), triangle in zip(chunks, whole[0], strict=True):
        np.testing.assert_allclose(triangle.T @ triangle, block[a:b].T @ block[a:b], rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(keep[5 * a : 5 * b].reshape(5, -1).T, block[a:b], rtol=1e-12, atol=1e-12)
    # Few rows at a time, as for thousands of parameters: the same bits.
    monkeypatch.setattr("hpcfit.kernels.predicted_rows.MOST_NUMBERS", 1)
    apart = model.linearize(geometry, bounds, rows, values)
    assert all(one.tobytes() == other.tobytes() for one, other in zip(whole, apart, strict=True))


def test_what_is_not_finite_is_counted(geometry: Geometry) -> None:
    model, values = everything()
    offsets, bounds = model.prediction_offsets(geometry), np.array([0, 2, 5])
    source = np.arange(offsets[-1])  # with the stress of what has no volume
    rows = ResidualRows(offsets[bounds], source, np.ones(len(source)), np.zeros(len(source)))
    nonfinite = model.residual(geometry, bounds, rows, values, np.empty(len(source)))[1]
    assert nonfinite.tolist() == [0, 12]
    assert model.linearize(geometry, bounds, rows, values)[2].tolist() == [0, 12 * 5]


def test_bits_do_not_depend_on_the_other_configurations(geometry: Geometry) -> None:
    model, values = everything()
    offsets = model.prediction_offsets(geometry)
    whole = model.predict_jacobian(geometry, 0, len(geometry), values)
    part = model.predict_jacobian(geometry, 2, 4, values)
    assert np.array_equal(whole[offsets[2] : offsets[4]], part, equal_nan=True)


def test_species_of_a_potential_must_be_in_the_model() -> None:
    with pytest.raises(
        KernelError, match=r"^site-lennard-jones: its species Ar are not all among those of the "
    ):
        compile_model([bound("Jacobian")], ["Kr"], [], False)


def test_what_differences_cost_is_told() -> None:
    models = {form: compile_model([bound(form)], ["Ar"], [0, 1], True) for form in FORMS}
    assert {form: derivative_notes(model) for form, model in models.items()} == {
        "Jacobian": [],
        "weighted sums": [],
        "differences": [
            "derivatives of site-lennard-jones by 2 parameters are central differences (relative step "
            "6.1e-06): each Jacobian costs 4 evaluations of it more."
        ],
        "calculator": [
            "derivatives of LennardJones by 2 parameters are central differences (relative step 6.1e-06): "
            "each Jacobian costs 4 evaluations of it more."
        ],
    }
    fixed = compile_model([bound("calculator")], ["Ar"], [], True)
    assert derivative_notes(fixed) == []
