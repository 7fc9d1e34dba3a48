"""NIST's 54 runs: Jacobians, evaluations and digits of geodesic-lm and lm, beside SciPy's and lmfit's.

    python jobs/benchmarks/nist.py              # one table: totals over the 54 runs
    python jobs/benchmarks/nist.py --runs       # and a line for each run
    python jobs/benchmarks/nist.py Misra1a ...  # of some problems

J6 counts the Jacobians formed until every parameter first had six certified digits ("-": never), its total
those of runs that end with six. J, r and rvv count all Jacobians, residuals and second directional
derivatives of the fit. All get the same analytic Jacobian; SciPy's and lmfit's tolerances are at rounding. A
digit count of 11 is as many as NIST certifies; a fit that raises has none. lmfit is left out, with a note,
where it is not installed.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from hpcfit.optimize import OPTIMIZERS, DenseObjective

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "problems" / "nist"))
import nist_problems

FloatArray = NDArray[np.float64]
Solver = Callable[[nist_problems.NistProblem, FloatArray], "Outcome"]
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


def hpcfit_with(name: str) -> Solver:
    def solve(problem: nist_problems.NistProblem, theta0: FloatArray) -> Outcome:
        watched = Watched(problem)
        objective = DenseObjective(watched.residual, watched.jacobian, len(theta0))
        found = OPTIMIZERS[name].minimize(objective, theta0)
        counts = found.counts
        return Outcome(
            watched.six_digits,
            counts.jacobian_evaluations,
            counts.residual_evaluations,
            counts.curvature_evaluations,
            problem.digits(found.theta),
            found.converged,
        )

    return solve


def scipy_with(method: str) -> Solver:
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


def lmfit_leastsq() -> Solver | None:
    """lmfit's default method, which is MINPACK's as well; None where lmfit is not installed."""
    try:
        import lmfit
    except ImportError:
        print("lmfit is left out: pip install lmfit")
        return None

    def solve(problem: nist_problems.NistProblem, theta0: FloatArray) -> Outcome:
        watched = Watched(problem)
        start = lmfit.Parameters()
        for label, value in zip(problem.labels, theta0, strict=True):
            start.add(label, float(value))

        def values(parameters: lmfit.Parameters) -> FloatArray:
            return np.array([parameters[label].value for label in problem.labels])

        fit = lmfit.Minimizer(lambda q: watched.residual(values(q)), start, calc_covar=False)
        tolerances = {"xtol": 1e-15, "ftol": 1e-15, "gtol": 1e-15}
        try:
            found = fit.leastsq(
                Dfun=lambda q: watched.jacobian(values(q)), max_nfev=_MOST_EVALUATIONS, **tolerances
            )
        except (ValueError, np.linalg.LinAlgError):
            return Outcome(watched.six_digits, watched.jacobians, watched.residuals, 0, 0.0, False)
        digits = problem.digits(values(found.params))
        return Outcome(
            watched.six_digits, watched.jacobians, watched.residuals, 0, digits, bool(found.success)
        )

    return solve


def is_false(outcome: Outcome) -> bool:
    """Convergence claimed at a wrong point."""
    return outcome.claims and outcome.digits < 4.0


def print_runs(name: str, start: int, outcomes: dict[str, list[Outcome]]) -> None:
    for solver, rows in outcomes.items():
        row = rows[-1]
        print(
            f"{name:10}{start:>2}  {solver:13}{row.six_digits or '-':>6}{row.jacobians:>6}{row.residuals:>6}"
            f"{row.curvatures or '':>5}{row.digits:>6.1f}{'  false' if is_false(row) else ''}"
        )


def print_totals(outcomes: dict[str, list[Outcome]]) -> None:
    print(f"{'solver':13} | 6 digits | 8 digits | false | J6 | J, all | r, all | r_vv, all")
    for solver, rows in outcomes.items():
        solved = [row for row in rows if row.digits >= 6.0]
        reached = [row.six_digits or row.jacobians for row in solved]
        cells = (
            f"{len(solved)} of {len(rows)}",
            sum(row.digits >= 8.0 for row in rows),
            sum(map(is_false, rows)),
            sum(reached),
            sum(row.jacobians for row in rows),
            sum(row.residuals for row in rows),
            sum(row.curvatures for row in rows),
        )
        print(f"{solver:13} | " + " | ".join(map(str, cells)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("problems", nargs="*", default=nist_problems.NAMES)
    parser.add_argument("--runs", action="store_true", help="a line for each run")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    solvers: dict[str, Solver | None] = {
        "geodesic-lm": hpcfit_with("geodesic-lm"),
        "lm": hpcfit_with("lm"),
        **{f"scipy {method}": scipy_with(method) for method in ("lm", "trf", "dogbox")},
        "lmfit leastsq": lmfit_leastsq(),
    }
    present = {name: solver for name, solver in solvers.items() if solver is not None}
    outcomes: dict[str, list[Outcome]] = {name: [] for name in present}
    for name in arguments.problems:
        problem = nist_problems.load(name)
        for start, theta0 in enumerate(problem.starts, start=1):
            for solver, solve in present.items():
                outcomes[solver].append(solve(problem, theta0))
            if arguments.runs:
                print_runs(name, start, outcomes)
    print_totals(outcomes)


if __name__ == "__main__":
    main()
