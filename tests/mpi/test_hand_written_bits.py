"""Potentials that are code: the same bits on any number of ranks, and errors that name the rank."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hpcfit.data import Configuration, configuration, write_dataset

pytestmark = pytest.mark.mpi

SITES = Path(__file__).parents[2] / "jobs" / "benchmarks" / "site_potentials.py"
JOB = """
[data]
train = "train.h5"

[[potential]]
ase = "mine.py:spring"
species = ["Ar"]
[potential.parameters]
k = { initial = 0.02 }

$others
[optimizer]
max_iterations = 6
[run]
folder = "run"
"""
OTHERS = """
[[potential]]
name = "site-lennard-jones"
species = ["Ar"]
[potential.parameters]
epsilon = { initial = 0.01, min = 0 }
sigma = { initial = 3.3, min = 3 }

[[potential]]
name = "morse"
species = ["Ar"]
[potential.parameters]
D = { initial = 0.001 }
alpha = 1.0
r0 = 3.8
rc = 6.0

[plugins]
load = ["site_potentials.py"]
"""
MINE = """
import numpy as np
from ase.calculators.calculator import Calculator

class Spring(Calculator):
    implemented_properties = ["energy", "forces"]

    def calculate(self, atoms=None, properties=("energy",), system_changes=()):
        super().calculate(atoms, properties, system_changes)
        if len(atoms) > {most}:
            raise ValueError("too many atoms")
        away = atoms.positions - atoms.positions.mean(axis=0)
        k = self.parameters.k
        self.results = {{"energy": k * (away**2).sum(), "forces": -2 * k * away}}

def spring(k):
    return Spring(k=k)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    random = np.random.default_rng(4)

    def cluster(size: int) -> Configuration:
        grid = 3.8 * np.array([[x, y, z] for x in range(3) for y in range(3) for z in range(3)], float)
        positions = grid[:size] + random.normal(0, 0.2, (size, 3))
        return configuration(
            f"cluster of {size}",
            [18] * size,
            positions,
            energy=-0.1,
            forces=random.normal(0, 0.05, (size, 3)),
        )

    write_dataset(tmp_path / "train.h5", [cluster(size) for size in range(2, 9)])
    shutil.copy(SITES, tmp_path / "site_potentials.py")
    return tmp_path


def test_a_sum_of_a_calculator_a_site_function_and_a_formula(
    on_ranks: Callable[..., Any], folder: Path
) -> None:
    (folder / "mine.py").write_text(MINE.format(most=99))
    (folder / "job.toml").write_text(JOB.replace("$others", OTHERS))
    outcomes = []
    for ranks in (1, 3):
        done = on_ranks(ranks, "run", "job.toml", "--restart")
        assert done.code in (0, 1), done.err
        assert "7 chunks" in done.out
        result = json.loads((folder / "run" / "result.json").read_text())
        outcomes.append(
            [result[key] for key in ("loss", "objective_history", "parameters", "covariance", "rmse")]
        )
    assert outcomes[0] == outcomes[1]
    # Predictions, too: the functions of files are known on every rank.
    done = on_ranks(2, "predict", "run", "train.h5")
    assert done.code == 0, done.err
    assert f"{result['rmse']['train']['forces']:.5g}" in done.out


def test_a_failure_on_one_rank_is_one_sentence_that_names_it(
    hpcfit: Callable[..., Any], folder: Path
) -> None:
    (folder / "mine.py").write_text(MINE.format(most=7))
    (folder / "job.toml").write_text(JOB.replace("$others", ""))
    done = hpcfit("run", "job.toml", ranks=2, folder=folder)
    assert done.code == 2
    (line,) = (line for line in done.err.splitlines() if line.strip())
    assert line.endswith(
        "rank 1 of 2: calculator spring, configuration 'cluster of 8', at k = 0.02: raised ValueError: too "
        f"many atoms ({folder}/mine.py:11)."
    )
