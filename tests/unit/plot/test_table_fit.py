"""Curves of tables and the uncertainty of them, against linear least squares by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import t as student

from hpcfit.output.result import Result
from hpcfit.parallel.communicator import SerialCommunicator
from hpcfit.plot.compare import compare_table
from hpcfit.plot.curve import draw_fit
from hpcfit.plot.grid import grid_of, is_logarithmic
from hpcfit.plot.sensitivity import relative_sensitivity
from hpcfit.plot.table_fit import TableFit, table_fit
from hpcfit.workflow.reopen import planned_again
from hpcfit.workflow.run_source import read_run
from hpcfit.workflow.table.plan import TablePlan


@pytest.fixture(scope="module")
def fit(line_run: Path) -> TableFit:
    source = read_run(line_run)
    plan = planned_again(SerialCommunicator(), source, "run")
    assert isinstance(plan, TablePlan)
    assert isinstance(source.result, Result)
    return table_fit("run", plan, source.result)


def test_the_band_is_that_of_linear_least_squares(fit: TableFit) -> None:
    x, hot = fit.data.columns.numbers["x"], fit.data.group == 1
    y = fit.data.columns.numbers["y"]
    design = np.stack([1.0 - hot, 1.0 * hot, x], axis=1)
    solution, squares, *_ = np.linalg.lstsq(design, y, rcond=None)
    left = len(y) - 3
    covariance = np.linalg.inv(design.T @ design) * squares[0] / left
    at = np.array([0.0, 1.5, 4.0])
    there = np.stack([0 * at, 0 * at + 1, at], axis=1)
    rows = fit.at(at, 1)
    np.testing.assert_allclose(fit.predict(rows)[0], there @ solution, rtol=1e-9)
    expected = student.ppf(0.975, left) * np.sqrt(np.einsum("ij,jk,ik->i", there, covariance, there))
    half = fit.half_band(rows, 0.95)
    assert half is not None
    np.testing.assert_allclose(half[0], expected, rtol=1e-6)


def test_the_curve_of_a_group_goes_as_far_as_its_data(fit: TableFit) -> None:
    columns = fit.data.columns
    apart = columns.numbers["x"] + 100.0 * (fit.data.group == 1)
    moved = replace(fit.data, columns=replace(columns, numbers={**columns.numbers, "x": apart}))
    figure = draw_fit(replace(fit, plan=replace(fit.plan, data=moved, test_data=None)))
    curves = [np.asarray(line.get_xdata()) for line in figure.axes[0].lines if len(line.get_xdata()) > 50]
    assert [curve.max() < 50.0 for curve in curves] == [True, False]
    assert curves[1].min() > 50.0


def test_relative_sensitivities_are_value_times_derivative(fit: TableFit) -> None:
    found = relative_sensitivity(fit, np.array([0.5, 2.0]), 0)
    values = fit.model.parameters.free_values(fit.theta)
    expected = [[values[0]] * 2, [0.0, 0.0], [0.5 * values[2], 2.0 * values[2]]]
    np.testing.assert_allclose(found[:, 0], expected, rtol=1e-12)


def test_a_column_is_compared_by_group_with_what_was_held_out(fit: TableFit) -> None:
    (target,) = compare_table(fit)
    assert (target.name, target.unit, target.scaled) == ("y", "V", True)
    assert {(each.name, each.test) for each in target.series} == {
        ("cold", False),
        ("hot", False),
        ("cold", True),
        ("hot", True),
    }
    assert sum(map(len, target.series)) == 42
    assert target.rmse(False) == pytest.approx(fit.result.rmse.train["y"], rel=1e-12)
    assert target.rmse(True) == pytest.approx(fit.result.rmse.test["y"], rel=1e-12)
    first = target.series[0]
    np.testing.assert_allclose(first.residual, (first.predicted - first.reference) / 0.1, rtol=1e-9)


def test_axes_are_logarithmic_where_the_data_are() -> None:
    assert is_logarithmic(np.geomspace(1e-3, 1e2, 20))
    assert not is_logarithmic(np.linspace(1e-3, 1e2, 20))
    assert not is_logarithmic(np.geomspace(1.0, 50.0, 20))
    assert not is_logarithmic(np.array([-1.0, 0.0, 100.0]))


def test_curves_do_not_run_into_zero_where_the_data_do_not() -> None:
    assert grid_of(np.array([0.1, 10.0]), False)[0] == 0.1
    assert grid_of(np.array([-1.0, 1.0]), False)[[0, -1]] == pytest.approx([-1.06, 1.06])
    assert grid_of(np.array([1.0, 100.0]), True)[[0, -1]] == pytest.approx([10**-0.06, 10**2.06])


def test_a_curve_has_no_band_where_it_depends_on_what_is_not_determined(fit: TableFit) -> None:
    assert fit.result.covariance is not None
    unknown = np.array(fit.result.covariance)
    # As if a of the first group were not determined.
    unknown[0], unknown[:, 0] = np.nan, np.nan
    other = replace(fit, result=replace(fit.result, covariance=unknown.tolist()))
    at = np.array([1.0])
    for group, known in ((0, False), (1, True)):
        half = other.half_band(fit.at(at, group), 0.95)
        assert half is not None
        assert np.isfinite(half).all() == known
    # Or held by a bound: then it has no part in it.
    held = replace(fit.model.parameters.parameters[0], minimum=float(fit.theta[0]))
    rest = fit.model.parameters.parameters[1:]
    model = replace(fit.model, parameters=replace(fit.model.parameters, parameters=(held, *rest)))
    half = replace(other, model=model).half_band(fit.at(at, 0), 0.95)
    assert half is not None
    variance = np.array(fit.result.covariance)[2, 2]
    left = len(fit.data.group) - 3
    assert half[0, 0] == pytest.approx(student.ppf(0.975, left) * variance**0.5, rel=1e-6)
