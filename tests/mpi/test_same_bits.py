"""A fit ends with the same bits on any number of ranks, whatever memory lets them keep."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hpcfit.data import Dataset, write_dataset

Silicon = Any
Launch = Callable[..., Any]

pytestmark = pytest.mark.mpi

#: a residual that is not affine in the prediction: large deviations count less
RESIDUAL = """
import numpy as np


def soft(identifier, natoms, weight, prediction, reference, data):
    return weight.vector * np.arcsinh((prediction - reference) / data["width"])
"""
MOVING_CUTOFF = (
    'name = "stillinger-weber-kim"\nspecies = ["Si"]\n',
    'species = ["Si"]\ncutoff = "1.8*sigma"\npair = "A*(B*(sigma/r)**4 - 1)*exp(sigma/(r - 1.8*sigma))"\n'
    'triplet = "lambda*(costheta + 1/3)**2'
    '*exp(gamma/(r1 - 1.8*sigma) + gamma/(r2 - 1.8*sigma))"\n',
)


def ended(silicon: Silicon, finished: Any, ranks: int) -> Any:
    assert finished.code == 0, finished.err
    assert f"on {ranks} rank" in finished.out
    return silicon.outcome()


def outcome(on_ranks: Launch, silicon: Silicon, ranks: int) -> Any:
    return ended(silicon, on_ranks(ranks, "run", "job.toml", "--restart"), ranks)


def separate(hpcfit: Launch, silicon: Silicon, ranks: int, cache: Path | None = None) -> Any:
    """The outcome with a start of its own, under mpirun; some of them are starts of Python, too."""
    environment, cold = ({}, ranks in (1, 5)) if cache is None else ({"HPCFIT_CACHE_DIR": str(cache)}, False)
    given = {"ranks": ranks, "folder": silicon.folder, "environment": environment, "cold": cold}
    finished = hpcfit("run", "job.toml", "--restart", **given)
    return ended(silicon, finished, ranks)


def test_on_any_number_of_ranks_and_more_ranks_than_configurations(hpcfit: Launch, silicon: Silicon) -> None:
    with Dataset.open(silicon.folder / "train.h5") as dataset:
        four = list(dataset.read(0, 4))
    write_dataset(silicon.folder / "four.h5", four)
    silicon.write(("train.h5", "four.h5"))
    expected = separate(hpcfit, silicon, 1)
    for ranks in (2, 3, 5):
        assert separate(hpcfit, silicon, ranks) == expected, f"{ranks} ranks"


def test_when_memory_keeps_neither_bonds_nor_jacobian(on_ranks: Launch, silicon: Silicon) -> None:
    silicon.write()
    expected = outcome(on_ranks, silicon, 1)
    silicon.write(("[run]", '[run]\nmemory_limit = "1 MiB"'))
    finished = on_ranks(1, "check", "job.toml")
    assert "kept between evaluations: nothing\nnote: run.memory_limit is 1 MiB, but" in finished.out
    for ranks in (1, 3):
        assert outcome(on_ranks, silicon, ranks) == expected, f"{ranks} ranks"


def test_with_a_residual_function_that_bends(on_ranks: Launch, silicon: Silicon) -> None:
    (silicon.folder / "mine.py").write_text(RESIDUAL)
    residual = ("[run]", '[residual]\nname = "mine.py:soft"\ndata = { width = 2.0 }\n\n[run]')
    silicon.write(residual)
    expected = outcome(on_ranks, silicon, 1)
    assert outcome(on_ranks, silicon, 3) == expected
    silicon.write(residual, ("[run]", '[run]\nmemory_limit = "1 MiB"'))
    assert outcome(on_ranks, silicon, 2) == expected


@pytest.mark.slow
def test_with_a_cutoff_that_a_free_parameter_moves_and_a_kernel_just_compiled(
    hpcfit: Launch, silicon: Silicon, tmp_path: Path
) -> None:
    sigma = ("A      =", "sigma  = { initial = 1.85, min = 1.7, max = 2.3 }\nA      =")
    silicon.write(MOVING_CUTOFF, sigma)
    expected = separate(hpcfit, silicon, 1, cache=tmp_path / "kernels")
    sigmas = [event["theta"][2] for event in expected[-1]]
    assert max(sigmas) > 1.1 * sigmas[0], "the margin of the bonds was never used up"
    assert separate(hpcfit, silicon, 5, cache=tmp_path / "kernels") == expected
    silicon.write(MOVING_CUTOFF, sigma, ("[run]", '[run]\nmemory_limit = "1 MiB"'))
    assert separate(hpcfit, silicon, 2, cache=tmp_path / "kernels") == expected
