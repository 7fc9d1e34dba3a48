"""Ties that cannot be: exit code 2 with what and where, everything at once, on one rank or several."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Silicon = Any
Launch = Callable[..., Any]

MESSAGE = """\
job.toml:12: potential[0].parameters.A.tie: goes in a circle: A -> gamma -> lambda -> A. Give one of them a \
value in place of its tie.
job.toml:13: potential[0].parameters.B.tie: unknown name lamda in "0.01*lamda + 1" (column 6). Did you mean \
lambda?
"""


@pytest.mark.mpi
def test_a_circle_of_ties_and_an_unknown_name_are_told_together(hpcfit: Launch, silicon: Silicon) -> None:
    silicon.write(
        ("A      = { initial = 15.28484792, min = 0.1, max = 500 }", 'A = { tie = "6*gamma" }'),
        ("B      = { initial = 0.60222456, min = 1e-3, max = 1e3 }", 'B = { tie = "0.01*lamda + 1" }'),
        ("gamma  = { initial = 2.51412, min = 0.1, max = 10 }", 'gamma = { tie = "lambda/18" }'),
        ("lambda = { initial = 45.5322, min = 0.1, max = 500 }", 'lambda = { tie = "3*A" }\nsigma = {}'),
    )
    for command, ranks in (("check", 1), ("run", 2)):
        finished = hpcfit(command, "job.toml", ranks=ranks, folder=silicon.folder)
        assert (finished.code, finished.out, finished.err) == (2, "", MESSAGE)
    assert not silicon.run.exists()


def test_a_tie_that_tries_to_be_code_is_refused_at_once(hpcfit: Launch, silicon: Silicon) -> None:
    tie = "__import__('os').system('touch broken')"
    silicon.write(("A      = { initial = 15.28484792, min = 0.1, max = 500 }", f'A = {{ tie = "{tie}" }}'))
    finished = hpcfit("check", "job.toml", folder=silicon.folder)
    assert finished.code == 2
    assert finished.err.startswith("job.toml:12: potential[0].parameters.A.tie: unexpected character ' in ")
    assert not (silicon.folder / "broken").exists()
