"""Every kind of residual ends with the same bits on any number of ranks, whatever memory keeps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Silicon = Any
Launch = Callable[..., Any]

pytestmark = pytest.mark.mpi

FORMULA = """[residual]
name = "formula"
[residual.data]
energy = "weight*(prediction - reference)/natoms"
forces = "weight*width*tanh((prediction - reference)/width)"
constants = { width = 2.0 }
"""
DIFFERENCES = """[residual]
name = "energy-differences"
[residual.data]
reference = "AIMD-NVT: Snapshot 76000 of 100000 of AIMD NVT simulation for normal structure at 1518 K"
tags = { Surface = "lowest" }
"""
FUNCTION = '[residual]\nname = "mine.py:soft"\ndata = { width = 2.0 }\n'
PYTHON = """
import numpy as np


def soft(identifier, natoms, weight, prediction, reference, data):
    return weight.vector * np.arcsinh((prediction - reference) / data["width"])


def slope(identifier, natoms, weight, prediction, reference, data):
    x = (prediction - reference) / data["width"]
    return weight.vector / np.sqrt(1.0 + x**2) / data["width"]


soft.jacobian = slope
"""
RESIDUALS = {"formula": FORMULA, "differences": DIFFERENCES, "jacobian": FUNCTION}


@pytest.mark.parametrize("name", RESIDUALS)
def test_with_a_residual_that_is_formed_from_predictions(
    on_ranks: Launch, silicon: Silicon, name: str
) -> None:
    (silicon.folder / "mine.py").write_text(PYTHON)
    residual, expected = RESIDUALS[name], None
    for ranks in (1, 2, 3, 5):
        limit = 'memory_limit = "1 MiB"' if ranks == 2 else ""
        silicon.write(("[run]", f"{residual}\n[run]\n{limit}"))
        finished = on_ranks(ranks, "run", "job.toml", "--restart")
        assert finished.code == 0, finished.err
        expected = expected or silicon.outcome()
        assert silicon.outcome() == expected, f"{ranks} ranks"


def test_a_wrong_jacobian_is_told_in_the_same_words(on_ranks: Launch, silicon: Silicon) -> None:
    (silicon.folder / "mine.py").write_text(PYTHON.replace("1.0 + x**2", "2.0 + x**2"))
    silicon.write(("[run]", f"{FUNCTION}\n[run]"))
    told = [on_ranks(ranks, "run", "job.toml") for ranks in (1, 3)]
    assert {(each.code, each.out) for each in told} == {(2, "")}
    first = "Vacancy: Snapshot 4 of 32 of Vacancy AIMD NVT simulation at 300 K"
    begin = f"residual function mine.py:soft, configuration {first!r}: its jacobian is wrong: d residual["
    assert told[0].err.startswith(begin)
    # the same element with the same numbers; it tells which rank met it
    assert told[1].err.endswith(told[0].err)
