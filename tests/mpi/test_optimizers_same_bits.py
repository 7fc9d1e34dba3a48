"""An optimizer of each family ends with the same bits on any number of ranks."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Silicon = Any
Launch = Callable[..., Any]

pytestmark = pytest.mark.mpi

PROGRAM = Path(__file__).parent / "programs" / "run_jobs.py"
#: one of each family, for a few iterations: hundreds of small evaluations take long on more ranks than cores
FAMILIES = {
    "least_squares": 'name = "scipy:trf"\nmax_iterations = 6',
    "minimize": 'name = "scipy:L-BFGS-B"\nmax_iterations = 6',
    "without derivatives": 'name = "scipy:Nelder-Mead"\nmax_iterations = 8',
    "global": 'name = "scipy:differential-evolution"\nmax_evaluations = 25\nseed = 3\npolish = false',
    "adam": 'name = "adam"\nepochs = 4\nbatches = 3\nlearning_rate = 0.05\nreport_every = 2',
}


def test_on_any_number_of_ranks(mpirun: Launch, alone: Launch, silicon: Silicon) -> None:
    jobs = []
    for family, text in FAMILIES.items():
        folder = silicon.folder / family
        folder.mkdir()
        shutil.copy(silicon.folder / "train.h5", folder)
        jobs.append(type(silicon)(folder))
        jobs[-1].write(("[run]", f"[optimizer]\n{text}\n\n[run]"))
    paths = [job.path for job in jobs]
    expected: list[tuple[object, ...]] = []
    for ranks in (1, 2, 3, 5):
        finished = alone(PROGRAM, *paths) if ranks == 1 else mpirun(ranks, PROGRAM, *paths)
        assert finished.out.split() == ["1"] * len(FAMILIES), finished.err
        outcomes = [job.outcome() for job in jobs]
        expected = expected or outcomes
        for family, mine, one in zip(FAMILIES, outcomes, expected, strict=True):
            assert mine == one, f"{family} on {ranks} ranks"
