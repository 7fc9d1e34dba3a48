"""Functions given by numbers, in compiled kernels."""

from __future__ import annotations

from itertools import combinations_with_replacement, product

import numpy as np
import pytest
from numpy.typing import NDArray

from hpcfit.errors import KernelError
from hpcfit.formula.check import check_potential
from hpcfit.formula.potential import BoundPotential, FormulaPotential, ParameterSpec, Term
from hpcfit.formula.spline_shape import SplineShape
from hpcfit.formula.spline_values import SplineValues
from hpcfit.formula.tabulated import Tabulated
from hpcfit.kernels import compile_model
from tests.unit.kernels.test_site_model import bonds_of, clusters

SHAPE = SplineShape(9, 1.5, 4.5, True)
SPECIES = ("Cu", "Zr")


def rows(seed: int) -> NDArray[np.float64]:
    return SplineValues(SHAPE).polynomials(np.random.default_rng(seed).normal(size=7))


def test_a_table_of_a_splines_polynomials_is_that_spline_for_every_kind_of_bond() -> None:
    pairs = list(combinations_with_replacement(SPECIES, 2))
    ordered = list(product(SPECIES, repeat=2))
    tables = (
        Tabulated("phi", "pair", 1.5, SHAPE.interval, {key: rows(k) for k, key in enumerate(pairs)}),
        Tabulated(
            "g", "ordered-pair", 1.5, SHAPE.interval, {key: rows(9 + k) for k, key in enumerate(ordered)}
        ),
    )
    tabulated = BoundPotential(
        FormulaPotential("t", (), pair=Term("table(r, phi) + table(r, g)", "4.5"), tables=tables), SPECIES
    )
    knots = "knots=9, r_min=1.5, r_max=4.5"
    spline = BoundPotential(
        FormulaPotential(
            "s",
            (ParameterSpec("phi", "pair"), ParameterSpec("g", "ordered-pair")),
            pair=Term(f"bspline(r, phi, {knots}) + bspline(r, g, {knots})", "4.5"),
        ),
        SPECIES,
    )
    values = np.empty(len(spline.instances))
    for k, item in enumerate(spline.instances):
        seed = pairs.index(item.key) if item.name.startswith("phi") else 9 + ordered.index(item.key)
        values[k] = np.random.default_rng(seed).normal(size=7)[int(item.name.partition("_")[2])]
    positions = clusters(12, 5)
    bonds = bonds_of(positions, 5.0, [[0, 1] * 6, [1, 1, 0, 0, 1]], volume=100.0)
    expected = compile_model([spline], SPECIES, [], True).predict(bonds, values)
    found = compile_model([tabulated], SPECIES, [], True).predict(bonds, np.empty(0))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12 * np.abs(expected).max())


def test_faults_of_tables_are_named() -> None:
    with pytest.raises(KernelError) as refusal:
        Tabulated("phi", "shared", 0.0, 0.1, {(): np.zeros((2, 4))})
    assert str(refusal.value) == (
        "table phi: rows of 4 numbers are expected, as many for every key and at least 3"
    )
    with pytest.raises(KernelError, match=r"table phi: its points are 0 apart. Give a step above 0"):
        Tabulated("phi", "shared", 0.0, 0.0, {(): rows(0)})
    table = Tabulated("phi", "shared", 1.5, SHAPE.interval, {(): rows(0)})
    for text, what, rest in (
        ("phi*r", "phi is a table and no number", "(column 1). Write table(r, phi)"),
        ("table(r, A)", "A cannot be a table", "(column 10). They belong to potentials that bring some"),
        ("table(r, 2)", "the second argument of table is no name", "(column 10). Write table(r, phi)"),
    ):
        formula = FormulaPotential(
            "t", (ParameterSpec("A", "shared"),), pair=Term(text, "4"), tables=(table,)
        )
        assert check_potential(formula, 1, "t") == [f't.pair: {what} in "{text}" {rest}']
