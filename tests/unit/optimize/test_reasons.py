"""Every way of ending, word for word; only the status "converged" counts as convergence."""

import pytest

from hpcfit.optimize import reasons
from hpcfit.optimize.reasons import StopReason

SENTENCES = [
    (
        reasons.offset_small(3e-6),
        "converged",
        "Converged: what is left of the residual is orthogonal to every change of the parameters "
        "(relative offset 3.0e-06).",
    ),
    (
        reasons.step_small(2e-11),
        "converged",
        "Converged: the full step would change the parameters by only 2.0e-11 of their size.",
    ),
    (
        reasons.saving_small(1e-17),
        "converged",
        "Converged: the full step would save only 1.0e-17 of the cost.",
    ),
    (
        reasons.rounding_reached(1e-13),
        "converged",
        "Converged as far as rounding allows: steps that would save 1.0e-13 of the cost change it by no more "
        "than rounding does.",
    ),
    (
        reasons.gradient_vanishes(1e-9),
        "converged",
        "Converged: no step lowers the cost, and the residual is orthogonal to the effect of every parameter "
        "(largest cosine 1.0e-09). The Jacobian loses rank here: some parameters are poorly determined.",
    ),
    (
        reasons.target_reached(0.5, 1.0),
        "cost_target",
        "The cost 0.5 is at or below the target 1 that was set.",
    ),
    (
        reasons.iterations_used(7, 0.25),
        "max_iterations",
        "Not converged after 7 iterations (relative offset 2.5e-01); raise max_iterations, or look at "
        "whether the cost still falls: if hardly, the parameters may be poorly determined or badly started.",
    ),
    (
        reasons.stalled(60, None),
        "stalled",
        "Stalled: 60 trial steps in a row did not lower the cost. The residual may be noisy or not smooth "
        "here, its derivatives may be wrong, or it is not finite just beyond; start elsewhere, set bounds, "
        "or check the derivatives.",
    ),
    (
        reasons.constant(),
        "degenerate",
        "Not converged: the residual does not depend on any parameter here. Start elsewhere.",
    ),
]


@pytest.mark.parametrize(("reason", "status", "sentence"), SENTENCES)
def test_reason_says_what_happened_and_what_to_do(reason: StopReason, status: str, sentence: str) -> None:
    assert (reason.status, reason.sentence) == (status, sentence)
    assert reason.converged == (status == "converged")
