"""The splines of a potential as functions of their own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hpcfit.use import FittedPotential, open_potential

ALLOY = """
[data]
train = "train.h5"
[[potential]]
name = "eam-spline"
species = ["Cu", "Ni"]
knots = 12
[[potential]]
species = ["Cu"]
cutoff = 4
pair = "bspline(r, phi, knots=6, r_min=2, r_max=4)*A"
[potential.parameters]
A = 2.0
phi = { initial = "(4 - r)**3" }
"""


@pytest.fixture
def alloy(tmp_path: Path) -> FittedPotential:
    (tmp_path / "train.h5").touch()
    (tmp_path / "job.toml").write_text(ALLOY)
    return open_potential(tmp_path / "job.toml")


def test_each_spline_is_a_function_with_the_name_of_its_parameters(alloy: FittedPotential) -> None:
    assert list(alloy.splines) == [
        "Cu-Cu.phi",
        "Cu-Ni.phi",
        "Ni-Ni.phi",
        "Cu.f",
        "Ni.f",
        "Cu.F",
        "Ni.F",
        "phi",
    ]
    one = alloy.splines["phi"]
    assert one.knots.tolist() == pytest.approx([2.0, 2.4, 2.8, 3.2, 3.6, 4.0])
    assert one(2.0) == pytest.approx(one.parameters[0], rel=1e-14)
    r = np.array([[2.2, 2.5], [3.0, 3.5]])
    np.testing.assert_allclose(one(r), (4 - r) ** 3, atol=0.06)
    np.testing.assert_allclose(one(r, order=1), (one(r + 1e-6) - one(r - 1e-6)) / 2e-6, rtol=1e-8)
    assert alloy.splines["Cu.f"](2.556) == pytest.approx(1.55, abs=0.02)
    assert alloy.splines["Ni.f"](2.488) == pytest.approx(2.007, abs=0.02)


def test_what_is_not_made_of_splines_has_none(tmp_path: Path) -> None:
    (tmp_path / "train.h5").touch()
    (tmp_path / "job.toml").write_text(
        '[data]\ntrain = "train.h5"\n[[potential]]\nname = "lennard-jones"\nspecies = ["Ar"]\n'
        "[potential.parameters]\nepsilon = 0.01\nsigma = 3.4\n"
    )
    assert open_potential(tmp_path / "job.toml").splines == {}


def test_potentials_whose_splines_have_the_same_name_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "train.h5").touch()
    own = ALLOY[ALLOY.index("[[potential]]\nspecies") :]
    (tmp_path / "job.toml").write_text('[data]\ntrain = "train.h5"\n' + own + own.replace("2.0", "3.0"))
    assert list(open_potential(tmp_path / "job.toml").splines) == ["phi", "phi (1)"]
