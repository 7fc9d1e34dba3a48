"""A fit with ties, transforms and priors has the same bits on any number of ranks, and when it is resumed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Silicon = Any
Launch = Callable[..., Any]

pytestmark = pytest.mark.mpi

#: the small silicon job with A by its logarithm, B by its logit, gamma and lambda tied to a third parameter
EDITS = (
    (
        "A      = { initial = 15.28484792, min = 0.1, max = 500 }",
        'A = { initial = 15.28484792, transform = "log", prior = { mean = 14.0, sigma = 0.5 } }',
    ),
    (
        "B      = { initial = 0.60222456, min = 1e-3, max = 1e3 }",
        'B = { initial = 0.60222456, min = 0, max = 2, transform = "logit" }',
    ),
    (
        "gamma  = { initial = 2.51412, min = 0.1, max = 10 }",
        'gamma = { tie = "1.2*width*sqrt(A/15)", prior = { mean = 2.5, sigma = 0.1 } }',
    ),
    ("lambda = { initial = 45.5322, min = 0.1, max = 500 }", 'lambda = { tie = "19*width**2" }'),
    ("[weights]", "[potential.auxiliary]\nwidth = { initial = 1.5, min = 1 }\n\n[weights]"),
)


def outcome(on_ranks: Launch, silicon: Silicon, ranks: int, *options: str) -> Any:
    finished = on_ranks(ranks, "run", "job.toml", *options)
    assert finished.code in (0, 1), finished.err
    return silicon.outcome()


def test_on_any_number_of_ranks(on_ranks: Launch, silicon: Silicon) -> None:
    silicon.write(*EDITS)
    expected = outcome(on_ranks, silicon, 1)
    found = silicon.result()
    assert found["status"] == "converged"
    assert found["prior_loss"] > 0.0
    assert len(found["covariance"]) == 3
    for ranks in (2, 3, 5):
        assert outcome(on_ranks, silicon, ranks, "--restart") == expected, f"{ranks} ranks"


def test_when_it_goes_on_on_other_ranks_it_ends_as_if_never_interrupted(
    on_ranks: Launch, silicon: Silicon
) -> None:
    silicon.write(*EDITS)
    expected = outcome(on_ranks, silicon, 1)
    silicon.write(*EDITS, ("[run]", "[optimizer]\nmax_iterations = 3\n\n[run]"))
    outcome(on_ranks, silicon, 2, "--restart")
    assert silicon.result()["status"] == "max_iterations"
    silicon.write(*EDITS)
    assert outcome(on_ranks, silicon, 3) == expected
