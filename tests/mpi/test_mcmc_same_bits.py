"""A chain has the same bits on any number of ranks, and when it goes on on others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hpcfit.analysis.mcmc.sample import sample
from hpcfit.analysis.mcmc.settings import Settings
from hpcfit.analysis.report import Report
from hpcfit.analysis.session import Session, analyze_run
from hpcfit.parallel.communicator import SerialCommunicator
from hpcfit.workflow.run import run_job

pytest.importorskip("emcee", reason="chains need emcee")
Launch = Callable[..., Any]
pytestmark = pytest.mark.mpi

JOB = """\
[data]
table = "t.csv"
y = ["y"]

[model]
formula = "a + b*x"
[model.parameters]
a = { initial = 0, prior = { mean = 1, sigma = 2 } }
b = { initial = 1, min = 0 }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run of 600 rows, which make five chunks."""
    rng = np.random.default_rng(2)
    rows = [f"{x:.4f},{1 + 2 * x + rng.normal():.6f}" for x in np.linspace(0, 5, 600)]
    (tmp_path / "t.csv").write_text("x,y\n" + "\n".join(rows) + "\n")
    (tmp_path / "job.toml").write_text(JOB)
    assert run_job(SerialCommunicator(), tmp_path / "job.toml") == 0
    return tmp_path


def alone(folder: Path, steps: int, output: Path) -> None:
    """The same as the command, in this process."""

    def work(session: Session) -> list[Report | None]:
        settings = Settings(steps=steps, walkers=8)
        return [sample(session.comm, session.reopened, session.linearized, settings, output)]

    analyze_run(SerialCommunicator(), folder / "run", output, work)


def test_on_any_number_of_ranks_and_when_it_goes_on(on_ranks: Launch, folder: Path) -> None:
    alone(folder, 24, folder / "on1")
    alone(folder, 16, folder / "on4")
    for ranks in (2, 4):
        options = ("--steps", 24, "--walkers", 8, "-o", f"on{ranks}")
        done = on_ranks(ranks, "analyze", "run", "mcmc", *options)
        assert done.code == 0, done.err
    chains = [np.load(folder / f"on{ranks}" / "mcmc.npz")["samples"] for ranks in (1, 2, 4)]
    assert chains[0].shape == (24, 8, 2)
    for chain in chains[1:]:
        np.testing.assert_array_equal(chain, chains[0])
    for name in ("mcmc.json", "mcmc.csv"):
        first, *others = ((folder / f"on{ranks}" / name).read_bytes() for ranks in (1, 2, 4))
        assert others == [first, first]
