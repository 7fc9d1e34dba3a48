"""Chunks of tables, and the objective that ties, transforms and shared columns have a part in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from table_jobs import GROUPED

from hpcfit.parallel.communicator import SerialCommunicator
from hpcfit.problem.row_chunks import row_chunk_bounds
from hpcfit.problem.row_objective import RowObjective
from hpcfit.workflow.plan import make_plan
from hpcfit.workflow.table.prepare import prepare_table

#: c tied, and a group whose A is given
JOB = (
    GROUPED.replace("{ initial = 0.3 }", '{ tie = "0.2*tau**2" }')
    + "[model.group_parameters.third]\nA = 2.5\n"
)
#: A of the first and second group, 1 + log(tau), as the transform has it
THETA = np.array([1.7, 2.2, 1.1])
VELOCITY = np.array([0.3, -0.2, 0.4])
T, S, U, E = np.random.default_rng(8).uniform(0.1, 3.0, size=(4, 260))
GROUP = np.sort(np.arange(260) % 3)
KNOWN = np.arange(260) % 7 != 0


def residual(theta: np.ndarray) -> np.ndarray:
    """r of the rows in the order of the table, the first output and then the second where it is known."""
    tau = np.exp(theta[2] - 1.0)
    factor, level = np.array([theta[0], theta[1], 2.5])[GROUP], 0.2 * tau**2
    return np.concatenate(
        [(factor * np.exp(-T / tau) + level - S) / E, (factor * T + level - U)[KNOWN]],
    )


def jacobian(theta: np.ndarray) -> np.ndarray:
    """By central differences, shape (m, 3)."""
    axes = 1e-5 * np.eye(3)
    return np.stack([(residual(theta + h) - residual(theta - h)) / 2e-5 for h in axes], axis=1)


@pytest.fixture
def objective(tmp_path: Path) -> RowObjective:
    rows = [
        f"{T[k]!s},{S[k]!s},{U[k] if KNOWN[k] else ''},{E[k]!s},{('first', 'second', 'third')[GROUP[k]]}"
        for k in range(260)
    ]
    (tmp_path / "t.csv").write_text("\n".join(["t,s,u,e,g", *rows]))
    (tmp_path / "job.toml").write_text(JOB)
    comm = SerialCommunicator()
    found = prepare_table(comm, make_plan(comm, tmp_path / "job.toml")).objective  # type: ignore[arg-type]
    assert isinstance(found, RowObjective)
    assert found.n_chunks > 3
    return found


@pytest.mark.parametrize("rows", [1, 63, 64, 65, 1000, 123_457])
@pytest.mark.parametrize(("outputs", "columns"), [(1, 3), (2, 3), (1, 60)])
def test_chunks_cover_the_rows_and_are_taller_than_wide(rows: int, outputs: int, columns: int) -> None:
    bounds = row_chunk_bounds(rows, outputs, columns)
    assert bounds[0] == 0
    assert bounds[-1] == rows
    sizes = np.diff(bounds)
    assert (sizes > 0).all()
    assert (sizes[:-1] * outputs >= 2 * columns).all()
    assert (sizes * outputs <= 4096).all()


def test_the_memory_of_a_chunk_does_not_grow_with_the_rows() -> None:
    sizes = [np.diff(row_chunk_bounds(rows, 1, 3)).max() for rows in (10**6, 10**7, 10**8)]
    assert sizes[1:] == [4096, 4096]


@pytest.mark.parametrize(
    ("columns", "chunks", "rows"), [(8, 256, 39_063), (100, 64, 156_250), (1500, 8, 1_250_000)]
)
def test_on_devices_chunks_are_large_and_few(columns: int, chunks: int, rows: int) -> None:
    bounds = row_chunk_bounds(10**7, 1, columns, on_device=True)
    assert len(bounds) - 1 == pytest.approx(chunks, abs=1)
    assert np.diff(bounds).max() == pytest.approx(rows, rel=1e-4)


def test_with_groups_ties_and_transforms_triangles_are_those_of_differences(objective: RowObjective) -> None:
    both = np.column_stack([jacobian(THETA), residual(THETA)])
    triangles, sums = objective.linearize(THETA)
    assert objective.n_residuals == len(both)
    np.testing.assert_allclose(np.einsum("cki,ckj->ij", triangles, triangles), both.T @ both, rtol=1e-8)
    np.testing.assert_allclose(sums.sum(axis=0), [both[:, -1] @ both[:, -1], 0.0], rtol=1e-12)
    np.testing.assert_allclose(objective.cost(THETA), sums, rtol=1e-14)
    slope = objective.gradient(THETA)[:, :3].sum(axis=0)
    np.testing.assert_allclose(slope, both[:, :-1].T @ both[:, -1], rtol=1e-7)


def test_rows_of_the_jacobian_are_those_of_differences(objective: RowObjective) -> None:
    matrix = objective.parameters.jacobian(THETA)
    expected, place = np.column_stack([jacobian(THETA), residual(THETA)]), np.cumsum(KNOWN) - 1
    seen = 0
    assert matrix is not None
    for block, plain, row, output in objective.blocks(THETA):
        own = np.where(output == 0, row, 260 + place[row])
        np.testing.assert_allclose(matrix.T @ block[:-1], expected[own, :-1].T, rtol=1e-7, atol=1e-8)
        np.testing.assert_allclose(plain, expected[own, -1], rtol=1e-12, atol=1e-13)
        seen += len(row)
    assert seen == len(expected)


def test_the_curvature_is_that_of_second_differences(objective: RowObjective) -> None:
    h = 1e-3
    ahead, here, back = (residual(THETA + k * h * VELOCITY) for k in (1, 0, -1))
    expected = jacobian(THETA).T @ ((ahead - 2.0 * here + back) / h**2)
    found = objective.curvature(THETA, VELOCITY, h).sum(axis=0)
    np.testing.assert_allclose(found, expected, rtol=3e-3, atol=1e-2)


def test_the_time_to_fold_is_that_of_the_columns_of_chunks_and_within_the_whole(
    objective: RowObjective, monkeypatch: pytest.MonkeyPatch
) -> None:
    widths = []

    def longest(rows: np.ndarray, width: int) -> float:
        widths.append(width)
        return 1e9

    monkeypatch.setattr("hpcfit.problem.row_objective.time_to_fold", longest)
    objective.linearize(THETA)
    assert 2 <= widths[0] < objective.model.n_columns == 4
    assert 0.0 < objective.folding_seconds <= objective.seconds
