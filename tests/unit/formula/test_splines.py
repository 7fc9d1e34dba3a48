"""`bspline` in formulas: which parameters it stands for, its shape, and what cannot be one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hpcfit.errors import KernelError
from hpcfit.formula.check import check_potential
from hpcfit.formula.potential import BoundPotential, FormulaPotential, ParameterSpec, Term
from hpcfit.formula.spline_shape import SplineShape
from hpcfit.formula.written import WrittenName

PHI = "bspline(r, phi, knots=8, r_min=1.5, r_max=5)"


def potential(pair: str = PHI, **others: object) -> FormulaPotential:
    specs = ParameterSpec("phi", "pair", unit="eV"), ParameterSpec("A", "shared", 1.0)
    return FormulaPotential("test", specs, pair=Term(pair, "5"), **others)  # type: ignore[arg-type]


def names(formula: FormulaPotential) -> list[str]:
    return [spec.name for spec in formula.parameters]


def test_a_spline_has_as_many_parameters_as_its_ends_leave_free() -> None:
    of_distance = potential()
    assert names(of_distance) == [*(f"phi_{k}" for k in range(6)), "A"]
    assert of_distance.splines == {"phi": SplineShape(8, 1.5, 5.0, ends_at_zero=True)}
    assert of_distance.parameter("phi_3").unit == "eV"
    elsewhere = potential("bspline(A*r, phi, knots=8, x_min=1.5, x_max=5)")
    assert names(elsewhere) == [*(f"phi_{k}" for k in range(8)), "A"]
    assert not elsewhere.splines["phi"].ends_at_zero


def test_the_steps_of_a_monotonic_spline_are_not_negative() -> None:
    falling = potential(PHI.replace("r_max=5", "r_max=5, monotonic=-1"))
    assert [falling.parameter(f"phi_{k}").minimum for k in range(6)] == [0.0] * 6
    rising = potential("bspline(A*r, phi, knots=5, x_min=1.5, x_max=5, monotonic=1)")
    assert [rising.parameter(f"phi_{k}").minimum for k in range(5)] == [None, 0.0, 0.0, 0.0, 0.0]


def test_other_knots_bring_other_parameters() -> None:
    fewer = replace(potential(), pair=Term(PHI.replace("8", "5"), "5"))
    assert names(fewer) == ["phi_0", "phi_1", "phi_2", "A"]


def test_each_kind_of_bond_has_its_own_spline() -> None:
    triplet = Term(
        "bspline(r1, phi1, knots=8, r_min=1.5, r_max=5)*bspline(r2, phi2, knots=8, r_min=1.5, r_max=5)", "5"
    )
    formula = potential(triplet=triplet)
    assert check_potential(formula, 2, "test") == []
    assert formula.written_names("triplet", False)["phi2"] == WrittenName("phi", (0, 2))
    assert formula.written_splines("triplet", False) == {"phi1", "phi2"}
    bound = BoundPotential(formula, ("Cu", "Zr"))
    assert [str(item) for item in bound.instances][:4] == [
        "Cu-Cu.phi_0",
        "Cu-Zr.phi_0",
        "Zr-Zr.phi_0",
        "Cu-Cu.phi_1",
    ]


def test_a_name_cannot_be_two_splines() -> None:
    with pytest.raises(KernelError) as refusal:
        potential(f"{PHI} + {PHI.replace('8', '9')}")
    assert str(refusal.value) == (
        "test: bspline has the coefficients phi twice, with other knots. Give every spline a name of its own"
    )


ADVICE = "Write bspline(r, phi, knots=9, r_min=1.5, r_max=6.0): its parameters are phi_0, phi_1, ..."
FAULTS = {
    "bspline(r, phi)": "bspline needs knots, r_min and r_max @1. "
    "Write bspline(r, name, knots=20, r_min=..., r_max=...)",
    "bspline(r + 1, phi, knots=5)": "bspline needs knots, x_min and x_max @1. "
    "Write bspline(..., name, knots=20, x_min=..., x_max=...)",
    PHI.replace("8", "3"): "knots is a whole number from 4 to 1000, not 3 @1.",
    PHI.replace("8", "7.5"): "knots is a whole number from 4 to 1000, not 7.5 @1.",
    PHI.replace("1.5", "6"): "r_min, 6, is not below r_max, 5 @1.",
    PHI.replace("r_min", "r_mn"): "bspline has no argument r_mn @1. Did you mean r_min?",
    PHI.replace("r_min", "x_min"): "x_min and r_max are limits of different variables @1.",
    PHI.replace("=5", "=5, monotonic=2"): "monotonic is 1 (it only rises) or -1 (it only falls), not 2 @1.",
    PHI.replace("=5", "=A"): "r_max is no number @43. Knots are given by numbers",
    PHI.replace("=5", "=5, r_max=4"): "r_max twice @52. Give it once",
    "bspline(r, 2, knots=8)": f"the second argument of bspline is no name @12. {ADVICE}",
    "bspline(r, phi, **A)": "bspline takes plain arguments only @19. Write it without **",
    "bspline(r, phi, 8, 1.5, 5)": "bspline takes 2 arguments, not 5, @1. "
    "Write bspline(r, name, knots=20, r_min=..., r_max=...)",
    "exp(r, x=2)": "exp takes plain arguments only @1. Write exp(...) without = and *",
    "bspline(phi*r, phi, knots=8, r_min=1, r_max=2)": "phi is a spline and no number @9. "
    "Write bspline(r, phi, ...) for its value at r",
    "phi_1*r": "unknown name phi_1 @1. Did you mean phi?",
}


@pytest.mark.parametrize("pair", FAULTS)
def test_faults_are_named_with_their_column(pair: str) -> None:
    what, _, rest = FAULTS[pair].partition(" @")
    column = rest.split(".")[0]
    expected = f'test.pair: {what} in "{pair}" (column {column}){rest.removeprefix(column)}'
    assert check_potential(potential(pair), 1, "test")[0] == expected


def test_a_cutoff_is_no_spline_and_a_parameter_cannot_be_in_its_place() -> None:
    formula = replace(potential(), pair=Term(PHI, "bspline(A, phi, knots=8, r_min=1.5, r_max=5)"))
    assert "unknown name phi" in check_potential(formula, 1, "test")[0]
    formula = replace(potential(), pair=Term(f"{PHI} + bspline(r, pi, knots=8, r_min=1.5, r_max=5)", "5"))
    assert "pi cannot be a spline" in check_potential(formula, 1, "test")[0]
