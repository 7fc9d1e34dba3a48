"""Splines in whole jobs: what the user wants of a function holds in the result, whatever the data say."""

from __future__ import annotations

import numpy as np

from hpcfit.data import configuration
from hpcfit.use import open_potential
from hpcfit.workflow.check import check_job

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


def test_splines_that_begin_above_the_smallest_distance_are_told(laboratory):
    dimers = [
        configuration(f"{numbers}", numbers, [[0, 0, 0], [r, 0, 0]], energy=1.0)
        for numbers, r in (([29, 29], 2.3), ([29, 28], 1.72))
    ]
    laboratory.write("train.h5", dimers)
    job = """
[data]
train = "train.h5"
[targets]
forces = false
[[potential]]
name = "eam-spline"
species = ["Cu", "Ni"]
r_min = $r_min
[potential.parameters]
Cu-Cu.phi = {}
"""
    assert "warning" not in check_job(laboratory.job(job, {"r_min": 1.7}), 1)
    told = check_job(laboratory.job(job, {"r_min": 1.8}), 1).splitlines()
    assert [line for line in told if "pair" in line] == [
        f"warning        {laboratory.folder}/job.toml:6: potential[0].pair has splines that begin at 1.8 "
        "angstrom, while Cu-Ni atoms of the data come as close as 1.72 angstrom: below their first knot "
        "splines are straight lines. Let them begin two knots below the smallest distance."
    ]
