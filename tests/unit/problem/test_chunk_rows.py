"""The rows that analyses see are those that a fit folds, whatever the residual and the loss."""

from __future__ import annotations

import numpy as np
import pytest

from hpcfit.parallel.communicator import SerialCommunicator
from hpcfit.problem.chunk_rows import chunk_rows
from hpcfit.workflow.plan import make_plan
from hpcfit.workflow.steps import steps_of

COMM = SerialCommunicator()
WEIGHTS = "[weights]\n"
TABLE = """\
[data]
table = "data.csv"
x = ["x"]
y = { f = "y", g = "z" }
group = "kind"
missing = "skip"

[model]
formula = { f = "a + b*x", g = "b - a*x**2" }
per_group = ["b"]
[model.parameters]
a = { initial = 1.0, transform = "log" }
b = { initial = 1.5 }
"""


def check(prepared) -> int:
    """Compare J^T J and J^T r of each chunk with its triangle; how many residuals there are."""
    theta = prepared.model.parameters.start
    triangles, _ = prepared.objective.linearize(theta)
    count = 0
    for triangle, rows in zip(triangles, chunk_rows(prepared.objective, theta), strict=True):
        block = np.concatenate([rows.jacobian, rows.residual[np.newaxis]])
        expected = triangle.T @ triangle
        scale = np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
        assert np.abs(block @ block.T - expected).max() <= 1e-11 * scale.max()
        np.testing.assert_allclose((block @ block.T)[:-1], expected[:-1], rtol=1e-8, atol=1e-9 * scale.max())
        assert (np.diff(rows.owner) >= 0).all()
        count += len(rows.residual)
    return count


@pytest.mark.parametrize(
    "words",
    [
        "",
        '[residual]\nname = "energy-forces"\n',
        '[residual]\nname = "force-magnitude-direction"\n',
        '[residual]\nname = "mine.py:shifted"\n',
        '[loss]\nname = "soft-l1"\nscale = 0.1\n',
    ],
)
def test_rows_of_configurations_are_those_that_are_folded(silicon, words: str) -> None:
    (silicon.folder / "mine.py").write_text(
        "def shifted(identifier, natoms, weight, prediction, reference, data):\n"
        "    return 2.0 * (prediction - reference) + 0.1\n"
    )
    silicon.write((WEIGHTS, words + WEIGHTS))
    plan = make_plan(COMM, silicon.path)
    prepared = steps_of(plan).prepare(COMM, plan)
    assert check(prepared) == prepared.objective.n_residuals
    block = prepared.share.block
    owners = np.concatenate(
        [rows.owner for rows in chunk_rows(prepared.objective, prepared.model.parameters.start)]
    )
    assert np.unique(owners).tolist() == list(range(len(block)))


@pytest.mark.parametrize("loss", ["", '[loss]\nname = "cauchy"\nscale = 0.5\n'])
def test_rows_of_tables_are_those_that_are_folded(tmp_path, loss: str) -> None:
    x = np.linspace(0.5, 2.0, 700)
    lines = [
        f"{a!r},{1 + a!r},{'' if k % 7 == 0 else 2 - a!r},{'uv'[k % 2]}" for k, a in enumerate(x.tolist())
    ]
    (tmp_path / "data.csv").write_text("x,y,z,kind\n" + "\n".join(lines) + "\n")
    (tmp_path / "job.toml").write_text(TABLE + loss)
    plan = make_plan(COMM, tmp_path / "job.toml")
    prepared = steps_of(plan).prepare(COMM, plan)
    assert prepared.objective.n_chunks > 1
    assert check(prepared) == prepared.objective.n_residuals == 700 + 600
