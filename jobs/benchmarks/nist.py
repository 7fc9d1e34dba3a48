"""NIST's 54 runs: Jacobians, evaluations and digits of geodesic-lm, beside scipy's lm and trf.

    python jobs/benchmarks/nist.py

J6 counts the Jacobians formed until every parameter first had six certified digits ("-": never); J, r
and rvv count all Jacobians, residuals and second directional derivatives of the fit. SciPy gets the same
analytic Jacobian and tolerances at rounding. A digit count of 11 is as many as NIST certifies.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from hpcfit.optimize import DenseObjective, minimize

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "problems" / "nist"))
import nist_problems

FloatArray = NDArray[np.float64]
SOLVERS = ("geodesic-lm", "scipy lm", "scipy trf")
_MOST_EVALUATIONS = 5000


@dataclass
class Watched:
    """The functions of a problem, counting calls and noting when six digits are reached."""

    problem: nist_problems.NistProblem
    residuals: int = 0
    jacobians: int = 0
    six_digits: int | None = None

    def residual(self, theta: FloatArray) -> FloatArray:
        self.residuals += 1
        return self.problem.residual(theta)

    def jacobian(self, theta: FloatArray) -> FloatArray:
        # A Jacobian is formed at every iterate, so this sees each of them.
        self.jacobians += 1
        if self.six_digits is None and self.problem.digits(theta) >= 6.0:
            self.six_digits = self.jacobians
        return self.problem.jacobian(theta)


@dataclass(frozen=True)
class Outcome:
    six_digits: int | None
    jacobians: int
    residuals: int
    curvatures: int
    digits: float
    claims: bool


def geodesic_lm(problem: nist_problems.NistProblem, theta0: FloatArray) -> Outcome:
    watched = Watched(problem)
    found = minimize(DenseObjective(watched.residual, watched.jacobian, len(theta0)), theta0)
    counts = found.counts
    digits = problem.digits(found.theta)
    return Outcome(
        watched.six_digits,
        counts.jacobian_evaluations,
        counts.residual_evaluations,
        counts.curvature_evaluations,
        digits,
        found.converged,
    )


def scipy_with(method: str) -> Callable[[nist_problems.NistProblem, FloatArray], Outcome]:
    def solve(problem: nist_problems.NistProblem, theta0: FloatArray) -> Outcome:
        watched = Watched(problem)
        try:
            found = least_squares(
                watched.residual,
                theta0,
                watched.jacobian,
                method=method,
                x_scale="jac",
                xtol=1e-15,
                ftol=1e-15,
                gtol=1e-15,
                max_nfev=_MOST_EVALUATIONS,
            )
        except (ValueError, np.linalg.LinAlgError):  # a residual that is not finite ends scipy's solvers
            return Outcome(None, watched.jacobians, watched.residuals, 0, 0.0, False)
        digits = problem.digits(found.x)
        return Outcome(watched.six_digits, watched.jacobians, watched.residuals, 0, digits, found.success)

    return solve


def print_row(name: str, start: int, outcomes: list[Outcome]) -> None:
    cells = [
        f"{outcome.six_digits or '-':>5}{outcome.jacobians:>6}{outcome.residuals:>6}"
        f"{outcome.curvatures or '':>5}{outcome.digits:>6.1f}{' false' if is_false(outcome) else '':6}"
        for outcome in outcomes
    ]
    print(f"{name:10}{start:>2} |" + " |".join(cells))


def is_false(outcome: Outcome) -> bool:
    """Convergence claimed at a wrong point."""
    return outcome.claims and outcome.digits < 4.0


def print_totals(outcomes: dict[str, list[Outcome]]) -> None:
    runs = len(outcomes[SOLVERS[0]])
    for solver, rows in outcomes.items():
        reached = [row.six_digits for row in rows if row.six_digits is not None]
        print(
            f"{solver:12} six digits in {len(reached)} of {runs} after {sum(reached)} Jacobians, "
            f"eight in {sum(row.digits >= 8.0 for row in rows)}; "
            f"claimed convergence at a wrong point {sum(map(is_false, rows))} times"
        )


def main() -> None:
    warnings.simplefilter("ignore")
    solvers = dict(zip(SOLVERS, (geodesic_lm, scipy_with("lm"), scipy_with("trf")), strict=True))
    outcomes: dict[str, list[Outcome]] = {solver: [] for solver in solvers}
    heading = f"{'J6':>5}{'J':>6}{'r':>6}{'rvv':>5}{'dig.':>6}{'':6}"
    print(f"{'':12} |" + " |".join(f"{solver:^34}" for solver in solvers))
    print(f"{'problem':12} |" + " |".join([heading] * len(solvers)))
    for name in nist_problems.NAMES:
        problem = nist_problems.load(name)
        for start, theta0 in enumerate(problem.starts, start=1):
            for solver, solve in solvers.items():
                outcomes[solver].append(solve(problem, theta0))
            print_row(name, start, [rows[-1] for rows in outcomes.values()])
    print_totals(outcomes)


if __name__ == "__main__":
    main()
