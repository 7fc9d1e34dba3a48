"""The robust objective of a table with groups, two outputs, missing cells and a transform."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from table_jobs import GROUPED

from hpcfit.parallel.communicator import SerialCommunicator
from hpcfit.problem.loss import TargetLoss
from hpcfit.problem.robust_row_objective import RobustRowObjective
from hpcfit.problem.row_objective import RowObjective
from hpcfit.workflow.plan import make_plan
from hpcfit.workflow.table.prepare import prepare_table

NETWORK = """\
[model]
name = "mlp"
layers = [1, 3, 2]
seed = 5
"""
THETA = np.array([1.7, 2.2, 1.1, 0.4])
VELOCITY = np.array([0.3, -0.2, 0.1, 0.5])


@pytest.fixture(name="objectives")
def _objectives(tmp_path: Path) -> tuple[RowObjective, RobustRowObjective]:
    """The same rows twice: 260 in two groups, of which some have no u."""
    return fitted(tmp_path, GROUPED)


def fitted(tmp_path: Path, job: str) -> tuple[RowObjective, RobustRowObjective]:
    random = np.random.default_rng(8)
    lines = ["t,s,u,e,g"]
    for k in range(260):
        t, s, u = random.uniform(0.1, 3.0), *random.normal(size=2)
        lines.append(f"{t},{s},{'' if k % 7 == 0 else u},{0.5 + k % 3},{'ab'[k % 5 == 0]}")
    (tmp_path / "t.csv").write_text("\n".join(lines))
    (tmp_path / "job.toml").write_text(job)
    prepared = prepare_table(SerialCommunicator(), make_plan(SerialCommunicator(), tmp_path / "job.toml"))  # type: ignore[arg-type]
    plain = prepared.objective
    assert isinstance(plain, RowObjective)
    assert plain.n_chunks > 3
    assert plain.n_residuals < 2 * 260
    losses = [TargetLoss("s"), TargetLoss("u")]
    return plain, RobustRowObjective(plain.model, plain.parameters, plain.data, plain.bounds, losses)


def test_with_least_squares_it_is_the_plain_objective(
    objectives: tuple[RowObjective, RobustRowObjective],
) -> None:
    check_alike(objectives, THETA, VELOCITY)


def test_with_least_squares_it_is_the_plain_objective_of_a_network(tmp_path: Path) -> None:
    objectives = fitted(tmp_path, GROUPED[: GROUPED.index("[model]")] + NETWORK)
    theta = objectives[0].parameters.start
    check_alike(objectives, theta, np.cos(np.arange(len(theta))))


def check_alike(
    objectives: tuple[RowObjective, RobustRowObjective], theta: np.ndarray, velocity: np.ndarray
) -> None:
    plain, robust = objectives
    assert (robust.n_residuals, robust.n_parameters) == (plain.n_residuals, plain.n_parameters)
    (triangles, sums), (others, other_sums) = (each.linearize(theta) for each in objectives)
    np.testing.assert_allclose(sums, other_sums, rtol=1e-13)
    np.testing.assert_allclose(robust.cost(theta), sums, rtol=1e-13)
    for one, other in zip(triangles, others, strict=True):
        np.testing.assert_allclose(one.T @ one, other.T @ other, rtol=1e-11, atol=1e-11)
    np.testing.assert_allclose(
        robust.curvature(theta, velocity, 0.1), plain.curvature(theta, velocity, 0.1), rtol=1e-9, atol=1e-11
    )
    for chunks in (None, np.array([1, 3])):
        np.testing.assert_allclose(
            robust.gradient(theta, chunks), plain.gradient(theta, chunks), rtol=1e-11, atol=1e-11
        )


def test_the_gradient_is_that_of_the_cost(objectives: tuple[RowObjective, RobustRowObjective]) -> None:
    robust = objectives[1]
    robust.use([TargetLoss("s", "cauchy", 0.4), TargetLoss("u", "huber", 0.7)])
    found = robust.gradient(THETA)[:, :-2].sum(axis=0)
    axes = 1e-6 * np.eye(4)
    slopes = [(robust.cost(THETA + h)[:, 0] - robust.cost(THETA - h)[:, 0]).sum() / 2e-6 for h in axes]
    np.testing.assert_allclose(2 * found, slopes, rtol=1e-7)


def test_bits_do_not_depend_on_how_many_chunks_are_computed_together(
    objectives: tuple[RowObjective, RobustRowObjective], monkeypatch: pytest.MonkeyPatch
) -> None:
    robust = objectives[1]
    robust.use([TargetLoss("s", "soft-l1", 0.4), TargetLoss("u", "tukey", 2.0)])

    def evaluated() -> list[np.ndarray]:
        return [*robust.linearize(THETA), robust.cost(THETA), robust.curvature(THETA, VELOCITY, 0.1)]

    together = evaluated()
    monkeypatch.setattr("hpcfit.problem.robust_row_objective._NUMBERS", 1)
    for one, other in zip(evaluated(), together, strict=True):
        np.testing.assert_array_equal(one, other)
