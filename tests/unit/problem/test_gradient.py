"""J^T r of chunks: that of their triangles, for all of them or for some."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hpcfit.parallel.communicator import SerialCommunicator
from hpcfit.parallel.objective import DistributedObjective
from hpcfit.problem.chunk_gradient import runs
from hpcfit.workflow.plan import make_plan
from hpcfit.workflow.steps import steps_of

TABLE = """\
[data]
table = "t.csv"
y = ["y"]

[model]
formula = "a*exp(-b*x) + c*x"
[model.parameters]
a = { initial = 1.0, transform = "log", min = 0 }
b = { initial = 0.5, prior = { mean = 0.6, sigma = 0.1 } }
c = { initial = 0.1 }
"""


def prepared(path: Path) -> Any:
    comm = SerialCommunicator()
    plan = make_plan(comm, path)
    made: Any = steps_of(plan).prepare(comm, plan)
    return made


@pytest.fixture
def table(tmp_path: Path) -> Any:
    x = np.linspace(0.0, 4.0, 300)
    y = 2.0 * np.exp(-0.6 * x) + 0.2 * x + 0.01 * np.sin(29.0 * x)
    rows = "\n".join(f"{a:.17g},{b:.17g}" for a, b in zip(x, y, strict=True))
    (tmp_path / "t.csv").write_text(f"x,y\n{rows}\n")
    (tmp_path / "job.toml").write_text(TABLE)
    return prepared(tmp_path / "job.toml")


def check(given: Any) -> None:
    local, start = given.objective, given.model.parameters.start
    theta = start * (1.0 + 0.01 * np.arange(len(start)))
    triangles, sums = local.linearize(theta)
    expected = np.einsum("cik,ci->ck", triangles[:, :, :-1], triangles[:, :, -1])
    found = local.gradient(theta)
    np.testing.assert_allclose(found[:, :-2], expected, rtol=1e-10, atol=1e-12 * np.abs(expected).max())
    np.testing.assert_allclose(found[:, -2:], sums, rtol=1e-13)
    some = np.flatnonzero(np.arange(local.n_chunks) % 3 != 1)
    part = local.gradient(theta, some)
    assert part[some].tobytes() == found[some].tobytes()
    others = np.setdiff1d(np.arange(local.n_chunks), some)
    assert len(others)
    assert not part[others].any()
    assert not local.gradient(theta, np.empty(0, np.int64)).any()


def test_of_a_table(table: Any) -> None:
    check(table)


def test_of_configurations(silicon: Any) -> None:
    silicon.write()
    check(prepared(silicon.path))


def test_batches_of_an_epoch_add_up_to_all_with_priors_shared_among_them(table: Any) -> None:
    from hpcfit.problem.prior_objective import with_priors

    comm, theta = SerialCommunicator(), table.model.parameters.start
    with DistributedObjective(table.objective, comm, table.share.ranges) as data:
        objective = with_priors(data, table.model.parameters)
        whole, linearized = objective.gradient(theta), objective.linearize(theta)
        np.testing.assert_allclose(whole.vector, linearized.rfactor.gradient, rtol=1e-10)
        assert whole.cost == linearized.cost
        parts = [objective.gradient(theta, np.arange(first, objective.n_chunks, 2)) for first in range(2)]
    np.testing.assert_allclose(sum(part.vector for part in parts), whole.vector, rtol=1e-12)
    assert sum(part.cost for part in parts) == pytest.approx(whole.cost, rel=1e-12)


def test_runs_of_chunks() -> None:
    assert list(runs(np.array([0, 1, 2, 5, 7, 8]))) == [(0, 3), (5, 6), (7, 9)]
    assert list(runs(np.empty(0, np.int64))) == []
