"""A chain has the same bits on any number of ranks, and when it goes on on others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

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
def folder(tmp_path: Path, hpcfit: Launch) -> Path:
    """A run of 600 rows, which make five chunks."""
    rng = np.random.default_rng(2)
    rows = [f"{x:.4f},{1 + 2 * x + rng.normal():.6f}" for x in np.linspace(0, 5, 600)]
    (tmp_path / "t.csv").write_text("x,y\n" + "\n".join(rows) + "\n")
    (tmp_path / "job.toml").write_text(JOB)
    assert hpcfit("run", "job.toml", folder=tmp_path).code == 0
    return tmp_path


def test_on_any_number_of_ranks_and_when_it_goes_on(hpcfit: Launch, folder: Path) -> None:
    found = []
    for ranks in (1, 2, 4):
        out = f"on{ranks}"
        done = hpcfit("analyze", "run", "mcmc", "--steps", 40, "-o", out, ranks=ranks, folder=folder)
        assert done.code == 0, done.err
        found.append([(folder / out / name).read_bytes() for name in ("mcmc.json", "mcmc.csv")])
    assert found[0] == found[1] == found[2]
    (folder / "on2" / "mcmc.npz").rename(folder / "gone.npz")
    for ranks, steps in ((2, 20), (1, 40)):
        done = hpcfit("analyze", "mcmc", "run", "--steps", steps, "-o", "on2", ranks=ranks, folder=folder)
        assert done.code == 0, done.err
    assert (folder / "on2" / "mcmc.json").read_bytes() == found[0][0]
    chains = [np.load(folder / name)["samples"] for name in ("gone.npz", "on2/mcmc.npz")]
    np.testing.assert_array_equal(*chains)
    other = hpcfit("analyze", "run", "mcmc", "--seed", 1, "-o", "on2", ranks=2, folder=folder)
    assert other.code == 2
    assert other.err == (
        "on2/mcmc.npz: holds another chain: seed was 0, now 1. Start anew with --restart, or give another "
        "folder by --output.\n"
    )
