"""What an optimizer of a plugin returns is held to the fit that it was given."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from known_problems import VALLEY

from hpcfit.errors import PluginError
from hpcfit.optimize import minimize
from hpcfit.optimize.bounds import Bounds
from hpcfit.optimize.returned import require_cost, require_result

BOX = Bounds(np.array([-2.0, -2.0]), np.array([9.0, 9.0]))
FOUND = minimize(VALLEY.objective(), np.array(VALLEY.start), bounds=(BOX.lower, BOX.upper))


def test_a_result_is_given_on() -> None:
    assert require_result("optimizer x", FOUND, BOX) is FOUND
    bare = replace(FOUND, covariance=None, standard_errors=None)
    assert require_result("optimizer x", bare, BOX) is bare


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (None, "minimize must return an OptimizerResult, not None."),
        (
            replace(FOUND, theta=np.array([1.0])),
            "minimize returned theta of shape (1,); of 2 free parameters it is (2,).",
        ),
        (
            replace(FOUND, covariance=np.ones(2)),
            "minimize returned covariance of shape (2,); of 2 free parameters it is (2, 2).",
        ),
        (
            replace(FOUND, theta=np.array([1.0, np.nan]), cost=0.5),
            "minimize returned theta = [1, nan] and cost = 0.5, which are not finite; return the best point "
            "that was seen.",
        ),
        (
            replace(FOUND, theta=np.array([1.0, 9.5])),
            "minimize returned theta = [1, 9.5], outside the bounds [-2, -2] to [9, 9]; clip its steps, or "
            'register it with bounds = "refused".',
        ),
    ],
)
def test_what_cannot_be_a_result_is_refused(found: Any, message: str) -> None:
    with pytest.raises(PluginError) as refusal:
        require_result("optimizer x", found, BOX)
    assert str(refusal.value) == f"optimizer x: {message}"


def test_a_cost_that_is_not_that_of_its_theta_is_refused() -> None:
    theta = np.array([1.0, 2.0])
    require_cost("optimizer x", theta, 100.0, VALLEY.objective())
    with pytest.raises(PluginError) as refusal:
        require_cost("optimizer x", theta, 99.0, VALLEY.objective())
    assert str(refusal.value) == (
        "optimizer x: minimize returned cost = 99.0, but |r|^2 at its theta is 100.0; return theta and the "
        "cost there."
    )
