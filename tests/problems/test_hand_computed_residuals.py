"""Residual vectors of three small configurations, element by element, against numbers made by hand.

The potential is pair = k (rc - r)^2 with k = 0.5 and rc = 4, so that a pair at r adds 0.5 (4 - r)^2 to the
energy and pushes its atoms apart with 4 - r:

- dimer: atoms at x = 0 and 2. Energy 2, forces -+2 along x. No cell, so no stress.
- chain: atoms at x = 0, 1.5 and 5. One pair, since 3.5 apart are the others: energies 0.5 2.5^2 = 3.125 and
  0.5 0.5^2 = 0.125; forces -2.5, 2.5 - 0.5 = 2, 0.5.
- lattice: one atom in a cubic cell of 3: six neighbours at 3, half of each pair its own. Energy 1.5,
  no force. Stress +1/V dE/dstrain: for xx, 3 dE/dr of two half pairs, is -3 * 1 / 27 = -1/9.
"""

import numpy as np
import pytest
from written_potential import written_potential

from hpcfit.data import configuration, gather
from hpcfit.formula.potential import BoundPotential
from hpcfit.geometry import build_geometry
from hpcfit.kernels import compile_model
from hpcfit.problem.groups import species_index
from hpcfit.problem.rows import block_rows, residual_rows
from hpcfit.problem.targets import Targets
from hpcfit.residuals import EnergyForces
from hpcfit.weights import ConstantWeights

VALUES = np.array([0.5, 4.0])  # k, rc


def configurations():
    """References that leave round errors: energy 1 too low, each force component 0.1 too low, stress 0."""
    dimer = configuration(
        "dimer", [18, 18], [[0, 0, 0], [2, 0, 0]], energy=1.0, forces=[[-2.1, -0.1, -0.1], [1.9, -0.1, -0.1]]
    )
    chain = configuration(
        "chain",
        [18, 18, 18],
        [[0, 0, 0], [1.5, 0, 0], [5, 0, 0]],
        energy=2.25,
        forces=[[-2.6, -0.1, -0.1], [1.9, -0.1, -0.1], [0.4, -0.1, -0.1]],
    )
    lattice = configuration(
        "lattice", [18], [[0.2, 0.3, 0.4]], 3.0 * np.eye(3), True,
        energy=0.5, forces=[[-0.1, -0.1, -0.1]], stress=np.zeros(6),
    )  # fmt: skip
    return [dimer, chain, lattice]


@pytest.fixture(scope="module")
def residual_vector():
    """residual_vector(scheme, normalize): what the compiled kernels form, for each configuration."""
    formula = written_potential(where="test", kinds={}, cutoff="rc", pair="k*(rc - r)**2")
    model = compile_model([BoundPotential(formula, ("Ar",))], ("Ar",), (), True, ())
    block = gather(configurations())
    order = [parameter.name for parameter in formula.parameters]
    values = np.array([dict(zip(("k", "rc"), VALUES, strict=True))[name] for name in order])
    geometry = build_geometry(block, species_index(block, ("Ar",)), 4.0)

    def residual(scheme, normalize):
        bounds = np.array([0, 1, 2, 3])
        factors = block_rows(block, Targets(True, True, True), scheme, EnergyForces(normalize))
        rows = residual_rows(factors, bounds)
        found = np.full(rows.first_residual[-1], np.nan)
        model.residual(geometry, bounds, rows, values, found)
        return np.split(found, rows.first_residual[1:-1])

    return residual


ENERGY_WEIGHT, FORCES_WEIGHT = 1.0, 0.1
STRESS = [-1 / 9, -1 / 9, -1 / 9, 0, 0, 0]


@pytest.mark.parametrize(
    ("normalize", "dimer", "chain", "lattice"),
    [
        (
            False,
            [1.0, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01],
            [1.0, *[0.01] * 9],
            [1.0, 0.01, 0.01, 0.01, *STRESS],
        ),
        (
            True,
            [0.5, 0.005, 0.005, 0.005, 0.005, 0.005, 0.005],
            [1 / 3, *[0.01 / 3] * 9],
            [1.0, 0.01, 0.01, 0.01, *STRESS],
        ),
        (
            "energy",
            [0.5, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01],
            [1 / 3, *[0.01] * 9],
            [1.0, 0.01, 0.01, 0.01, *STRESS],
        ),
    ],
)
def test_energy_weight_1_and_force_weight_0_1(residual_vector, normalize, dimer, chain, lattice):
    found = residual_vector(ConstantWeights(energy=ENERGY_WEIGHT, forces=FORCES_WEIGHT), normalize)
    for vector, expected in zip(found, (dimer, chain, lattice), strict=True):
        np.testing.assert_allclose(vector, expected, atol=1e-14)


@pytest.mark.parametrize("normalize", [True, False])
@pytest.mark.parametrize("weight", [1.0, 0.1])
def test_one_weight_multiplies_everything(residual_vector, normalize, weight):
    found = residual_vector(ConstantWeights(config=weight), normalize)
    plain = [[1.0, *[0.1] * 6], [1.0, *[0.1] * 9], [1.0, 0.1, 0.1, 0.1, *STRESS]]
    for vector, expected, natoms in zip(found, plain, (2, 3, 1), strict=True):
        share = weight / natoms if normalize else weight
        np.testing.assert_allclose(vector, share * np.array(expected), atol=1e-14)
