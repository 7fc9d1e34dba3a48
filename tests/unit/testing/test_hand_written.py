"""check_potential takes site functions and ASE calculators, and finds what their authors got wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ase.calculators.morse import MorsePotential
from site_examples import cone

from hpcfit.errors import PluginError
from hpcfit.formula.potential import ParameterSpec
from hpcfit.kernels import AsePotential
from hpcfit.testing import ConformanceError, check_potential


def jacobian(vectors, distances, parameters, d_energy, d_gradients):  # type: ignore[no-untyped-def]
    for x in range(len(distances)):
        short = parameters[1] - distances[x]
        d_energy[0] += 0.5 * short**3
        d_energy[1] += 1.5 * parameters[0] * short**2
        d_gradients[0, x] = -1.5 * short**2 / distances[x] * vectors[x]
        d_gradients[1, x] = -3.0 * parameters[0] * short / distances[x] * vectors[x]


def wrong_jacobian(vectors, distances, parameters, d_energy, d_gradients):  # type: ignore[no-untyped-def]
    for x in range(len(distances)):
        short = parameters[1] - distances[x]
        d_energy[0] += 0.5 * short**3
        d_energy[1] += 1.5 * parameters[0] * short**2
        d_gradients[0, x] = -1.5 * short**2 / distances[x] * vectors[x]
        d_gradients[1, x] = -3.1 * parameters[0] * short / distances[x] * vectors[x]


def wrong_gradient(vectors, distances, parameters, gradients):  # type: ignore[no-untyped-def]
    energy = 0.0
    for x in range(len(distances)):
        short = parameters[1] - distances[x]
        energy += 0.5 * parameters[0] * short**3
        gradients[x] = -1.4 * parameters[0] * short**2 / distances[x] * vectors[x]
    return energy


def one_too_many(distances, parameters, gradients):  # type: ignore[no-untyped-def]
    return parameters[2] * len(distances)


def test_a_site_function_with_its_jacobian_keeps_every_promise_to_rounding() -> None:
    (report,) = check_potential(cone(jacobian=jacobian), ["Ar"])
    assert max(report.deviations.values()) < 1e-10


@pytest.mark.parametrize(
    ("function", "fault"),
    [
        ({"energy_and_gradient": wrong_gradient}, "is not minus the derivative of the energy: "),
        ({"jacobian": wrong_jacobian}, "the derivative of the force on atom 0 (Ar) along z by rc is "),
    ],
)
def test_a_wrong_derivative_is_found(function: dict[str, Any], fault: str) -> None:
    with pytest.raises(ConformanceError) as caught:
        check_potential(replace(cone(), **function), ["Ar"])
    assert fault in str(caught.value)


def test_an_index_that_is_out_of_bounds_is_found() -> None:
    with pytest.raises(PluginError, match=r"^site function cone, configuration .*: raised IndexError: index"):
        check_potential(cone(one_too_many), ["Ar"])


def test_a_calculator_of_ase_is_checked_like_any_potential() -> None:
    parameters = (
        ParameterSpec("epsilon", "shared", 0.3, "eV"),
        ParameterSpec("r0", "shared", 2.8, "angstrom"),
        ParameterSpec("rho0", "shared", 4.0),
    )
    (report,) = check_potential(AsePotential("Morse", parameters, MorsePotential), ["Ar"])
    # Its dimer has its lowest energy at r0, by which the distances of the structures are chosen.
    assert report.distance == pytest.approx(2.8, abs=0.06)
    assert report.deviations["forces"] < 1e-7
    assert report.jumps == ()
