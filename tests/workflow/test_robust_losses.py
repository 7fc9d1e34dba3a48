"""Robust losses in jobs: the minima of scipy, what is said of outliers, and the same when a run goes on."""

from __future__ import annotations

import json
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import approx_fprime, least_squares

import hpcfit
from hpcfit.errors import HpcfitError
from hpcfit.output.result import Result
from hpcfit.parallel.communicator import SerialCommunicator
from hpcfit.workflow.plan import make_plan
from hpcfit.workflow.prepare import Prepared, prepare
from hpcfit.workflow.run import run_job

JOB = """\
[data]
table = "decay.csv"
x = ["t"]
y = ["s"]
sigma = "e"
[model]
formula = "A*exp(-t/tau) + c"
[model.parameters]
A = { initial = 2 }
tau = { initial = 1 }
c = { initial = 0.3 }
[loss]
name = "LOSS"
scale = 1.5
"""
SCIPY = ["huber", "soft-l1", "cauchy", "arctan"]


@pytest.fixture(name="decay")
def _decay(tmp_path: Path) -> Callable[..., Result]:
    """Fits 2.5 exp(-t/1.3) + 0.4 with errors of 0.02, of which eight rows are wrong."""
    random = np.random.default_rng(3)
    t = np.linspace(0.0, 5.0, 80)
    s = 2.5 * np.exp(-t / 1.3) + 0.4 + 0.02 * random.normal(size=80)
    s[5::10] += random.normal(size=8)
    lines = [f"{a!r},{b!r},0.02" for a, b in zip(t.tolist(), s.tolist(), strict=True)]
    (tmp_path / "decay.csv").write_text("\n".join(["t,s,e", *lines]))

    def fit(*edits: tuple[str, str], restart: bool = True) -> Result:
        text = JOB
        for old, new in edits:
            assert text.count(old) == 1
            text = text.replace(old, new)
        (tmp_path / "job.toml").write_text(text)
        run_job(SerialCommunicator(), tmp_path / "job.toml", restart=restart)
        return Result.load(tmp_path / "run" / "result.json")

    return fit


def values(result: Result) -> NDArray[np.float64]:
    return np.array([q.value for q in result.parameters])


def weighted(folder: Path) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    t, s, e = np.loadtxt(folder / "decay.csv", delimiter=",", skiprows=1).T
    return lambda p: np.asarray((p[0] * np.exp(-t / p[1]) + p[2] - s) / e)


@pytest.mark.parametrize("loss", SCIPY)
def test_a_table_ends_at_the_minimum_of_scipy(
    decay: Callable[..., Result], tmp_path: Path, loss: str
) -> None:
    found = decay(("LOSS", loss))
    expected = least_squares(
        weighted(tmp_path), values(found) * 1.001, "3-point", loss=loss.replace("-", "_"), f_scale=1.5,
        xtol=1e-13, ftol=1e-15, gtol=1e-13,
    )  # fmt: skip
    assert found.status == "converged"
    assert found.loss == pytest.approx(expected.cost, rel=1e-10)
    np.testing.assert_allclose(values(found), expected.x, rtol=1e-6)


def test_a_redescending_loss_takes_wrong_rows_for_nothing(
    decay: Callable[..., Result], tmp_path: Path
) -> None:
    near = ("initial = 2 ", "initial = 2.4 "), ("initial = 1 ", "initial = 1.35 "), ("= 0.3 ", "= 0.4 ")
    found = decay(("LOSS", "tukey"), ("scale = 1.5", "scale = 5"), *near)
    residual = weighted(tmp_path)(values(found))
    inside = np.abs(residual) < 5
    assert np.flatnonzero(~inside).tolist() == list(range(5, 80, 10))
    assert found.loss == pytest.approx((25 / 6 * (1 - (1 - np.minimum((residual / 5) ** 2, 1)) ** 3)).sum())
    errors = np.array([q.standard_error for q in found.parameters])
    assert (np.abs(values(found) - [2.5, 1.3, 0.4]) < 3 * errors).all()
    # as if those rows were not there, but for 5 % of the information and what is drawn at random
    jacobian = approx_fprime(values(found), weighted(tmp_path), 1e-7)[inside]
    plain = np.sqrt(np.diag(np.linalg.inv(jacobian.T @ jacobian)))
    np.testing.assert_allclose(errors, plain, rtol=0.25)


