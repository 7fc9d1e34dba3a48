"""What a rank keeps under a memory limit, and what it is expected to need."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpcfit.problem.memory import BASELINE, Amounts, estimate_bonds, plan_memory

MANY = Amounts(3e5, 9.05e5, 9.05e5, 2.5e6, 1.5e3, 1e3)
MEBIBYTE = 2**20


def test_without_a_limit_everything_is_kept():
    plan = plan_memory(MANY, 7, None)
    assert (plan.keep_geometry, plan.keep_jacobian, plan.group_bonds) == (True, True, np.inf)
    # data 17, rows 43, bonds 86 + 95 left by their search, [J | r] 48 MiB
    assert (plan.predicted - BASELINE) / MEBIBYTE == pytest.approx(289, rel=0.02)


def test_what_is_kept_goes_in_the_order_jacobian_then_bonds():
    needed = plan_memory(MANY, 7, None).predicted
    plans = [plan_memory(MANY, 7, int(limit)) for limit in np.linspace(needed, BASELINE, 60)]
    kept = [(plan.keep_jacobian, plan.keep_geometry) for plan in plans]
    assert list(dict.fromkeys(kept)) == [(True, True), (False, True), (False, False)]
    groups = [plan.group_bonds for plan in plans if not plan.keep_geometry]
    assert groups == sorted(groups, reverse=True)
    assert groups[-1] == 1e-3 * MANY.bonds


@given(st.floats(1.0, 1e8), st.floats(0.0, 200.0), st.integers(1, 60), st.integers(150, 100_000))
def test_the_prediction_is_within_the_limit_unless_a_thousandth_is_too_much(
    atoms, neighbors, columns, mebibytes
):
    amounts = Amounts(atoms, 3 * atoms, 3 * atoms, neighbors * atoms, 1000, 64 * neighbors)
    limit = mebibytes * MEBIBYTE
    plan = plan_memory(amounts, columns, limit)
    smallest = plan_memory(amounts, columns, 0)
    assert plan.predicted <= max(limit, smallest.predicted)
    assert plan.group_bonds >= smallest.group_bonds


def test_a_jacobian_that_is_never_kept_needs_no_room():
    with_it, without = (plan_memory(MANY, columns, None).predicted for columns in (21, 0))
    assert with_it - without > MANY.residuals * 21 * 8 * 0.5
    assert plan_memory(MANY, 0, None).predicted < with_it


def test_bonds_are_estimated_from_the_mean_density_or_a_dense_one_without_a_cell():
    natoms, volume = np.array([64, 10]), np.array([64 * 20.0, np.nan])
    sphere = 4 / 3 * np.pi * 4.0**3
    expected = [64 * 64 / (64 * 20.0) * sphere, 10 * sphere / 12.0]
    np.testing.assert_allclose(estimate_bonds(natoms, volume, 4.0), expected)


def test_triangles_of_chunks_and_what_potentials_need_take_part():
    before, more = (
        plan_memory(amounts, 1001, None).predicted
        for amounts in (MANY, replace(MANY, chunks=20.0, code=60.0 * MEBIBYTE, working=5.0 * MEBIBYTE))
    )
    assert more - before == pytest.approx(20 * 8 * 1001**2 + 65 * MEBIBYTE, abs=1)
