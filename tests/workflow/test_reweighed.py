"""Configurations that count more or less, with residuals of every kind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hpcfit.parallel.communicator import SerialCommunicator
from hpcfit.problem.local_objective import LocalObjective
from hpcfit.problem.reweigh import reweighed
from hpcfit.workflow.plan import make_plan
from hpcfit.workflow.steps import steps_of


@pytest.mark.parametrize(
    ("residual", "loss"),
    [
        ("energy-forces", ""),
        ("energy-forces", '[loss]\nname = "cauchy"\nscale = 0.05\n\n'),
        ("relative", ""),
        ("force-magnitude-direction", ""),
        ("function.py:residual", ""),
    ],
)
def test_a_factor_of_a_configuration_is_one_of_its_residuals(silicon: Any, residual: str, loss: str) -> None:
    (silicon.folder / "function.py").write_text(
        "def residual(identifier, natoms, weight, prediction, reference, data):\n"
        "    return weight.config_weight * (prediction - reference)\n"
    )
    silicon.write(("[run]", f'{loss}[residual]\nname = "{residual}"\n\n[run]'))
    comm = SerialCommunicator()
    plan = make_plan(comm, silicon.path)
    prepared = steps_of(plan).prepare(comm, plan)
    objective = prepared.objective
    assert isinstance(objective, LocalObjective)
    theta = objective.parameters.start
    expected = objective.linearize(theta)
    # All configurations of a chunk have one factor, so that its sums have its square.
    factors = np.arange(objective.n_chunks) / 2.0
    found = reweighed(objective, np.repeat(factors, np.diff(prepared.share.bounds)))
    assert isinstance(found, LocalObjective)
    triangles, sums = found.linearize(theta)
    np.testing.assert_allclose(sums[:, 0], factors**2 * expected[1][:, 0], rtol=1e-12)
    np.testing.assert_allclose(found.cost(theta), sums, rtol=1e-12)
    normal = triangles.transpose(0, 2, 1) @ triangles
    wanted = factors[:, None, None] ** 2 * (expected[0].transpose(0, 2, 1) @ expected[0])
    np.testing.assert_allclose(normal, wanted, rtol=1e-9, atol=1e-9 * np.abs(wanted).max())
    velocity = 0.01 * theta
    bent = factors[:, None] ** 2 * objective.curvature(theta, velocity, 0.1)
    np.testing.assert_allclose(
        found.curvature(theta, velocity, 0.1), bent, rtol=1e-7, atol=1e-9 * np.abs(bent).max()
    )
    # The objective itself is what it was.
    assert objective.linearize(theta)[1].tobytes() == expected[1].tobytes()
