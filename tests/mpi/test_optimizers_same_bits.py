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


def test_on_any_number_of_ranks(mpirun: Launch, silicon: Silicon) -> None:
    folders = [silicon.folder / family for family in FAMILIES]
    for folder, text in zip(folders, FAMILIES.values(), strict=True):
        folder.mkdir()
        shutil.copy(silicon.folder / "train.h5", folder)
        type(silicon)(folder).write(("[run]", f"[optimizer]\n{text}\n\n[run]"))
    wanted = [f"{ranks}:{folder}/job.toml" for ranks in (1, 2, 4) for folder in folders]
    finished = mpirun(4, PROGRAM, *wanted)
    assert finished.out.split() == ["1"] * len(wanted), finished.err
    for folder in folders:
        expected, *others = [type(silicon)(folder / str(ranks)).outcome() for ranks in (1, 2, 4)]
        assert others == [expected, expected], folder.name
