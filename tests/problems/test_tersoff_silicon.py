"""Tersoff's potential fitted to the DFT silicon of jobs/silicon-sw: the known start and the known optimum."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hpcfit.parallel.communicator import SerialCommunicator
from hpcfit.workflow.run import run_job

SILICON = Path(__file__).resolve().parents[2] / "jobs" / "silicon-sw" / "silicon-train.h5"
#: initial, min, max
PARAMETERS = {
    "A": (1830.8, 500, 5000),
    "B": (471.18, 100, 2000),
    "lambda1": (2.4799, 1, 4),
    "lambda2": (1.7322, 1, 3),
    "beta": (1.1e-6, 1e-7, 1e-5),
    "n": (0.78734, 0.1, 2),
    "c": (1.0039e5, 1e4, 5e5),
    "d": (16.217, 1, 50),
    "h": (-0.59825, -1, 0),
}
JOB = """
[data]
train = "{train}"
[[potential]]
name = "tersoff"
species = ["Si"]
[potential.parameters]
R = 2.85
D = 0.15
gamma = 1.0
lambda3 = 0.0
{parameters}
[weights]
energy = 10.0
[residual.data]
normalize_by_natoms = "energy"
"""


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("tersoff")
    lines = [
        f"{name} = {{ initial = {initial}, min = {low}, max = {high} }}"
        for name, (initial, low, high) in PARAMETERS.items()
    ]
    job = folder / "job.toml"
    job.write_text(JOB.format(train=SILICON, parameters="\n".join(lines)))
    assert run_job(SerialCommunicator(), job) == 0
    found: dict[str, Any] = json.loads((folder / "run" / "result.json").read_text())
    return found


def test_the_objective_at_the_start_is_the_published_one(result: dict[str, Any]) -> None:
    assert 2.0 * result["objective_history"][0] == pytest.approx(105652.6113, abs=1e-4)


def test_the_fit_ends_at_the_known_optimum_or_below(result: dict[str, Any]) -> None:
    assert result["status"] == "converged"
    assert 2.0 * result["loss"] <= 45718.613


def test_the_fit_takes_no_more_than_thirty_jacobians(result: dict[str, Any]) -> None:
    assert result["counts"]["jacobian_evaluations"] <= 30


def test_the_same_four_parameters_end_at_their_bounds(result: dict[str, Any]) -> None:
    at_bound = {entry["name"]: entry["at_bound"] for entry in result["parameters"] if entry["at_bound"]}
    assert at_bound == dict.fromkeys(("B", "beta", "c", "h"), "min")
