"""Splines in compiled potentials: derivatives against differences, and local ones against those of every
coefficient."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from hpcfit.formula.potential import BoundPotential, Density, FormulaPotential, ParameterSpec, Term
from hpcfit.formula.spline_calls import coefficient_name
from hpcfit.formula.spline_values import SplineValues
from hpcfit.kernels import compile_model, spline_plan
from hpcfit.testing import check_potential
from tests.unit.kernels.test_site_model import bonds_of, clusters

FloatArray = NDArray[np.float64]
KNOTS = "knots=9, r_min=1.9, r_max=5"


def morse(r: FloatArray) -> FloatArray:
    return (np.exp(-2.4 * (r - 2.6)) - 2.0 * np.exp(-1.2 * (r - 2.6))) * (r < 5.0)


def values(formula: FormulaPotential, **functions: Callable[[FloatArray], FloatArray]) -> dict[str, float]:
    """Of the parameters of splines that are like the functions."""
    return {
        coefficient_name(name, k): float(value)
        for name, function in functions.items()
        for k, value in enumerate(SplineValues(formula.splines[name]).fitted(function))
    }


NONLINEAR = FormulaPotential(
    "nonlinear",
    (
        ParameterSpec("phi", "pair"),
        ParameterSpec("psi", "shared"),
        ParameterSpec("g", "pair", 0.9),
        ParameterSpec("A", "shared", 0.3),
    ),
    # at two places, outside of its knots, one that only falls, and with other parameters
    pair=Term(
        f"bspline(r, phi, {KNOTS}) + A*tanh(bspline(g*r, phi, {KNOTS}))*(5 - r)**3"
        " + A*bspline(r, psi, knots=6, x_min=2.2, x_max=3.8, monotonic=-1)*(5 - r)**4",
        "5",
    ),
)
DECAY = values(NONLINEAR, phi=morse, psi=lambda r: np.exp(-r))


EAM = FormulaPotential(
    "eam",
    (ParameterSpec("phi", "pair"), ParameterSpec("f", "species"), ParameterSpec("F", "species")),
    pair=Term(f"bspline(r, phi, {KNOTS})", "5"),
    densities=(Density("rho", Term(f"bspline(r, f2, {KNOTS})", "5")),),
    # atoms with few neighbours are below its knots, those of the crystals above
    embedding="bspline(rho, F, knots=7, rho_min=0.5, rho_max=4)",
)
#: of r1 or r2
BOND = "g, knots=6, r_min=1.9, r_max=5"
COS = "costheta, h, knots=5, x_min=-1, x_max=1"
ANGLES = FormulaPotential(
    "angles",
    (ParameterSpec("phi", "shared"), ParameterSpec("g", "shared"), ParameterSpec("h", "shared")),
    pair=Term("bspline(r, phi, knots=6, r_min=1.9, r_max=5)*(1 + zeta)**-0.5", "5"),
    bond_environment=Term(f"bspline(r2, {BOND})**2*bspline({COS})**2", "5"),
    triplet=Term(f"bspline(r1, {BOND})*bspline(r2, {BOND})*bspline({COS})", "5"),
)
BENT = values(ANGLES, phi=morse, g=lambda r: np.exp(-r) * (5 - r) ** 2, h=lambda c: 0.2 + (c + 1 / 3) ** 2)


METAL = values(EAM, phi=morse, f=lambda r: np.exp(-r) * (5 - r) ** 2, F=lambda rho: -np.sqrt(rho))


@pytest.mark.parametrize(
    ("formula", "numbers", "species"),
    [(NONLINEAR, DECAY, ("Cu", "Zr")), (EAM, METAL, ("Cu", "Zr")), (ANGLES, BENT, ("Cu",))],
    ids=["pair", "eam", "angles"],
)
def test_derivatives_are_those_of_differences(
    formula: FormulaPotential, numbers: dict[str, float], species: tuple[str, ...]
) -> None:
    (report,) = check_potential(formula, species, numbers, distance=2.6)
    assert report.deviations["parameters"] < 1e-6


def jacobian(formula: FormulaPotential, species: tuple[str, ...], numbers: FloatArray) -> FloatArray:
    bonds = bonds_of(clusters(14, 9), 6.0, [[0, 1] * 7, [1, 1, 0] * 3], volume=250.0)
    model = compile_model([BoundPotential(formula, species)], species, range(len(numbers)), stress=True)
    return model.predict_jacobian(bonds, 0, 2, numbers)


@pytest.mark.parametrize("formula", [NONLINEAR, EAM], ids=lambda formula: formula.name)
def test_local_derivatives_are_those_by_every_coefficient(
    formula: FormulaPotential, monkeypatch: pytest.MonkeyPatch
) -> None:
    species = ("Cu", "Zr")
    instances = BoundPotential(formula, species).instances
    numbers = np.random.default_rng(2).uniform(0.2, 1.0, len(instances))
    local = jacobian(formula, species, numbers)
    monkeypatch.setattr(spline_plan, "local_splines", lambda *_: [])
    dense = jacobian(formula, species, numbers)
    assert (np.abs(local - dense) <= 1e-12 * np.abs(dense).max(axis=0)).all()
    assert np.count_nonzero(local) > 0.3 * local.size
