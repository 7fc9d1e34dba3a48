"""What the kernels add up, for formulas whose structure is known."""

from __future__ import annotations

import pytest

from hpcfit.formula.potential import BoundPotential, FormulaPotential, ParameterSpec, Term
from hpcfit.kernels.plan import SetPlan, set_plan
from hpcfit.kernels.terms import potential_terms

ANGLE = "lambda*(costheta - c0)**2*exp(gamma/(r1 - rc) + gamma/(r2 - rc))"
NAMES = ("A", "gamma", "lambda", "c0", "rc")


def plan(
    active: tuple[str, ...] = (), triplet: str = ANGLE, cutoffs: tuple[str, str] = ("rc", "rc")
) -> list[SetPlan]:
    formula = FormulaPotential(
        "test",
        tuple(ParameterSpec(name, "shared") for name in NAMES),
        Term("A*(r - rc)**2", cutoffs[0]),
        Term(triplet, cutoffs[1]),
    )
    terms = potential_terms(BoundPotential(formula, ("Si",)), "test")
    return [set_plan(bonds, active) for bonds in terms.sets]


def sums(active: tuple[str, ...], triplet: str = ANGLE) -> tuple[int, int]:
    (found,) = plan(active, triplet)
    return len(found.triplet.scalars), len(found.triplet.vectors)


@pytest.mark.parametrize(
    ("active", "expected"),
    [
        ((), (1, 1)),  # f_y (c - c0)**2, and f_y (c - c0) times the unit vector
        (("lambda",), (1, 1)),  # proportional to the value
        (("A",), (1, 1)),  # not in the triplet term
        (("gamma",), (2, 2)),  # and the same with df_y/dgamma
        (("c0",), (2, 2)),
        (("gamma", "lambda", "rc"), (3, 3)),
    ],
)
def test_what_depends_on_bond_1_alone_is_taken_out_of_the_sums(
    active: tuple[str, ...], expected: tuple[int, int]
) -> None:
    assert sums(active) == expected


def test_a_triplet_energy_that_does_not_factor_is_added_up_as_it_is() -> None:
    assert sums((), "lambda/(1 + (r1*r2*(costheta - c0))**2)") == (2, 1)


def test_parameters_that_a_term_does_not_use_have_no_columns_there() -> None:
    (found,) = plan(("A", "gamma"))
    assert [column.name and column.name.parameter for column in found.pair] == [None, "A"]
    assert [column.name and column.name.parameter for column in found.triplet.columns] == [None, "gamma"]


def test_terms_with_the_same_cutoff_share_their_bonds() -> None:
    assert len(plan()) == 1
    assert len(plan(cutoffs=("rc", "0.5*rc"))) == 2
    assert len(plan(cutoffs=("rc*2", "2*rc"))) == 1


def test_only_what_the_triplets_need_is_stored_for_each_bond() -> None:
    (found,) = plan()
    assert len(found.stored) == 2  # f and f/(r - rc)**2
