"""Splines in whole jobs: what the user wants of a function holds in the result, whatever the data say."""

from __future__ import annotations

import numpy as np

from hpcfit.use import open_potential

ARGON = """
[data]
train = "train.h5"
[[potential]]
name = "lennard-jones"
species = ["Ar"]
[potential.parameters]
epsilon = { initial = 0.01 }
sigma = 3.4
rc = 8.0
"""
SPLINE = """
[data]
train = "train.h5"
[[potential]]
species = ["Ar"]
cutoff = 8
pair = "bspline(r, phi, knots=14, r_min=2.4, r_max=8$monotonic)"
[potential.parameters]
phi = { initial = "0.02*(8 - r)/r", smoothness = 0.001$points }
[weights]
energy = 100
forces = 100
"""


def fitted(laboratory, make_crystal, **words):
    structures = [make_crystal("fcc", a, [18], repeat=2, rattle=0.2) for a in (5.0, 5.4)]
    laboratory.write("train.h5", laboratory.predict(ARGON, {}, structures))
    done = laboratory.fit(SPLINE, {"monotonic": "", "points": "", **words})
    assert done.code == 0
    return open_potential(laboratory.folder / "run").splines["phi"]


def test_values_slopes_and_curvatures_at_points_are_met_in_the_result(laboratory, make_crystal):
    points = ", points = [{ at = 3.8, slope = 0 }, { at = 5, value = -0.004, curvature = 0.001 }]"
    found = fitted(laboratory, make_crystal, points=points)
    assert abs(found(3.8, order=1)) < 1e-12
    np.testing.assert_allclose([found(5.0), found(5.0, order=2)], [-0.004, 0.001], rtol=1e-9)
    assert found(3.8) < -0.006  # elsewhere it follows the data
    below, above = np.array([2.0, 2.1, 2.2]), np.array([8.0, 8.1, 9.0])
    assert (found(below, order=2) == 0.0).all()
    assert not np.any([found(above, order) for order in (0, 1, 2)])


def test_a_function_that_only_falls_does_so_where_the_data_rise(laboratory, make_crystal):
    found = fitted(laboratory, make_crystal, monotonic=", monotonic=-1")
    assert (found(np.linspace(2.0, 8.0, 400), order=1) <= 1e-12).all()
    assert found(3.0) > 0.02
