"""An optimizer of each family ends with the same bits on any number of ranks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Silicon = Any
Launch = Callable[..., Any]

pytestmark = pytest.mark.mpi

#: one of each family, for a few iterations: hundreds of small evaluations take long on more ranks than cores
FAMILIES = {
    "least_squares": 'name = "scipy:trf"\nmax_iterations = 6',
    "minimize": 'name = "scipy:L-BFGS-B"\nmax_iterations = 6',
    "without derivatives": 'name = "scipy:Nelder-Mead"\nmax_iterations = 8',
    "global": 'name = "scipy:differential-evolution"\nmax_evaluations = 25\nseed = 3\npolish = false',
    "adam": 'name = "adam"\nepochs = 4\nbatches = 3\nlearning_rate = 0.05\nreport_every = 2',
}


@pytest.mark.parametrize("family", FAMILIES)
def test_on_any_number_of_ranks(on_ranks: Launch, silicon: Silicon, family: str) -> None:
    silicon.write(("[run]", f"[optimizer]\n{FAMILIES[family]}\n\n[run]"))
    outcomes = []
    for ranks in (1, 2, 4):
        finished = on_ranks(ranks, "run", "job.toml", "--restart")
        assert finished.code == 1, finished.err
        outcomes.append(silicon.outcome())
    assert outcomes[1:] == outcomes[:1] * 2