def test_the_result_says_the_scale_and_names_outliers(
    decay: Callable[..., Result], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = decay(("LOSS", "huber"), ("1.5", '"mad"'))
    assert found.robust is not None
    (target,) = found.robust.targets
    start = weighted(tmp_path)(np.array([2.0, 1.0, 0.3]))
    deviation = np.median(np.abs(start - np.median(start)))
    assert (target.name, target.estimated, target.residuals) == ("huber", True, 80)
    assert target.scale == pytest.approx(1.3449975 * 1.4826022 * deviation, rel=1e-7)
    residual = weighted(tmp_path)(values(found))
    ratio = np.abs(residual) / target.scale
    assert target.beyond == np.count_nonzero(ratio > 1)
    largest = np.argsort(-ratio)[: min(10, target.beyond)]
    path = tmp_path / "decay.csv"
    assert [each.where for each in found.robust.outliers] == [f"{path}:{k + 2}, s" for k in largest]
    np.testing.assert_allclose(
        [each.residual for each in found.robust.outliers], residual[largest], rtol=1e-9
    )
    log = capsys.readouterr().out
    assert f"\nloss: huber, scale {target.scale:.7g}, from the residuals at the initial values\n" in log
    assert f"\nhuber: {target.beyond} of 80 residuals beyond the scale {target.scale:.5g}\n  " in log


def test_a_resumed_run_keeps_the_scale_and_ends_with_the_same_bits(
    decay: Callable[..., Result], tmp_path: Path
) -> None:
    edits = ("LOSS", "soft-l1"), ("1.5", '"mad"')
    whole = decay(*edits)
    last = ("[loss]", "[optimizer]\nmax_iterations = 4\n[loss]")
    assert decay(*edits, last).status != "converged"
    resumed = decay(*edits, restart=False)
    assert (resumed.robust, resumed.parameters) == (whole.robust, whole.parameters)
    assert resumed.objective_history == whole.objective_history


def test_most_residuals_beyond_the_scale_are_told_of(decay: Callable[..., Result]) -> None:
    found = decay(("LOSS", "tukey"), ("scale = 1.5", "scale = 0.1"))
    assert found.robust is not None
    beyond = found.robust.targets[0].beyond
    assert (
        f"{beyond} of 80 residuals are beyond the scale 0.1 of the loss tukey: it takes most of the data for "
        "outliers, and may have ended at one of several minima. Take a larger scale, or start from what a "
        "fit by soft-l1 has found."
    ) in found.warnings


def test_residuals_that_are_all_alike_have_no_deviation(tmp_path: Path) -> None:
    (tmp_path / "decay.csv").write_text("t,s,e\n" + "1.0,1.0,0.02\n" * 9)
    (tmp_path / "job.toml").write_text(JOB.replace("LOSS", "huber").replace("1.5", '"mad"'))
    with pytest.raises(HpcfitError) as error:
        run_job(SerialCommunicator(), tmp_path / "job.toml")
    assert str(error.value) == (
        f"{tmp_path / 'job.toml'}:14: loss.scale: at the initial values, the median absolute deviation of "
        "the residuals is 0, which is no scale; give a number, such as scale = 1.0."
    )


def of_silicon(silicon: Any, loss: str) -> Prepared:
    silicon.write(("[run]", f"{loss}\n[run]"))
    found = prepare(SerialCommunicator(), make_plan(SerialCommunicator(), silicon.path))  # type: ignore[arg-type]
    assert isinstance(found, Prepared)
    return found


@pytest.mark.parametrize("residual", ["energy-forces", "energy-differences", "relative"])
def test_configurations_end_at_the_minimum_of_scipy(silicon: Any, residual: str) -> None:
    table = f'[loss]\nname = "soft-l1"\nscale = 0.3\n[residual]\nname = "{residual}"\n'
    prepared = of_silicon(silicon, table)
    assert run_job(SerialCommunicator(), silicon.path) == 0
    result = Result.load(silicon.run / "result.json")
    parameters = prepared.model.parameters
    theta = np.array([q.value for q in result.parameters if q.free])
    expected = least_squares(
        prepared.objective.residual, theta * 1.0001, "3-point", loss="soft_l1", f_scale=0.3,
        x_scale=np.abs(theta), bounds=(parameters.lower, parameters.upper), xtol=1e-13, ftol=1e-15,
    )  # fmt: skip
    assert result.loss == pytest.approx(expected.cost, rel=1e-10)
    np.testing.assert_allclose(theta, expected.x, rtol=1e-5)


def test_targets_of_configurations_have_losses_of_their_own(silicon: Any) -> None:
    prepared = of_silicon(
        silicon,
        '[loss]\nforces = { name = "cauchy", scale = 0.002 }\nenergy = { name = "tukey", scale = 1e3 }',
    )
    assert [(each.target, each.name, each.scale) for each in prepared.losses] == [
        ("energy", "tukey", 1e3),
        ("forces", "cauchy", 0.002),
    ]
    residual = prepared.objective.residual(prepared.model.parameters.start)
    _, row = prepared.objective.origins()
    energy = row == 0
    z = (residual / np.where(energy, 1e3, 0.002)) ** 2
    cost = np.where(energy, 1e6 * (1 - (1 - z) ** 3) / 3, 4e-6 * np.log1p(z)).sum()
    sums = prepared.objective.linearize(prepared.model.parameters.start)[1]
    assert sums[:, 0].sum() == pytest.approx(cost, rel=1e-12)
    silicon.run.mkdir()
    run_job(SerialCommunicator(), silicon.path)
    report = json.loads((silicon.run / "result.json").read_text())["robust"]
    assert [each["residuals"] for each in report["targets"]] == [int(energy.sum()), int((~energy).sum())]
    names = [each["where"].split("'")[1] for each in report["outliers"]]
    assert len(set(names)) == len(names) == 7
    assert all(", force " in each["where"] for each in report["outliers"])


def test_python_gives_the_same_bits_and_the_report_names_outliers(silicon: Any) -> None:
    table = {"name": "huber", "scale": "mad", "energy": {"name": "least-squares"}}
    silicon.write(
        ("[run]", '[loss]\nname = "huber"\nscale = "mad"\nenergy = { name = "least-squares" }\n\n[run]')
    )
    assert run_job(SerialCommunicator(), silicon.path) == 0
    by_file = Result.load(silicon.run / "result.json")
    free = {q.name: hpcfit.Free(q.initial, min=q.min, max=q.max) for q in by_file.parameters if q.free}
    found = hpcfit.fit(
        silicon.folder / "train.h5",
        "stillinger-weber-kim",
        parameters=free,
        weights={"name": "constant", "energy": 10.0},
        loss=table,
        progress=False,
    )
    assert found.result.robust == by_file.robust
    assert found.result.objective_history == by_file.objective_history
    assert by_file.robust is not None
    report = (silicon.run / "report.html").read_text()
    assert all(escape(each.where) in report for each in by_file.robust.outliers)
    assert str(by_file.robust.targets[1].beyond) in report
    with pytest.raises(HpcfitError) as error:
        hpcfit.fit(silicon.folder / "train.h5", "stillinger-weber-kim", parameters=free, loss="hubert")
    assert str(error.value) == "fit(): loss.name: unknown loss 'hubert'. Did you mean huber?"


def test_a_function_has_one_loss(silicon: Any) -> None:
    (silicon.folder / "mine.py").write_text(
        "def half(identifier, natoms, weight, prediction, reference, data):\n"
        "    return 0.5*(prediction - reference)\n"
    )
    function = '[residual]\nname = "mine.py:half"\n[loss]\nname = "huber"\nscale = 0.1\n'
    prepared = of_silicon(silicon, function)
    theta = prepared.model.parameters.start
    residual = np.abs(prepared.objective.residual(theta))
    cost = np.where(residual <= 0.1, residual**2, 0.2 * residual - 0.01).sum()
    assert prepared.objective.cost(theta)[:, 0].sum() == pytest.approx(cost, rel=1e-12)
    with pytest.raises(HpcfitError) as error:
        of_silicon(silicon, f'{function}energy = {{ name = "tukey" }}\n')
    assert str(error.value) == (
        f"{silicon.path}:26: loss.energy: what the function mine.py:half returns belongs to no target; give "
        "one loss for all of it, name and scale."
    )


def test_what_is_not_kept_of_the_jacobian_gives_the_same_curvature(silicon: Any) -> None:
    objective = of_silicon(silicon, '[loss]\nname = "cauchy"\nscale = 0.3').objective
    theta = objective.parameters.start
    velocity = 0.01 * theta
    objective.linearize(theta)
    kept = objective.curvature(theta, velocity, 0.1)
    for group in objective.groups:
        group.release()
        group._keep = False
    np.testing.assert_array_equal(objective.curvature(theta, velocity, 0.1), kept)
