"""What `hpcfit potentials NAME` shows of potentials that are code."""

from __future__ import annotations

from ase.calculators.lj import LennardJones
from site_examples import CONE_PARAMETERS, LENNARD_JONES, cone, cone_energy

from hpcfit.kernels import AsePotential
from hpcfit.potentials import describe


def test_a_site_function_is_described_with_its_place_derivatives_and_cutoff() -> None:
    text = describe("mine", LENNARD_JONES)
    line = LENNARD_JONES.energy_and_gradient.__code__.co_firstlineno
    assert text.startswith("mine: Lennard-Jones as a site function\n\nEnergy\n  code         ")
    assert f"site_potentials.py:{line}\n  derivatives  its own Jacobian\n  cutoff       3*sigma\n" in text
    assert "  sigma    angstrom  -        one number  distance of zero energy" in text


def test_one_without_derivatives_and_with_a_function_as_cutoff_says_so() -> None:
    text = describe("cone", lambda: cone(cutoff=lambda parameters: parameters[1]))
    assert f"  code         {cone_energy.__code__.co_filename}:" in text
    assert "  derivatives  central differences\n" in text
    assert f"  cutoff       {__file__}:" in text


def test_a_calculator_is_described_by_its_class() -> None:
    text = describe("argon", AsePotential("argon", CONE_PARAMETERS[:0], LennardJones))
    assert "  code         ase.calculators.lj:LennardJones\n  derivatives  central differences" in text
