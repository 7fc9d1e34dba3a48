"""Weights that depend on all configurations are the same bits on any number of ranks; so are their errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Silicon = Any
Launch = Callable[..., Any]

pytestmark = pytest.mark.mpi

CONSTANT = '[weights]\nname = "constant"\nenergy = 10.0\n'
BOLTZMANN = '[weights]\nname = "boltzmann"\nenergy = 10.0\nscale = 0.1\nfloor = 0.02\n'
BALANCE = '[weights]\nname = "balance"\nenergy = 10.0\nforces = 0.3\n[weights.shares]\nSurface = 2.5\n'


@pytest.mark.parametrize("table", [BOLTZMANN, BALANCE], ids=["boltzmann", "balance"])
def test_a_fit_ends_with_the_same_bits_on_1_2_3_and_5_ranks(
    on_ranks: Launch, silicon: Silicon, table: str
) -> None:
    silicon.write((CONSTANT, table))
    outcomes = []
    for ranks in (1, 2, 3, 5):
        finished = on_ranks(ranks, "run", "job.toml", "--restart")
        assert finished.code == 0, finished.err
        outcomes.append(silicon.outcome())
    assert outcomes[1:] == outcomes[:1] * 3


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (
            BALANCE.replace("Surface", "Surfase"),
            "job.toml:22: weights.shares.Surfase: no selected configuration has this tag. Did you mean "
            "Surface?",
        ),
        (
            '[weights]\nname = "file"\nfile = "weights.txt"\ndefault = 1\n',
            "job.toml:19: weights.file: weights.txt:1: no training configuration is 'nobody'. If others may "
            'stand there, write unused = "ignore".',
        ),
    ],
    ids=["balance", "file"],
)
def test_a_survey_that_does_not_fit_ends_all_ranks_with_one_message(
    on_ranks: Launch, silicon: Silicon, table: str, message: str
) -> None:
    (silicon.folder / "weights.txt").write_text("nobody 2\n")
    silicon.write((CONSTANT, table))
    for arguments, ranks in ((("run", "--restart"), 3), (("check",), 1)):
        finished = on_ranks(ranks, *arguments, "job.toml")
        assert (finished.code, finished.err) == (2, message + "\n")


def test_a_weight_that_vanishes_names_its_configuration(on_ranks: Launch, silicon: Silicon) -> None:
    silicon.write((CONSTANT, '[weights]\nname = "boltzmann"\nscale = 1e-5\n'))
    for arguments, ranks in ((("run", "--restart"), 2), (("check",), 1)):
        finished = on_ranks(ranks, *arguments, "job.toml")
        assert finished.code == 2
        assert "its weight vanishes, since it lies " in finished.err
        assert "give a weights.floor or a larger scale" in finished.err
        assert "Traceback" not in finished.err
