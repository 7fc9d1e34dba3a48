"""What stands in the pictures: numbers, names and units."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from hpcfit.output.result import FittedParameter, Result
from hpcfit.plot.comparison import Series, Target
from hpcfit.plot.correlation import strongest
from hpcfit.plot.fisher import relative_spectrum
from hpcfit.plot.names import axis_label, power_of_ten, short_names, shortened, unit_text, with_unit
from hpcfit.plot.path import farthest
from hpcfit.plot.residuals import bins, middle_and_width
from hpcfit.plot.run import FinishedRun
from hpcfit.plot.style import series, some
from hpcfit.plot.unsuitable import Unsuitable

pytest.importorskip("matplotlib", reason="pictures need matplotlib")


def parameter(name: str, value: float) -> FittedParameter:
    return FittedParameter("model", "", name, value, 0.1, 0.0, None, None, False)


def run_of(covariance: list[list[float]] | None, path: Path = Path("run")) -> FinishedRun:
    names = "abcdefghijklmnopqrstuvwxyz"[: len(covariance or [])]
    entries = [parameter(name, 1.0 + k) for k, name in enumerate(names)]
    return FinishedRun(path, Result("converged", "", 1.0, [], entries, covariance=covariance))


def test_the_spectrum_is_that_of_relative_changes() -> None:
    values = np.array([2.0, 10.0])
    covariance = np.diag([0.04, 0.25])
    eigenvalues, vectors = relative_spectrum(covariance, values)
    np.testing.assert_allclose(eigenvalues, [400.0, 100.0])
    np.testing.assert_allclose(vectors, [[0.0, 1.0], [1.0, 0.0]], atol=1e-12)


def test_a_parameter_near_zero_is_measured_by_its_standard_error() -> None:
    eigenvalues, _ = relative_spectrum(np.diag([0.25, 0.01]), np.array([0.0, 1.0]))
    np.testing.assert_allclose(eigenvalues, [100.0, 1.0])


def test_correlations_are_drawn_as_squares_and_numbers() -> None:
    from hpcfit.plot.correlation import draw_correlation

    figure = draw_correlation(run_of([[4.0, -1.0], [-1.0, 1.0]]))
    axes = figure.axes[0]
    assert [text.get_text() for text in axes.texts] == ["\N{MINUS SIGN}0.50"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b"]
    positive, negative = axes.collections
    assert (len(positive.get_paths()), len(negative.get_paths())) == (2, 1)
    corners = negative.get_paths()[0].get_extents()
    assert corners.width**2 == pytest.approx(0.86**2 * 0.5)


def test_of_many_parameters_those_with_the_strongest_correlations_are_drawn() -> None:
    matrix = np.eye(50)
    matrix[3, 49] = matrix[49, 3] = 0.9
    found = strongest(matrix)
    assert len(found) == 40
    assert {3, 49} <= set(found)


def test_parameters_without_a_standard_error_are_left_out() -> None:
    place, covariance = run_of([[1.0, 0.0, 0.5], [0.0, 0.0, 0.0], [0.5, 0.0, 2.0]]).known
    assert place == [0, 2]
    np.testing.assert_array_equal(covariance, [[1.0, 0.5], [0.5, 2.0]])


@pytest.mark.parametrize("covariance", [None, [[1.0]]])
def test_a_run_without_correlations_is_told(covariance: list[list[float]] | None) -> None:
    with pytest.raises(Unsuitable) as error:
        _ = run_of(covariance).known
    assert str(error.value) == (
        "run: the result has no covariance of two or more parameters, so that there are no "
        "correlations to draw."
    )


def test_a_run_without_a_path_is_told(tmp_path: Path) -> None:
    from hpcfit.plot.convergence import draw_convergence
    from hpcfit.plot.path import draw_path

    run = run_of([[1.0]], tmp_path)
    for draw, word in ((draw_convergence, ""), (draw_path, " accepted")):
        with pytest.raises(Unsuitable) as error:
            draw(run)
        assert str(error.value) == (
            f"{tmp_path}: events.jsonl has no two{word} iterations to draw a path between."
        )


def test_of_many_parameters_those_that_moved_farthest_are_drawn() -> None:
    values = np.stack([np.ones(20), 1.0 + np.arange(20) / 10])
    assert farthest(values) == list(range(8, 20))


def test_parity_has_names_units_and_errors_of_what_was_held_out() -> None:
    from hpcfit.plot.parity import draw_parity

    exact = np.array([1.0, 2.0])
    off = Series("liquid", exact, exact + 0.3, exact, test=True)
    target = Target("energy", "eV/atom", "configurations", [Series("bulk", exact, exact + 0.1, exact), off])
    figure = draw_parity([target])
    axes = figure.axes[0]
    assert axes.get_xlabel() == "reference energy (eV/atom)"
    assert axes.get_title(loc="left") == "rmse 0.1 eV/atom\nheld out 0.3 eV/atom"
    entries = [text.get_text() for text in figure.legends[0].get_texts()]
    assert entries == ["bulk", "liquid", "fitted", "held out"]


def test_many_tags_do_not_fill_the_legend() -> None:
    from hpcfit.plot.parity import draw_parity

    one = np.array([1.0])
    target = Target(
        "forces", "eV/angstrom", "components", [Series(f"t{k}", one, one, one) for k in range(40)]
    )
    entries = [text.get_text() for text in draw_parity([target]).legends[0].get_texts()]
    assert len(entries) == 16
    assert entries[-2:] == ["t14", "and 25 more"]


def test_histograms_reach_five_standard_deviations_at_most() -> None:
    errors = np.concatenate([np.tile([-1.0, 1.0], 500), [100.0]])
    edges = bins(errors, errors.mean(), 2.0)
    assert edges[[0, -1]] == pytest.approx(errors.mean() + np.array([-10.0, 10.0]))
    assert bins(np.zeros(3), 0.0, 1.0)[[0, -1]].tolist() == [-1.0, 1.0]


def test_outliers_do_not_widen_the_normal_curve_of_a_robust_fit() -> None:
    errors = np.concatenate([np.tile([-1.0, 0.0, 1.0], 100), [100.0]])
    assert middle_and_width(errors, robust=True) == pytest.approx((0.0, 1.4826022))
    assert middle_and_width(errors, robust=False)[1] > 5.0


def test_long_names_are_shortened_and_stay_different() -> None:
    assert shortened("a_long_name_of_a_column", 12) == "a_long…olumn"
    assert len(shortened("a_long_name_of_a_column", 12)) == 12
    names = short_names(["high value (first sample)", "high value (other sample)", "tau"], 12)
    assert names == [
        "1: high v…mple)",
        "2: high v…mple)",
        "tau",
    ]
    assert axis_label("stress", "eV/angstrom^3", 20) == "stress (eV/Å³)"
    assert axis_label("time_of_annealing", "s", 12) == "time_o…aling\n(s)"


def test_losses_within_a_decade_are_not_drawn_by_powers_of_ten(tmp_path: Path) -> None:
    from hpcfit.plot.convergence import draw_convergence

    for losses, scale in (([9.0, 2.0], "linear"), ([21.0, 2.0], "log")):
        lines = [json.dumps({"iteration": k, "loss": loss}) for k, loss in enumerate(losses)]
        (tmp_path / "events.jsonl").write_text("\n".join(lines) + "\n")
        assert draw_convergence(run_of([[1.0]], tmp_path)).axes[0].get_yscale() == scale


def test_units_and_names_are_printed_as_they_are_meant() -> None:
    assert unit_text("eV/angstrom^3") == "eV/Å³"
    assert with_unit("cost$", "") == r"cost\$"
    assert [power_of_ten(-6, "eV"), power_of_ten(12, ""), power_of_ten(0, "s")] == ["10⁻⁶ eV", "10¹²", "s"]
    looks = {(look["color"], look["marker"]) for look in map(series, range(49))}
    assert len(looks) == 49
    assert [len(range(n)[some(n, 100)]) for n in (99, 100, 101, 1000)] == [99, 100, 51, 100]
