"""Eight numbers at a time: arithmetic, memory, functions."""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
import pytest
from numpy.typing import NDArray

from hpcfit.devices import lane_math
from hpcfit.devices.lane_math import (
    cos,
    erf,
    erfc,
    exp,
    log,
    power,
    sin,
    where_equal,
    where_less,
    where_less_equal,
)
from hpcfit.devices.lane_memory import (
    accumulate,
    affine_indices,
    get,
    increase,
    load,
    put,
    store,
    unpack_triples,
)
from hpcfit.devices.lanes import all_below, count_from, total, zero

SPECIAL = [0.0, -0.0, math.inf, -math.inf, math.nan, 709.7, 710.0, -707.9, -708.1, 1e308, 5e-324, 1.0]


#: of generated kernels
FLAGS = {"nsz", "contract", "arcp", "reassoc"}


def on_lanes(function: Any, *columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Apply a function of Lanes to arrays, eight entries at a time, compiled as kernels are."""
    count = len(columns)
    n = len(columns[0])
    padded = np.ones((4, 8 * (-(-n // 8))))
    for row, column in enumerate(columns):
        padded[row, :n] = column

    @numba.njit(error_model="numpy", fastmath=FLAGS)  # type: ignore[untyped-decorator]
    def apply(a: Any, b: Any, c: Any, d: Any, out: Any) -> None:
        for i in range(0, len(a), 8):
            if count == 1:
                store(out, i, function(load(a, i)))
            elif count == 2:
                store(out, i, function(load(a, i), load(b, i)))
            else:
                store(out, i, function(load(a, i), load(b, i), load(c, i), load(d, i)))

    out = np.empty(padded.shape[1])
    apply(*padded, out)
    return out[:n]


def units_in_the_last_place(found: NDArray[np.float64], exact: NDArray[np.longdouble]) -> float:
    return float(np.max(np.abs((found - exact) / np.spacing(np.abs(exact.astype(np.float64))))))


def test_exp_is_within_two_units_in_the_last_place() -> None:
    rng = np.random.default_rng(1)
    x = np.concatenate([rng.uniform(-707, 709, 4000), rng.uniform(-2, 2, 4000), rng.normal(0, 1e-8, 100)])
    assert units_in_the_last_place(on_lanes(exp, x), np.exp(x.astype(np.longdouble))) < 2.0


def test_log_is_within_two_units_in_the_last_place() -> None:
    rng = np.random.default_rng(2)
    x = np.concatenate([rng.lognormal(0, 50, 4000), rng.uniform(0.5, 2, 4000), 1 + rng.normal(0, 1e-9, 100)])
    assert units_in_the_last_place(on_lanes(log, x), np.log(x.astype(np.longdouble))) < 2.0


def test_exp_of_special_numbers() -> None:
    found = on_lanes(exp, np.array(SPECIAL))
    expected = [
        1,
        1,
        math.inf,
        0,
        math.nan,
        math.exp(709.7),
        math.inf,
        math.exp(-707.9),
        0,
        math.inf,
        1,
        math.e,
    ]
    np.testing.assert_allclose(found, expected, rtol=3e-16)


def test_log_of_special_numbers() -> None:
    found = on_lanes(log, np.array([0.0, -0.0, -1.0, math.inf, -math.inf, math.nan, 1.0, 1e-310, 1e308]))
    expected = [-math.inf, -math.inf, math.nan, math.inf, math.nan, math.nan, 0, -math.inf, math.log(1e308)]
    np.testing.assert_allclose(found, expected, rtol=2e-16)


@pytest.mark.parametrize("function", [lane_math.sqrt, *lane_math.RARE], ids=lambda f: f.__name__)
def test_other_functions_agree_with_the_library(function: Any) -> None:
    x = np.linspace(0.01, 0.99, 19)
    expected = [getattr(math, function.__name__)(value) for value in x]
    np.testing.assert_allclose(on_lanes(function, x), expected, rtol=1e-15)


@pytest.mark.parametrize("function", [sin, cos], ids=["sin", "cos"])
def test_sines_are_within_two_units_in_the_last_place(function: Any) -> None:
    rng = np.random.default_rng(3)
    near = np.arange(-40, 40) * (np.pi / 2) + rng.normal(0, 1e-9, 80)
    x = np.concatenate([rng.uniform(-7, 7, 8000), rng.uniform(-1e9, 1e9, 4000), near])
    exact = getattr(np, function.__name__)(x.astype(np.longdouble))
    assert units_in_the_last_place(on_lanes(function, x), exact) < 1.5


@pytest.mark.parametrize("function", [sin, cos], ids=["sin", "cos"])
def test_sines_of_special_numbers_are_the_librarys(function: Any) -> None:
    x = np.array([0.0, -0.0, 1e9, -1.1e9, 3e15, 1e22, -1e300, 5e-324, math.nan, 1.0])
    np.testing.assert_allclose(on_lanes(function, x), getattr(np, function.__name__)(x), rtol=3e-16)
    assert np.isnan(on_lanes(function, np.array([math.inf, -math.inf]))).all()


def test_erfc_is_within_six_units_in_the_last_place() -> None:
    rng = np.random.default_rng(6)
    x = np.concatenate([rng.uniform(0, 26, 4000), rng.uniform(-7, 5, 8000), rng.normal(0, 1e-8, 100)])
    exact = np.array([math.erfc(each) for each in x])  # glibc's is within one unit
    assert units_in_the_last_place(on_lanes(erfc, x), exact.astype(np.longdouble)) < 6.0


def test_erf_is_within_two_units_in_the_last_place() -> None:
    rng = np.random.default_rng(7)
    x = np.concatenate([rng.uniform(-7, 7, 8000), rng.uniform(-1, 1, 4000), rng.normal(0, 1e-8, 100)])
    exact = np.array([math.erf(each) for each in x])
    assert units_in_the_last_place(on_lanes(erf, x), exact.astype(np.longdouble)) < 2.0


@pytest.mark.parametrize("function", [erf, erfc], ids=["erf", "erfc"])
def test_error_functions_of_special_numbers_are_the_librarys(function: Any) -> None:
    x = np.array([0.0, -0.0, 1.0, -1.0, 27.0, 30.0, 1e300, -1e300, math.inf, -math.inf, math.nan, 5e-324])
    expected = [getattr(math, function.__name__)(each) for each in x]
    np.testing.assert_allclose(on_lanes(function, x), expected, rtol=4e-16, atol=1e-300)


def test_a_cutoff_that_is_one_minus_a_sine_is_never_negative() -> None:
    x = np.pi / 2 + np.random.default_rng(4).normal(0, 1e-8, 4000)
    assert on_lanes(sin, x).max() <= 1.0


def test_power_is_exp_of_a_product_with_the_error_of_the_product() -> None:
    rng = np.random.default_rng(5)
    x, y = rng.lognormal(0, 8, 8000), rng.normal(0, 8, 8000)
    exact = np.power(x.astype(np.longdouble), y)
    error = np.abs((on_lanes(power, x, y) - exact) / exact)
    assert np.max(error / (2 + np.abs(y * np.log(x)))) < 2.3e-16


def test_power_of_special_numbers() -> None:
    bases = [0.0, -0.0, 1e-310, math.inf, math.nan, 2.0, -3.0, 0.5, 1.0]
    powers = [0.7, -0.7, 0.0, 1.0, 2.0, -3.0]
    x, y = (found.ravel() for found in np.meshgrid(bases, powers))
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(on_lanes(power, x, y), np.power(x, y), rtol=1e-15)


def test_power_of_a_negative_base_is_real_for_integers_only() -> None:
    x, y = np.array([-2.0, -2.0, 2.0, 0.0, -1.5]), np.array([3.0, 2.5, 0.5, 2.0, -2.0])
    np.testing.assert_allclose(on_lanes(power, x, y), [-8, math.nan, math.sqrt(2), 0, 1 / 2.25])


@pytest.mark.parametrize(
    ("function", "expected"),
    [(where_less, [1, 20, 30, 40]), (where_less_equal, [1, 2, 30, 40]), (where_equal, [10, 2, 30, 40])],
    ids=["less", "less_equal", "equal"],
)
def test_choices_are_made_lane_by_lane_and_nan_compares_with_nothing(
    function: Any, expected: list[float]
) -> None:
    a, b = np.array([1.0, 2.0, 3.0, math.nan]), np.array([2.0, 2.0, 2.0, 2.0])
    yes, no = np.array([1.0, 2.0, math.nan, 4.0]), np.array([10.0, 20.0, 30.0, 40.0])
    np.testing.assert_array_equal(on_lanes(function, a, b, yes, no), expected)


def test_numbers_and_lanes_mix_in_arithmetic() -> None:
    @numba.njit  # type: ignore[untyped-decorator]
    def compute(a: Any, out: Any) -> float:
        x = load(a, 0)
        store(out, 0, (2.0 * x - 1.0) / (x + 3.0) - (-x))
        return total(zero() + x + count_from(1.0))  # type: ignore[no-any-return]

    a, out = np.linspace(0.3, 2.0, 8), np.empty(8)
    assert compute(a, out) == pytest.approx(a.sum() + 36)
    np.testing.assert_allclose(out, (2 * a - 1) / (a + 3) + a, rtol=1e-15)


def test_memory_is_reached_without_touching_its_neighbours() -> None:
    @numba.njit  # type: ignore[untyped-decorator]
    def compute(a: Any, k: Any) -> None:
        put(k, 1, get(k, 0) + 1)
        put(a, 2, 7.0)
        increase(a, 2, 0.5)
        store(a, 3, load(a, 4))

    a, k = np.arange(14.0), np.array([4, 0, 9])
    compute(a, k)
    np.testing.assert_array_equal(a, [0, 1, 7.5, 4, 5, 6, 7, 8, 9, 10, 11, 11, 12, 13])
    np.testing.assert_array_equal(k, [4, 5, 9])


def test_functions_work_in_plain_python_too() -> None:
    assert exp(1.0) == pytest.approx(math.e)
    assert log(math.e) == pytest.approx(1.0)
    assert power(-2.0, 3.0) == -8.0
    assert where_less(1.0, 2.0, 3.0, 4.0) == 3.0
    assert where_less_equal(2.0, 2.0, 3.0, 4.0) == 3.0
    assert where_equal(1.0, 2.0, 3.0, 4.0) == 4.0
    assert lane_math.sqrt(4.0) == 2.0
    assert lane_math.erf(0.0) == 0.0


def test_vectors_are_unpacked_and_indices_transformed_eight_at_a_time() -> None:
    @numba.njit  # type: ignore[untyped-decorator]
    def compute(triples: Any, neighbors: Any, out: Any, rows: Any) -> None:
        unpack_triples(triples, 3, out, 1, 10)
        affine_indices(neighbors, 1, rows, 2, 3, -5)

    triples, out = np.arange(30.0), np.full(30, -1.0)
    neighbors, rows = np.arange(20, 30, dtype=np.int32), np.zeros(12, dtype=np.int64)
    compute(triples, neighbors, out, rows)
    expected = np.full((3, 10), -1.0)
    expected[:, 1:9] = triples[3:27].reshape(8, 3).T
    np.testing.assert_array_equal(out, expected.ravel())
    np.testing.assert_array_equal(rows, [0, 0, *(3 * neighbors[1:9] - 5), 0, 0])


def test_only_the_first_lanes_are_compared_with_the_limit() -> None:
    @numba.njit  # type: ignore[untyped-decorator]
    def compute(a: Any, limit: float, count: int) -> bool:
        return all_below(load(a, 0), limit, count)  # type: ignore[no-any-return]

    a = np.array([1.0, 2.0, 3.0, 9.0, math.nan, 1.0, 1.0, 1.0])
    assert [compute(a, 3.5, count) for count in (1, 3, 4, 8)] == [True, True, False, False]
    assert not compute(a, 3.0, 3)
    assert not compute(a, 10.0, 5)
    assert compute(np.ones(8), 2.0, 8)


def test_eight_sums_are_kept_in_memory() -> None:
    @numba.njit  # type: ignore[untyped-decorator]
    def compute(a: Any) -> None:
        accumulate(a, 2, load(a, 1) + 1.0)

    a = np.arange(11.0)
    compute(a)
    np.testing.assert_array_equal(a, [0, 1, *(np.arange(2.0, 10) + np.arange(1.0, 9) + 1), 10])
