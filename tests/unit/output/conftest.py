"""A result with everything in it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hpcfit.output.amounts import Counts, Memory, Timing
from hpcfit.output.result import FittedParameter, Result, Rmse


@pytest.fixture
def result() -> Result:
    def parameter(name: str, value: float, error: float | None, **more: object) -> FittedParameter:
        given = {"initial": 5.0, "min": None, "max": None, "fixed": False, **more}
        return FittedParameter("stillinger-weber", "Si", name, value, error, **given)  # type: ignore[arg-type]

    return Result(
        status="converged",
        reason="The relative offset is below 1e-8.",
        loss=3627.188578123456,
        objective_history=[58423.9734, 9000.0, 3627.188578123456],
        parameters=[
            parameter("A", 2916.6871234567, 12.3, min=1.0, max=5000.0, unit="eV"),
            parameter("p", 8.0, None, min=2.0, max=8.0, at_bound="max"),
            parameter("rc", 3.77118, None, fixed=True, unit="angstrom"),
        ],
        rmse=Rmse(
            train={"energy": 0.0123, "forces": 0.21, "stress": None},
            test={"energy": 0.02, "forces": 0.25},
            by_tag={"train": {"AIMD": {"energy": 0.01, "forces": 0.3}}},
            units={"energy": "eV/atom", "forces": "eV/angstrom"},
        ),
        counts=Counts(15, 3, 16, 12, 1),
        timing=Timing(2.5, 1.9, 0.5, 0.3, 0.05, 0.05, 0.0125, 0.04),
        memory=Memory(200 * 2**20, 190 * 2**20),
        covariance=[[0.1]],
        null_directions=["The data do not determine p."],
        provenance={"versions": {"hpcfit": "0.1.0"}, "ranks": 2, "host": "node<1>"},
        job={"optimizer.name": '"geodesic-lm"'},
    )


@pytest.fixture
def connected(result: Result) -> Result:
    """The result with parameters that are tied, mixed, transformed and known of before."""
    fitted, held, _ = result.parameters
    rule = "sqrt(Si-Si.A*C-C.A)"
    return replace(
        result,
        prior_loss=0.25,
        parameters=[
            replace(fitted, transform="log", prior={"mean": 2900.0, "sigma": 20.0}),
            replace(held, at_bound="max", transform="log"),
            replace(fitted, name="B", tie=f"{rule} + {rule} + {rule} + {rule}", min=None, max=None),
            replace(fitted, name="C", tie=rule, mixing="geometric", min=None, max=None),
        ],
    )
