"""Many starts find the same on any number of ranks and groups, also when they go on after a stop."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hpcfit import __version__
from hpcfit.errors import JobError
from hpcfit.parallel.communicator import SerialCommunicator
from hpcfit.workflow.check import check_job
from hpcfit.workflow.run import Screen, perform

Launch = Callable[..., Any]
pytestmark = pytest.mark.mpi

JOB = """\
[data]
table = "t.csv"
x = ["x"]
y = ["y"]

[model]
formula = "A*sin(w*x + phi)"
[model.parameters]
A = { initial = 1, min = 0.1, max = 5 }
w = { initial = 1, min = 0.2, max = 6 }
phi = { initial = 0, min = -4, max = 4 }

[optimizer]
name = "multistart"
starts = 10
inner = { max_iterations = 60 }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """700 rows, which make six chunks."""
    x = np.linspace(0.0, 6.0, 700)
    y = 1.3 * np.sin(2.1 * x + 0.4) + np.random.default_rng(0).normal(0.0, 0.05, len(x))
    lines = [f"{a:.6f},{b:.6f}" for a, b in zip(x, y, strict=True)]
    (tmp_path / "t.csv").write_text("\n".join(["x,y", *lines]) + "\n")
    (tmp_path / "job.toml").write_text(JOB)
    return tmp_path


def found(folder: Path) -> tuple[Any, ...]:
    result = json.loads((folder / "run" / "result.json").read_text())
    events = [json.loads(line) for line in (folder / "run" / "events.jsonl").read_text().splitlines()]
    names = ("status", "reason", "loss", "objective_history", "parameters", "counts", "rmse", "covariance")
    without_clock = [{name: each[name] for name in each if name != "clock"} for each in events]
    return (*(result[name] for name in names), result["starts"], without_clock)


def alone(folder: Path) -> tuple[Any, ...]:
    perform(SerialCommunicator(), folder / "job.toml", screen=Screen(lines=False))
    return found(folder)


def test_on_any_number_of_ranks_and_groups(on_ranks: Launch, folder: Path) -> None:
    expected = alone(folder)
    assert expected[0] == "converged"
    assert len(expected[-2]["starts"]) == len(expected[-1]) == 10
    assert len(expected[-2]["minima"]) > 1
    with open(folder / "run" / "starts.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["loss"]) for row in rows] == [each["loss"] for each in expected[-2]["starts"]]
    assert min(float(row["loss"]) for row in rows) == expected[2]
    (folder / "two.toml").write_text(f"{JOB}[run]\ngroups = 2\n")
    for ranks, groups, job in ((2, 2, "job.toml"), (3, 2, "two.toml"), (4, 4, "job.toml")):
        finished = on_ranks(ranks, "run", job, "--restart")
        assert finished.code == 0, finished.err
        assert found(folder) == expected, f"{ranks} ranks"
        first, second = finished.out.splitlines()[:2]
        assert first.startswith(f"hpcfit {__version__} on {ranks} ranks (")
        assert second == f"{ranks} ranks in {groups} groups, each with all data and its own fits"


def test_it_goes_on_with_the_starts_that_are_left(on_ranks: Launch, folder: Path) -> None:
    expected = alone(folder)
    seen: list[object] = []

    def watch(event: object) -> bool:
        seen.append(event)
        return len(seen) == 4

    (folder / "job.toml").write_text(f"{JOB}[run]\nfolder = 'other'\n")
    screen = Screen(lines=False, watch=watch)
    outcome = perform(SerialCommunicator(), folder / "job.toml", screen=screen)
    assert outcome.exit_code == 75
    assert outcome.result.reason == (
        "Stopped on request after 4 of 10 starts; the same command does the others."
    )
    done = on_ranks(2, "run", "job.toml")
    assert done.code == 0, done.err
    assert "going on after 4 starts of the run in other" in done.out
    assert "start 4 " not in done.out
    (folder / "other").rename(folder / "moved")
    (folder / "run").rename(folder / "first")
    (folder / "moved").rename(folder / "run")
    assert found(folder) == expected


def test_more_groups_than_ranks_are_refused(folder: Path) -> None:
    (folder / "job.toml").write_text(f"{JOB}[run]\ngroups = 3\n")
    with pytest.raises(JobError) as refusal:
        alone(folder)
    assert str(refusal.value) == (
        f"{folder}/job.toml:18: run.groups: 3 groups need at least 3 ranks, and there is 1 rank. Start more "
        "by mpirun, give fewer groups, or leave it out for as many as are of use."
    )
    with pytest.raises(JobError) as told:
        check_job(folder / "job.toml", 2)
    assert str(told.value) == str(refusal.value).replace("is 1 rank", "are 2 ranks")
    for ranks in (3, None):
        assert "nothing is wrong" in check_job(folder / "job.toml", ranks)


def test_an_error_in_one_group_ends_all_with_one_message(on_ranks: Launch, folder: Path) -> None:
    (folder / "bad.py").write_text(
        "from hpcfit.optimize import OPTIMIZERS, Optimizer\n"
        "from hpcfit.optimize.options import GeodesicLMOptions\n\n"
        "def minimize(objective, theta0, **keywords):\n"
        "    if theta0[1] != 1.0:\n"
        "        raise ValueError('no luck')\n"
        "    return OPTIMIZERS['geodesic-lm'].minimize(objective, theta0, **keywords)\n\n"
        "BAD = Optimizer(GeodesicLMOptions, minimize)\n"
    )
    text = JOB.replace("inner = { max_iterations = 60 }", 'inner = { name = "bad.py:BAD" }')
    (folder / "job.toml").write_text(text)
    done = on_ranks(2, "run", "job.toml")
    assert done.code == 2, done.err
    message = r"start \d+: optimizer bad\.py:BAD: raised ValueError: no luck \(.*bad\.py:6\)\."
    assert re.fullmatch(message, done.err.strip()), done.err
