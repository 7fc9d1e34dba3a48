"""Robust losses, whose scales depend on all residuals, have the same bits on one rank and on three."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Silicon = Any
Launch = Callable[..., Any]

pytestmark = pytest.mark.mpi

LOSS = '[loss]\nname = "soft-l1"\nscale = "mad"\nenergy = { name = "cauchy", scale = 0.05 }\n'


def test_a_fit_of_configurations_ends_with_the_same_bits(on_ranks: Launch, silicon: Silicon) -> None:
    silicon.write(("[run]", f"{LOSS}\n[run]"))
    outcomes = []
    for ranks in (1, 3):
        finished = on_ranks(ranks, "run", "job.toml", "--restart")
        assert finished.code == 0, finished.err
        outcomes.append((silicon.outcome(), silicon.result()["robust"]))
    assert outcomes[1] == outcomes[0]
    assert outcomes[0][1]["targets"][1]["estimated"]


def test_a_fit_of_a_table_ends_with_the_same_bits(on_ranks: Launch, silicon: Silicon) -> None:
    rows = [
        f"{k / 60},{2.0 * 0.3 ** (k / 60) + (0.5 if k % 50 == 7 else 0.01 * (k % 7))}" for k in range(300)
    ]
    Path(silicon.folder / "table.csv").write_text("\n".join(["t,s", *rows]))
    (silicon.folder / "job.toml").write_text(
        '[data]\ntable = "table.csv"\nx = ["t"]\ny = ["s"]\n[model]\nformula = "A*exp(-t/tau) + c"\n'
        "[model.parameters]\nA = { initial = 1 }\ntau = { initial = 1 }\nc = { initial = 0.1 }\n"
        '[loss]\nname = "tukey"\nscale = "mad"\n[regularization]\nridge = 1e-6\n'
    )
    outcomes = []
    for ranks in (1, 3):
        finished = on_ranks(ranks, "run", "job.toml", "--restart")
        assert finished.code == 0, finished.err
        outcomes.append((silicon.outcome(), silicon.result()["robust"]))
    assert outcomes[1] == outcomes[0]
    assert len(outcomes[0][1]["outliers"]) == 6
