"""What a robust loss says at the end: standard errors, counts, and the largest residuals."""

from __future__ import annotations

import numpy as np
import pytest

from hpcfit.optimize import OptimizerResult
from hpcfit.optimize.events import Counts
from hpcfit.output import loss_report as output
from hpcfit.parallel.communicator import SerialCommunicator
from hpcfit.problem.loss import RowLoss, TargetLoss
from hpcfit.workflow.robust import loss_notes, loss_report, with_errors

LOSSES = (TargetLoss("energy"), TargetLoss("forces", "huber", 2.0, estimated=True))
RESIDUAL = np.array([50.0, 1.0, -8.0, 6.0, -8.0, 2.0, 2.5])
TARGETS = np.array([0, 1, 1, 1, 1, 1, 1])
OWNER = np.array([0, 0, 1, 1, 2, 2, 3])


def report() -> output.LossReport:
    scores = RowLoss.of(TARGETS, LOSSES).scores(RESIDUAL, np.array([0, 3, 7]))
    found = loss_report(
        SerialCommunicator(), LOSSES, RESIDUAL, TARGETS, scores, OWNER, lambda k: k, lambda k: f"row {k}"
    )
    assert found is not None
    return found


def fitted(cost: float) -> OptimizerResult:
    covariance = np.array([[4.0, 1.0], [1.0, 9.0]])
    errors = np.sqrt(np.diag(covariance))
    counts = Counts(0, 0, 0, 0, 0)
    nothing = np.zeros(2, bool)
    return OptimizerResult(
        np.ones(2), cost, True, "converged", "", counts, (), covariance, errors, (), nothing
    )


def test_residuals_beyond_the_scale_are_counted_by_target_and_one_of_each_owner_is_named() -> None:
    found = report()
    assert found.targets == [
        output.TargetLoss("energy", "least-squares", None, False, 1, 0),
        output.TargetLoss("forces", "huber", 2.0, True, 6, 4),
    ]
    assert [(each.where, each.residual, each.scales) for each in found.outliers] == [
        ("row 2", -8.0, 4.0),
        ("row 4", -8.0, 4.0),
        ("row 6", 2.5, 1.25),
    ]


def test_errors_come_from_what_residuals_count_for() -> None:
    found = report()
    # Beyond the scale psi is 2 and its slope 0; of what has least squares they are r and 1.
    assert found.squares == pytest.approx(50.0**2 + 1.0 + 2.0**2 + 4 * 4.0)
    assert found.curvature == pytest.approx(3 / 7)
    changed = with_errors(fitted(100.0), found)
    factor = found.squares / found.curvature / 100.0
    np.testing.assert_allclose(changed.covariance, factor * np.array([[4.0, 1.0], [1.0, 9.0]]))
    np.testing.assert_allclose(changed.standard_errors, np.sqrt(factor) * np.array([2.0, 3.0]))


def test_without_curvature_no_error_can_be_told() -> None:
    bent = output.LossReport([], [], 1.0, -0.1, "")
    assert with_errors(fitted(1.0), bent).covariance is None
    assert with_errors(fitted(1.0), bent).standard_errors is None
    plain = fitted(1.0)
    assert with_errors(plain, None) is plain


def test_the_log_has_a_line_for_each_loss() -> None:
    assert loss_notes(LOSSES) == [
        "loss of energy: least-squares",
        "loss of forces: huber, scale 2, from the residuals at the initial values",
    ]
    assert loss_notes([TargetLoss("", "tukey", 0.5)]) == ["loss: tukey, scale 0.5"]
    assert loss_notes(()) == []


def test_a_result_is_read_as_it_was_written() -> None:
    found = report()
    fields = {
        "targets": [vars(each) for each in found.targets],
        "outliers": [vars(each) for each in found.outliers],
        "squares": found.squares,
        "curvature": found.curvature,
        "covariance": found.covariance,
    }
    assert output.LossReport.of(fields) == found
