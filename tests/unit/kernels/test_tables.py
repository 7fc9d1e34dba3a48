"""Tabulated functions in formulas: exact where they are cubics, of every kind of key, no parameters."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from hpcfit.errors import KernelError
from hpcfit.formula.check import check_potential
from hpcfit.formula.keys import Key, Kind
from hpcfit.formula.potential import BoundPotential, FormulaPotential, ParameterSpec, Term
from hpcfit.formula.tabulated import Tabulated
from hpcfit.geometry import build_geometry
from hpcfit.kernels import compile_model

SPECIES = ("Si", "C")
#: factors of (r - 5)^3 by key
PAIRS = {("Si", "Si"): 1.0, ("Si", "C"): -0.7, ("C", "C"): 0.3}
ORDERED = {**PAIRS, ("C", "Si"): 0.4}


def table(name: str, kind: Kind, factors: dict[Key, float], low: float = 1.0, points: int = 9) -> Tabulated:
    """Pieces of factor*(r - 5)^3 half an angstrom long, those at both ends among them."""
    pieces = {}
    for key, factor in factors.items():
        rows = []
        for row in range(points + 1):
            start = low + 0.5 * (row - 1)
            cubic = np.polynomial.Polynomial([start - 5.0, 0.5]) ** 3
            rows.append(factor * cubic.coef)
        pieces[key] = np.array(rows)
    return Tabulated(name, kind, low, 0.5, pieces)


def with_table(kind: Kind, factors: dict[Key, float], low: float = 1.0) -> FormulaPotential:
    return FormulaPotential(
        "tables",
        (ParameterSpec("k", "shared"),),
        pair=Term("k*table(r, phi)", "5"),
        tables=(table("phi", kind, factors, low),),
    )


def as_formula(kind: Kind) -> FormulaPotential:
    specs = ParameterSpec("k", "shared"), ParameterSpec("phi", kind)
    return FormulaPotential("formula", specs, pair=Term("k*phi*(r - 5)**3", "5"))


def predicted(formula: FormulaPotential, values: list[float]) -> tuple[Any, Any]:
    """Predictions, and derivatives by the first value."""
    rng = np.random.default_rng(7)
    block = SimpleNamespace(
        identifier=("cell", "cluster"),
        first_atom=np.array([0, 7, 12]),
        position=rng.uniform(0.0, 4.0, (12, 3)),
        cell=np.array([np.diag([4.0, 4.5, 5.0]), np.eye(3)]),
        pbc=np.array([[True] * 3, [False] * 3]),
    )
    model = compile_model([BoundPotential(formula, SPECIES)], SPECIES, [0], stress=True)
    numbers = np.array(values)
    geometry = build_geometry(block, rng.integers(0, 2, 12).astype(np.int32), model.cutoff(numbers))
    found = model.predict_jacobian(geometry, 0, 2, numbers)
    np.testing.assert_array_equal(found[:, -1], model.predict(geometry, numbers))
    return found[:, -1], found[:, 0]


# of the second, some bonds are below the first point
@pytest.mark.parametrize(
    ("kind", "factors", "low"),
    [("pair", PAIRS, 1.0), ("ordered-pair", ORDERED, 3.0)],
    ids=["pair", "ordered"],
)
def test_a_table_of_a_cubic_is_the_cubic(kind: Kind, factors: dict[Key, float], low: float) -> None:
    bound = BoundPotential(as_formula(kind), SPECIES)
    values = [2.0, *(factors[each.key] for each in bound.instances[1:])]
    expected = predicted(bound.formula, values)
    found = predicted(with_table(kind, factors, low), [2.0])
    for here, there in zip(found, expected, strict=True):
        np.testing.assert_allclose(here, there, rtol=1e-12, atol=1e-12 * np.abs(there).max())


def test_a_pair_is_found_in_either_order() -> None:
    turned = {key[::-1]: factor for key, factor in PAIRS.items()}
    np.testing.assert_array_equal(
        predicted(with_table("pair", turned), [1.0])[0], predicted(with_table("pair", PAIRS), [1.0])[0]
    )


def test_a_pair_without_a_table_is_named() -> None:
    lacking = {("Si", "Si"): 1.0}
    with pytest.raises(KernelError, match=r"^the table phi has no function for Si-C$"):
        predicted(with_table("pair", lacking), [1.0])


def test_tables_are_no_parameters_and_tell_themselves_apart_by_their_numbers() -> None:
    one, other = with_table("pair", PAIRS), with_table("pair", {**PAIRS, ("C", "C"): 0.31})
    assert [spec.name for spec in one.parameters] == ["k"]
    assert one == with_table("pair", PAIRS)
    assert one != other


@pytest.mark.parametrize(
    ("pair", "fault"),
    [
        (
            "k*table(r, k)",
            'k is no table in "k*table(r, k)" (column 12). Tables are read from files: see eam-table. Write '
            "bspline(...) for a function to fit",
        ),
        ("k*table(r, 2*r)", 'the second argument of table is no name in "k*table(r, 2*r)" (column 12).'),
    ],
)
def test_what_is_no_table_is_answered(pair: str, fault: str) -> None:
    formula = FormulaPotential("tables", (ParameterSpec("k", "shared"),), pair=Term(pair, "5"))
    assert check_potential(formula, 2, "potential") == [f"potential.pair: {fault}"]
