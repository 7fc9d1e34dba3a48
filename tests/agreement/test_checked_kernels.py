"""Kernels of every shape where each load and store is looked at, and products and sums are rounded together.

All other tests of the stand-in run in this way with $HPCFIT_STAND_IN="checked contracted", but for longer.
"""

from __future__ import annotations

import numpy as np
import pytest
from device_agreement import deviation, on_device, table_of
from drawn_potential import DrawnPotential
from emulated import HostDevice, compiler_missing, contraction_missing

from hpcfit.devices.fold.cholesky import CholeskyFolding
from hpcfit.devices.fold.folding import Folding
from hpcfit.devices.fold.householder import HouseholderFolding
from tests.agreement.test_cuda_formulas import with_densities, with_environment
from tests.unit.devices.fold.test_folding import Case, upright

pytestmark = pytest.mark.skipif(compiler_missing() is not None, reason=str(compiler_missing()))


def strict() -> HostDevice:
    return HostDevice(checked=True, contracted=contraction_missing() is None)


@pytest.mark.parametrize("name", ["lennard-jones", "stillinger-weber", "eam-spline"])
def test_potentials_of_one_species(name: str) -> None:
    drawn = DrawnPotential(name, 1, 3)
    found = table_of(on_device(drawn.model, strict()), drawn.geometry, drawn.values)
    expected = np.column_stack([drawn.columns, drawn.rows])
    assert deviation(found, expected, drawn.model, drawn.geometry) < 1e-12


def test_densities_and_environments_of_several_species() -> None:
    with_densities("environment-dependent").check(strict())
    with_environment("mixed").check(strict())


@pytest.mark.parametrize("kind", [HouseholderFolding, CholeskyFolding])
@pytest.mark.parametrize("width", [3, 20])
def test_foldings(kind: type[Folding], width: int) -> None:
    counts = (0, 2, 300, 2500)
    case = Case(width, counts, device=strict())
    triangles, sums = case.fold(kind)
    for chunk, count in enumerate(counts):
        expected = upright(case.expected(chunk))[:count]
        found = upright(triangles[chunk])[:count]
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12 * np.abs(expected).max(initial=0.0))
        np.testing.assert_allclose(sums[chunk], [np.sum(case.block(chunk)[-1] ** 2), 0.0], rtol=1e-13)
