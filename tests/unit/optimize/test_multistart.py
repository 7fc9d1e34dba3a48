"""Fits from many starts: where they begin, which one is kept, and which ended in the same minimum."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest

from hpcfit.devices.device import DeviceFault, OutOfDeviceMemory
from hpcfit.errors import HpcfitError, JobError, RunError
from hpcfit.optimize import DenseObjective
from hpcfit.optimize.bounds import Bounds
from hpcfit.optimize.events import Counts
from hpcfit.optimize.multistart import (
    MULTISTART,
    MultistartOptions,
    StartRecord,
    best_of,
    distinct_minima,
    draw_starts,
)

BOX = Bounds(np.array([-1.0, 10.0, 0.0]), np.array([1.0, 20.0, 1e-3]))
START = np.array([0.0, 11.0, 5e-4])
LABELS = ["a", "b", "c"]


@pytest.mark.parametrize("sampler", ["sobol", "latin-hypercube"])
def test_starts_fill_the_bounds_after_the_initial_values(sampler: str) -> None:
    found = draw_starts(START, BOX, LABELS, MultistartOptions(starts=33, sampler=sampler))
    assert found.shape == (33, 3)
    np.testing.assert_array_equal(found[0], START)
    assert ((found >= BOX.lower) & (found <= BOX.upper)).all()
    places = (found[1:] - BOX.lower) / (BOX.upper - BOX.lower)
    for column in places.T:  # of 32 points, 4 in each eighth
        assert np.bincount((8 * column).astype(int), minlength=8).tolist() == [4] * 8
    again = draw_starts(START, BOX, LABELS, MultistartOptions(starts=33, sampler=sampler))
    assert again.tobytes() == found.tobytes()
    other = draw_starts(START, BOX, LABELS, MultistartOptions(starts=33, sampler=sampler, seed=1))
    assert not np.isin(other[1:], found).any()


def test_starts_around_the_initial_values_keep_to_bounds() -> None:
    free = Bounds(np.array([-math.inf, 10.0, 0.0]), np.array([math.inf, math.inf, 1.0]))
    found = draw_starts(START, free, LABELS, MultistartOptions(starts=65, region="initial", spread=0.5))
    assert np.abs(found[:, 0]).max() <= 0.5
    assert found[:, 1].min() >= 10.0
    assert 16.0 < found[:, 1].max() <= 16.5
    assert found[:, 2].max() <= 7.5e-4


def test_starts_between_bounds_that_are_not_there_are_refused() -> None:
    half = Bounds(np.array([-math.inf, 10.0, 0.0]), np.array([1.0, 20.0, math.inf]))
    with pytest.raises(JobError) as refusal:
        draw_starts(START, half, LABELS, MultistartOptions())
    assert str(refusal.value) == (
        'region = "bounds" draws starts between min and max: give them, and no transform, to a, c; or draw '
        'from region = "initial" with a spread, or for a network from region = "seeds".'
    )


def record(number: int, theta: list[float], cost: float, status: str = "converged") -> StartRecord:
    return StartRecord(number, (0.0,) * len(theta), tuple(theta), cost, status, "", Counts(), (cost,))


def test_ends_within_the_tolerance_are_one_minimum() -> None:
    records = [
        record(0, [1.0, 0.0], 2.0),
        record(1, [5.0, 100.0], 1.0),
        record(2, [1.0005, 1e-9], 2.0),
        record(3, [5.002, 100.0], 1.0),
        record(4, [1.0, 0.0], 2.0, "max_iterations"),
        record(5, [5.1, 100.0], 1.0),
    ]
    found = distinct_minima(records, 1e-3)
    assert [(each.cost, each.starts) for each in found] == [(1.0, (1, 3)), (1.0, (5,)), (2.0, (0, 2))]
    assert distinct_minima(records[4:5], 1e-3) == []


def test_the_best_is_the_lowest_and_the_first_of_equals() -> None:
    records = [record(0, [1.0], math.inf, "failed"), record(2, [1.0], 1.0), record(1, [2.0], 1.0)]
    best = best_of(records)
    assert best is not None
    assert best.number == 1
    assert best_of(records[:1]) is None


def test_a_record_survives_json() -> None:
    for each in (record(3, [0.1, 1 / 3], 0.7), record(0, [1.0], math.inf, "failed")):
        assert StartRecord.from_dict(json.loads(json.dumps(each.to_dict()))) == each


def wells(**options: Any) -> Any:
    """(t^2 - 1)^2 + 0.01 (t - 1)^2, whose higher minimum is near -1; nothing beyond 3."""

    def residual(theta: np.ndarray) -> np.ndarray:
        t = float(theta[0])
        return np.array([t * t - 1.0 if t < 3.0 else math.nan, 0.1 * (t - 1.0)])

    objective = DenseObjective(residual, lambda theta: np.array([[2.0 * theta[0]], [0.1]]), 1)
    return MULTISTART.minimize(
        objective,
        np.array([options.pop("start", -2.0)]),
        bounds=(np.array([-4.0]), np.array([4.0])),
        options=MultistartOptions(**options),
    )


def test_the_lower_of_two_minima_is_found() -> None:
    found = wells(starts=8)
    assert found.converged
    assert found.theta[0] == pytest.approx(1.0, abs=1e-7)
    assert "The best of 8 starts is start" in found.reason
    assert "at 2 distinct minima" in found.reason
    one = wells(starts=1)
    assert one.theta[0] == pytest.approx(-0.994975, abs=1e-6)
    assert one.reason.endswith(" There was one start.")


def test_starts_of_which_none_has_a_residual_are_refused() -> None:
    with pytest.raises(RunError) as refusal:
        wells(starts=2, start=3.5, region="initial", spread=0.01)
    assert str(refusal.value) == (
        "None of the 2 starts has a finite residual. Draw them from a smaller region. The first one: The fit "
        "cannot start: 1 of 2 residuals are NaN or infinite at the initial parameters. Start from other "
        "values."
    )


@pytest.mark.parametrize("kind", [DeviceFault, OutOfDeviceMemory])
def test_a_device_that_fails_is_no_failed_start(kind: type[HpcfitError]) -> None:
    def residual(theta: np.ndarray) -> np.ndarray:
        if theta[0] != 0.0:  # the first start is well
            raise kind("device emulated has failed.")
        return np.zeros(1)

    with pytest.raises(kind, match=r"device emulated has failed\."):
        MULTISTART.minimize(
            DenseObjective(residual, lambda theta: np.ones((1, 1)), 1),
            np.zeros(1),
            bounds=(np.array([-4.0]), np.array([4.0])),
            options=MultistartOptions(starts=4),
        )
