"""Profile, bootstrap and cross-validation of a linear problem, for which the answers are known."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hpcfit.analysis.bootstrap import bootstrap, drawn
from hpcfit.analysis.cross_validation import cross_validation
from hpcfit.analysis.profile import profile
from hpcfit.analysis.profile_report import LEVELS
from hpcfit.errors import RunError
from hpcfit.parallel.communicator import SerialCommunicator
from hpcfit.workflow.run import Screen, perform

ROWS = 300
X = np.linspace(0.0, 2.0, ROWS)
#: errors of one size, so that their squares are spread as the analytic covariance takes them to be
Y = 1.0 + 2.0 * X - 0.7 * X**2 + np.random.default_rng(3).choice([-0.1, 0.1], ROWS)
DESIGN = np.stack([np.ones(ROWS), X, X**2], axis=1)
BEST = np.linalg.lstsq(DESIGN, Y, rcond=None)[0]
RESIDUAL = Y - DESIGN @ BEST
COVARIANCE = RESIDUAL @ RESIDUAL / (ROWS - 3) * np.linalg.inv(DESIGN.T @ DESIGN)
JOB = """\
[data]
table = "t.csv"
x = ["x"]
y = ["y"]
group = "sample"

[model]
formula = "a + b*x + c*x*x"
parameters = { a = { initial = 0 }, b = { initial = 0 }, c = { initial = 0 } }
"""
COMM = SerialCommunicator()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("linear")
    # Sorted by group already, so that rows are where the test has them.
    lines = [
        f"{x!r},{y!r},s{3 * k // ROWS}" for k, (x, y) in enumerate(zip(X.tolist(), Y.tolist(), strict=True))
    ]
    (folder / "t.csv").write_text("\n".join(["x,y,sample", *lines]) + "\n")
    (folder / "job.toml").write_text(JOB)
    assert perform(COMM, folder / "job.toml", screen=Screen(lines=False)).exit_code == 0
    return folder / "run"


def test_the_profile_of_a_linear_problem_is_the_parabola(run: Path, tmp_path: Path) -> None:
    found, _ = profile(COMM, run, tmp_path, points=4)
    assert [curve.label for curve in found.curves] == ["a", "b", "c"]
    for k, curve in enumerate(found.curves):
        error = COVARIANCE[k, k] ** 0.5
        assert curve.fitted == pytest.approx(BEST[k], rel=1e-9)
        assert curve.error == pytest.approx(error, rel=1e-6)
        distances = (curve.value - BEST[k]) / error
        np.testing.assert_allclose(distances, np.linspace(-3.0, 3.0, 9), rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(curve.rise, distances**2, rtol=1e-6, atol=1e-7)
        np.testing.assert_allclose(curve.roots, distances, rtol=1e-6, atol=1e-4)
        # The others follow the regression line of the covariance.
        slope = COVARIANCE[:, k] / COVARIANCE[k, k]
        expected = BEST + np.outer(curve.value - BEST[k], slope)
        np.testing.assert_allclose(curve.others, expected, rtol=1e-6, atol=1e-8)
        for level in LEVELS.values():
            ends = np.array(curve.interval(level))
            np.testing.assert_allclose(ends, BEST[k] + error * level**0.5 * np.array([-1, 1]), rtol=1e-6)
        assert curve.interval(9.5) == (None, None)


def test_the_bootstrap_of_a_linear_problem_has_the_analytic_covariance(run: Path, tmp_path: Path) -> None:
    n = 200
    found, _ = bootstrap(COMM, run, tmp_path, resamples=n, seed=1)
    assert found.failed == ()
    errors = np.sqrt(np.diag(COVARIANCE))
    # A standard deviation of n samples is known to 1/sqrt(2 n), which is 5 %; three times that.
    np.testing.assert_allclose(found.standard_errors, errors, rtol=0.15)
    scaled = found.covariance / np.outer(errors, errors)
    np.testing.assert_allclose(scaled, COVARIANCE / np.outer(errors, errors), atol=0.3)
    np.testing.assert_allclose(found.values.mean(axis=0), BEST, atol=3.0 * errors.max() / n**0.5)
    # Each resample is least squares with the counts as weights.
    counts = drawn(np.zeros(ROWS, np.int64), 1, 7)
    assert counts.sum() == ROWS
    root = np.sqrt(counts)
    expected = np.linalg.lstsq(DESIGN * root[:, None], Y * root, rcond=None)[0]
    np.testing.assert_allclose(found.values[7], expected, rtol=1e-7)


def test_strata_keep_their_sizes() -> None:
    label = np.array([0, 0, 0, 1, 1, 2])
    for number in range(5):
        counts = drawn(label, 0, number)
        assert np.bincount(label, weights=counts).tolist() == [3.0, 2.0, 1.0]


def test_cross_validation_predicts_what_was_left_out(run: Path, tmp_path: Path) -> None:
    found, _ = cross_validation(COMM, run, tmp_path, by_label=True)
    assert found.names == ("s0", "s1", "s2")
    assert found.sizes == (100, 100, 100)
    squares = []
    for k in range(3):
        out = np.arange(ROWS) // 100 == k
        best = np.linalg.lstsq(DESIGN[~out], Y[~out], rcond=None)[0]
        error = Y - DESIGN @ best
        np.testing.assert_allclose(found.values[k], best, rtol=1e-7)
        assert found.train[k, 0] == pytest.approx(np.sqrt(np.mean(error[~out] ** 2)), rel=1e-9)
        assert found.held_out[k, 0] == pytest.approx(np.sqrt(np.mean(error[out] ** 2)), rel=1e-7)
        squares.append(error[out] ** 2)
    assert found.all_held_out[0] == pytest.approx(np.sqrt(np.mean(squares)), rel=1e-7)
    drawn_folds, _ = cross_validation(COMM, run, tmp_path, folds=7)
    assert sorted(drawn_folds.sizes) == [42, 43, 43, 43, 43, 43, 43]
    again, _ = cross_validation(COMM, run, tmp_path, folds=7)
    assert again.values.tobytes() == drawn_folds.values.tobytes()


def test_what_was_finished_is_not_done_again(run: Path, tmp_path: Path) -> None:
    class Enough(Exception):
        pass

    def stop(done: int, total: int) -> None:
        if done == 4:
            raise Enough

    expected, _ = bootstrap(COMM, run, tmp_path, resamples=6)
    with pytest.raises(Enough):
        bootstrap(COMM, run, tmp_path, resamples=6, progress=stop)
    kept = json.loads((tmp_path / "bootstrap.partial.json").read_text())
    done = [int(each) for each in kept["records"]]
    assert 1 <= len(done) < 6
    seen: list[int] = []
    found, _ = bootstrap(COMM, run, tmp_path, resamples=6, progress=lambda k, n: seen.append(k))
    assert len(seen) == 6 - len(done)
    assert found.values.tobytes() == expected.values.tobytes()
    assert not (tmp_path / "bootstrap.partial.json").exists()


def test_a_profile_that_finds_a_better_fit_says_so(run: Path, tmp_path: Path) -> None:
    found, _ = profile(COMM, run, tmp_path, ["b"], points=2)
    assert "warning" not in str(found)
    curve = replace(found.curves[0], rise=found.curves[0].rise - 2.0)
    assert str(replace(found, curves=(curve,))).endswith(
        "\n\nwarning: along b there are better fits than that of the run, which is no minimum or not the "
        "lowest: start from the best point in profile.csv, and profile anew"
    )


@pytest.mark.parametrize(
    ("work", "words"),
    [
        (lambda *at: profile(*at, ["d"]), "profile: no parameter d was fitted; there are: a, b, c."),
        (
            lambda *at: profile(*at, points=0),
            "profile: at least one point on each side is needed, at a distance above 0.",
        ),
        (
            lambda *at: bootstrap(*at, resamples=1),
            "bootstrap: 1 resample cannot tell a standard error; ask for 100 or more.",
        ),
        (
            lambda *at: cross_validation(*at, folds=301),
            "cross-validation: 301 folds of 300 rows cannot be made; give between 2 and 300.",
        ),
        (
            lambda *at: bootstrap(*at, groups=3),
            "--groups: 3 groups need at least 3 ranks, and there is 1 rank. Start more by mpirun, give fewer "
            "groups, or leave it out.",
        ),
    ],
)
def test_what_cannot_be_done_says_so(work: Any, words: str, run: Path, tmp_path: Path) -> None:
    with pytest.raises(RunError) as refusal:
        work(COMM, run, tmp_path)
    assert str(refusal.value) == words


def other(folder: Path, job: str) -> Path:
    lines = [f"{x!r},{y!r},s" for x, y in zip(X.tolist(), Y.tolist(), strict=True)]
    (folder / "t.csv").write_text("\n".join(["x,y,sample", *lines]) + "\n")
    (folder / "job.toml").write_text(job)
    perform(COMM, folder / "job.toml", screen=Screen(lines=False))
    return folder / "run"


def test_missing_groups_are_told(tmp_path: Path) -> None:
    plain = other(tmp_path, JOB)
    with pytest.raises(RunError) as refusal:
        cross_validation(COMM, plain, tmp_path, by_label=True)
    assert str(refusal.value) == ("cross-validation: the rows have no different groups to go by, only 's'.")
